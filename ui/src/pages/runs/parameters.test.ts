import { describe, expect, it } from 'vitest';
import { inForce, parametersOf, toSend } from './parameters';

describe('parametersOf', () => {
  it('takes names and values as they are, and looks into what dialects wrap them in', () => {
    expect(parametersOf({ day: '1', sizes: [1, 2] })).toEqual([['day', '1'], ['sizes', '[1,2]']]);
    expect(parametersOf({ job_parameters: { a: 'x' }, notebook_params: { b: 2 } })).toEqual([['a', 'x'], ['b', '2']]);
    expect(parametersOf(undefined)).toEqual([]);
  });
});

describe('inForce', () => {
  it('lays what a run was given over what its settings say', () => {
    expect(inForce({ dialect: 'yard', parameters: { b: '2' } }, { a: '1', b: '1' })).toEqual([['a', '1'], ['b', '2']]);
  });

  it('keeps the groups of an Orchest run, there and back', () => {
    const parameters = { pipeline_parameters: { fruit: 'pear' } };
    const shown = inForce({ dialect: 'orchest', parameters }, { run: '...' });
    expect(shown).toEqual([['pipeline_parameters', '{"fruit":"pear"}']]);
    expect(toSend('orchest', Object.fromEntries(shown))).toEqual(parameters);
  });
});
