import { Group, Select, Tabs, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useNavigate, useParams, useSearch } from '@tanstack/react-router';
import { lazy, Suspense, useMemo, useState } from 'react';
import { isEnded, type Run } from '../../api/types';
import { DialectBadge } from '../../parts/dialect';
import { AppLink } from '../../parts/links';
import { ErrorBox, Loading, Page } from '../../parts/page';
import { StateBadge } from '../../parts/state';
import { EventsTab } from './events-tab';
import { NoticesTab } from './notices-tab';
import { OutputTab } from './output-tab';
import { tasksAtPass } from './patch';
import { RunActions } from './run-actions';
import { RunHeader } from './run-header';
import './runs.css';
import { SettingsTab } from './settings-tab';
import { TaskNames } from './task-names';
import { TaskPanel } from './task-panel';
import { TasksTab } from './tasks-tab';
import { Timeline } from './timeline';
import { attemptsQuery, runSettingsQuery, useRun } from './use-run';

const GraphTab = lazy(() => import('./graph-tab'));

const tabs = [
  ['graph', 'Graph'],
  ['timeline', 'Timeline'],
  ['tasks', 'Tasks'],
  ['events', 'Events'],
  ['output', 'Output'],
  ['settings', 'Settings'],
  ['notices', 'Notices'],
] as const;

/** What a run does and did. */
export function RunPage() {
  const { runId } = useParams({ from: '/app/runs/$runId' });
  const query = useRun(Number(runId));
  if (query.error && !query.data) return <ErrorBox error={query.error} retry={() => void query.refetch()} />;
  return query.data ? (
    <TaskNames run={query.data} key={query.data.id}>
      <Shown run={query.data} />
    </TaskNames>
  ) : (
    <Loading />
  );
}

function Shown({ run }: { run: Run }) {
  const search = useSearch({ from: '/app/runs/$runId' });
  const navigate = useNavigate();
  const [pass, setPass] = useState<number>();
  const wasRepaired = run.revision > 0 || run.round > 0;
  const settings = useQuery({ ...runSettingsQuery(run.id, run.revision), enabled: wasRepaired });
  const passes = settings.data?.passes ?? [];
  const isPast = pass !== undefined && pass < passes.length - 1;
  const attempts = useQuery({ ...attemptsQuery(run.id), enabled: isPast });
  const tasks = useMemo(() => (isPast && attempts.data ? tasksAtPass(run, attempts.data, passes, pass) : (run.tasks ?? [])), [isPast, attempts.data, passes, pass, run]);
  const shown: Run = isPast ? { ...run, state: passes[pass]?.state ?? run.state, tasks } : run;

  const tab = tabs.some(([name]) => name === search.tab) ? search.tab! : 'graph';
  const chosen = search.task !== undefined ? tasks.find((task) => task.key === search.task) : undefined;
  const go = (next: { tab?: string; task?: string | undefined; instance?: string | undefined }): void =>
    void navigate({ to: '/runs/$runId', params: { runId: String(run.id) }, search: { ...(tab !== 'graph' ? { tab } : {}), ...(search.task ? { task: search.task } : {}), ...next }, replace: true, resetScroll: false });
  const select = (task: string | undefined): void => go({ task, instance: undefined });

  return (
    <Page
      wide
      title={
        <Group gap="sm">
          <span>
            {run.name} <span style={{ color: 'var(--text-muted)', fontWeight: 500 }}>#{run.number}</span>
          </span>
          <StateBadge state={run.state} title={run.reason?.text} />
          <DialectBadge dialect={run.dialect} />
        </Group>
      }
      tab={`${run.name} #${run.number}`}
      eyebrow={
        run.kind === 'job' ? (
          <AppLink to="/jobs/$jobId" params={{ jobId: String(run.job_id) }} search={{}}>
            {run.name}
          </AppLink>
        ) : (
          <AppLink to="/runs" search={{}}>
            Runs
          </AppLink>
        )
      }
      actions={<RunActions run={run} />}
    >
      <RunHeader run={run} />
      {passes.length > 1 && (
        <Group gap="xs" mt="sm">
          <Select
            size="xs"
            w={300}
            label="Pass"
            allowDeselect={false}
            data={passes.map((each, index) => ({ value: String(index), label: `${index === 0 ? 'First pass' : `Repair ${index}`}: ${each.state.replaceAll('_', ' ')}${index === passes.length - 1 ? ' (newest)' : ''}` }))}
            value={String(pass ?? passes.length - 1)}
            onChange={(value) => setPass(Number(value))}
          />
          {isPast && (
            <Text size="sm" c="var(--state-orange)" role="status" mt={20}>
              Tasks are shown as this pass left them.
            </Text>
          )}
        </Group>
      )}
      <Tabs value={tab} onChange={(value) => go({ tab: value ?? 'graph' })} mt="md" keepMounted={false}>
        <Tabs.List className="tabs-line" aria-label="What to see of the run">
          {tabs.map(([name, text]) => (
            <Tabs.Tab key={name} value={name}>
              {text}
            </Tabs.Tab>
          ))}
        </Tabs.List>
        <div className={chosen && (tab === 'graph' || tab === 'timeline' || tab === 'tasks') ? 'run-split' : undefined}>
          <div className="run-main">
            <Tabs.Panel value="graph" pt="sm">
              <Suspense fallback={<div className="run-canvas card" aria-busy="true" />}>
                <GraphTab run={shown} tasks={tasks} selected={chosen?.key} onSelect={select} />
              </Suspense>
            </Tabs.Panel>
            <Tabs.Panel value="timeline" pt="sm">
              <Timeline run={shown} tasks={tasks} isPast={isPast} selected={chosen?.key} onSelect={select} />
            </Tabs.Panel>
            <Tabs.Panel value="tasks" pt="sm">
              <TasksTab tasks={tasks} selected={chosen?.key} onSelect={select} />
            </Tabs.Panel>
            <Tabs.Panel value="events" pt="sm">
              <EventsTab run={run} onTask={(task) => go({ tab: 'tasks', task })} />
            </Tabs.Panel>
            <Tabs.Panel value="output" pt="sm">
              <OutputTab run={shown} tasks={tasks} path={search.path ?? ''} />
            </Tabs.Panel>
            <Tabs.Panel value="settings" pt="sm">
              <SettingsTab run={run} />
            </Tabs.Panel>
            <Tabs.Panel value="notices" pt="sm">
              <NoticesTab run={run} />
            </Tabs.Panel>
          </div>
          {chosen && (tab === 'graph' || tab === 'timeline' || tab === 'tasks') && (
            <TaskPanel key={chosen.key} run={run} task={chosen} tasks={tasks} isPast={isPast} onClose={() => select(undefined)} onSelect={select} />
          )}
        </div>
      </Tabs>
      {search.task !== undefined && !chosen && tasks.length > 0 && isEnded(run.state) && (
        <Text size="sm" c="var(--text-muted)" mt="sm">
          The run has no task “{search.task}”.
        </Text>
      )}
    </Page>
  );
}
