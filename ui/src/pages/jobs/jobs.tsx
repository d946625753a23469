import { Page } from '../../parts/page';

export function Jobs() {
  return (
    <Page title="Jobs" tab="Jobs">
      {null}
    </Page>
  );
}
