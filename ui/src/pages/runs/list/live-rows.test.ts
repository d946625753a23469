import { expect, test } from 'vitest';
import type { Run, RunEvent } from '../../../api/types';
import { movedPages, runMoves, unknownRuns, withFresh, type RunPages } from './live-rows';

const run = (id: number, state = 'running'): Run =>
  ({ id, job_id: 1, dialect: 'yard', kind: 'job', name: 'n', owner: 'admin', number: id, trigger: 'manual', state, round: 0, revision: 0, timeout_ms: 0, created_at: '2026-01-01T00:00:00Z' }) as Run;
const event = (run_id: number, to: string, task?: number): RunEvent => ({ seq: 1, run_id, from: 'x', to, at: '2026-01-01T00:00:09Z', ...(task === undefined ? {} : { task }) }) as RunEvent;
const pages = (...lists: Run[][]): RunPages => ({ pages: lists.map((runs) => ({ runs })), pageParams: lists.map(() => 0) });

test('the last move of a run counts, and moves of tasks do not', () => {
  const moves = runMoves([event(1, 'waiting'), event(1, 'running'), event(2, 'failed', 0)]);
  expect([...moves.keys()]).toEqual([1]);
  expect(moves.get(1)?.to).toBe('running');
});

test('a run that ends has an end, and one that is reopened has none', () => {
  const ended = movedPages(pages([run(1)]), runMoves([event(1, 'failed')])).pages[0]!.runs[0]!;
  expect(ended.ended_at).toBe('2026-01-01T00:00:09Z');
  const again = movedPages(pages([ended]), runMoves([event(1, 'running')])).pages[0]!.runs[0]!;
  expect(again.ended_at).toBeUndefined();
});

test('what did not change stays the same object', () => {
  const data = pages([run(3), run(2)], [run(1)]);
  expect(movedPages(data, runMoves([event(9, 'failed')]))).toBe(data);
  const after = movedPages(data, runMoves([event(1, 'failed')]));
  expect(after.pages[0]).toBe(data.pages[0]);
  expect(after.pages[1]).not.toBe(data.pages[1]);
});

test('fresh runs come on top, once', () => {
  const data = pages([run(3), run(1)]);
  const after = withFresh(data, [run(5), run(3), run(2)]);
  expect(after.pages[0]!.runs.map((each) => each.id)).toEqual([5, 3, 2, 1]);
  expect(withFresh(after, [run(5)])).toBe(after);
});

test('runs below what is loaded are not looked for', () => {
  expect(unknownRuns(runMoves([event(9, 'queued'), event(4, 'queued'), event(2, 'queued')]), new Set([9]), 3)).toEqual([4]);
});
