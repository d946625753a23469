import { Page } from '../../parts/page';

export function RunPipeline() {
  return (
    <Page title="RunPipeline" tab="RunPipeline">
      {null}
    </Page>
  );
}
