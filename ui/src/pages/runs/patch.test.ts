import { describe, expect, it } from 'vitest';
import type { Attempt, Instance, Run, RunEvent, Task } from '../../api/types';
import { patched, stateOf, tasksAtPass, withDependents } from './patch';

const instance = (attempt_id: number, state: string, more: Partial<Instance> = {}): Instance => ({ index: 0, attempt_id, attempt: 0, state, ...more });
const task = (key: string, instances: Instance[], depends_on: string[] = []): Task => ({ key, action: 'command', state: stateOf(instances), depends_on, instances });
const run = (tasks: Task[]): Run => ({
  id: 1, job_id: 2, dialect: 'yard', kind: 'job', name: 'n', owner: 'o', number: 1, trigger: 'manual', state: 'running', round: 0, revision: 0, timeout_ms: 0, created_at: '2026-01-01T00:00:00Z', tasks,
});
const event = (more: Partial<RunEvent>): RunEvent => ({ seq: 1, run_id: 1, from: '', to: '', at: '2026-01-01T00:01:00Z', ...more });

describe('patched', () => {
  it('moves a task and leaves the others the same objects', () => {
    const before = run([task('a', [instance(10, 'ready')]), task('b', [instance(11, 'blocked')])]);
    const after = patched(before, [event({ task: 0, task_key: 'a', index: 0, attempt_id: 10, to: 'running' })]);
    expect(after.tasks![0]).toMatchObject({ state: 'running', instances: [{ started_at: '2026-01-01T00:01:00Z' }] });
    expect(after.tasks![1]).toBe(before.tasks![1]);
  });

  it('takes a new attempt for the next try', () => {
    const after = patched(run([task('a', [instance(10, 'failed')])]), [event({ task: 0, task_key: 'a', index: 0, attempt_id: 12, to: 'ready' })]);
    expect(after.tasks![0]!.instances).toEqual([{ index: 0, attempt_id: 12, attempt: 1, state: 'ready' }]);
  });

  it('does not go back to what it was before it was fetched', () => {
    const before = run([task('a', [instance(10, 'succeeded')])]);
    expect(patched(before, [event({ task: 0, task_key: 'a', index: 0, attempt_id: 10, to: 'running' })]).tasks![0]).toBe(before.tasks![0]);
  });

  it('ends the run, and leaves other runs alone', () => {
    expect(patched(run([]), [event({ to: 'failed', reason: { code: 'x', text: 'task a failed' } })])).toMatchObject({ state: 'failed', ended_at: '2026-01-01T00:01:00Z', reason: { text: 'task a failed' } });
    const before = run([]);
    expect(patched(before, [event({ run_id: 9, to: 'failed' })])).toBe(before);
  });
});

describe('a for-each', () => {
  it('runs until it has ended itself, and is what its head says at the end', () => {
    expect(stateOf([instance(1, 'running', { index: -1 }), instance(2, 'ready')])).toBe('running');
    expect(stateOf([instance(1, 'succeeded', { index: -1 }), instance(2, 'failed')])).toBe('succeeded');
  });
});

describe('tasksAtPass', () => {
  it('shows the attempts that were the newest before the next repair', () => {
    const attempt = (id: number, state: string): Attempt => ({ id, run_id: 1, task: 'a', index: 0, attempt: 0, state, current: false });
    const passes = [{ started_at: '', state: 'failed' }, { repair_id: 50, started_at: '', state: 'succeeded' }];
    const one = run([task('a', [instance(51, 'succeeded')])]);
    expect(tasksAtPass(one, [attempt(10, 'failed'), attempt(51, 'succeeded')], passes, 0)[0]!.state).toBe('failed');
    expect(tasksAtPass(one, [attempt(10, 'failed'), attempt(51, 'succeeded')], passes, 1)[0]!.state).toBe('succeeded');
  });
});

describe('withDependents', () => {
  it('takes along all that comes after', () => {
    const tasks = [task('a', []), task('b', [], ['a']), task('c', [], ['b']), task('d', [])];
    expect([...withDependents(tasks, new Set(['b']))].sort()).toEqual(['b', 'c']);
  });
});
