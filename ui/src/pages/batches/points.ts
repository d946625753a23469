import type { components } from '../../api/schema';
import type { Run } from '../../api/types';

/** One point of a sweep, with its run. */
export interface Point {
  index: number;
  parameters: Record<string, unknown>;
  run: Run;
  /** The value of the output that was asked for. */
  output?: unknown;
}

export type Row = components['schemas']['BatchRunPage']['runs'][number];

/** A row of the server's answer as a point. */
export const pointOf = (row: Row): Point => ({ ...row, parameters: (row.parameters ?? {}) as Record<string, unknown> });

/** A value as the run is given it: a text as it is, all else as JSON. */
export const valueText = (value: unknown): string => (value === undefined ? '' : typeof value === 'string' ? value : JSON.stringify(value));

/** Values that a parameter takes, in the order of the grid, else numbers by size and texts as they come. */
export function valuesOf(points: readonly Point[], name: string, grid: Record<string, readonly unknown[]> | undefined): string[] {
  const listed = grid?.[name]?.map(valueText) ?? [];
  const seen = new Set(listed);
  const found: string[] = [];
  for (const point of points) {
    const text = valueText(point.parameters[name]);
    if (!seen.has(text)) {
      seen.add(text);
      found.push(text);
    }
  }
  if (found.every((text) => text !== '' && Number.isFinite(Number(text)))) found.sort((a, b) => Number(a) - Number(b));
  return [...listed, ...found];
}

/** How long a run took; undefined while it goes on. */
export function durationOf({ run }: Point): number | undefined {
  return run.started_at && run.ended_at ? Date.parse(run.ended_at) - Date.parse(run.started_at) : undefined;
}

/** An output as a number, where it is one. */
export function numberOf(value: unknown): number | undefined {
  if (typeof value === 'number') return Number.isFinite(value) ? value : undefined;
  if (typeof value !== 'string' || value.trim() === '') return undefined;
  const number = Number(value);
  return Number.isFinite(number) ? number : undefined;
}

/** A number in few characters. */
export function shortNumber(value: number): string {
  const size = Math.abs(value);
  if (value === 0) return '0';
  if (size >= 1e5 || size < 1e-3) return value.toExponential(1);
  return String(Number(value.toPrecision(3)));
}

/** What the table is cut down to: states, and values of parameters. */
export interface Cut {
  states: readonly string[];
  values: Readonly<Record<string, string>>;
}

/** Whether a point passes. */
export const passes = (point: Point, { states, values }: Cut): boolean =>
  (states.length === 0 || states.includes(point.run.state)) && Object.entries(values).every(([name, value]) => valueText(point.parameters[name]) === value);

export type SortBy = 'index' | 'duration' | 'output';

/** Points in an order; those without a value come last either way. */
export function sorted(points: readonly Point[], by: SortBy, down: boolean): Point[] {
  const key = (point: Point): number | string | undefined =>
    by === 'index' ? point.index : by === 'duration' ? durationOf(point) : (numberOf(point.output) ?? (point.output === undefined || point.output === null ? undefined : valueText(point.output)));
  const sign = down ? -1 : 1;
  return [...points].sort((a, b) => {
    const [x, y] = [key(a), key(b)];
    if (x === undefined || y === undefined) return x === y ? a.index - b.index : x === undefined ? 1 : -1;
    if (typeof x === 'number' && typeof y === 'number') return x === y ? a.index - b.index : (x - y) * sign;
    return String(x).localeCompare(String(y)) * sign || a.index - b.index;
  });
}
