import { Chip, Group, TextInput, UnstyledButton } from '@mantine/core';
import { IconSearch } from '@tabler/icons-react';
import { useVirtualizer } from '@tanstack/react-virtual';
import { memo, useDeferredValue, useMemo, useRef, useState } from 'react';
import type { Task } from '../../api/types';
import { Empty } from '../../parts/page';
import { lookOf, StateBadge } from '../../parts/state';
import { Duration, Time } from '../../parts/time';
import { spanOf } from './patch';
import { useTaskNames } from './task-names';

/** The tasks of a run as a table, by state and text. */
export function TasksTab({ tasks, selected, onSelect }: { tasks: readonly Task[]; selected: string | undefined; onSelect: (task: string) => void }) {
  const nameOf = useTaskNames();
  const [states, setStates] = useState<string[]>([]);
  const [text, setText] = useState('');
  const wanted = useDeferredValue(text).trim().toLowerCase();
  const counts = useMemo(() => {
    const all = new Map<string, number>();
    for (const task of tasks) all.set(task.state, (all.get(task.state) ?? 0) + 1);
    return all;
  }, [tasks]);
  const shown = useMemo(
    () =>
      tasks.filter(
        (task) =>
          (states.length === 0 || states.includes(task.state)) &&
          (wanted === '' || nameOf(task.key).toLowerCase().includes(wanted) || task.reason?.text.toLowerCase().includes(wanted) || task.instances.some((instance) => instance.error?.toLowerCase().includes(wanted))),
      ),
    [nameOf, tasks, states, wanted],
  );
  const scroller = useRef<HTMLDivElement>(null);
  const rows = useVirtualizer({ count: shown.length, getScrollElement: () => scroller.current, estimateSize: () => 38, overscan: 8 });
  return (
    <>
      <Group gap="xs" mb="xs">
        <TextInput size="xs" w={240} placeholder="Name, reason or error" aria-label="Filter tasks by name, reason or error" leftSection={<IconSearch size={14} aria-hidden />} value={text} onChange={(event) => setText(event.currentTarget.value)} />
        <Chip.Group multiple value={states} onChange={setStates}>
          {[...counts].map(([state, count]) => (
            <Chip key={state} size="xs" value={state} variant="outline">
              {lookOf(state).text} {count.toLocaleString()}
            </Chip>
          ))}
        </Chip.Group>
      </Group>
      <div ref={scroller} className="table-scroll card" tabIndex={0} role="region" aria-label="Tasks">
        <div className="table-inner" role="table" aria-label="Tasks of the run" aria-rowcount={shown.length + 1}>
          <div className="table-row table-head" role="row">
            {['Task', 'State', 'Started', 'Took', 'Attempt', 'What it says'].map((name) => (
              <span key={name} role="columnheader">
                {name}
              </span>
            ))}
          </div>
          <div style={{ height: rows.getTotalSize(), position: 'relative' }} role="rowgroup">
            {rows.getVirtualItems().map((row) => {
              const task = shown[row.index]!;
              return <TaskRow key={task.key} task={task} name={nameOf(task.key)} start={row.start} isSelected={task.key === selected} onSelect={onSelect} />;
            })}
          </div>
        </div>
        {shown.length === 0 && <Empty title={tasks.length === 0 ? 'The run has no tasks yet' : 'No task is like that'}>{tasks.length > 0 && 'Take a filter away to see more.'}</Empty>}
      </div>
    </>
  );
}

const TaskRow = memo(function TaskRow({ task, name, start, isSelected, onSelect }: { task: Task; name: string; start: number; isSelected: boolean; onSelect: (task: string) => void }) {
  const { from, to } = spanOf(task);
  const says = task.waiting_for ? `waits: ${task.waiting_for}` : (task.instances.find((instance) => instance.error)?.error ?? task.reason?.text ?? task.instances.find((instance) => instance.exit_value !== undefined)?.exit_value ?? '');
  const tries = Math.max(0, ...task.instances.map((instance) => instance.attempt)) + 1;
  return (
    <div className={`table-row table-item${isSelected ? ' table-chosen' : ''}`} role="row" style={{ transform: `translateY(${start}px)` }} onClick={() => onSelect(task.key)}>
      <span role="cell">
        <UnstyledButton className="table-link" onClick={() => onSelect(task.key)}>
          {name}
        </UnstyledButton>
      </span>
      <span role="cell">
        <StateBadge state={task.state} />
      </span>
      <span role="cell">
        <Time at={from} />
      </span>
      <span role="cell">
        <Duration from={from} to={to} />
      </span>
      <span role="cell" className="tabular">
        {tries}
        {task.instances.length > 1 && ` · ${task.instances.filter((instance) => instance.index >= 0).length} parts`}
      </span>
      <span role="cell" className="table-text" title={says}>
        {says}
      </span>
    </div>
  );
});
