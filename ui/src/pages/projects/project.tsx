import { Page } from '../../parts/page';

export function ProjectPage() {
  return (
    <Page title="ProjectPage" tab="ProjectPage">
      {null}
    </Page>
  );
}
