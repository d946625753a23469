import { Accordion, Button, Stack, Text, Title } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { Run, Task } from '../../api/types';
import { Empty, ErrorBox, Loading } from '../../parts/page';
import { StateIcon } from '../../parts/state';
import { AttemptFacts } from './attempt-facts';
import { Notebooks } from './notebooks';
import { RunFiles } from './run-files';
import { useTaskNames } from './task-names';
import { attemptQuery } from './use-run';

const most = 50;

/** What a run gave: values of its tasks, notebooks, files. */
export function OutputTab({ run, tasks, path }: { run: Run; tasks: readonly Task[]; path: string }) {
  const nameOf = useTaskNames();
  const [count, setCount] = useState(most);
  const given = tasks.flatMap((task) => task.instances.filter((instance) => instance.exit_value !== undefined || instance.error !== undefined || (run.dialect === 'databricks' && instance.started_at)).map((instance) => ({ task, instance })));
  return (
    <Stack gap="lg">
      <section aria-label="Values of tasks">
        <Title order={2} mb="xs">
          Values and errors
        </Title>
        {given.length === 0 ? (
          <Empty title="No task gave a value">A task gives one as its exit value, or sets values by name; errors stand here too.</Empty>
        ) : (
          <Accordion variant="contained" multiple chevronPosition="left">
            {given.slice(0, count).map(({ task, instance }) => (
              <Accordion.Item key={`${task.key} ${instance.index}`} value={`${task.key} ${instance.index}`}>
                <Accordion.Control icon={<StateIcon state={instance.state} />}>
                  <Text size="sm" fw={600} component="span">
                    {nameOf(task.key)}
                    {task.instances.length > 1 && ` [${instance.index}]`}
                  </Text>{' '}
                  <Text size="sm" component="span" c={instance.error ? 'var(--state-red)' : 'var(--text-muted)'} className="output-line">
                    {instance.error ?? instance.exit_value ?? ''}
                  </Text>
                </Accordion.Control>
                <Accordion.Panel>
                  <Result id={instance.attempt_id} />
                </Accordion.Panel>
              </Accordion.Item>
            ))}
          </Accordion>
        )}
        {given.length > count && (
          <Button mt="xs" variant="default" size="xs" onClick={() => setCount(count + 200)}>
            Show more ({given.length - count} left)
          </Button>
        )}
      </section>
      <Notebooks run={run} tasks={tasks} />
      <section aria-label="Files">
        <Title order={2} mb="xs">
          Files
        </Title>
        <RunFiles runId={run.id} path={path} />
      </section>
    </Stack>
  );
}

function Result({ id }: { id: number }) {
  const attempt = useQuery(attemptQuery(id));
  if (attempt.error) return <ErrorBox error={attempt.error} />;
  return attempt.data ? <AttemptFacts attempt={attempt.data} /> : <Loading rows={2} />;
}
