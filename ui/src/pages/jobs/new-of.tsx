import { Page } from '../../parts/page';

export function NewJobOf() {
  return (
    <Page title="NewJobOf" tab="NewJobOf">
      {null}
    </Page>
  );
}
