import { describe, expect, it } from 'vitest';
import { fitted, nodeAt, zoomed } from './camera';

const node = { width: 100, height: 50 };
const places = new Map([['a', { x: 0, y: 0 }], ['b', { x: 900, y: 450 }]]);

describe('a picture on a canvas', () => {
  it('is fitted into its view, in the middle', () => {
    const camera = fitted(places.values(), node, { width: 500, height: 500 });
    expect(camera.zoom).toBeCloseTo(0.47);
    expect(500 * camera.zoom + camera.x).toBeCloseTo(250);
  });

  it('keeps the point under the pointer when zoomed', () => {
    const before = { x: 10, y: 20, zoom: 0.5 };
    const after = zoomed(before, 1.5, { x: 200, y: 100 });
    expect((200 - after.x) / after.zoom).toBeCloseTo((200 - before.x) / before.zoom);
  });

  it('finds the node under the pointer', () => {
    expect(nodeAt(places, node, { x: 0, y: 0, zoom: 1 }, { x: 950, y: 470 })).toBe('b');
    expect(nodeAt(places, node, { x: 0, y: 0, zoom: 1 }, { x: 400, y: 200 })).toBeUndefined();
  });
});
