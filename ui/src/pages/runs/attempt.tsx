import { Page } from '../../parts/page';

export function AttemptPage() {
  return (
    <Page title="AttemptPage" tab="AttemptPage">
      {null}
    </Page>
  );
}
