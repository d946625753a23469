import { asList, asMap, asText, type Settings } from '../../../../parts/form/paths';

/** The kinds of tasks the form knows, with what a new one of each begins with. */
export const kinds = [
  { value: 'notebook_task', label: 'Notebook', fresh: { notebook_path: '' } },
  { value: 'spark_python_task', label: 'Python script', fresh: { python_file: '' } },
  { value: 'python_wheel_task', label: 'Python wheel', fresh: { package_name: '', entry_point: '' } },
  { value: 'spark_jar_task', label: 'JAR', fresh: { main_class_name: '' } },
  { value: 'spark_submit_task', label: 'Spark submit', fresh: { parameters: [] } },
  { value: 'sql_task', label: 'SQL', fresh: { warehouse_id: 'default', file: { path: '' } } },
  { value: 'dbt_task', label: 'dbt', fresh: { commands: ['dbt run'], project_directory: '' } },
  { value: 'condition_task', label: 'If / else condition', fresh: { op: 'EQUAL_TO', left: '', right: '' } },
  { value: 'for_each_task', label: 'For each', fresh: { inputs: '["a", "b"]', concurrency: 1, task: { task_key: 'each', notebook_task: { notebook_path: '', base_parameters: { item: '{{input}}' } } } } },
  { value: 'run_job_task', label: 'Run a job', fresh: {} },
] as const;

/** Kinds that need the platform itself; they are kept, and changed as text. */
const others = ['pipeline_task', 'dashboard_task', 'alert_task', 'power_bi_task'];

export type Kind = (typeof kinds)[number]['value'];

/** What a task does: the member that says so. */
export const kindOf = (task: Settings): string => kinds.find(({ value }) => task[value] !== undefined)?.value ?? others.find((value) => task[value] !== undefined) ?? Object.keys(task).find((name) => name.endsWith('_task')) ?? '';

/** A task of another kind: its key, dependencies, retries and the like stay; clusters go from kinds that have none. */
export function withKind(task: Settings, kind: Kind): Settings {
  const rest = Object.fromEntries(Object.entries(task).filter(([name]) => !name.endsWith('_task')));
  const fresh = kinds.find(({ value }) => value === kind)!.fresh;
  if (kind === 'condition_task' || kind === 'for_each_task' || kind === 'run_job_task') for (const name of ['existing_cluster_id', 'new_cluster', 'job_cluster_key', 'environment_key', 'libraries']) delete rest[name];
  return { ...rest, [kind]: structuredClone(fresh) };
}

/** A word or two on what a task does. */
export function noteOf(task: Settings): string {
  const kind = kindOf(task);
  const body = asMap(task[kind]);
  const what =
    asText(body.notebook_path) || asText(body.python_file) || asText(body.package_name) || asText(body.main_class_name) || asText(asMap(body.file).path) || (body.op === undefined ? '' : `${asText(body.left)} ${asText(body.op)} ${asText(body.right)}`);
  const label = kinds.find(({ value }) => value === kind)?.label ?? (kind || 'no kind');
  return what ? `${label}: ${what.split('/').at(-1)}` : kind === 'for_each_task' ? `For each: ${noteOf(asMap(body.task))}` : label;
}

/** Members of a task that stand at the root of a job of the single-task format of API 2.0. */
const taskMembers = ['existing_cluster_id', 'new_cluster', 'libraries', 'max_retries', 'min_retry_interval_millis', 'retry_on_timeout'];

/** Whether settings are of the single-task format of API 2.0. */
export const isFlat = (settings: Settings): boolean => !Array.isArray(settings.tasks) && Object.keys(settings).some((name) => name.endsWith('_task'));

/** Settings of the single-task format as a job of one task. */
export function withTasks(settings: Settings): Settings {
  if (!isFlat(settings)) return settings;
  const moves = (name: string): boolean => name.endsWith('_task') || taskMembers.includes(name);
  const task = Object.fromEntries(Object.entries(settings).filter(([name]) => moves(name)));
  const { format: _, ...rest } = Object.fromEntries(Object.entries(settings).filter(([name]) => !moves(name)));
  const key = asText(settings.name).replaceAll(/[^A-Za-z0-9_-]/g, '_').slice(0, 100) || 'main';
  return { ...rest, tasks: [{ task_key: key, ...task }] };
}

/** How many tasks a request of API 2.1 may have; 2.2 takes more. */
const mostIn21 = 100;

/** The version of the API that takes these settings. */
export const versionFor = (settings: Settings): string => (asList(settings.tasks).length > mostIn21 ? '2.2' : '2.1');
