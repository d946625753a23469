import { Button, Group, Tabs, Text } from '@mantine/core';
import { useNavigate, useSearch } from '@tanstack/react-router';
import type { Run } from '../../api/types';
import { AppLink } from '../../parts/links';
import { Empty, ErrorBox, Loading, Page } from '../../parts/page';
import { StateBadge } from '../../parts/state';
import { Duration, Time } from '../../parts/time';
import { CompareFiles } from './compare-files';
import { CompareLogs } from './compare-logs';
import { CompareOutputs, CompareParameters, ParameterDifferences } from './compare-outputs';
import { CompareSettings } from './compare-settings';
import { CompareTasks } from './compare-tasks';
import { RunPicker } from './run-picker';
import './compare.css';
import './runs.css';
import { TaskNames } from './task-names';
import { useRun } from './use-run';

const tabs = [
  ['tasks', 'Tasks'],
  ['parameters', 'Parameters'],
  ['settings', 'Settings'],
  ['files', 'Files'],
  ['outputs', 'Outputs'],
  ['logs', 'Logs'],
] as const;

const idOf = (text: string | undefined): number | undefined => (text !== undefined && /^\d+$/.test(text) ? Number(text) : undefined);

/** Two runs side by side: what differs, and by how much. */
export function Compare() {
  const search = useSearch({ from: '/app/compare' });
  const navigate = useNavigate();
  const a = idOf(search.a);
  const b = idOf(search.b);
  const go = (change: Record<string, string | undefined>): void => void navigate({ to: '/compare', search: { ...search, ...change }, replace: true, resetScroll: false });
  return (
    <Page
      wide
      title="Compare two runs"
      tab="Compare"
      actions={
        a !== undefined &&
        b !== undefined && (
          <Button variant="default" onClick={() => go({ a: search.b, b: search.a })}>
            Swap the two
          </Button>
        )
      }
    >
      <div className="compare-heads">
        <Side letter="A" id={a} other={b} onPick={(id) => go({ a: id })} />
        <Side letter="B" id={b} other={a} onPick={(id) => go({ b: id })} />
      </div>
      {a === undefined || b === undefined ? (
        <Empty title="Choose two runs">By their ids, or from the newest runs. On a run's page, “Compare with the run before” chooses both.</Empty>
      ) : (
        <Both a={a} b={b} tab={search.tab} task={search.task} onTab={(tab) => go({ tab })} onTask={(task) => go({ task })} onLog={(task) => go({ task, tab: 'logs' })} />
      )}
    </Page>
  );
}

function Side({ letter, id, other, onPick }: { letter: string; id: number | undefined; other: number | undefined; onPick: (id: string | undefined) => void }) {
  return (
    <section className="card compare-head" aria-label={`Run ${letter}`}>
      <Group gap="xs" wrap="nowrap" align="flex-start">
        <span className={`compare-letter compare-${letter.toLowerCase()}`} aria-hidden>
          {letter}
        </span>
        <div style={{ flex: 1, minWidth: 0 }}>
          {id !== undefined && <Head id={id} />}
          <RunPicker letter={letter} id={id} other={other} onPick={onPick} />
        </div>
      </Group>
    </section>
  );
}

function Head({ id }: { id: number }) {
  const query = useRun(id);
  if (query.error && !query.data) return <ErrorBox error={query.error} />;
  if (!query.data) return <Loading rows={2} height={22} />;
  const run = query.data;
  return (
    <div>
      <Group gap="xs">
        <AppLink to="/runs/$runId" params={{ runId: String(run.id) }} search={{}} fw={650} className="breaks">
          {run.name} #{run.number}
        </AppLink>
        <StateBadge state={run.state} title={run.reason?.text} />
      </Group>
      <Text size="sm" c="var(--text-muted)" mb={6}>
        <Time at={run.created_at} /> · took <Duration from={run.started_at} to={run.ended_at} />
        {run.reason?.text && ` · ${run.reason.text}`}
      </Text>
    </div>
  );
}

function Both({ a, b, tab, task, onTab, onTask, onLog }: { a: number; b: number; tab: string | undefined; task: string | undefined; onTab: (tab: string) => void; onTask: (task: string) => void; onLog: (task: string) => void }) {
  const [one, two] = [useRun(a), useRun(b)];
  if (!one.data || !two.data) return one.error || two.error ? null : <Loading />;
  return (
    <TaskNames run={two.data}>
      <Parts a={one.data} b={two.data} tab={tabs.some(([name]) => name === tab) ? tab! : 'tasks'} task={task} onTab={onTab} onTask={onTask} onLog={onLog} />
    </TaskNames>
  );
}

function Parts({ a, b, tab, task, onTab, onTask, onLog }: { a: Run; b: Run; tab: string; task: string | undefined; onTab: (tab: string) => void; onTask: (task: string) => void; onLog: (task: string) => void }) {
  return (
    <>
      <ParameterDifferences a={a} b={b} />
      <Tabs value={tab} onChange={(value) => onTab(value ?? 'tasks')} keepMounted={false} mt="sm">
        <Tabs.List className="tabs-line" aria-label="What to compare">
          {tabs.map(([name, text]) => (
            <Tabs.Tab key={name} value={name}>
              {text}
            </Tabs.Tab>
          ))}
        </Tabs.List>
        <Tabs.Panel value="tasks" pt="sm">
          <CompareTasks a={a} b={b} onTask={onLog} />
        </Tabs.Panel>
        <Tabs.Panel value="parameters" pt="sm">
          <CompareParameters a={a} b={b} />
        </Tabs.Panel>
        <Tabs.Panel value="settings" pt="sm">
          <CompareSettings a={a} b={b} />
        </Tabs.Panel>
        <Tabs.Panel value="files" pt="sm">
          <CompareFiles a={a} b={b} />
        </Tabs.Panel>
        <Tabs.Panel value="outputs" pt="sm">
          <CompareOutputs a={a} b={b} />
        </Tabs.Panel>
        <Tabs.Panel value="logs" pt="sm">
          <CompareLogs a={a} b={b} task={task} onTask={onTask} />
        </Tabs.Panel>
      </Tabs>
    </>
  );
}
