import { queryOptions, useQuery, useQueryClient } from '@tanstack/react-query';
import { answer, api } from '../../api/client';
import { useLive, useThrottled } from '../../api/live';
import type { Attempt, Run } from '../../api/types';
import { patched } from './patch';

/** A run with its tasks. */
export const runQuery = (id: number) => queryOptions({ queryKey: ['run', id], queryFn: () => answer(api.GET('/api/yard/v1/runs/{id}', { params: { path: { id } } })) });

/** What a run was made of; it changes with a repair alone. */
export const runSettingsQuery = (id: number, revision: number) =>
  queryOptions({
    queryKey: ['run', id, 'settings', revision],
    staleTime: Infinity,
    queryFn: () => answer(api.GET('/api/yard/v1/runs/{id}/settings', { params: { path: { id } } })),
  });

/** All attempts of a run, also earlier ones. */
export const attemptsQuery = (id: number) =>
  queryOptions({ queryKey: ['run', id, 'attempts'], staleTime: 5_000, queryFn: async (): Promise<Attempt[]> => (await answer(api.GET('/api/yard/v1/runs/{id}/attempts', { params: { path: { id } } }))).attempts });

/** An attempt with its result. */
export const attemptQuery = (id: number) => queryOptions({ queryKey: ['attempt', id], queryFn: () => answer(api.GET('/api/yard/v1/attempts/{id}', { params: { path: { id } } })) });

/** A run as it is now: events of the feed are put into it, and it is read anew now and then. */
export function useRun(id: number) {
  const client = useQueryClient();
  const query = useQuery(runQuery(id));
  // Events say what moved; reading anew brings what they do not tell (why it waits, exit codes). Two thousand tasks are half a megabyte.
  const again = useThrottled(() => void client.invalidateQueries({ queryKey: ['run', id], exact: true }), (query.data?.tasks?.length ?? 0) > 300 ? 5_000 : 1_000);
  const attempts = useThrottled(() => void client.invalidateQueries({ queryKey: ['run', id, 'attempts'] }), 3_000);
  useLive((events) => {
    const own = events.filter((event) => event.run_id === id);
    if (own.length === 0) return;
    client.setQueryData<Run>(['run', id], (run) => (run ? patched(run, own) : run));
    again();
    attempts();
    for (const event of own) if (event.attempt_id !== undefined && client.getQueryData(['attempt', event.attempt_id])) void client.invalidateQueries({ queryKey: ['attempt', event.attempt_id] });
  });
  return query;
}
