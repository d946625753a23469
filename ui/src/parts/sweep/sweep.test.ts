import { expect, test } from 'vitest';
import { pointsOf, readSweep, readValues } from './sweep';

test('values are typed with commas, or as a JSON list', () => {
  expect(readValues('0.1, 0.2,yes, true')).toEqual({ values: [0.1, 0.2, 'yes', true] });
  expect(readValues('["a,b", 1]')).toEqual({ values: ['a,b', 1] });
  expect(readValues('[64, 64], [128]')).toEqual({ values: [[64, 64], [128]] });
  expect(readValues('007')).toEqual({ values: ['007'] });
  expect(readValues('[1,')).toHaveProperty('problem');
});

test('what is wrong is said where it is', () => {
  expect(readSweep([{ name: 'a', text: '1' }, { name: 'a', text: '2' }, { name: '', text: '3' }], '{')).toEqual({ problems: { 1: 'a stands twice', 2: 'give the parameter a name', sets: 'this is no JSON' } });
  expect(readSweep([{ name: '', text: '' }], '')).toEqual({ body: {} });
});

test('the first parameter varies slowest, and sets fastest', () => {
  expect(pointsOf({ grid: { a: [1, 2], b: ['x', 'y'] } }, 10)).toEqual([{ a: 1, b: 'x' }, { a: 1, b: 'y' }, { a: 2, b: 'x' }, { a: 2, b: 'y' }]);
  expect(pointsOf({ grid: { a: [1] }, sets: [{ s: 1 }, { s: 2 }] }, 10)).toEqual([{ a: 1, s: 1 }, { a: 1, s: 2 }]);
  expect(pointsOf({ grid: { a: [1, 2, 3] } }, 2)).toEqual([]);
  expect(pointsOf({}, 2)).toEqual([]);
});
