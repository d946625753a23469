import { Page } from '../../parts/page';

export function EditJob() {
  return (
    <Page title="EditJob" tab="EditJob">
      {null}
    </Page>
  );
}
