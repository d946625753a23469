import { describe, expect, it } from 'vitest';
import { parametersOf } from './parameters';

describe('parametersOf', () => {
  it('takes names and values as they are, and looks into what dialects wrap them in', () => {
    expect(parametersOf({ day: '1', sizes: [1, 2] })).toEqual([['day', '1'], ['sizes', '[1,2]']]);
    expect(parametersOf({ job_parameters: { a: 'x' }, notebook_params: { b: 2 } })).toEqual([['a', 'x'], ['b', '2']]);
    expect(parametersOf(undefined)).toEqual([]);
  });
});
