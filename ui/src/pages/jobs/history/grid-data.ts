import type { components } from '../../../api/schema';
import type { RunEvent } from '../../../api/types';
import { stepOf } from '../../../parts/cells/scale';

/** The tasks of a job's runs, as the server answers them: newest run first. */
export type GridWire = components['schemas']['GridWire'];
export type GridRun = GridWire['runs'][number];

/** Colouring of the cells. */
export type Colouring = 'state' | 'duration';

/** One cell of the table, or undefined where the run does not have the task. */
export interface TaskCell {
  state: string;
  durationMs: number | undefined;
  attempts: number;
}

/** A cell by the place of its task and of its run in the answer. */
export function cellOf(grid: GridWire, task: number, run: number): TaskCell | undefined {
  const row = grid.tasks[task];
  const state = row?.states[run] ?? -1;
  const word = state < 0 ? undefined : grid.states[state];
  return row && word !== undefined ? { state: word, durationMs: row.durations_ms[run] ?? undefined, attempts: row.attempts[run] ?? 0 } : undefined;
}

/** For each task the longest of its durations, to compare the others with. */
export const longest = (grid: GridWire): number[] => grid.tasks.map((task) => task.durations_ms.reduce<number>((most, ms) => Math.max(most, ms ?? 0), 0));

/** The colour of a duration: the fuller, the nearer to the longest that the task took. */
export function durationFill(ms: number | undefined, most: number): string | undefined {
  if (ms === undefined) return undefined;
  return stepOf(most > 0 ? ms / most : 0);
}

/** How long a run took, or takes by now; undefined before it starts. */
export function runMs(run: GridRun, now: number): number | undefined {
  if (!run.started_at) return undefined;
  return Math.max(0, (run.ended_at ? Date.parse(run.ended_at) : now) - Date.parse(run.started_at));
}

/**
 * Whether events may change a grid: a run of it moved, or one that was not looked at yet. `foreign` keeps the runs
 * that turned out to be of other jobs.
 */
export function concerns(events: readonly RunEvent[], known: ReadonlySet<number>, foreign: ReadonlySet<number>): boolean {
  return events.some((event) => known.has(event.run_id) || !foreign.has(event.run_id));
}
