import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import type { Project } from '../../api/types';
import { AppLink } from '../../parts/links';
import { ErrorBox, Loading, Page } from '../../parts/page';
import { TabBar, TabLink } from '../../parts/tab-bar';
import { projectQuery } from './data';

/** What every page of a project has: its name, its tabs, and the project itself for what the page shows. */
export function ProjectFrame({ owner, slug, tab, actions, children }: { owner: string; slug: string; tab: string; actions?: ReactNode; children: (project: Project) => ReactNode }) {
  const { data, error, refetch } = useQuery(projectQuery(owner, slug));
  const params = { owner, slug };
  return (
    <Page
      title={data?.name ?? slug}
      tab={`${data?.name ?? slug}${tab === 'Overview' ? '' : ` · ${tab}`}`}
      eyebrow={
        <>
          <AppLink to="/projects">Projects</AppLink> / {owner} / {slug}
        </>
      }
      actions={actions}
    >
      <TabBar label="Project">
        <TabLink to="/projects/$owner/$slug" params={params} activeOptions={{ exact: true, includeSearch: false }}>
          Overview
        </TabLink>
        <TabLink to="/projects/$owner/$slug/jobs" params={params}>
          Jobs
        </TabLink>
        <TabLink to="/projects/$owner/$slug/files/$" params={{ ...params, _splat: '' }} {...(tab === 'Files' ? { 'data-status': 'active', 'aria-current': 'page' as const } : {})}>
          Files
        </TabLink>
        <TabLink to="/projects/$owner/$slug/settings" params={params}>
          Settings
        </TabLink>
      </TabBar>
      {error ? <ErrorBox error={error} retry={() => void refetch()} /> : data ? children(data) : <Loading />}
    </Page>
  );
}
