import { Page } from '../../parts/page';

export function BatchPage() {
  return (
    <Page title="BatchPage" tab="BatchPage">
      {null}
    </Page>
  );
}
