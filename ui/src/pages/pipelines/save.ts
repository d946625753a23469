import { queryOptions, useQueryClient } from '@tanstack/react-query';
import { call } from '../../api/client';
import type { Project } from '../../api/types';
import { fileAddress, projectUuid } from '../projects/data';
import { readPipeline, type Pipeline } from './definition';

/** The text of a pipeline file. */
export const pipelineText = (owner: string, slug: string, path: string) =>
  queryOptions({ queryKey: ['pipeline', owner, slug, path], queryFn: () => call<string>('GET', fileAddress(owner, slug, path)) });

/**
 * Saves a change: the file is read anew and changed as it is now, so that what others saved meanwhile stays. The server
 * checks the whole and refuses what could not run.
 */
export function useSave(project: Project, path: string): (change: (pipeline: Pipeline) => Pipeline) => Promise<void> {
  const client = useQueryClient();
  return async (change) => {
    const query = pipelineText(project.owner, project.slug, path);
    const read = readPipeline(await call<string>('GET', fileAddress(project.owner, project.slug, path)));
    if ('problem' in read) throw new Error(`The file was changed meanwhile and cannot be read: ${read.problem.message}`);
    const changed = change(read.pipeline);
    await call('PUT', `/async/pipelines/json/${projectUuid(project.id)}/${encodeURIComponent(changed.uuid)}`, new URLSearchParams({ pipeline_json: JSON.stringify(changed) }));
    await client.invalidateQueries({ queryKey: query.queryKey });
    for (const key of ['pipelines', 'files', 'open']) void client.invalidateQueries({ queryKey: [key] });
  };
}
