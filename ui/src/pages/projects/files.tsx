import { Group, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useParams } from '@tanstack/react-router';
import type { Project } from '../../api/types';
import { AppLink } from '../../parts/links';
import { ErrorBox, Loading } from '../../parts/page';
import { DirectoryView } from './directory';
import { FileView } from './file';
import { ProjectFrame } from './frame';
import { crumbsOf } from './kinds';
import { openPath } from './open-path';

/** The files of a project: a directory, or one file. */
export function ProjectFiles() {
  const { owner, slug, _splat } = useParams({ from: '/app/projects/$owner/$slug/files/$' });
  const path = (_splat ?? '').replace(/\/+$/, '');
  return (
    <ProjectFrame owner={owner} slug={slug} tab="Files">
      {(project) => <Place project={project} path={path} key={path} />}
    </ProjectFrame>
  );
}

function Place({ project, path }: { project: Project; path: string }) {
  const { owner, slug } = project;
  // The top is a directory; no need to ask.
  const { data, error, refetch } = useQuery({ ...openPath(owner, slug, path), enabled: path !== '' });
  return (
    <>
      <Crumbs project={project} path={path} />
      {error ? <ErrorBox error={error} retry={() => void refetch()} /> : path === '' || data?.kind === 'directory' ? <DirectoryView project={project} path={path} /> : data ? <FileView project={project} path={path} opened={data} /> : <Loading />}
    </>
  );
}

function Crumbs({ project, path }: { project: Project; path: string }) {
  const { owner, slug } = project;
  const crumbs = crumbsOf(path);
  return (
    <Group component="nav" aria-label="Path" gap={6} mb="sm" className="breaks">
      <AppLink to="/projects/$owner/$slug/files/$" params={{ owner, slug, _splat: '' }} size="sm">
        {slug}
      </AppLink>
      {crumbs.map((crumb, index) => (
        <Group key={crumb.path} gap={6} wrap="nowrap" miw={0}>
          <Text size="sm" c="var(--text-muted)" aria-hidden>
            /
          </Text>
          {index === crumbs.length - 1 ? (
            <Text size="sm" fw={600} aria-current="page" className="breaks">
              {crumb.name}
            </Text>
          ) : (
            <AppLink to="/projects/$owner/$slug/files/$" params={{ owner, slug, _splat: crumb.path }} size="sm" className="breaks">
              {crumb.name}
            </AppLink>
          )}
        </Group>
      ))}
    </Group>
  );
}
