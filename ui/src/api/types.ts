import type { components } from './schema';

type Schemas = components['schemas'];

export type Job = Schemas['JobWire'];
export type Run = Schemas['RunWire'];
export type Task = NonNullable<Run['tasks']>[number];
export type Instance = Task['instances'][number];
export type Attempt = Schemas['AttemptWire'];
export type RunEvent = Schemas['EventPage']['events'][number];
export type Batch = Schemas['BatchWire'];
export type BatchRun = Schemas['BatchRunPage']['runs'][number];
export type Project = Schemas['ProjectWire'];
export type User = Schemas['UserWire'];
export type Team = Schemas['TeamWire'];
export type Token = Schemas['TokenPage']['tokens'][number];
export type Dialect = 'yard' | 'databricks' | 'cloudera' | 'orchest' | 'openpai';

/** States of a run, in the order of its life. */
export const runStates = [
  'queued', 'waiting', 'running', 'cancelling', 'waiting_for_retry', 'succeeded', 'succeeded_with_failures', 'failed', 'timed_out', 'cancelled', 'skipped',
] as const;

/** Whether a run in this state has ended. */
export const isEnded = (state: string): boolean => !['queued', 'waiting', 'running', 'cancelling', 'waiting_for_retry'].includes(state);

/** Whether a task or an attempt in this state has ended. */
export const isTaskEnded = (state: string): boolean => !['blocked', 'ready', 'starting', 'running', 'waiting_for_retry'].includes(state);
