import { describe, expect, it } from 'vitest';
import { rowsOf, ticksOf } from './gantt';

describe('the timeline', () => {
  it('has a row for each instance that began, earlier attempts first', () => {
    const task = { key: 'a', action: 'command', state: 'running', depends_on: [], instances: [{ index: 0, attempt_id: 12, attempt: 1, state: 'running', started_at: '2026-01-01T00:00:10Z' }, { index: 1, attempt_id: 13, attempt: 0, state: 'ready' }] };
    const first = { id: 11, run_id: 1, task: 'a', index: 0, attempt: 0, state: 'failed', current: false, started_at: '2026-01-01T00:00:01Z', ended_at: '2026-01-01T00:00:02Z' };
    expect(rowsOf([task], [first], (key) => key)).toEqual([
      { id: 'a 0', task: 'a', name: 'a [0]', bars: [
        { attempt: 0, state: 'failed', from: Date.parse('2026-01-01T00:00:01Z'), to: Date.parse('2026-01-01T00:00:02Z') },
        { attempt: 1, state: 'running', from: Date.parse('2026-01-01T00:00:10Z'), to: undefined },
      ] },
    ]);
  });

  it('has round ticks', () => {
    expect(ticksOf(9_500, 10)).toEqual([0, 1000, 2000, 3000, 4000, 5000, 6000, 7000, 8000, 9000]);
    expect(ticksOf(3 * 864e5, 2).length).toBeLessThanOrEqual(3);
  });
});
