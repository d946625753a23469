/** A parameter as it is typed: its values as `0.1, 0.2` or as a JSON list. */
export interface Axis {
  name: string;
  text: string;
}

/** The values of a text, or why there are none. */
export function readValues(text: string): { values: unknown[] } | { problem: string } {
  const trimmed = text.trim();
  if (trimmed === '') return { values: [] };
  if (trimmed.startsWith('[')) {
    try {
      const list: unknown = JSON.parse(trimmed);
      return Array.isArray(list) ? { values: list } : { problem: 'a list is expected' };
    } catch {
      // Several lists side by side are values too: [64, 64], [128].
      try {
        return { values: JSON.parse(`[${trimmed}]`) as unknown[] };
      } catch {
        return { problem: 'this is no JSON list' };
      }
    }
  }
  return { values: trimmed.split(',').map((part) => part.trim()).filter((part) => part !== '').map(literal) };
}

/** A number or a truth value as such, all else as text. */
function literal(text: string): unknown {
  if (text === 'true' || text === 'false') return text === 'true';
  return /^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$/.test(text) ? Number(text) : text;
}

/** What a sweep is asked for, or what is wrong with what was typed: by the place of the axis, or `sets`. */
export function readSweep(axes: readonly Axis[], sets: string): { body: { grid?: Record<string, unknown[]>; sets?: unknown[] } } | { problems: Record<string, string> } {
  const problems: Record<string, string> = {};
  const grid: Record<string, unknown[]> = {};
  axes.forEach(({ name, text }, index) => {
    if (name === '' && text.trim() === '') return;
    const read = readValues(text);
    if (name === '') problems[index] = 'give the parameter a name';
    else if (Object.hasOwn(grid, name)) problems[index] = `${name} stands twice`;
    else if ('problem' in read) problems[index] = read.problem;
    else if (read.values.length === 0) problems[index] = 'give it at least one value';
    else grid[name] = read.values;
  });
  let listed: unknown[] | undefined;
  if (sets.trim() !== '') {
    try {
      const parsed: unknown = JSON.parse(sets);
      if (Array.isArray(parsed)) listed = parsed;
      else problems.sets = 'a list of objects is expected';
    } catch {
      problems.sets = 'this is no JSON';
    }
  }
  if (Object.keys(problems).length > 0) return { problems };
  return { body: { ...(Object.keys(grid).length > 0 ? { grid } : {}), ...(listed && listed.length > 0 ? { sets: listed } : {}) } };
}

/** The points of a sweep in the order of their indices: the first parameter varies slowest, sets vary fastest; none if there are more than so many. */
export function pointsOf({ grid, sets }: { grid?: Record<string, unknown[]>; sets?: unknown[] }, most: number): Record<string, unknown>[] {
  const axes = Object.entries(grid ?? {});
  const count = axes.reduce((product, [, values]) => product * values.length, sets?.length ?? 1);
  if (count > most || (axes.length === 0 && !sets)) return [];
  let points: Record<string, unknown>[] = [{}];
  for (const [name, values] of axes) points = points.flatMap((point) => values.map((value) => ({ ...point, [name]: value })));
  return sets ? points.flatMap((point) => sets.map((set) => ({ ...point, ...(set as object) }))) : points;
}
