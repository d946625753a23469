import { isEnded } from '../../api/types';
import { lookOfState, type Look } from '../../parts/cells/draw';
import { inkOn, stepOf } from '../../parts/cells/scale';
import { durationText } from '../../parts/time';
import { durationOf, numberOf, shortNumber, valuesOf, valueText, type Point } from './points';

/** What the cells are coloured by. */
export type ColourBy = 'state' | 'duration' | 'output';

/** Parameters as axes; a facet makes one matrix for each of its values. */
export interface Axes {
  x: string;
  y: string | undefined;
  facet: string | undefined;
}

/** One matrix: the points of each cell, by row * columns + column. */
export interface Facet {
  value: string | undefined;
  cells: Map<number, Point[]>;
}

export interface Matrix {
  xs: string[];
  ys: string[];
  facets: Facet[];
}

/** The axes one begins with: the parameters with the most values, the next one as facet. */
export function usualAxes(counts: readonly { name: string; values: number }[]): Axes {
  const [x, y, facet] = [...counts].sort((a, b) => b.values - a.values).map(({ name }) => name);
  return { x: x ?? '', y, facet };
}

/** Puts the points into cells. */
export function matrixOf(points: readonly Point[], { x, y, facet }: Axes, grid: Record<string, readonly unknown[]> | undefined): Matrix {
  const xs = valuesOf(points, x, grid);
  const ys = y ? valuesOf(points, y, grid) : [''];
  const faces = facet ? valuesOf(points, facet, grid) : [undefined];
  const place = (values: readonly string[]): Map<string, number> => new Map(values.map((value, index) => [value, index]));
  const [columns, rows] = [place(xs), place(ys)];
  const facets = faces.map((value): Facet => ({ value, cells: new Map() }));
  const byFace = new Map(facets.map((each) => [each.value ?? '', each]));
  for (const point of points) {
    const column = columns.get(valueText(point.parameters[x]));
    const row = y ? rows.get(valueText(point.parameters[y])) : 0;
    const cells = byFace.get(facet ? valueText(point.parameters[facet]) : '')?.cells;
    if (column === undefined || row === undefined || !cells) continue;
    const at = row * xs.length + column;
    const there = cells.get(at);
    if (there) there.push(point);
    else cells.set(at, [point]);
  }
  return { xs, ys, facets };
}

/** From what one wants to see first to what is as it should be. */
const worstFirst = ['failed', 'timed_out', 'succeeded_with_failures', 'cancelled', 'cancelling', 'waiting_for_retry', 'running', 'waiting', 'queued', 'skipped', 'succeeded'];

/** The state that stands for several runs. */
export const worst = (points: readonly Point[]): string =>
  points.reduce((found, { run }) => (worstFirst.indexOf(run.state) < worstFirst.indexOf(found) ? run.state : found), 'succeeded');

const mean = (numbers: readonly number[]): number | undefined => (numbers.length === 0 ? undefined : numbers.reduce((sum, each) => sum + each, 0) / numbers.length);

/** The number of a cell that it is coloured by. */
export function measure(points: readonly Point[], by: 'duration' | 'output'): number | undefined {
  return mean(points.map((point) => (by === 'duration' ? durationOf(point) : numberOf(point.output))).filter((value) => value !== undefined));
}

/** How values become colours, the same in all facets. */
export type Scale = { kind: 'state' } | { kind: 'numbers'; by: 'duration' | 'output'; low: number; high: number } | { kind: 'words'; words: string[] };

/** Colours for outputs that are no numbers. */
export const wordFills: readonly string[] = ['#2f6db5', '#b0632a', '#3b8f5a', '#8a4fa3', '#b53f5e', '#5f7a1f', '#267f8c', '#8f6b00', '#6b7280', '#4455a8'];

/** The scale for what the points hold. Outputs are numbers if all of them are. */
export function scaleOf(points: readonly Point[], by: ColourBy): Scale {
  if (by === 'state') return { kind: 'state' };
  const given = points.filter((point) => (by === 'duration' ? durationOf(point) !== undefined : point.output !== undefined && point.output !== null));
  if (by === 'output' && given.some((point) => numberOf(point.output) === undefined)) return { kind: 'words', words: [...new Set(given.map((point) => valueText(point.output)))] };
  let [low, high] = [Infinity, -Infinity];
  for (const point of given) {
    const value = (by === 'duration' ? durationOf(point) : numberOf(point.output)) ?? 0;
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  return { kind: 'numbers', by, low: given.length > 0 ? low : 0, high: given.length > 0 ? high : 0 };
}

/** A number of a scale as text. */
export const scaleText = (scale: Extract<Scale, { kind: 'numbers' }>, value: number): string => (scale.by === 'duration' ? durationText(value) : shortNumber(value));

/** How a cell looks. What has no value yet looks like its state, pale. */
export function lookOfCell(points: readonly Point[] | undefined, scale: Scale): Look | undefined {
  if (!points || points.length === 0) return undefined;
  const many = points.length > 1 ? String(points.length) : undefined;
  if (scale.kind === 'state') return { ...lookOfState(worst(points)), text: many };
  if (scale.kind === 'words') {
    const words = new Set(points.filter((point) => point.output !== undefined && point.output !== null).map((point) => valueText(point.output)));
    const [word] = words;
    if (word === undefined) return { ...lookOfState(worst(points)), mark: isEnded(worst(points)) ? 'dot' : 'hollow' };
    const at = scale.words.indexOf(word);
    return words.size > 1 ? { fill: 'var(--state-gray)', text: `${words.size} values`, ink: '#ffffff' } : { fill: wordFills[at % wordFills.length]!, text: word, ink: '#ffffff' };
  }
  const value = measure(points, scale.by);
  if (value === undefined) return { ...lookOfState(worst(points)), mark: isEnded(worst(points)) ? 'dot' : 'hollow' };
  const fill = stepOf(scale.high > scale.low ? (value - scale.low) / (scale.high - scale.low) : 0.5);
  return { fill, text: scaleText(scale, value), ink: inkOn(fill) };
}
