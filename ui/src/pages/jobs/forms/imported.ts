import type { Dialect } from '../../../api/types';
import { asList, asMap, type Settings } from '../../../parts/form/paths';
import { readSettings } from '../../../parts/settings-text';
import { isFlat, withTasks } from './databricks/kinds';

/** A job file that was understood. */
export interface Imported {
  dialect: Dialect;
  settings: Settings;
}

/** Whose job file a text is, with what its form begins with; or why it is none. */
export function recognise(text: string): Imported | string {
  const { value, problems } = readSettings(text, /^\s*[{[]/.test(text) ? 'json' : 'yaml');
  if (!value) return `This is neither JSON nor YAML of a job: ${problems[0]?.message ?? 'it is empty'}`;
  // Answers of Databricks' jobs/get and requests of its jobs/reset have the settings inside.
  const inner = [value.settings, value.new_settings].map(asMap).find((each) => isDatabricks(each));
  if (inner) return { dialect: 'databricks', settings: withTasks(inner) };
  if (value.jobName !== undefined && Array.isArray(value.taskRoles)) return { dialect: 'openpai', settings: value };
  if (isDatabricks(value)) return { dialect: 'databricks', settings: withTasks(value) };
  if (asList(value.tasks).some((task) => asMap(task).key !== undefined)) return { dialect: 'yard', settings: value };
  if (value.steps !== undefined && value.uuid !== undefined) return 'This is a pipeline of Orchest. Put it into a project (Projects, Files), then make an Orchest job of it.';
  if (value.script !== undefined) return { dialect: 'cloudera', settings: value };
  return 'This is no job file that is known here: one of Databricks has tasks with a task_key, one of OpenPAI a jobName and taskRoles, one of Switchyard tasks with a key.';
}

const isDatabricks = (value: Settings): boolean => isFlat(value) || asList(value.tasks).some((task) => asMap(task).task_key !== undefined);

const key = 'switchyard-imported-job';

/** Hands an imported job to its form; it is kept for this tab, so that a reload finds it. */
export const hand = (job: Imported): void => sessionStorage.setItem(key, JSON.stringify(job));

/** The job that was handed to the form of a dialect. */
export function handed(dialect: string): Settings | undefined {
  try {
    const job = JSON.parse(sessionStorage.getItem(key) ?? 'null') as Imported | null;
    return job?.dialect === dialect ? job.settings : undefined;
  } catch {
    return undefined;
  }
}

/** Forgets the job that was handed over: it was saved, or another is begun. */
export const forgetHanded = (): void => sessionStorage.removeItem(key);
