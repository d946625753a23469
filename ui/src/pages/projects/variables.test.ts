import { expect, it } from 'vitest';
import { environmentOf, rowsOf, twice } from './variables';

it('goes from variables to rows and back', () => {
  const environment = { B: '2', A: '1' };
  expect(rowsOf(environment).map((row) => row.name)).toEqual(['A', 'B']);
  expect(environmentOf([...rowsOf(environment), { id: 9, name: '', value: '' }])).toEqual(environment);
});

it('names what stands twice', () => {
  expect([...twice([{ id: 1, name: 'A', value: '' }, { id: 2, name: 'A', value: '1' }, { id: 3, name: '', value: '' }, { id: 4, name: '', value: '' }])]).toEqual(['A']);
});
