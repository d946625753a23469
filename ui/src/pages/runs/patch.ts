import { isEnded, isTaskEnded, runStates, type Attempt, type Instance, type Run, type RunEvent, type Task } from '../../api/types';

const taskStates = new Set(['blocked', 'ready', 'starting', 'running', 'waiting_for_retry', 'succeeded', 'failed', 'timed_out', 'cancelled', 'lost', 'skipped']);
/** The instance that stands for a for-each task itself. */
export const headIndex = -1;

/** A run after events of the live feed. What did not change stays the same object, so that only what did is drawn anew. */
export function patched(run: Run, events: readonly RunEvent[]): Run {
  let next = run;
  let tasks: Task[] | undefined;
  const places = new Map<string, number>();
  for (const event of events) {
    if (event.run_id !== run.id) continue;
    if (event.task_key === undefined) {
      if (event.task === undefined) next = moved(next, event);
      continue;
    }
    if (!run.tasks || !taskStates.has(event.to)) continue;
    if (places.size === 0) for (const [place, task] of run.tasks.entries()) places.set(task.key, place);
    const place = places.get(event.task_key);
    if (place === undefined) continue;
    tasks ??= [...run.tasks];
    tasks[place] = taskAfter(tasks[place]!, event);
  }
  return tasks ? { ...next, tasks } : next;
}

function moved(run: Run, event: RunEvent): Run {
  if (!(runStates as readonly string[]).includes(event.to)) return run;
  const { ended_at: _, reason: __, ...rest } = run;
  const text = event.reason?.text ? { reason: event.reason } : {};
  return {
    ...rest,
    ...text,
    state: event.to,
    ...(event.to === 'running' && !run.started_at ? { started_at: event.at } : {}),
    ...(isEnded(event.to) ? { ended_at: event.at } : {}),
  };
}

function taskAfter(task: Task, event: RunEvent): Task {
  const index = event.index ?? 0;
  const at = task.instances.findIndex((instance) => instance.index === index);
  const before = at < 0 ? undefined : task.instances[at];
  // What was fetched since knows more than an event that was held.
  if (before && event.attempt_id !== undefined && before.attempt_id > event.attempt_id) return task;
  if (before && before.attempt_id === event.attempt_id && isTaskEnded(before.state) && !isTaskEnded(event.to)) return task;
  const instances = [...task.instances];
  const now = instanceAfter(before, index, event);
  if (at < 0) instances.push(now);
  else instances[at] = now;
  const state = stateOf(instances);
  const { waiting_for: waiting, reason: _, ...rest } = task;
  return { ...rest, state, ...(now.reason ? { reason: now.reason } : {}), ...(waiting && state === 'ready' ? { waiting_for: waiting } : {}), instances };
}

function instanceAfter(before: Instance | undefined, index: number, event: RunEvent): Instance {
  const isNew = before === undefined || (event.attempt_id !== undefined && before.attempt_id !== event.attempt_id);
  const kept: Instance = isNew
    ? { index, attempt_id: event.attempt_id ?? before?.attempt_id ?? 0, attempt: before ? before.attempt + 1 : 0, state: event.to, ...(before?.input !== undefined ? { input: before.input } : {}) }
    : before;
  const { reason: _, ...rest } = kept;
  return {
    ...rest,
    state: event.to,
    ...(event.reason?.text ? { reason: event.reason } : {}),
    ...(event.to === 'running' && !kept.started_at ? { started_at: event.at } : {}),
    ...(isTaskEnded(event.to) ? { ended_at: event.at } : {}),
  };
}

/** One word for a task: what the furthest of its instances does; a for-each says it itself once it has ended. */
export function stateOf(instances: readonly Instance[]): string {
  const head = instances.find((instance) => instance.index === headIndex);
  if (head && (isTaskEnded(head.state) || head.state === 'blocked')) return head.state;
  const states = instances.map((instance) => instance.state);
  for (const state of ['running', 'starting', 'ready', 'waiting_for_retry']) if (states.includes(state)) return state;
  if (states.includes('blocked')) return states.some(isTaskEnded) ? 'running' : 'blocked';
  return states.find((state) => state !== 'succeeded') ?? states[0] ?? 'blocked';
}

/** A pass over a run: its first, or a repair. */
export interface Pass {
  repair_id?: number;
  started_at: string;
  state: string;
  ended_at?: string;
}

/**
 * The tasks of a run as a pass over it left them: of each instance the newest attempt that is older than the repair
 * after that pass (ids grow with time).
 */
export function tasksAtPass(run: Run, attempts: readonly Attempt[], passes: readonly Pass[], pass: number): Task[] {
  const bound = passes[pass + 1]?.repair_id ?? Number.POSITIVE_INFINITY;
  const newest = new Map<string, Map<number, Attempt>>();
  for (const attempt of attempts) {
    if (attempt.id >= bound) continue;
    let own = newest.get(attempt.task);
    if (!own) newest.set(attempt.task, (own = new Map()));
    if ((own.get(attempt.index)?.id ?? 0) < attempt.id) own.set(attempt.index, attempt);
  }
  return (run.tasks ?? []).map((task): Task => {
    const own = [...(newest.get(task.key)?.values() ?? [])].sort((a, b) => a.index - b.index);
    if (own.length === 0) return task;
    const instances = own.map(({ id, index, attempt, state, reason, started_at, ended_at, exit_code, branch, child_run_id, input, result }): Instance => ({
      index, attempt_id: id, attempt, state,
      ...(reason && { reason }), ...(started_at && { started_at }), ...(ended_at && { ended_at }), ...(exit_code !== undefined && { exit_code }), ...(branch !== undefined && { branch }),
      ...(child_run_id !== undefined && { child_run_id }), ...(input !== undefined && { input }), ...(result?.exit_value !== undefined && { exit_value: result.exit_value }), ...(result?.error !== undefined && { error: result.error }),
    }));
    const reason = instances.find((instance) => instance.reason)?.reason;
    return { key: task.key, action: task.action, depends_on: task.depends_on, state: stateOf(instances), instances, ...(reason && { reason }) };
  });
}

/** The tasks chosen and all that depends on them, directly or not. */
export function withDependents(tasks: readonly Pick<Task, 'key' | 'depends_on'>[], chosen: ReadonlySet<string>): Set<string> {
  const after = new Map<string, string[]>();
  for (const task of tasks) for (const one of task.depends_on) after.set(one, [...(after.get(one) ?? []), task.key]);
  const all = new Set(chosen);
  const open = [...chosen];
  for (let key = open.pop(); key !== undefined; key = open.pop())
    for (const next of after.get(key) ?? [])
      if (!all.has(next)) {
        all.add(next);
        open.push(next);
      }
  return all;
}

/** When a task began and ended, over its instances. */
export function spanOf(task: Task): { from?: string; to?: string } {
  let from: string | undefined;
  let to: string | undefined;
  for (const { started_at, ended_at } of task.instances) {
    if (started_at && (!from || started_at < from)) from = started_at;
    if (ended_at && (!to || ended_at > to)) to = ended_at;
  }
  return { ...(from && { from }), ...(to && isTaskEnded(task.state) && { to }) };
}
