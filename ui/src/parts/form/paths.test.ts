import { describe, expect, it } from 'vitest';
import { at, pathText, put, readPath } from './paths';

describe('paths', () => {
  it('reads the names that the server gives to fields, and writes them', () => {
    expect(readPath('tasks[2].depends_on[0]')).toEqual(['tasks', 2, 'depends_on', 0]);
    expect(readPath('tasks.2.command')).toEqual(['tasks', 2, 'command']);
    expect(readPath('parameters["a.b"]')).toEqual(['parameters', 'a.b']);
    expect(pathText(['tasks', 2, 'depends_on', 0])).toBe('tasks[2].depends_on[0]');
  });

  it('puts a value without changing what was there, and keeps what it does not know', () => {
    const before = { name: 'a', extra: { kept: 1 }, tasks: [{ key: 'x' }, { key: 'y' }] };
    const after = put(before, ['tasks', 1, 'retries', 'max'], 3);
    expect(after).toEqual({ name: 'a', extra: { kept: 1 }, tasks: [{ key: 'x' }, { key: 'y', retries: { max: 3 } }] });
    expect(before.tasks[1]).toEqual({ key: 'y' });
    expect(after.extra).toBe(before.extra);
  });

  it('removes by undefined, from objects and lists', () => {
    expect(put({ a: 1, b: 2 }, ['a'], undefined)).toEqual({ b: 2 });
    expect(put({ list: [1, 2, 3] }, ['list', 1], undefined)).toEqual({ list: [1, 3] });
  });

  it('leaves no empty part behind that would be refused', () => {
    expect(put({ git_source: { git_url: 'x' }, name: 'a' }, ['git_source', 'git_url'], undefined)).toEqual({ name: 'a' });
    expect(put({ run_job: { job_id: 1 } }, ['run_job', 'job_id'], undefined)).toEqual({ run_job: {} });
  });

  it('finds nothing behind what is no object, nor in what all objects have', () => {
    expect(at({ a: 'text' }, ['a', 'length'])).toBeUndefined();
    expect(at({}, ['toString'])).toBeUndefined();
  });
});
