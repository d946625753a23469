import { Group, Stack, Text, Title } from '@mantine/core';
import { IconFile, IconFolder, IconRoute } from '@tabler/icons-react';
import { useInfiniteQuery, useQuery, useQueryClient } from '@tanstack/react-query';
import { useParams } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { call } from '../../api/client';
import { useLive, useThrottled } from '../../api/live';
import type { Project } from '../../api/types';
import { bytesText } from '../../parts/bytes';
import { AppLink } from '../../parts/links';
import { Markdown } from '../../parts/markdown';
import { Empty, ErrorBox, Loading } from '../../parts/page';
import { Time } from '../../parts/time';
import { directoryQuery, fileAddress, pipelinesOf, type Entry } from './data';
import { ProjectFrame } from './frame';
import { JobRows, projectJobsQuery } from './job-rows';
import { NewJobButton } from './new-job';

const latest = 8;

/** A project at a glance: its jobs, latest files, pipelines, and what it says of itself. */
export function ProjectPage() {
  const { owner, slug } = useParams({ from: '/app/projects/$owner/$slug' });
  return (
    <ProjectFrame owner={owner} slug={slug} tab="Overview" actions={<NewJobButton owner={owner} slug={slug} />}>
      {(project) => <Overview project={project} />}
    </ProjectFrame>
  );
}

function Overview({ project }: { project: Project }) {
  const { owner, slug } = project;
  const files = useInfiniteQuery(directoryQuery(owner, slug, ''));
  const entries = files.data?.pages.flatMap((page) => page.entries) ?? [];
  const readme = entries.find((entry) => entry.kind === 'file' && /^readme\.(md|markdown)$/i.test(entry.name));
  return (
    <Stack gap="lg">
      <Jobs owner={owner} slug={slug} />
      <div style={{ display: 'grid', gap: 16, gridTemplateColumns: 'repeat(auto-fit, minmax(min(100%, 380px), 1fr))' }}>
        <Section title="Files" more={<AppLink to="/projects/$owner/$slug/files/$" params={{ owner, slug, _splat: '' }}>All files</AppLink>}>
          {files.error ? <ErrorBox error={files.error} /> : !files.data ? <Loading rows={4} height={24} /> : <LatestFiles owner={owner} slug={slug} entries={entries} />}
        </Section>
        <Pipelines project={project} />
      </div>
      {readme && <Readme owner={owner} slug={slug} entry={readme} />}
    </Stack>
  );
}

function Section({ title, more, children }: { title: string; more?: ReactNode; children: ReactNode }) {
  return (
    <Stack className="card" p="md" gap="sm" component="section" aria-label={title} miw={0}>
      <Group justify="space-between">
        <Title order={2}>{title}</Title>
        <Text size="sm" component="div">
          {more}
        </Text>
      </Group>
      {children}
    </Stack>
  );
}

function Jobs({ owner, slug }: { owner: string; slug: string }) {
  const client = useQueryClient();
  const { data, error } = useInfiniteQuery(projectJobsQuery(owner, slug, 10));
  const again = useThrottled(() => void client.invalidateQueries({ queryKey: ['jobs', 'of', owner, slug] }), 2000);
  useLive(again);
  const jobs = data?.pages[0]?.jobs ?? [];
  return (
    <Section title="Jobs" more={<AppLink to="/projects/$owner/$slug/jobs" params={{ owner, slug }}>All jobs</AppLink>}>
      {error ? <ErrorBox error={error} /> : !data ? <Loading rows={3} /> : jobs.length === 0 ? <Empty title="No jobs yet">Open a script or notebook in Files and choose “Schedule this file”, or a pipeline and “Run as job”.</Empty> : <JobRows jobs={jobs} owner={owner} slug={slug} />}
    </Section>
  );
}

function LatestFiles({ owner, slug, entries }: { owner: string; slug: string; entries: readonly Entry[] }) {
  const shown = entries
    .filter((entry) => !entry.name.startsWith('.'))
    .sort((a, b) => b.changed_at.localeCompare(a.changed_at))
    .slice(0, latest);
  if (shown.length === 0) return <Empty title="No files yet">Upload some, or write one, in Files.</Empty>;
  return (
    <Stack gap={6}>
      {shown.map((entry) => (
        <Group key={entry.name} gap="xs" wrap="nowrap" justify="space-between">
          <Group gap={6} wrap="nowrap" miw={0}>
            {entry.kind === 'directory' ? <IconFolder size={16} aria-label="Folder" style={{ flex: 'none' }} /> : <IconFile size={16} aria-label="File" style={{ flex: 'none' }} />}
            <AppLink to="/projects/$owner/$slug/files/$" params={{ owner, slug, _splat: entry.name }} className="breaks" size="sm">
              {entry.name}
            </AppLink>
          </Group>
          <Text size="sm" c="var(--text-muted)" className="nowrap" component="div">
            {entry.kind === 'file' && `${bytesText(entry.bytes)} · `}
            <Time at={entry.changed_at} />
          </Text>
        </Group>
      ))}
    </Stack>
  );
}

function Pipelines({ project }: { project: Project }) {
  const { data, error } = useQuery(pipelinesOf(project));
  return (
    <Section title="Pipelines" more={<AppLink to="/pipelines">All pipelines</AppLink>}>
      {error ? (
        <ErrorBox error={error} />
      ) : !data ? (
        <Loading rows={2} height={24} />
      ) : data.length === 0 ? (
        <Empty title="No pipelines">A pipeline is a file that ends in .orchest: steps, and what leads to what. Make one under Pipelines.</Empty>
      ) : (
        <Stack gap={6}>
          {data.map((pipeline) => (
            <Group key={pipeline.path} gap={6} wrap="nowrap">
              <IconRoute size={16} aria-hidden style={{ flex: 'none' }} />
              <AppLink to="/pipelines/$owner/$slug/$" params={{ owner: project.owner, slug: project.slug, _splat: pipeline.path }} size="sm" className="breaks">
                {pipeline.name}
              </AppLink>
              <Text size="sm" c="var(--text-muted)" className="breaks">
                {pipeline.path}
              </Text>
            </Group>
          ))}
        </Stack>
      )}
    </Section>
  );
}

/** What a page of a project shows of a README at the most. */
const longest = 256 * 1024;

function Readme({ owner, slug, entry }: { owner: string; slug: string; entry: Entry }) {
  const address = fileAddress(owner, slug, entry.name);
  const { data, error } = useQuery({ queryKey: ['readme', owner, slug, entry.name, entry.changed_at], queryFn: () => call<string>('GET', address), enabled: entry.bytes <= longest, staleTime: Infinity });
  if (entry.bytes > longest) return null;
  return (
    <Section title={entry.name}>
      {error ? (
        <ErrorBox error={error} />
      ) : data === undefined ? (
        <Loading rows={3} />
      ) : (
        <Markdown text={data} resolve={(href, isImage) => (isImage ? fileAddress(owner, slug, href) : `/projects/${owner}/${slug}/files/${href}`)} />
      )}
    </Section>
  );
}
