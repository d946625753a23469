import { expect, test } from 'vitest';
import { filtersOf, localInput } from './filters';

test('a span of the address becomes an instant that stays the same within a minute', () => {
  const now = Date.parse('2026-03-02T10:00:40Z');
  const asked = filtersOf({ within: '24h' }, null, now);
  expect(asked).toEqual({ created_from: '2026-03-01T10:00:00.000Z' });
  expect(filtersOf({ within: '24h' }, null, now + 10_000)).toEqual(asked);
});

test('nonsense in an address asks for nothing', () => {
  expect(filtersOf({ from: 'yesterday', within: '9y' }, null, 0)).toEqual({});
  expect(localInput('yesterday')).toBe('');
});

test('filters and the account go into the question', () => {
  expect(filtersOf({ state: 'failed,timed_out', job: '7', kind: 'job' }, 'team', 0)).toEqual({ state: 'failed,timed_out', job_id: 7, kind: 'job', owner: 'team' });
});
