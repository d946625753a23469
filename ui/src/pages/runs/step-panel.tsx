import { Tabs, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { ApiError } from '../../api/client';
import type { Run, Task } from '../../api/types';
import { Code } from '../../parts/code';
import { LogView } from '../../parts/log/log-view';
import { Empty, ErrorBox, Loading } from '../../parts/page';
import { StateBadge } from '../../parts/state';
import { AttemptFacts } from './attempt-facts';
import { Facts } from './facts';
import { orchestFile, type Step } from './orchest';
import { PageFrame } from './page-frame';
import { languageOf } from './run-files';
import { attemptQuery } from './use-run';

/** A step of a frozen pipeline: its properties, its log, its file or the page of its notebook. */
export function StepPanel({ run, step, given, task }: { run: Run; step: Step; given: Record<string, unknown> | undefined; task: Task | undefined }) {
  const id = task?.instances[0]?.attempt_id;
  return (
    <Tabs defaultValue="properties" keepMounted={false}>
      <Tabs.List className="tabs-line" aria-label="Of the step">
        <Tabs.Tab value="properties">Properties</Tabs.Tab>
        <Tabs.Tab value="log">Log</Tabs.Tab>
        <Tabs.Tab value="file">{step.file_path.endsWith('.ipynb') ? 'Notebook' : 'File'}</Tabs.Tab>
      </Tabs.List>
      <Tabs.Panel value="properties" pt="sm">
        <Facts
          facts={[
            ['State', task && <StateBadge state={task.state} title={task.reason?.text} />],
            ['File', <span key="file" className="mono">{step.file_path}</span>],
            ['Environment', step.environment],
            ['Waits for', task?.waiting_for],
          ]}
        />
        <Text size="sm" fw={600} mt="sm" mb={4}>
          Parameters
        </Text>
        <Code value={JSON.stringify(given ?? step.parameters ?? {}, null, 2)} language="json" label={`Parameters of ${step.title}`} />
        {id !== undefined && <Attempt id={id} />}
      </Tabs.Panel>
      <Tabs.Panel value="log" pt="sm">
        {id === undefined ? (
          <Empty title="This step has no log yet" />
        ) : (
          <div className="panel-log">
            <LogView attemptId={id} label={`Log of ${step.title}`} state={task?.instances[0]?.state} isPart />
          </div>
        )}
      </Tabs.Panel>
      <Tabs.Panel value="file" pt="sm">
        <File run={run} step={step} />
      </Tabs.Panel>
    </Tabs>
  );
}

function Attempt({ id }: { id: number }) {
  const attempt = useQuery(attemptQuery(id));
  return attempt.data ? <AttemptFacts attempt={attempt.data} /> : <Loading rows={2} />;
}

function File({ run, step }: { run: Run; step: Step }) {
  const query = useQuery({ queryKey: ['run', run.id, 'step', step.uuid, run.state], retry: false, queryFn: () => orchestFile(run, step.uuid) });
  if (query.error) return query.error instanceof ApiError && query.error.status === 404 ? <Empty title="There is no file to show">{query.error.message}</Empty> : <ErrorBox error={query.error} retry={() => void query.refetch()} />;
  if (!query.data) return <Loading />;
  // Of a notebook that the run executed there is a page; else its file as it stands.
  if (step.file_path.endsWith('.ipynb') && /^\s*</.test(query.data.content)) return <PageFrame html={query.data.content} label={`Notebook of ${step.title}`} height="60vh" />;
  return <Code value={query.data.content} language={languageOf(step.file_path)} label={step.file_path} />;
}
