import { queryOptions, useInfiniteQuery, useQuery, useQueryClient, type InfiniteData } from '@tanstack/react-query';
import { useEffect, useMemo, useRef } from 'react';
import { answer, api } from '../../api/client';
import { useLive, useThrottled } from '../../api/live';
import type { Batch, RunEvent } from '../../api/types';
import { moved, runMoves } from '../runs/list/live-rows';
import { pointOf, type Point, type Row } from './points';

export const batchQuery = (id: number) =>
  queryOptions({
    queryKey: ['batches', 'one', id],
    queryFn: ({ signal }) => answer(api.GET('/api/yard/v1/batches/{id}', { params: { path: { id } }, signal })),
    // Runs that ended before the feed was there are told by nobody.
    refetchInterval: (query) => (query.state.data?.ended === false ? 3000 : false),
  });

interface Page {
  runs: Row[];
  next_after?: number | null;
}
type Pages = InfiniteData<Page, number>;

const pageSize = 1000;
/** The most points that a page of the app holds; more are said to be left out. */
export const mostPoints = 20_000;

const read = (id: number, after: number, output: string | undefined, signal?: AbortSignal): Promise<Page> =>
  answer(
    api.GET('/api/yard/v1/batches/{id}/runs', {
      params: { path: { id }, query: { limit: pageSize, ...(after >= 0 ? { after } : {}), ...(output ? { output } : {}) } },
      ...(signal ? { signal } : {}),
    }),
  );

/** Pages with moves applied; the same if nothing changed. */
function withMoves(data: Pages, moves: ReadonlyMap<number, RunEvent>): Pages {
  let changed = false;
  const pages = data.pages.map((page) => {
    let here = false;
    const runs = page.runs.map((row) => {
      const run = moved(row.run, moves);
      if (run === row.run) return row;
      here = true;
      return { ...row, run };
    });
    changed ||= here;
    return here ? { ...page, runs } : page;
  });
  return changed ? { ...data, pages } : data;
}

/** The points of a batch, page after page until all are there, and the runs as they are made and move. */
export function usePoints(batch: Batch, output: string | undefined): { points: readonly Point[]; isLoading: boolean; error: unknown; retry: () => void } {
  const client = useQueryClient();
  const key = useMemo(() => ['batches', 'runs', batch.id, output ?? ''] as const, [batch.id, output]);
  const query = useInfiniteQuery<Page, Error, Pages, typeof key, number>({
    queryKey: key,
    queryFn: ({ pageParam, signal }) => read(batch.id, pageParam, output, signal),
    initialPageParam: -1,
    getNextPageParam: (last, pages) => (pages.length * pageSize >= mostPoints ? undefined : (last.next_after ?? undefined)),
    // Other outputs of the same points: the points stay until those come.
    placeholderData: (kept, before) => (before?.queryKey[2] === batch.id ? kept : undefined),
    staleTime: 30_000,
  });
  const { data, hasNextPage, isFetching, isError, fetchNextPage } = query;
  const points = useMemo(() => data?.pages.flatMap((page) => page.runs.map(pointOf)) ?? [], [data]);
  useEffect(() => {
    if (hasNextPage && !isFetching && !isError) void fetchNextPage();
  }, [hasNextPage, isFetching, isError, fetchNextPage, points.length]);

  const ids = useRef(new Set<number>());
  useEffect(() => {
    ids.current = new Set(points.map((point) => point.run.id));
  }, [points]);
  const pending = useRef(new Map<number, RunEvent>());
  const apply = useThrottled(() => {
    const moves = pending.current;
    pending.current = new Map();
    client.setQueryData<Pages>(key, (kept) => (kept ? withMoves(kept, moves) : kept));
    void client.invalidateQueries({ queryKey: batchQuery(batch.id).queryKey });
  }, 700);
  useLive((events) => {
    let ours = !batch.ended && batch.made < batch.size;
    for (const [id, move] of runMoves(events)) {
      if (!ids.current.has(id)) continue;
      pending.current.set(id, move);
      ours = true;
    }
    if (ours) apply();
  });

  // Runs that were made since: those behind the last one there is.
  const grown = !isFetching && !hasNextPage && points.length < Math.min(batch.made, mostPoints);
  const last = points.at(-1)?.index ?? -1;
  useEffect(() => {
    if (!grown) return;
    const stop = new AbortController();
    read(batch.id, last, output, stop.signal)
      .then((page) => {
        if (page.runs.length > 0) client.setQueryData<Pages>(key, (kept) => (kept ? { pages: [...kept.pages, page], pageParams: [...kept.pageParams, last] } : kept));
      })
      .catch(() => undefined); // The next count of runs made asks again.
    return () => stop.abort();
  }, [grown, batch.id, batch.made, last, output, client, key]);

  // Values come with the ends of runs, and only by asking anew; at the end all is read once more.
  const ended = batch.ended;
  const wasEnded = useRef(ended);
  useEffect(() => {
    if (ended && !wasEnded.current) void client.invalidateQueries({ queryKey: key });
    wasEnded.current = ended;
    if (!output || ended) return;
    const timer = setInterval(() => void client.invalidateQueries({ queryKey: key }), 10_000);
    return () => clearInterval(timer);
  }, [output, ended, client, key]);

  return { points, isLoading: query.isPending || hasNextPage, error: query.error, retry: () => void query.refetch() };
}

/** Outputs that runs of a batch have, looked up in one that ended well: `task` for its exit value, `task.name` for a value. */
export function useOutputs(points: readonly Point[]): string[] {
  const run = points.find((point) => point.run.state === 'succeeded')?.run.id;
  const { data } = useQuery({
    queryKey: ['runs', 'attempts', run ?? 0],
    queryFn: ({ signal }) => answer(api.GET('/api/yard/v1/runs/{id}/attempts', { params: { path: { id: run ?? 0 } }, signal })),
    enabled: run !== undefined,
    staleTime: 60_000,
  });
  return useMemo(() => {
    const found = new Set<string>();
    for (const attempt of data?.attempts ?? []) {
      if (attempt.result?.exit_value !== undefined && attempt.result.exit_value !== null) found.add(attempt.task);
      for (const name of Object.keys(attempt.result?.values ?? {})) found.add(`${attempt.task}.${name}`);
    }
    return [...found];
  }, [data]);
}
