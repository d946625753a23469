import { describe, expect, it } from 'vitest';
import { isFlat, kindOf, noteOf, versionFor, withKind, withTasks } from './kinds';

describe('tasks of a Databricks job', () => {
  it('say what they do', () => {
    expect(noteOf({ notebook_task: { notebook_path: '/Shared/clean-data' } })).toBe('Notebook: clean-data');
    expect(noteOf({ for_each_task: { inputs: '[]', task: { notebook_task: { notebook_path: '/a/b' } } } })).toBe('For each: Notebook: b');
    expect(kindOf({ pipeline_task: { pipeline_id: 'x' } })).toBe('pipeline_task');
  });

  it('keep what all kinds have when the kind changes', () => {
    expect(withKind({ task_key: 'a', depends_on: [{ task_key: 'b' }], max_retries: 2, notebook_task: { notebook_path: '/x' }, job_cluster_key: 'c' }, 'condition_task')).toEqual({
      task_key: 'a',
      depends_on: [{ task_key: 'b' }],
      max_retries: 2,
      condition_task: { op: 'EQUAL_TO', left: '', right: '' },
    });
  });

  it('are made of the single-task format', () => {
    const flat = { name: 'Nightly model', notebook_task: { notebook_path: '/x' }, new_cluster: { spark_version: '7' }, max_retries: 1, timeout_seconds: 60, schedule: { quartz_cron_expression: '0 0 1 * * ?', timezone_id: 'UTC' }, format: 'SINGLE_TASK' };
    expect(isFlat(flat)).toBe(true);
    expect(withTasks(flat)).toEqual({
      name: 'Nightly model',
      timeout_seconds: 60,
      schedule: flat.schedule,
      tasks: [{ task_key: 'Nightly_model', notebook_task: { notebook_path: '/x' }, new_cluster: { spark_version: '7' }, max_retries: 1 }],
    });
  });

  it('of more than a hundred go through the version that takes them', () => {
    expect(versionFor({ tasks: Array.from({ length: 100 }, () => ({})) })).toBe('2.1');
    expect(versionFor({ tasks: Array.from({ length: 101 }, () => ({})) })).toBe('2.2');
  });
});
