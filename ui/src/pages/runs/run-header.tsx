import { Badge, Group, Text, Tooltip } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { isEnded, type Run } from '../../api/types';
import { AppLink } from '../../parts/links';
import { Duration, Time } from '../../parts/time';
import { Copy } from '../../parts/actions';
import { inForce } from './parameters';
import { useTaskNames } from './task-names';
import { runSettingsQuery } from './use-run';

/** What is known of a run at a glance. */
export function RunHeader({ run }: { run: Run }) {
  const tasks = run.tasks ?? [];
  const counts = new Map<string, number>();
  let attempts = 0;
  let waits: string | undefined;
  for (const task of tasks) {
    counts.set(task.state, (counts.get(task.state) ?? 0) + 1);
    waits ??= task.waiting_for;
    for (const instance of task.instances) attempts += instance.index >= 0 && instance.started_at ? instance.attempt + 1 : 0;
  }
  const running = (counts.get('running') ?? 0) + (counts.get('starting') ?? 0);
  const ended = tasks.length - ['blocked', 'ready', 'starting', 'running', 'waiting_for_retry'].reduce((sum, state) => sum + (counts.get(state) ?? 0), 0);
  // The settings of a run of thousands of tasks are large, and its own parameters say most.
  const settings = useQuery({ ...runSettingsQuery(run.id, run.revision), enabled: tasks.length <= 300 });
  const parameters = inForce(run, settings.data?.parameters);
  const nameOf = useTaskNames();
  const why = run.reason?.text || (running === 0 && !isEnded(run.state) && waits ? `Waits: ${waits}` : '');
  return (
    <div className="card run-header">
      <Text size="sm" className={why ? 'breaks' : 'breaks run-quiet'} c={run.state === 'failed' || run.state === 'timed_out' ? 'var(--state-red)' : undefined} fw={500}>
        {why || (isEnded(run.state) ? 'It ended as it should.' : running > 0 ? `${running} ${running === 1 ? 'task runs' : 'tasks run'}.` : 'It is about to go on.')}
      </Text>
      <dl className="run-facts">
        <Fact name="Took">
          <Duration from={run.started_at} to={run.ended_at} />
        </Fact>
        <Fact name="Tasks">
          <span className="tabular">
            {ended} of {tasks.length} ended{(counts.get('failed') ?? 0) > 0 && `, ${counts.get('failed')} failed`}
          </span>
        </Fact>
        <Fact name="Attempts">
          <span className="tabular">{attempts}</span>
        </Fact>
        <Fact name="Started">
          <Time at={run.started_at ?? run.created_at} />
        </Fact>
        <Fact name="By">{run.trigger}</Fact>
        <Fact name="Owner">{run.owner}</Fact>
        {run.timeout_ms > 0 && <Fact name="May take">{Math.round(run.timeout_ms / 1000)} s</Fact>}
        {run.batch_id !== undefined && (
          <Fact name="Batch">
            <AppLink to="/batches/$batchId" params={{ batchId: String(run.batch_id) }} search={{}}>
              {run.batch_id} [{run.batch_index}]
            </AppLink>
          </Fact>
        )}
        {run.parent_attempt_id !== undefined && (
          <Fact name="Started in">
            <AppLink to="/attempts/$attemptId" params={{ attemptId: String(run.parent_attempt_id) }} search={{}}>
              a task of another run
            </AppLink>
          </Fact>
        )}
        <Fact name="Id">
          <Group gap={2} wrap="nowrap" component="span">
            <span className="mono breaks">{run.public_id ?? run.id}</span>
            <Copy value={run.public_id ?? String(run.id)} label="Copy the id" />
          </Group>
        </Fact>
        {run.dialect === 'orchest' && (
          <Fact name="Pipeline">
            <AppLink to="/runs/$runId/pipeline" params={{ runId: String(run.id) }} search={{}}>
              as it was frozen
            </AppLink>
          </Fact>
        )}
      </dl>
      {parameters.length > 0 && (
        <Group gap={6} mt={6} aria-label="Parameters" role="list">
          {parameters.slice(0, 12).map(([name, value]) => (
            <Tooltip key={name} label={`${nameOf(name)} = ${value}`} multiline maw={500} disabled={value.length < 40}>
              <Badge variant="default" tt="none" fw={400} radius="sm" role="listitem" maw={320}>
                <span className="mono">
                  {nameOf(name)} = {value}
                </span>
              </Badge>
            </Tooltip>
          ))}
          {parameters.length > 12 && <Text size="xs">and {parameters.length - 12} more</Text>}
        </Group>
      )}
    </div>
  );
}

function Fact({ name, children }: { name: string; children: React.ReactNode }) {
  return (
    <div>
      <Text component="dt" size="xs" c="var(--text-muted)">
        {name}
      </Text>
      <Text component="dd" size="sm" m={0} className="breaks">
        {children}
      </Text>
    </div>
  );
}
