import type { InfiniteData } from '@tanstack/react-query';
import { isEnded, type Run, type RunEvent } from '../../../api/types';

/** A page of a list of runs, as the server answers it. */
export interface RunPage {
  runs: Run[];
  next_before?: number | null;
}

export type RunPages = InfiniteData<RunPage, number>;

/** The last move of each run among events; moves of tasks are passed over. */
export function runMoves(events: readonly RunEvent[]): Map<number, RunEvent> {
  const moves = new Map<number, RunEvent>();
  for (const event of events) if (event.task == null) moves.set(event.run_id, event);
  return moves;
}

/** A run after a move: the same object if it is no move of it. */
export function moved(run: Run, moves: ReadonlyMap<number, RunEvent>): Run {
  const move = moves.get(run.id);
  if (!move || move.to === run.state) return run;
  const { reason: _reason, ended_at: _ended, ...kept } = run;
  const startedAt = run.started_at ?? (move.to === 'running' ? move.at : undefined);
  return {
    ...kept,
    state: move.to,
    ...(move.reason ? { reason: move.reason } : {}),
    ...(startedAt ? { started_at: startedAt } : {}),
    ...(isEnded(move.to) ? { ended_at: move.at } : {}),
  };
}

/** Rows with moves applied; the same list if nothing changed, so that nothing is drawn anew. */
export function movedRows(runs: Run[], moves: ReadonlyMap<number, RunEvent>): Run[] {
  let changed = false;
  const next = runs.map((run) => {
    const after = moved(run, moves);
    changed ||= after !== run;
    return after;
  });
  return changed ? next : runs;
}

/** The pages of a list with moves applied. */
export function movedPages(data: RunPages, moves: ReadonlyMap<number, RunEvent>): RunPages {
  let changed = false;
  const pages = data.pages.map((page) => {
    const runs = movedRows(page.runs, moves);
    changed ||= runs !== page.runs;
    return runs === page.runs ? page : { ...page, runs };
  });
  return changed ? { ...data, pages } : data;
}

/** The pages of a list with runs that came since, newest first; those it has are passed over. */
export function withFresh(data: RunPages, fresh: readonly Run[]): RunPages {
  const [first, ...rest] = data.pages;
  if (!first) return data;
  const known = new Set(data.pages.flatMap((page) => page.runs.map((run) => run.id)));
  const added = fresh.filter((run) => !known.has(run.id));
  if (added.length === 0) return data;
  return { ...data, pages: [{ ...first, runs: [...first.runs, ...added].sort((a, b) => b.id - a.id) }, ...rest] };
}

/** Runs among moves that a list does not show and that would stand at or above its first loaded end. */
export function unknownRuns(moves: ReadonlyMap<number, RunEvent>, known: ReadonlySet<number>, lowest: number): number[] {
  return [...moves.keys()].filter((id) => !known.has(id) && id > lowest).sort((a, b) => a - b);
}
