import { expect, test } from 'vitest';
import type { RunEvent } from '../../../api/types';
import { steps } from '../../../parts/cells/scale';
import { cellOf, concerns, durationFill, longest, runMs, type GridWire } from './grid-data';

const grid: GridWire = {
  states: ['running', 'succeeded'],
  runs: [
    { id: 2, number: 2, state: 'running', created_at: '2026-01-01T00:00:00Z', started_at: '2026-01-01T00:00:01Z' },
    { id: 1, number: 1, state: 'succeeded', created_at: '2026-01-01T00:00:00Z', started_at: '2026-01-01T00:00:00Z', ended_at: '2026-01-01T00:00:04Z' },
  ],
  tasks: [
    { key: 'a', states: [0, 1], durations_ms: [null, 900], attempts: [1, 2] },
    { key: 'b', states: [-1, 1], durations_ms: [null, 100], attempts: [0, 1] },
  ],
};

test('a run that does not have a task has no cell for it', () => {
  expect(cellOf(grid, 0, 0)).toEqual({ state: 'running', durationMs: undefined, attempts: 1 });
  expect(cellOf(grid, 1, 0)).toBeUndefined();
  expect(cellOf(grid, 7, 0)).toBeUndefined();
});

test('durations are coloured by the longest of the task', () => {
  expect(longest(grid)).toEqual([900, 100]);
  expect(durationFill(100, 100)).toBe(steps.at(-1));
  expect(durationFill(0, 900)).toBe(steps[0]);
  expect(durationFill(undefined, 900)).toBeUndefined();
});

test('a run that goes on is measured by now', () => {
  expect(runMs(grid.runs[0]!, Date.parse('2026-01-01T00:00:03Z'))).toBe(2000);
  expect(runMs(grid.runs[1]!, 0)).toBe(4000);
});

test('events of other jobs do not concern it twice', () => {
  const event = (run_id: number) => ({ run_id }) as RunEvent;
  expect(concerns([event(9)], new Set([1]), new Set())).toBe(true);
  expect(concerns([event(9)], new Set([1]), new Set([9]))).toBe(false);
  expect(concerns([event(9), event(1)], new Set([1]), new Set([9]))).toBe(true);
});
