import { describe, expect, it } from 'vitest';
import { parametersOf, sentParameters, valueProblem } from './run-parameters';

const names = (dialect: string, settings: Record<string, unknown>, extra?: Record<string, unknown>) => parametersOf(dialect, settings, extra).fields.map((field) => [field.name, field.usual]);

describe('what a run of a job is given', () => {
  it('are the names that its dialect takes, with what they are otherwise', () => {
    expect(names('yard', { parameters: { day: 'today' } })).toEqual([['day', 'today']]);
    expect(names('cloudera', { environment: { START_DATE: '2016-01-01' } })).toEqual([['START_DATE', '2016-01-01']]);
    expect(names('databricks', { parameters: [{ name: 'regions', default: '[]' }], tasks: [{ notebook_task: { base_parameters: { x: '1' } } }] })).toEqual([['regions', '[]']]);
    expect(names('databricks', { tasks: [{ notebook_task: { base_parameters: { x: '1' } } }, { spark_python_task: { parameters: ['a'] } }, { spark_jar_task: {} }] })).toEqual([['x', '1'], ['python_params', '["a"]'], ['jar_params', '[]']]);
    expect(names('orchest', {}, { parameters: { a: 1 }, steps: { s1: { title: 'Pick', parameters: { b: 2 } }, s2: { parameters: {} } } }).map(([name]) => name)).toEqual(['pipeline_parameters', 's1']);
  });

  it('are sent where they were changed; of a pipeline all groups', () => {
    const yard = parametersOf('yard', { parameters: { a: '1', b: '2' } });
    expect(sentParameters('yard', yard, { a: '1', b: '3' }, [])).toEqual({ b: '3' });
    const pipeline = parametersOf('orchest', {}, { parameters: { a: 1 }, steps: { s1: { parameters: { b: 2 } } } });
    expect(sentParameters('orchest', pipeline, { s1: '{"b": 3}' }, [])).toEqual({ pipeline_parameters: { a: 1 }, s1: { b: 3 } });
    expect(sentParameters('orchest', pipeline, {}, [])).toEqual({});
    expect(sentParameters('cloudera', parametersOf('cloudera', {}), {}, [['X', '1'], ['', 'y']])).toEqual({ X: '1' });
  });

  it('are refused in words where they are not what they should be', () => {
    expect(valueProblem({ name: 'python_params', usual: '[]', kind: 'list' }, '{}')).toContain('list');
    expect(valueProblem({ name: 'g', usual: '{}', kind: 'json' }, '[1')).toBeTruthy();
    expect(valueProblem({ name: 'a', usual: '', kind: 'text' }, '[1')).toBeUndefined();
  });
});
