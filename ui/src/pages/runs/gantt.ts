import type { Attempt, Task } from '../../api/types';
import { headIndex } from './patch';

/** A stretch of time in which an attempt ran. */
export interface Bar {
  attempt: number;
  state: string;
  from: number;
  /** Nothing while it runs. */
  to: number | undefined;
}

/** One line of the timeline: an instance of a task. */
export interface GanttRow {
  id: string;
  task: string;
  name: string;
  bars: Bar[];
}

/** Rows in the order in which they began; what did not begin is not among them. */
export function rowsOf(tasks: readonly Task[], earlier: readonly Attempt[], nameOf: (key: string) => string): GanttRow[] {
  const before = new Map<string, Attempt[]>();
  for (const attempt of earlier) {
    const id = `${attempt.task} ${attempt.index}`;
    const own = before.get(id);
    if (own) own.push(attempt);
    else before.set(id, [attempt]);
  }
  const rows: GanttRow[] = [];
  for (const task of tasks) {
    const many = task.instances.length > 1;
    for (const instance of task.instances) {
      const id = `${task.key} ${instance.index}`;
      const bars: Bar[] = [];
      for (const attempt of before.get(id) ?? [])
        if (attempt.started_at && attempt.id < instance.attempt_id) bars.push({ attempt: attempt.attempt, state: attempt.state, from: Date.parse(attempt.started_at), to: attempt.ended_at ? Date.parse(attempt.ended_at) : Date.parse(attempt.started_at) });
      if (instance.started_at) bars.push({ attempt: instance.attempt, state: instance.state, from: Date.parse(instance.started_at), to: instance.ended_at ? Date.parse(instance.ended_at) : undefined });
      if (bars.length > 0) rows.push({ id, task: task.key, name: many && instance.index !== headIndex ? `${nameOf(task.key)} [${instance.index}]` : nameOf(task.key), bars: bars.sort((a, b) => a.from - b.from) });
    }
  }
  return rows.sort((a, b) => a.bars[0]!.from - b.bars[0]!.from);
}

const steps = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1e3, 2e3, 5e3, 1e4, 15e3, 3e4, 6e4, 12e4, 3e5, 6e5, 9e5, 18e5, 36e5, 72e5, 216e5, 432e5, 864e5];

/** Round times since the beginning, about so many. */
export function ticksOf(length: number, about: number): number[] {
  const step = steps.find((each) => length / each <= about) ?? 864e5 * Math.ceil(length / 864e5 / about);
  return Array.from({ length: Math.floor(length / step) + 1 }, (_, index) => index * step);
}
