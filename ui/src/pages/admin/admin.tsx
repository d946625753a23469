import { Page } from '../../parts/page';

export function Admin() {
  return (
    <Page title="Admin" tab="Admin">
      {null}
    </Page>
  );
}
