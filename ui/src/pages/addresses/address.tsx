import { Page } from '../../parts/page';

export function Address() {
  return (
    <Page title="Address" tab="Address">
      {null}
    </Page>
  );
}
