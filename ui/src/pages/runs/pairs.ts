import type { Task } from '../../api/types';
import { spanOf } from './patch';

interface Side {
  state: string;
  /** Nothing if it did not run. */
  ms: number | undefined;
}

/** A task as it went in two runs. */
export interface TaskPair {
  key: string;
  a: Side | undefined;
  b: Side | undefined;
  /** Milliseconds that it took longer in the second. */
  difference: number | undefined;
}

/** The tasks of two runs by key, in the order of the second; what only the first has comes last. */
export function pairsOf(a: readonly Task[], b: readonly Task[], now: number): TaskPair[] {
  const first = new Map(a.map((task) => [task.key, task]));
  const second = new Set(b.map((task) => task.key));
  return [...b.map((task) => pair(first.get(task.key), task, now)), ...a.filter((task) => !second.has(task.key)).map((task) => pair(task, undefined, now))];
}

function pair(a: Task | undefined, b: Task | undefined, now: number): TaskPair {
  const [one, two] = [side(a, now), side(b, now)];
  return { key: (a ?? b)!.key, a: one, b: two, difference: one?.ms !== undefined && two?.ms !== undefined ? two.ms - one.ms : undefined };
}

function side(task: Task | undefined, now: number): Side | undefined {
  if (!task) return undefined;
  const { from, to } = spanOf(task);
  return { state: task.state, ms: from ? (to ? Date.parse(to) : now) - Date.parse(from) : undefined };
}

/** A row of two values under one name. */
export interface ValuePair {
  name: string;
  a: string | undefined;
  b: string | undefined;
}

/** Values of two sides by name; those that differ come first. */
export function valuePairs(a: ReadonlyMap<string, string>, b: ReadonlyMap<string, string>): ValuePair[] {
  const all = [...new Set([...a.keys(), ...b.keys()])].map((name) => ({ name, a: a.get(name), b: b.get(name) }));
  return [...all.filter((one) => one.a !== one.b), ...all.filter((one) => one.a === one.b)];
}
