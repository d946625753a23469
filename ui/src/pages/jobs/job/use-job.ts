import { queryOptions } from '@tanstack/react-query';
import { answer, api } from '../../../api/client';

/** A job with its settings and the counts of its runs. */
export const jobQuery = (id: number) =>
  queryOptions({ queryKey: ['jobs', 'one', id], queryFn: ({ signal }) => answer(api.GET('/api/yard/v1/jobs/{id}', { params: { path: { id } }, signal })) });

/** The next five fires of a job. */
export const firesQuery = (id: number) =>
  queryOptions({
    queryKey: ['jobs', 'one', id, 'fires'],
    queryFn: ({ signal }) => answer(api.GET('/api/yard/v1/jobs/{id}/next-fires', { params: { path: { id }, query: { count: 5 } }, signal })),
    refetchInterval: 60_000,
  });
