import { describe, expect, it } from 'vitest';
import { layout } from './layout';

const node = (id: string) => ({ id, width: 180, height: 44 });

describe('layout', () => {
  it('puts what depends on something to its right', () => {
    const places = layout({ nodes: ['a', 'b', 'c'].map(node), edges: [{ from: 'a', to: 'b' }, { from: 'b', to: 'c' }] });
    expect(places.get('a')!.x).toBeLessThan(places.get('b')!.x);
    expect(places.get('b')!.x).toBeLessThan(places.get('c')!.x);
  });

  it('places two thousand nodes, each somewhere else, also in a chain and with a cycle', () => {
    const nodes = Array.from({ length: 2000 }, (_, index) => node(`t${index}`));
    const edges = nodes.slice(1).map((each, index) => ({ from: `t${index}`, to: each.id }));
    const places = layout({ nodes, edges: [...edges, { from: 't1999', to: 't0' }] });
    expect(new Set([...places.values()].map((place) => `${place.x} ${place.y}`)).size).toBe(2000);
  });

  it('leaves out edges to what is not there', () => {
    expect(layout({ nodes: [node('a')], edges: [{ from: 'gone', to: 'a' }] }).size).toBe(1);
  });
});
