import { Page } from '../../parts/page';

export function Home() {
  return (
    <Page title="Home" tab="Home">
      {null}
    </Page>
  );
}
