import { describe, expect, it } from 'vitest';
import { freeName, leadsTo } from './reach';

const links = [
  { from: 'a', to: 'b' },
  { from: 'b', to: 'c' },
];

describe('a graph that is being edited', () => {
  it('knows what would close a circle', () => {
    expect(leadsTo(links, 'a', 'c')).toBe(true);
    expect(leadsTo(links, 'c', 'a')).toBe(false);
    expect(leadsTo(links, 'a', 'a')).toBe(true);
    expect(leadsTo([...links, { from: 'c', to: 'a' }], 'b', 'x')).toBe(false);
  });

  it('finds a free name', () => {
    expect(freeName('task', [])).toBe('task');
    expect(freeName('task', ['task', 'task_2'])).toBe('task_3');
  });
});
