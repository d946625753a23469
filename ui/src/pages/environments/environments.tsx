import { Page } from '../../parts/page';

export function Environments() {
  return (
    <Page title="Environments" tab="Environments">
      {null}
    </Page>
  );
}
