import { Page } from '../../parts/page';

export function JobPage() {
  return (
    <Page title="JobPage" tab="JobPage">
      {null}
    </Page>
  );
}
