import { describe, expect, it } from 'vitest';
import { chosenRows, countRuns, expand, ownStrategy, pipelineGroup, readValues, runText, strategyOf } from './strategy';

const definition = {
  name: 'main',
  parameters: { a: 1, b: 'x' },
  steps: { s1: { uuid: 's1', title: 'Pick', parameters: { c: [7, 8] } }, s2: { uuid: 's2', title: 'Weigh', parameters: {} }, s3: { uuid: 's3', title: 'Report', parameters: { a: true } } },
};

describe('parameters of a job', () => {
  it('are preloaded from the pipeline, its own first, each value in a list', () => {
    const own = ownStrategy(definition);
    expect(Object.keys(own)).toEqual([pipelineGroup, 's1', 's3']);
    expect(own[pipelineGroup]).toEqual({ key: pipelineGroup, title: 'main', parameters: { a: '[1]', b: '["x"]' } });
    expect(own.s1!.parameters).toEqual({ c: '[[7,8]]' });
  });

  it('run in every combination, the first varying slowest, lists as values too', () => {
    const strategy = strategyOf({ [pipelineGroup]: { a: [1, 2], b: ['x', 'y'] }, s1: { c: [[7, 8], [9]] } }, { ...definition, steps: { s1: definition.steps.s1 } });
    expect(countRuns(strategy)).toBe(8);
    expect(expand(strategy).map((run) => [run[pipelineGroup]!.a, run[pipelineGroup]!.b, run.s1!.c])).toEqual([
      [1, 'x', [7, 8]], [1, 'x', [9]], [1, 'y', [7, 8]], [1, 'y', [9]], [2, 'x', [7, 8]], [2, 'x', [9]], [2, 'y', [7, 8]], [2, 'y', [9]],
    ]);
  });

  it('of a file are filled up from the pipeline, in the order of the file; unknown steps are passed over', () => {
    const strategy = strategyOf({ gone: { z: [1] }, s3: { a: [false, true] } }, definition);
    expect(Object.keys(strategy)).toEqual(['s3', 's1', pipelineGroup]);
    expect(strategy.s3!.parameters).toEqual({ a: '[false,true]' });
    expect(() => strategyOf({ s3: { a: 1 } }, definition)).toThrow('Report, a');
    expect(() => strategyOf([], definition)).toThrow('groups');
  });

  it('are one run where there are none, and none while a list cannot be read', () => {
    expect(expand({})).toEqual([{}]);
    expect(expand({ s1: { key: 's1', title: '', parameters: { c: '[' } } })).toEqual([]);
    expect(typeof readValues('1')).toBe('string');
    expect(typeof readValues('[]')).toBe('string');
  });

  it('know which runs were chosen, also of two that are the same', () => {
    const rows = [{ g: { a: 1, b: 2 } }, { g: { a: 1, b: 2 } }, { g: { a: 2, b: 2 } }];
    expect(chosenRows(rows, [{ g: { b: 2, a: 1 } }])).toEqual([true, false, false]);
    expect(chosenRows(rows, rows)).toEqual([true, true, true]);
  });

  it('say whose they are where a name occurs twice', () => {
    expect(runText({ [pipelineGroup]: { a: 1 }, s3: { a: true, d: 'x' } }, ownStrategy(definition))).toBe('main a: 1, Report a: true, d: "x"');
    expect(runText({}, {})).toBe('—');
  });
});
