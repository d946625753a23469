import { Page } from '../../parts/page';

export function NewJob() {
  return (
    <Page title="NewJob" tab="NewJob">
      {null}
    </Page>
  );
}
