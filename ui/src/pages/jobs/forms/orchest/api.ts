import { call } from '../../../../api/client';
import { asMap, type Settings } from '../../../../parts/form/paths';
import { expand, ownStrategy, strategyOf, type Strategy } from './strategy';

/** Where Orchest's own clients find jobs. */
export const jobsAt = '/catch/api-proxy/api/jobs';

/** A job as Orchest's API shows it; of it what the form reads. */
export interface OrchestJob {
  uuid: string;
  id: number;
  project_uuid: string;
  pipeline_uuid: string;
  pipeline_name: string;
  pipeline_definition: Settings;
  pipeline_run_spec: { run_config?: { pipeline_path?: string } } | null;
  name: string;
  status: 'DRAFT' | 'PENDING' | 'STARTED' | 'PAUSED' | 'SUCCESS' | 'FAILURE' | 'ABORTED';
  schedule: string | null;
  time_zone?: string | null;
  overlap_policy?: string | null;
  next_scheduled_time: string | null;
  parameters: unknown[];
  strategy_json: Settings | null;
  env_variables: Settings | null;
  max_retained_pipeline_runs: number;
}

/** The text of a file of a job's frozen project, or undefined where it has none. */
export async function readFrozen(job: OrchestJob, path: string): Promise<unknown> {
  const query = new URLSearchParams({ path: path.startsWith('/') ? path : `/${path}`, project_uuid: job.project_uuid, pipeline_uuid: job.pipeline_uuid, job_uuid: job.uuid });
  const read = await call<unknown>('GET', `/async/file-management/read?${query}`);
  return typeof read === 'string' ? (JSON.parse(read) as unknown) : read;
}

/** JSON files of a job's frozen project: one of them may be the parameters. */
export async function frozenFiles(job: OrchestJob): Promise<string[]> {
  const query = new URLSearchParams({ root: '/project-dir', path: '/', project_uuid: job.project_uuid, job_uuid: job.uuid, depth: '6' });
  const found: string[] = [];
  const walk = (node: Settings): void => {
    if (node.type === 'file' && String(node.path).endsWith('.json')) found.push(String(node.path));
    for (const child of Array.isArray(node.children) ? (node.children as unknown[]) : []) walk(asMap(child));
  };
  walk(asMap(await call('GET', `/async/file-management/browse?${query}`)));
  return found.filter((path) => !path.startsWith('/.'));
}

/** What a job begins with in the form, and where its values came from. */
export interface Begin {
  settings: Settings;
  from: 'job' | 'file' | 'pipeline';
  /** Why the parameters file beside the pipeline could not be used. */
  problem?: string;
}

/** The settings that the form edits are those of the change it sends. A draft that nobody touched takes its values from the parameters file, else from the pipeline. */
export async function begin(job: OrchestJob): Promise<Begin> {
  const rest: Settings = {
    name: job.name,
    env_variables: job.env_variables ?? {},
    max_retained_pipeline_runs: job.max_retained_pipeline_runs,
    ...(job.schedule ? { cron_schedule: job.schedule } : {}),
    ...(job.schedule && job.overlap_policy ? { overlap_policy: job.overlap_policy } : {}),
    ...(job.schedule ? { time_zone: job.time_zone ?? 'UTC' } : {}),
    ...(!job.schedule && job.next_scheduled_time ? { next_scheduled_time: job.next_scheduled_time } : {}),
  };
  const kept = asMap(job.strategy_json);
  if (Object.keys(kept).length > 0 || job.status !== 'DRAFT') return { settings: { ...rest, strategy_json: kept, parameters: job.parameters }, from: 'job' };
  let strategy: Strategy = ownStrategy(job.pipeline_definition);
  let from: Begin['from'] = 'pipeline';
  let problem: string | undefined;
  const beside = parametersFile(job);
  try {
    strategy = strategyOf(await readFrozen(job, beside), job.pipeline_definition);
    from = 'file';
  } catch (error) {
    // That there is none is the usual case.
    if (!(error instanceof Error && 'status' in error)) problem = `${beside}: ${error instanceof Error ? error.message : String(error)}`;
  }
  return { settings: { ...rest, strategy_json: strategy, parameters: expand(strategy) }, from, ...(problem === undefined ? {} : { problem }) };
}

/** The parameters file that is found by itself: main.parameters.json beside main.orchest. */
export const parametersFile = (job: OrchestJob): string => (job.pipeline_run_spec?.run_config?.pipeline_path ?? 'main.orchest').replace(/\.orchest$/, '.parameters.json');
