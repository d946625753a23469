import { describe, expect, it } from 'vitest';
import analyse from '../../../../../examples/cloudera/risk-analysis/job.json?raw';
import multi from '../../../../../examples/databricks/multi-task-job.json?raw';
import flat from '../../../../../examples/databricks/single-task-job-2.0.json?raw';
import roles from '../../../../../examples/openpai/parameter-server.json?raw';
import pipeline from '../../../../../examples/orchest/vegetables/main.orchest?raw';
import sweep from '../../../../../examples/sweep/job.json?raw';
import { recognise } from './imported';

const dialectOf = (text: string): string => {
  const found = recognise(text);
  return typeof found === 'string' ? found : found.dialect;
};

describe('a job file that is dropped', () => {
  it('is recognised by what is in it', () => {
    expect(dialectOf(multi)).toBe('databricks');
    expect(dialectOf(flat)).toBe('databricks');
    expect(dialectOf(roles)).toBe('openpai');
    expect(dialectOf(sweep)).toBe('yard');
    expect(dialectOf(analyse)).toBe('cloudera');
  });

  it('may be YAML, or the answer of a jobs get', () => {
    expect(dialectOf('name: a\ntasks:\n  - key: x\n    command: [true]\n')).toBe('yard');
    expect(recognise(JSON.stringify({ job_id: 7, settings: { name: 'a', tasks: [{ task_key: 'x' }] } }))).toEqual({ dialect: 'databricks', settings: { name: 'a', tasks: [{ task_key: 'x' }] } });
  });

  it('is refused in words when it is something else', () => {
    expect(recognise(pipeline)).toContain('pipeline');
    expect(recognise('[1, 2')).toContain('neither');
    expect(recognise('{"a": 1}')).toContain('no job file');
  });
});
