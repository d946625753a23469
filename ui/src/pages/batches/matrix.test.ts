import { expect, test } from 'vitest';
import type { Run } from '../../api/types';
import { lookOfCell, matrixOf, scaleOf, usualAxes, worst } from './matrix';
import { passes, shortNumber, sorted, valuesOf, type Point } from './points';

const point = (index: number, parameters: Record<string, unknown>, state = 'succeeded', output?: unknown): Point => ({
  index,
  parameters,
  run: { id: index + 100, state, started_at: '2026-01-01T00:00:00Z', ended_at: `2026-01-01T00:00:0${index + 1}Z` } as Run,
  ...(output === undefined ? {} : { output }),
});
const points = [point(0, { a: 0.1, b: [1] }), point(1, { a: 0.1, b: [2] }, 'failed'), point(2, { a: 0.2, b: [1] }), point(3, { a: 0.2, b: [2] })];

test('values stand in the order of the grid, and what it does not list behind them', () => {
  expect(valuesOf(points, 'b', { b: [[2], [1]] })).toEqual(['[2]', '[1]']);
  expect(valuesOf([point(0, { s: 10 }), point(1, { s: 9 })], 's', undefined)).toEqual(['9', '10']);
});

test('each point is in one cell of one facet', () => {
  const matrix = matrixOf(points, { x: 'a', y: 'b', facet: undefined }, undefined);
  expect([matrix.xs, matrix.ys]).toEqual([['0.1', '0.2'], ['[1]', '[2]']]);
  expect([...matrix.facets[0]!.cells].map(([at, there]) => [at, there[0]!.index])).toEqual([[0, 0], [2, 1], [1, 2], [3, 3]]);
  const faces = matrixOf(points, { x: 'a', y: undefined, facet: 'b' }, undefined);
  expect(faces.facets.map((facet) => [facet.value, facet.cells.size])).toEqual([['[1]', 2], ['[2]', 2]]);
});

test('several runs in a cell show the worst of them and how many they are', () => {
  expect(worst(points)).toBe('failed');
  expect(lookOfCell(points, { kind: 'state' })).toMatchObject({ mark: 'cross', text: '4' });
  expect(lookOfCell([], { kind: 'state' })).toBeUndefined();
});

test('outputs are a scale of numbers, or words as soon as one is none', () => {
  expect(scaleOf([point(0, {}, 'succeeded', '3'), point(1, {}, 'succeeded', 1.5), point(2, {})], 'output')).toEqual({ kind: 'numbers', by: 'output', low: 1.5, high: 3 });
  expect(scaleOf([point(0, {}, 'succeeded', '3'), point(1, {}, 'succeeded', 'good')], 'output')).toEqual({ kind: 'words', words: ['3', 'good'] });
  expect(scaleOf(points, 'duration')).toEqual({ kind: 'numbers', by: 'duration', low: 1000, high: 4000 });
});

test('the parameters with the most values are the axes', () => {
  expect(usualAxes([{ name: 'a', values: 2 }, { name: 'b', values: 9 }, { name: 'c', values: 4 }])).toEqual({ x: 'b', y: 'c', facet: 'a' });
  expect(usualAxes([])).toEqual({ x: '', y: undefined, facet: undefined });
});

test('a table is cut by state and value, and sorted with what has no value last', () => {
  expect(points.filter((each) => passes(each, { states: ['succeeded'], values: { b: '[2]' } })).map((each) => each.index)).toEqual([3]);
  const outputs = [point(0, {}, 'succeeded', 2), point(1, {}), point(2, {}, 'succeeded', 10)];
  expect(sorted(outputs, 'output', true).map((each) => each.index)).toEqual([2, 0, 1]);
  expect(sorted(outputs, 'output', false).map((each) => each.index)).toEqual([0, 2, 1]);
});

test('numbers are short', () => {
  expect([0, 0.123456, 12345, 1e9, 0.00001].map(shortNumber)).toEqual(['0', '0.123', '12300', '1.0e+9', '1.0e-5']);
});
