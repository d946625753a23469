import { Page } from '../../parts/page';

export function Batches() {
  return (
    <Page title="Batches" tab="Batches">
      {null}
    </Page>
  );
}
