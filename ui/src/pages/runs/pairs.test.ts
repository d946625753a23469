import { describe, expect, it } from 'vitest';
import { pairsOf, valuePairs } from './pairs';

const task = (key: string, ms?: number) => ({ key, action: 'command', state: ms === undefined ? 'skipped' : 'succeeded', depends_on: [], instances: ms === undefined ? [] : [{ index: 0, attempt_id: 1, attempt: 0, state: 'succeeded', started_at: '2026-01-01T00:00:00Z', ended_at: new Date(Date.parse('2026-01-01T00:00:00Z') + ms).toISOString() }] });

describe('pairsOf', () => {
  it('lays tasks of the same name side by side', () => {
    expect(pairsOf([task('x', 1000), task('gone', 5)], [task('x', 3000), task('new')], 0)).toEqual([
      { key: 'x', a: { state: 'succeeded', ms: 1000 }, b: { state: 'succeeded', ms: 3000 }, difference: 2000 },
      { key: 'new', a: undefined, b: { state: 'skipped', ms: undefined }, difference: undefined },
      { key: 'gone', a: { state: 'succeeded', ms: 5 }, b: undefined, difference: undefined },
    ]);
  });
});

describe('valuePairs', () => {
  it('puts what differs first', () => {
    expect(valuePairs(new Map([['same', '1'], ['x', '1']]), new Map([['same', '1'], ['x', '2'], ['y', '3']]))).toEqual([
      { name: 'x', a: '1', b: '2' },
      { name: 'y', a: undefined, b: '3' },
      { name: 'same', a: '1', b: '1' },
    ]);
  });
});
