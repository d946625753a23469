import { ApiError, call } from '../../api/client';
import type { Run } from '../../api/types';

/** A step of a pipeline as its file has it. */
export interface Step {
  uuid: string;
  title: string;
  file_path: string;
  environment?: string;
  incoming_connections?: string[];
  parameters?: Record<string, unknown>;
}

/** A pipeline's file. */
export interface Pipeline {
  name: string;
  uuid: string;
  parameters?: Record<string, unknown>;
  steps: Record<string, Step>;
}

/** Where a run of an Orchest job stands: ids of its dialect. */
export interface OrchestRun {
  uuid: string;
  project_uuid: string;
  pipeline_uuid: string;
  job_uuid: string;
}

interface Shown {
  uuid: string;
  project_uuid: string;
  pipeline_uuid: string;
  job_uuid: string;
  parameters?: Record<string, Record<string, unknown>>;
}

const jobs = '/catch/api-proxy/api/jobs';

/** A run as the dialect shows it. The job's id is found by the number that all ids hold. */
export async function orchestRun(run: Run): Promise<Shown> {
  const job = await call<{ public_id?: string }>('GET', `/api/yard/v1/jobs/${run.job_id}`);
  return call<Shown>('GET', `${jobs}/${job.public_id ?? run.job_id}/${run.public_id ?? run.id}`);
}

/** The pipeline as the run got it, with the parameters of its steps. */
export async function orchestPipeline(run: Run): Promise<{ run: Shown; pipeline: Pipeline }> {
  const shown = await orchestRun(run);
  const answered = await call<{ pipeline_json: string | Pipeline; success?: boolean }>('GET', `/async/pipelines/json/${shown.project_uuid}/${shown.pipeline_uuid}?job_uuid=${shown.job_uuid}&pipeline_run_uuid=${shown.uuid}`);
  const pipeline = typeof answered.pipeline_json === 'string' ? (JSON.parse(answered.pipeline_json) as Pipeline) : answered.pipeline_json;
  return { run: shown, pipeline };
}

export async function orchestSteps(run: Run): Promise<Step[]> {
  return Object.values((await orchestPipeline(run)).pipeline.steps);
}

/** What stands in a step's file, or the page of the notebook that the run executed. */
export interface StepFile {
  ext: string;
  content: string;
  filename: string;
}

export async function orchestFile(run: Run, step: string): Promise<StepFile> {
  const shown = await orchestRun(run);
  return call<StepFile>('GET', `/async/file-viewer/${shown.project_uuid}/${shown.pipeline_uuid}/${step}?job_uuid=${shown.job_uuid}&pipeline_run_uuid=${shown.uuid}`);
}

/** The page of a notebook that a step executed; nothing where it did not run, or no page could be made. */
export async function orchestNotebook(run: Run, step: string): Promise<string> {
  const file = await orchestFile(run, step);
  if (!/^\s*</.test(file.content)) throw new ApiError(404, 'The notebook has not been executed, or there is no page of it (nbconvert makes them where it is installed).', 'none');
  return file.content;
}

