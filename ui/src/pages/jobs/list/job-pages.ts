import { keepPreviousData, useInfiniteQuery, useQueryClient, type InfiniteData } from '@tanstack/react-query';
import { useMemo, useRef } from 'react';
import { answer, api } from '../../../api/client';
import { useLive, useThrottled } from '../../../api/live';
import { isEnded, type Job, type Run, type RunEvent } from '../../../api/types';
import type { More } from '../../../parts/infinite-table';
import { runMoves } from '../../runs/list/live-rows';

/** What a list of jobs is asked for. */
export interface JobFilters {
  search?: string | undefined;
  dialect?: string | undefined;
  owner?: string | undefined;
}

interface JobPage {
  jobs: Job[];
  next_before?: number | null;
}
type JobPages = InfiniteData<JobPage, number>;

/** Jobs with the state of their last runs moved on, or with a newer last run; the same pages if nothing changed. */
export function withRuns(data: JobPages, moves: ReadonlyMap<number, RunEvent>, runs: readonly Run[]): JobPages {
  const newest = new Map<number, Run>();
  for (const run of runs) if ((newest.get(run.job_id)?.id ?? 0) < run.id) newest.set(run.job_id, run);
  let changed = false;
  const pages = data.pages.map((page) => {
    let here = false;
    const jobs = page.jobs.map((job): Job => {
      const run = newest.get(job.id);
      if (run && run.id > (job.last_run?.id ?? 0)) {
        here = true;
        return { ...job, last_run: { id: run.id, state: run.state, created_at: run.created_at, ...(run.ended_at ? { ended_at: run.ended_at } : {}) } };
      }
      const move = job.last_run ? moves.get(job.last_run.id) : undefined;
      if (!job.last_run || !move || move.to === job.last_run.state) return job;
      here = true;
      return { ...job, last_run: { ...job.last_run, state: move.to, ...(isEnded(move.to) ? { ended_at: move.at } : {}) } };
    });
    changed ||= here;
    return here ? { ...page, jobs } : page;
  });
  return changed ? { ...data, pages } : data;
}

/** Jobs, newest first, in pages that follow each other; their last runs move as the feed tells. */
export function useJobPages(filters: JobFilters): { rows: Job[]; query: { isPending: boolean; error: unknown; refetch: () => unknown; isPlaceholderData: boolean }; more: More } {
  const client = useQueryClient();
  const key = useMemo(() => ['jobs', 'list', filters] as const, [filters]);
  const query = useInfiniteQuery<JobPage, Error, JobPages, typeof key, number>({
    queryKey: key,
    queryFn: ({ pageParam, signal }) =>
      answer(api.GET('/api/yard/v1/jobs', { params: { query: { ...filters, limit: pageParam ? 250 : 60, ...(pageParam ? { before: pageParam } : {}) } }, signal })),
    initialPageParam: 0,
    getNextPageParam: (last) => (last.next_before ?? undefined),
    placeholderData: keepPreviousData,
  });
  const rows = useMemo(() => query.data?.pages.flatMap((page) => page.jobs) ?? [], [query.data]);
  const pending = useRef(new Map<number, RunEvent>());
  const apply = useThrottled(() => {
    const moves = pending.current;
    pending.current = new Map();
    const kept = client.getQueryData<JobPages>(key);
    if (!kept) return;
    const known = new Set(kept.pages.flatMap((page) => page.jobs.map((job) => job.last_run?.id ?? 0)));
    const unknown = [...moves.keys()].filter((id) => !known.has(id));
    client.setQueryData<JobPages>(key, withRuns(kept, moves, []));
    if (unknown.length === 0) return;
    answer(api.GET('/api/yard/v1/runs', { params: { query: { after: Math.min(...unknown) - 1, limit: 200, ...(filters.owner ? { owner: filters.owner } : {}) } } }))
      .then((page) => client.setQueryData<JobPages>(key, (now) => (now ? withRuns(now, new Map(), page.runs) : now)))
      .catch(() => undefined); // The next move asks again.
  }, 1000);
  useLive((events) => {
    const moves = runMoves(events);
    if (moves.size === 0) return;
    for (const [id, move] of moves) pending.current.set(id, move);
    apply();
  });
  return {
    rows,
    query,
    more: {
      has: query.hasNextPage,
      busy: query.isFetchingNextPage,
      load: () => void query.fetchNextPage(),
      ...(query.isFetchNextPageError ? { error: query.error } : {}),
    },
  };
}
