import { useQuery } from '@tanstack/react-query';
import { memo, useMemo, useRef } from 'react';
import { isTaskEnded, type Run, type Task } from '../../api/types';
import { GraphView, type GraphEdge, type GraphNode } from '../../parts/graph/graph';
import { Duration, durationText } from '../../parts/time';
import { spanOf } from './patch';
import { useTaskNames } from './task-names';
import { runSettingsQuery } from './use-run';

/** The tasks of a run as a picture, live. */
export default function GraphTab({ run, tasks, selected, onSelect }: { run: Run; tasks: readonly Task[]; selected: string | undefined; onSelect: (task: string) => void }) {
  // Which outcome of a condition leads where stands in the plan.
  const hasConditions = tasks.some((task) => task.action === 'condition');
  const settings = useQuery({ ...runSettingsQuery(run.id, run.revision), enabled: hasConditions });
  const nameOf = useTaskNames();
  // The same object for a task that did not change: only what did is drawn anew.
  const made = useRef(new WeakMap<Task, GraphNode>());
  const nodes = useMemo(
    () =>
      tasks.map((task) => {
        let node = made.current.get(task);
        const title = nameOf(task.key);
        if (node?.title !== title) made.current.set(task, (node = { id: task.key, title, state: task.state, note: <Note task={task} />, hint: hintOf(task) }));
        return node!;
      }),
    [nameOf, tasks],
  );
  const shape = tasks.map((task) => `${task.key}<${task.depends_on.join()}`).join('\n');
  const edges = useMemo(() => {
    const outcomes = new Map((settings.data?.plan.tasks ?? []).flatMap((task) => task.depends_on.map((edge) => [`${edge.task} ${task.key}`, edge.outcome] as const)));
    return tasks.flatMap((task) =>
      task.depends_on.map((from): GraphEdge => {
        const outcome = outcomes.get(`${from} ${task.key}`);
        return { from, to: task.key, ...(outcome !== undefined ? { label: String(outcome) } : {}) };
      }),
    );
    // States do not change what leads where.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [shape, settings.data]);
  return (
    <div className="run-canvas card">
      <GraphView nodes={nodes} edges={edges} selected={selected} onSelect={onSelect} label={`Tasks of run ${run.number} of ${run.name}`} />
    </div>
  );
}

function hintOf(task: Task): string {
  const { from, to } = spanOf(task);
  return from && to ? durationText(Date.parse(to) - Date.parse(from)) : (task.waiting_for ?? task.reason?.text ?? '');
}

/** How long, which try, how many, or what for it waits. */
const Note = memo(function Note({ task }: { task: Task }) {
  const nameOf = useTaskNames();
  const { from, to } = spanOf(task);
  const iterations = task.instances.filter((instance) => instance.index >= 0);
  const tries = Math.max(0, ...iterations.map((instance) => instance.attempt)) + 1;
  const parts = [
    task.waiting_for && `waits: ${task.waiting_for}`,
    iterations.length > 1 && `${iterations.filter((instance) => isTaskEnded(instance.state)).length} of ${iterations.length}`,
    tries > 1 && `attempt ${tries}`,
    task.action === 'condition' && iterations[0]?.branch !== undefined && String(iterations[0].branch),
  ].filter((part): part is string => typeof part === 'string');
  return (
    <>
      {from && <Duration from={from} to={to} />}
      {from && parts.length > 0 && ' · '}
      {parts.join(' · ')}
      {!from && parts.length === 0 && (task.reason?.text || (task.state === 'blocked' && task.depends_on.length > 0 ? `after ${nameOf(task.depends_on[0]!)}${task.depends_on.length > 1 ? ` and ${task.depends_on.length - 1} more` : ''}` : task.action.replaceAll('_', ' ')))}
    </>
  );
});
