import { Button, CloseButton, Group, Select, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useVirtualizer } from '@tanstack/react-virtual';
import { useEffect, useRef, useState } from 'react';
import { isTaskEnded, type Instance, type Run, type Task } from '../../api/types';
import { LogView } from '../../parts/log/log-view';
import { ErrorBox } from '../../parts/page';
import { StateBadge, StateIcon } from '../../parts/state';
import { Duration } from '../../parts/time';
import { AttemptFacts } from './attempt-facts';
import { Facts } from './facts';
import { useTaskNames } from './task-names';
import { attemptQuery, attemptsQuery } from './use-run';

/** One task of a run: what it waits for, its instances and attempts, its result and its log. */
export function TaskPanel({ run, task, tasks, isPast, onClose, onSelect }: { run: Run; task: Task; tasks: readonly Task[]; isPast: boolean; onClose: () => void; onSelect: (task: string) => void }) {
  const nameOf = useTaskNames();
  const place = useRef<HTMLElement>(null);
  useEffect(() => {
    // Where the panel lies below the picture one would not see that it opened.
    if (window.matchMedia('(max-width: 900px)').matches) place.current?.scrollIntoView({ block: 'start' });
  }, []);
  const runs = task.instances.filter((instance) => instance.index >= 0 || task.instances.length === 1);
  const [index, setIndex] = useState<number>();
  const instance = runs.find((one) => one.index === index) ?? runs.find((one) => one.state === 'failed' || one.state === 'timed_out') ?? runs[0] ?? task.instances[0];
  return (
    <aside ref={place} className="run-panel card" aria-label={`Task ${nameOf(task.key)}`}>
      <Group justify="space-between" wrap="nowrap" align="flex-start">
        <Group gap="xs">
          <Text fw={650} className="breaks" component="h2" m={0}>
            {nameOf(task.key)}
          </Text>
          <StateBadge state={task.state} title={task.reason?.text} />
        </Group>
        <CloseButton aria-label="Close the task" onClick={onClose} />
      </Group>
      <Facts
        facts={[
          ['Does', task.action.replaceAll('_', ' ')],
          // With one instance its attempt says the same below.
          ['Reason', runs.length > 1 && task.reason?.text],
          ['Waits for', runs.length > 1 && task.waiting_for],
          ['Depends on', task.depends_on.length > 0 && <Depends keys={task.depends_on} tasks={tasks} onSelect={onSelect} />],
        ]}
      />
      {runs.length > 1 && <Instances instances={runs} chosen={instance?.index} onChoose={setIndex} />}
      {instance ? <Tries key={`${instance.index} ${instance.attempt_id}`} run={run} task={task} instance={instance} isPast={isPast} /> : <Text size="sm">Its iterations are not known yet.</Text>}
    </aside>
  );
}

function Depends({ keys, tasks, onSelect }: { keys: readonly string[]; tasks: readonly Task[]; onSelect: (task: string) => void }) {
  const nameOf = useTaskNames();
  const [all, setAll] = useState(false);
  const shown = all ? keys : keys.slice(0, 8);
  return (
    <Group gap={4} component="span">
      {shown.map((key) => {
        const state = tasks.find((one) => one.key === key)?.state;
        return (
          <Button key={key} size="compact-xs" variant="default" leftSection={state && <StateIcon state={state} size={13} />} onClick={() => onSelect(key)}>
            {nameOf(key)}
          </Button>
        );
      })}
      {keys.length > shown.length && (
        <Button size="compact-xs" variant="subtle" onClick={() => setAll(true)}>
          and {keys.length - shown.length} more
        </Button>
      )}
    </Group>
  );
}

/** The instances or iterations of a task, however many. */
function Instances({ instances, chosen, onChoose }: { instances: readonly Instance[]; chosen: number | undefined; onChoose: (index: number) => void }) {
  const scroller = useRef<HTMLDivElement>(null);
  const rows = useVirtualizer({ count: instances.length, getScrollElement: () => scroller.current, estimateSize: () => 26, overscan: 6 });
  return (
    <div>
      <Text size="sm" fw={600} mb={2}>
        {instances.length} {instances.some((instance) => instance.input !== undefined) ? 'iterations' : 'instances'}
      </Text>
      <div ref={scroller} className="instances card" tabIndex={0} role="group" aria-label="Instances">
        <div style={{ height: rows.getTotalSize(), position: 'relative' }}>
          {rows.getVirtualItems().map((row) => {
            const one = instances[row.index]!;
            return (
              <button key={one.index} type="button" className="instance" aria-pressed={one.index === chosen} style={{ transform: `translateY(${row.start}px)` }} onClick={() => onChoose(one.index)}>
                <StateIcon state={one.state} size={14} />
                <span className="tabular">{one.index}</span>
                <span className="instance-input">{one.input ?? ''}</span>
                {one.started_at && <Duration from={one.started_at} to={one.ended_at} />}
              </button>
            );
          })}
        </div>
      </div>
    </div>
  );
}

/** The attempts of one instance, the newest first, with the chosen one's result and log. */
function Tries({ run, task, instance, isPast }: { run: Run; task: Task; instance: Instance; isPast: boolean }) {
  const nameOf = useTaskNames();
  const earlier = useQuery({ ...attemptsQuery(run.id), enabled: instance.attempt > 0 || isPast });
  const all = (earlier.data ?? []).filter((attempt) => attempt.task === task.key && attempt.index === instance.index).sort((a, b) => b.id - a.id);
  const [picked, setPicked] = useState<number>();
  const id = picked ?? instance.attempt_id;
  const attempt = useQuery(attemptQuery(id));
  const state = id === instance.attempt_id ? instance.state : attempt.data?.state;
  const hasLog = task.action === 'command' || instance.index >= 0 && task.action === 'for_each';
  return (
    <>
      {instance.attempt > 0 && (
        <Select
          size="xs"
          label={`Attempt (${instance.attempt + 1} so far)`}
          allowDeselect={false}
          data={(all.length > 0 ? all : [{ id: instance.attempt_id, attempt: instance.attempt, state: instance.state }]).map((one) => ({ value: String(one.id), label: `Attempt ${one.attempt + 1}: ${one.state.replaceAll('_', ' ')}` }))}
          value={String(id)}
          onChange={(value) => setPicked(Number(value))}
        />
      )}
      {attempt.error ? <ErrorBox error={attempt.error} retry={() => void attempt.refetch()} /> : attempt.data ? <AttemptFacts attempt={attempt.data} /> : <div style={{ minHeight: 120 }} aria-busy="true" />}
      {hasLog && (
        <div className="panel-log">
          <LogView key={id} attemptId={id} label={`Log of ${nameOf(task.key)}`} state={state} isPart />
        </div>
      )}
      {!hasLog && !isTaskEnded(task.state) && (
        <Text size="sm" c="var(--text-muted)">
          This task writes no log.
        </Text>
      )}
    </>
  );
}
