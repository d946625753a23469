import { asList, asMap, asText, type Settings } from '../../../../parts/form/paths';

/** The name of the group that all steps see. */
export const pipelineGroup = 'pipeline_parameters';

/** Parameters of the pipeline or of a step, each with the JSON text of the list of its values, as it was typed. */
export interface Group {
  key: string;
  title: string;
  parameters: Record<string, string>;
}

export type Strategy = Record<string, Group>;

/** Parameters of one run: by group and name. */
export type RunParameters = Record<string, Record<string, unknown>>;

interface Step {
  uuid: string;
  title: string;
  parameters: Settings;
}

const stepsOf = (definition: Settings): Step[] => Object.entries(asMap(definition.steps)).map(([uuid, step]) => ({ uuid, title: asText(asMap(step).title) || uuid, parameters: asMap(asMap(step).parameters) }));

const group = (key: string, title: string, values: Settings): Group => ({ key, title, parameters: Object.fromEntries(Object.entries(values).map(([name, value]) => [name, JSON.stringify(value)])) });

const wrapped = (values: Settings): Settings => Object.fromEntries(Object.entries(values).map(([name, value]) => [name, [value]]));

/** What a pipeline brings along: the parameters of all steps first, then each step's, every value alone in its list. */
export function ownStrategy(definition: Settings): Strategy {
  const groups = [group(pipelineGroup, asText(definition.name), wrapped(asMap(definition.parameters))), ...stepsOf(definition).map((step) => group(step.uuid, step.title, wrapped(step.parameters)))];
  return Object.fromEntries(groups.filter((each) => Object.keys(each.parameters).length > 0).map((each) => [each.key, each]));
}

/**
 * What a parameters file says, filled up from the pipeline: groups in the order of the file, then the steps it leaves out, the pipeline's own last
 * where the file has none. Steps that the pipeline does not have are passed over. Throws where it means nothing.
 */
export function strategyOf(file: unknown, definition: Settings): Strategy {
  if (typeof file !== 'object' || file === null || Array.isArray(file)) throw new Error('A parameters file is an object of groups: pipeline_parameters and UUIDs of steps.');
  const own = ownStrategy(definition);
  const titles = new Map(stepsOf(definition).map((step) => [step.uuid, step.title]));
  titles.set(pipelineGroup, asText(definition.name));
  const made: Strategy = {};
  for (const [key, values] of Object.entries(file)) {
    const title = titles.get(key);
    if (title === undefined) continue;
    for (const [name, value] of Object.entries(asMap(values))) {
      if (!Array.isArray(value) || value.length === 0) throw new Error(`${title}, ${name}: a list of values is expected, also for one value alone.`);
    }
    const { parameters } = group(key, title, asMap(values));
    const all = { ...parameters, ...Object.fromEntries(Object.entries(own[key]?.parameters ?? {}).filter(([name]) => !Object.hasOwn(parameters, name))) };
    if (Object.keys(all).length > 0) made[key] = { key, title, parameters: all };
  }
  for (const [key, left] of Object.entries(own)) if (key !== pipelineGroup) made[key] ??= left;
  if (own[pipelineGroup]) made[pipelineGroup] ??= own[pipelineGroup];
  return made;
}

/** A list of values out of its text, or why it is none. */
export function readValues(text: string): unknown[] | string {
  try {
    const value: unknown = JSON.parse(text);
    if (!Array.isArray(value)) return 'Values stand in a list, also one alone: [1].';
    return value.length > 0 ? value : 'A list without values would mean no runs.';
  } catch (error) {
    return error instanceof Error ? error.message : 'This is no JSON.';
  }
}

/** How many runs a strategy means; 0 while a list cannot be read. */
export function countRuns(strategy: Strategy): number {
  let count = 1;
  for (const each of Object.values(strategy)) {
    for (const text of Object.values(each.parameters)) {
      const values = readValues(text);
      count *= typeof values === 'string' ? 0 : values.length;
    }
  }
  return count;
}

/** So many runs one job may have at the most; more are not drawn up here, and refused by the server. */
export const mostRuns = 10_000;

/** Each value with each of the others; the first parameter varies slowest. Without parameters there is one run. */
export function expand(strategy: Strategy): RunParameters[] {
  const count = countRuns(strategy);
  if (count === 0 || count > mostRuns) return [];
  let runs: RunParameters[] = [{}];
  for (const { key, parameters } of Object.values(strategy)) {
    for (const [name, text] of Object.entries(parameters)) {
      const values = readValues(text) as unknown[];
      runs = runs.flatMap((run) => values.map((value) => ({ ...run, [key]: { ...run[key], [name]: value } })));
    }
  }
  return runs;
}

/** A text that is the same for the same parameters, however their names are ordered. */
export const fingerprint = (value: unknown): string =>
  JSON.stringify(value, (_, part: unknown) => (typeof part === 'object' && part !== null && !Array.isArray(part) ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1))) : part));

/** Which rows of the grid are among the chosen runs. */
export function chosenRows(rows: readonly RunParameters[], chosen: unknown): boolean[] {
  const left = new Map<string, number>();
  for (const run of asList(chosen)) {
    const text = fingerprint(run);
    left.set(text, (left.get(text) ?? 0) + 1);
  }
  return rows.map((row) => {
    const text = fingerprint(row);
    const count = left.get(text) ?? 0;
    if (count > 0) left.set(text, count - 1);
    return count > 0;
  });
}

/** The parameters of a run as people read them; names that occur in several groups say whose they are. */
export function runText(run: RunParameters, strategy: Strategy): string {
  const names = Object.values(run).flatMap((values) => Object.keys(values));
  const parts = Object.entries(run).flatMap(([key, values]) =>
    Object.entries(values).map(([name, value]) => `${names.filter((other) => other === name).length > 1 ? `${strategy[key]?.title ?? key} ` : ''}${name}: ${JSON.stringify(value)}`),
  );
  return parts.join(', ') || '—';
}
