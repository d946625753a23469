import { Page } from '../../parts/page';

export function Projects() {
  return (
    <Page title="Projects" tab="Projects">
      {null}
    </Page>
  );
}
