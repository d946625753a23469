import { Page } from '../../parts/page';

export function ProjectFiles() {
  return (
    <Page title="ProjectFiles" tab="ProjectFiles">
      {null}
    </Page>
  );
}
