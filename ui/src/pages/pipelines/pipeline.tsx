import { Page } from '../../parts/page';

export function PipelinePage() {
  return (
    <Page title="PipelinePage" tab="PipelinePage">
      {null}
    </Page>
  );
}
