import { Page } from '../../parts/page';

export function Compare() {
  return (
    <Page title="Compare" tab="Compare">
      {null}
    </Page>
  );
}
