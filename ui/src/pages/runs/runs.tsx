import { Page } from '../../parts/page';

export function Runs() {
  return (
    <Page title="Runs" tab="Runs">
      {null}
    </Page>
  );
}
