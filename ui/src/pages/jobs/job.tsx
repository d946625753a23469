import { Badge, Group, Tabs, Text } from '@mantine/core';
import { IconPlayerPause } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useNavigate, useParams, useSearch } from '@tanstack/react-router';
import { lazy, Suspense } from 'react';
import type { Job } from '../../api/types';
import { Copy } from '../../parts/actions';
import { DialectBadge } from '../../parts/dialect';
import { AppLink } from '../../parts/links';
import { ErrorBox, Loading, Page } from '../../parts/page';
import { JobActions } from './job/actions';
import { Overview } from './job/overview';
import { JobRuns } from './job/runs';
import { jobQuery } from './job/use-job';

const SettingsTab = lazy(() => import('./job/settings-tab'));
const tabs = ['overview', 'runs', 'settings'] as const;
type Tab = (typeof tabs)[number];

/** A job: what it is, how its runs went, when it runs next. */
export function JobPage() {
  const { jobId } = useParams({ from: '/app/jobs/$jobId' });
  const { data: job, error, refetch } = useQuery(jobQuery(Number(jobId)));
  if (error && !job)
    return (
      <Page title="Job" tab="Job">
        <ErrorBox error={error} retry={() => void refetch()} />
      </Page>
    );
  if (!job)
    return (
      <Page title=" " tab="Job">
        <Loading rows={6} height={60} />
      </Page>
    );
  return <Shown key={job.id} job={job} />;
}

function Shown({ job }: { job: Job }) {
  const search = useSearch({ from: '/app/jobs/$jobId' });
  const navigate = useNavigate();
  const tab: Tab = tabs.find((each) => each === search.tab) ?? 'overview';
  const go = (next: Record<string, string | undefined>): void => void navigate({ to: '/jobs/$jobId', params: { jobId: String(job.id) }, search: { ...search, ...next }, replace: true, resetScroll: false });
  return (
    <Page
      title={job.name}
      tab={job.name}
      wide
      eyebrow={
        <Group gap={8}>
          <AppLink to="/jobs" size="sm">
            Jobs
          </AppLink>
          <DialectBadge dialect={job.dialect} />
          <span>{job.owner}</span>
          {job.project && (
            <AppLink to="/projects/$owner/$slug" params={{ owner: job.project.owner, slug: job.project.slug }} size="sm">
              {job.project.owner}/{job.project.slug}
            </AppLink>
          )}
          {job.public_id && (
            <Group gap={2} wrap="nowrap">
              <Text size="xs" span>
                id <span className="mono">{job.public_id}</span>
              </Text>
              <Copy value={job.public_id} label="Copy the id" />
            </Group>
          )}
          {job.paused && (
            <Badge variant="default" color="yellow" leftSection={<IconPlayerPause size={12} aria-hidden />} tt="none" className="state-yellow">
              Paused
            </Badge>
          )}
        </Group>
      }
      actions={<JobActions job={job} />}
    >
      <Tabs value={tab} onChange={(value) => go({ tab: value && value !== 'overview' ? value : undefined })} keepMounted={false}>
        <Tabs.List mb="md">
          <Tabs.Tab value="overview">Overview</Tabs.Tab>
          <Tabs.Tab value="runs">Runs</Tabs.Tab>
          <Tabs.Tab value="settings">Settings</Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="overview">
          <Overview job={job} before={search.before} onBefore={(before) => go({ before })} />
        </Tabs.Panel>
        <Tabs.Panel value="runs">
          <JobRuns job={job} search={search} onChange={go} />
        </Tabs.Panel>
        <Tabs.Panel value="settings">
          <Suspense fallback={<Loading rows={1} height={400} />}>
            <SettingsTab job={job} />
          </Suspense>
        </Tabs.Panel>
      </Tabs>
    </Page>
  );
}
