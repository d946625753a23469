import { Page } from '../../parts/page';

export function RunPage() {
  return (
    <Page title="RunPage" tab="RunPage">
      {null}
    </Page>
  );
}
