import { asList, asMap, asText, type Settings } from './form/paths';

/** A parameter that a run may be given. */
export interface RunParameter {
  name: string;
  /** What it is if nothing is given. */
  usual: string;
  /** text: as it is typed; json: any JSON; list: a JSON list of texts. */
  kind: 'text' | 'json' | 'list';
  hint?: string;
}

/** What a run of a job can be given, and whether other names may be added. */
export interface RunParameters {
  fields: RunParameter[];
  mayAdd: boolean;
  word: string;
}

/** The parameters of a job by its dialect, with the values a run has when nothing is said. `extra` is what an Orchest job's own API says of its pipeline. */
export function parametersOf(dialect: string, settings: Settings, extra?: Settings): RunParameters {
  switch (dialect) {
    case 'yard':
      return { fields: texts(asMap(settings.parameters)), mayAdd: false, word: 'parameter' };
    case 'cloudera':
      return { fields: texts(asMap(settings.environment)), mayAdd: true, word: 'environment variable' };
    case 'openpai':
      return { fields: texts(asMap(settings.jobEnvs)), mayAdd: true, word: 'environment variable' };
    case 'orchest':
      return { fields: ofPipeline(asMap(extra)), mayAdd: false, word: 'group' };
    case 'databricks':
      return ofDatabricks(settings);
    default:
      return { fields: [], mayAdd: true, word: 'parameter' };
  }
}

const texts = (values: Settings): RunParameter[] => Object.entries(values).map(([name, value]) => ({ name, usual: asText(value), kind: 'text' }));

function ofPipeline(definition: Settings): RunParameter[] {
  const group = (name: string, hint: string, values: unknown): RunParameter[] => (Object.keys(asMap(values)).length > 0 ? [{ name, hint, usual: JSON.stringify(values, null, 2), kind: 'json' }] : []);
  return [...group('pipeline_parameters', 'All steps see these', definition.parameters), ...Object.entries(asMap(definition.steps)).flatMap(([uuid, step]) => group(uuid, `Step ${asText(asMap(step).title)}`, asMap(step).parameters))];
}

function ofDatabricks(settings: Settings): RunParameters {
  const own = asList(settings.parameters).map(asMap);
  if (own.length > 0) return { fields: own.map((each) => ({ name: asText(each.name), usual: asText(each.default), kind: 'text' })), mayAdd: true, word: 'job parameter' };
  const fields = new Map<string, RunParameter>();
  const list = (name: string, hint: string, usual: unknown): void => {
    if (!fields.has(name)) fields.set(name, { name, hint, usual: JSON.stringify(asList(usual)), kind: 'list' });
  };
  const tasks = [settings, ...asList(settings.tasks).map(asMap)];
  for (const task of [...tasks, ...tasks.map((each) => asMap(asMap(each.for_each_task).task))]) {
    for (const named of [asMap(task.notebook_task).base_parameters, asMap(task.python_wheel_task).named_parameters, asMap(task.sql_task).parameters]) {
      for (const field of texts(asMap(named))) if (!fields.has(field.name)) fields.set(field.name, field);
    }
    const wheel = asMap(task.python_wheel_task);
    if (task.spark_python_task !== undefined || (task.python_wheel_task !== undefined && wheel.named_parameters === undefined)) list('python_params', 'Words for Python files and wheels, in place of theirs', asMap(task.spark_python_task).parameters ?? wheel.parameters);
    if (task.spark_jar_task !== undefined) list('jar_params', 'Words for JARs, in place of theirs', asMap(task.spark_jar_task).parameters);
    if (task.spark_submit_task !== undefined) list('spark_submit_params', 'Words of spark-submit, in place of its own', asMap(task.spark_submit_task).parameters);
  }
  return { fields: [...fields.values()], mayAdd: true, word: 'parameter' };
}

/** What is sent: the values that were changed; of a pipeline all groups, since a group that is not sent is empty. */
export function sentParameters(dialect: string, { fields }: RunParameters, typed: Readonly<Record<string, string>>, added: readonly (readonly [string, string])[]): Record<string, unknown> {
  const sent: Record<string, unknown> = {};
  const isWhole = dialect === 'orchest' && fields.some((field) => (typed[field.name] ?? field.usual) !== field.usual);
  for (const field of fields) {
    const text = typed[field.name] ?? field.usual;
    if (text === field.usual && !isWhole) continue;
    sent[field.name] = field.kind === 'text' ? text : (JSON.parse(text) as unknown);
  }
  for (const [name, text] of added) if (name !== '') sent[name] = text;
  return sent;
}

/** Why a typed value cannot be sent. */
export function valueProblem(field: RunParameter, text: string): string | undefined {
  if (field.kind === 'text') return undefined;
  try {
    const value: unknown = JSON.parse(text);
    if (field.kind === 'list') return Array.isArray(value) ? undefined : 'A JSON list is expected: ["a", "b"].';
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? undefined : 'A JSON object is expected: {"name": value}.';
  } catch (error) {
    return error instanceof Error ? error.message : 'This is no JSON.';
  }
}
