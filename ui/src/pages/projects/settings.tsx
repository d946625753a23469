import { Page } from '../../parts/page';

export function ProjectSettings() {
  return (
    <Page title="ProjectSettings" tab="ProjectSettings">
      {null}
    </Page>
  );
}
