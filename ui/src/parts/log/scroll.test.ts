import { describe, expect, it } from 'vitest';
import { bottomOf, groundOf, scrolledTo, spotAt } from './scroll';

describe('a ground of many rows', () => {
  it('is as high as its rows while they fit', () => {
    const ground = groundOf(18_000, 600);
    expect(ground.height).toBe(18_000);
    expect(spotAt(ground, 500)).toEqual({ top: 500, offset: 0 });
    expect(spotAt(ground, 1e9).top).toBe(17_400);
  });

  it('reaches each of a thousand million rows', () => {
    const ground = groundOf(18e9, 600);
    expect(ground.height).toBe(4_000_000);
    for (const y of [0, 18, 999_999, 5e9, 12_345_678_900, bottomOf(ground)]) {
      const spot = spotAt(ground, y);
      expect(spot.top + spot.offset).toBeCloseTo(y, 3);
      expect(spot.top).toBeGreaterThanOrEqual(0);
      expect(spot.top).toBeLessThanOrEqual(ground.height - ground.viewport);
    }
  });

  it('moves by the pixel when scrolled a little, also over pages', () => {
    const ground = groundOf(18e9, 600);
    let spot = spotAt(ground, 39_900);
    for (let step = 0; step < 10; step++) {
      const before = spot.top + spot.offset;
      spot = scrolledTo(ground, spot, spot.top + 50);
      expect(spot.top + spot.offset - before).toBeCloseTo(50, 3);
    }
  });

  it('goes to the same part of the whole when dragged', () => {
    const ground = groundOf(18e9, 600);
    const spot = scrolledTo(ground, { top: 0, offset: 0 }, 2_000_000);
    expect((spot.top + spot.offset) / ground.total).toBeCloseTo(0.5, 2);
    const end = scrolledTo(ground, { top: 0, offset: 0 }, ground.height - 600);
    expect(end.top + end.offset).toBeGreaterThan(ground.total * 0.999);
  });
});
