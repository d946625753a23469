import { queryOptions, useQueryClient, type QueryClient } from '@tanstack/react-query';
import { answer, api } from '../../api/client';
import { useLive, useThrottled } from '../../api/live';
import type { components } from '../../api/schema';

export type Overview = components['schemas']['OverviewWire'];

const overviewQuery = queryOptions({
  queryKey: ['overview'],
  queryFn: ({ signal }) => answer(api.GET('/api/yard/v1/overview', { signal })),
  // Schedules move on though nothing happens; events bring the rest.
  refetchInterval: 60_000,
});

const invalidate = (client: QueryClient): void => void client.invalidateQueries({ queryKey: overviewQuery.queryKey });

/** The overview, read anew when something moved, at most once in one and a half seconds. */
export function useOverview(): typeof overviewQuery {
  const client = useQueryClient();
  const again = useThrottled(() => invalidate(client), 1500);
  useLive(again);
  return overviewQuery;
}
