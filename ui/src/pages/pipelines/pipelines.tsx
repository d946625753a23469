import { Page } from '../../parts/page';

export function Pipelines() {
  return (
    <Page title="Pipelines" tab="Pipelines">
      {null}
    </Page>
  );
}
