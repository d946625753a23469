import { keepPreviousData, useInfiniteQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect, useMemo, useRef, useState } from 'react';
import { answer, api } from '../../../api/client';
import { useLive, useThrottled } from '../../../api/live';
import type { Run, RunEvent } from '../../../api/types';
import type { More } from '../../../parts/infinite-table';
import { movedPages, runMoves, unknownRuns, withFresh, type RunPage, type RunPages } from './live-rows';

/** What a list of runs is asked for; all texts, as the address has them. */
export interface RunFilters {
  job_id?: number | undefined;
  state?: string | undefined;
  dialect?: string | undefined;
  kind?: string | undefined;
  owner?: string | undefined;
  created_from?: string | undefined;
  created_to?: string | undefined;
}

/** The first page is small, so that it is there at once; the others are large, so that scrolling meets no gap. */
const firstPage = 60;
const nextPages = 250;
const mostFresh = 200;

const read = (filters: RunFilters, page: { limit: number; before?: number; after?: number }, signal?: AbortSignal): Promise<RunPage> =>
  answer(api.GET('/api/yard/v1/runs', { params: { query: { ...filters, ...page } }, ...(signal ? { signal } : {}) }));

export interface RunPagesState {
  rows: Run[];
  query: { isPending: boolean; error: unknown; refetch: () => unknown; isPlaceholderData: boolean };
  more: More;
  /** Runs that came since and are not shown yet. */
  fresh: number;
  showFresh: () => void;
}

/**
 * Runs, newest first, in pages that follow each other; states move as the feed tells. New runs are held back while `isBusy`
 * says that somebody reads or points at the list, so that nothing moves under a hand.
 */
export function useRunPages(filters: RunFilters, isBusy: () => boolean): RunPagesState {
  const client = useQueryClient();
  const key = useMemo(() => ['runs', 'list', filters] as const, [filters]);
  const query = useInfiniteQuery<RunPage, Error, RunPages, typeof key, number>({
    queryKey: key,
    queryFn: ({ pageParam, signal }) => read(filters, { limit: pageParam ? nextPages : firstPage, ...(pageParam ? { before: pageParam } : {}) }, signal),
    initialPageParam: 0,
    getNextPageParam: (last) => (last.next_before ?? undefined),
    placeholderData: keepPreviousData,
  });
  const data = query.data;
  const rows = useMemo(() => data?.pages.flatMap((page) => page.runs) ?? [], [data]);

  const [held, setHeld] = useState<readonly Run[]>([]);
  useEffect(() => setHeld([]), [key]);
  const pending = useRef(new Map<number, RunEvent>());
  const show = (runs: readonly Run[]): void => {
    client.setQueryData<RunPages>(key, (kept) => (kept ? withFresh(kept, runs) : kept));
    setHeld([]);
  };
  const apply = useThrottled(() => {
    const moves = pending.current;
    pending.current = new Map();
    const kept = client.getQueryData<RunPages>(key);
    if (!kept) return;
    client.setQueryData<RunPages>(key, movedPages(kept, moves));
    const known = new Set(kept.pages.flatMap((page) => page.runs.map((run) => run.id)));
    const lowest = query.hasNextPage ? (rows.at(-1)?.id ?? 0) : 0;
    const unknown = unknownRuns(moves, known, lowest);
    if (unknown.length === 0) return;
    // Which of them belong here the server says.
    read(filters, { limit: mostFresh, after: unknown[0]! - 1 })
      .then((page) => {
        const fresh = page.runs.filter((run) => !known.has(run.id));
        if (fresh.length === 0) return;
        if (isBusy()) setHeld((before) => [...before.filter((run) => !fresh.some((each) => each.id === run.id)), ...fresh]);
        else show(fresh);
      })
      .catch(() => undefined); // The feed tells of the next move, and a lost connection reads all anew.
  }, 700);
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
    fresh: held.length,
    showFresh: () => show(held),
  };
}
