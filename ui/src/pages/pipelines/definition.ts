import { parseDocument } from 'yaml';
import type { CodeProblem } from '../../parts/code';
import { jsonProblem } from '../../parts/json-problem';
import type { GraphEdge, GraphNode } from '../../parts/graph/graph';

/** A step of a pipeline, as its file has it. What is not named here is kept as it is. */
export interface Step {
  uuid: string;
  title?: string;
  file_path?: string;
  environment?: string;
  parameters?: Record<string, unknown>;
  incoming_connections?: string[];
  [other: string]: unknown;
}

/** A service of a pipeline. */
export interface Service {
  name?: string;
  image?: string;
  command?: string;
  args?: string;
  ports?: number[];
  scope?: string[];
  env_variables?: Record<string, string>;
  [other: string]: unknown;
}

/** A pipeline file. */
export interface Pipeline {
  uuid: string;
  name: string;
  parameters?: Record<string, unknown>;
  settings?: { max_steps_parallelism?: number; [other: string]: unknown };
  steps?: Record<string, Step>;
  services?: Record<string, Service>;
  [other: string]: unknown;
}

/** Reads the text of a pipeline file as far as it must be read to be drawn; what it means the server decides. */
export function readPipeline(text: string): { pipeline: Pipeline } | { problem: CodeProblem } {
  const problem = jsonProblem(text);
  if (problem) return { problem };
  const value: unknown = JSON.parse(text);
  const whole = (message: string): { problem: CodeProblem } => ({ problem: { from: 0, to: text.length, message } });
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return whole('A pipeline file is a JSON object.');
  const pipeline = value as Pipeline;
  if (typeof pipeline.uuid !== 'string') return whole('The pipeline has no uuid, by which it is known.');
  return { pipeline };
}

export const stepsOf = (pipeline: Pipeline): Step[] => Object.entries(pipeline.steps ?? {}).map(([uuid, step]) => ({ ...step, uuid }));

export const titleOf = (step: Step): string => step.title || step.file_path || step.uuid;

/** What the graph draws. */
export function pictureOf(pipeline: Pipeline): { nodes: GraphNode[]; edges: GraphEdge[] } {
  const steps = stepsOf(pipeline);
  return {
    nodes: steps.map((step) => ({ id: step.uuid, title: titleOf(step), note: step.file_path || 'no file' })),
    edges: steps.flatMap((step) => (step.incoming_connections ?? []).map((from) => ({ from, to: step.uuid }))),
  };
}

/** The pipeline with some members of a step changed, or with a step that was not there. */
export const withStep = (pipeline: Pipeline, uuid: string, change: Partial<Step>): Pipeline => ({ ...pipeline, steps: { ...pipeline.steps, [uuid]: { ...pipeline.steps?.[uuid], ...change, uuid } } });

/** The pipeline without a step, and without the connections from it. */
export function withoutStep(pipeline: Pipeline, uuid: string): Pipeline {
  const rest = Object.entries(pipeline.steps ?? {}).filter(([key]) => key !== uuid);
  return { ...pipeline, steps: Object.fromEntries(rest.map(([key, step]) => [key, { ...step, incoming_connections: (step.incoming_connections ?? []).filter((from) => from !== uuid) }])) };
}

/** A new step as Orchest writes one. */
export const newStep = (title: string, file: string, environment: string, incoming: readonly string[]): Step => ({
  uuid: crypto.randomUUID(),
  title,
  file_path: file,
  environment,
  kernel: { name: 'python', display_name: 'Python 3' },
  meta_data: { hidden: false, position: [0, 0] },
  parameters: {},
  incoming_connections: [...incoming],
});

/** What a refusal of the server is about: the path of members before the reason ("steps.UUID.file_path"), and the reason. */
export function refusalOf(message: string): { path: string[]; reason: string } {
  const parts = /(?:Pipeline [^:]*: )?((?:name|uuid|version|parameters|settings|services|steps)[^:\s]*): (.*)$/s.exec(message);
  return parts ? { path: parts[1]!.split('.'), reason: parts[2]! } : { path: [], reason: message };
}

/** Where a member stands in the text of a file; the whole text where it is not there. */
export function placeOf(text: string, path: readonly string[]): { from: number; to: number } {
  const document = parseDocument(text, { keepSourceTokens: false });
  for (let depth = path.length; depth > 0; depth--) {
    const node = document.getIn(path.slice(0, depth), true) as { range?: [number, number, number] } | undefined;
    if (node?.range) return { from: node.range[0], to: node.range[1] };
  }
  return { from: 0, to: text.length };
}
