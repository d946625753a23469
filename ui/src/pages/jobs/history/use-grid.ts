import { keepPreviousData, useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect, useRef } from 'react';
import { answer, api } from '../../../api/client';
import { useLive, useThrottled } from '../../../api/live';
import { concerns } from './grid-data';

const shown = 100;

/** The last runs of a job and their tasks, or older ones before a run; read anew as they move. */
export function useGrid(jobId: number, before: number | undefined) {
  const client = useQueryClient();
  const key = ['jobs', 'grid', jobId, before ?? 0] as const;
  const query = useQuery({
    queryKey: key,
    queryFn: ({ signal }) => answer(api.GET('/api/yard/v1/jobs/{id}/grid', { params: { path: { id: jobId }, query: { runs: shown, ...(before ? { before } : {}) } }, signal })),
    placeholderData: keepPreviousData,
  });
  const foreign = useRef(new Set<number>());
  const asked = useRef(new Set<number>());
  const known = useRef(new Set<number>());
  useEffect(() => {
    known.current = new Set(query.data?.runs.map((run) => run.id));
    for (const id of asked.current) if (!known.current.has(id)) foreign.current.add(id);
    asked.current.clear();
  }, [query.data]);
  const again = useThrottled(() => void client.invalidateQueries({ queryKey: key, exact: true }), 1500);
  useLive((events) => {
    if (!concerns(events, known.current, foreign.current)) return;
    for (const event of events) if (!known.current.has(event.run_id)) asked.current.add(event.run_id);
    again();
  });
  return query;
}
