import { Page } from '../../parts/page';

export function EnvironmentPage() {
  return (
    <Page title="EnvironmentPage" tab="EnvironmentPage">
      {null}
    </Page>
  );
}
