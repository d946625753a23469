import { expect, test } from 'vitest';
import { between, cellAt, moved, scrollFor, seen, type Geometry } from './geometry';

const grid: Geometry = { rows: 500, columns: 100, cellWidth: 10, cellHeight: 20, left: 200, top: 50 };
const port = { scrollLeft: 300, scrollTop: 1000, width: 700, height: 450 };

test('only cells in the window are seen', () => {
  expect(seen(grid, port)).toEqual({ from: { row: 50, column: 30 }, to: { row: 70, column: 80 } });
  expect(seen({ ...grid, rows: 0 }, port)).toBeUndefined();
});

test('a point is in a cell, or beside all of them', () => {
  expect(cellAt(grid, port, 205, 55)).toEqual({ row: 50, column: 30 });
  expect(cellAt(grid, port, 100, 55)).toBeUndefined();
  expect(cellAt({ ...grid, columns: 31 }, port, 220, 55)).toBeUndefined();
});

test('scrolling goes no farther than is needed to see a cell', () => {
  expect(scrollFor(grid, port, { row: 55, column: 40 })).toEqual({ left: 300, top: 1000 });
  expect(scrollFor(grid, port, { row: 0, column: 99 })).toEqual({ left: 500, top: 0 });
});

test('keys move within the grid', () => {
  expect(moved(grid, { row: 0, column: 0 }, 'ArrowUp', 10)).toEqual({ row: 0, column: 0 });
  expect(moved(grid, { row: 495, column: 3 }, 'PageDown', 10)).toEqual({ row: 499, column: 3 });
  expect(moved(grid, { row: 4, column: 3 }, 'End', 10)).toEqual({ row: 4, column: 99 });
  expect(moved(grid, { row: 4, column: 3 }, 'x', 10)).toBeUndefined();
});

test('a range has its corners in order', () => {
  expect(between({ row: 4, column: 1 }, { row: 2, column: 7 })).toEqual({ from: { row: 2, column: 1 }, to: { row: 4, column: 7 } });
});
