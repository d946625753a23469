import { Group, Text } from '@mantine/core';
import { useInfiniteQuery, useQueryClient } from '@tanstack/react-query';
import { useMemo, type ReactNode } from 'react';
import { answer, api } from '../../api/client';
import { useLive, useThrottled } from '../../api/live';
import type { Batch } from '../../api/types';
import { DialectBadge } from '../../parts/dialect';
import { InfiniteTable, type Column } from '../../parts/infinite-table';
import { AppLink, ButtonLink } from '../../parts/links';
import { Empty, ErrorBox, Loading, Page } from '../../parts/page';
import { Time } from '../../parts/time';
import { useAccount } from '../../shell/account';
import { BatchBar } from './progress';

/** Batches, newest first. */
export function Batches() {
  const [account] = useAccount();
  const client = useQueryClient();
  const key = useMemo(() => ['batches', 'list', account ?? ''] as const, [account]);
  const { data, isPending, error, refetch, hasNextPage, isFetchingNextPage, isFetchNextPageError, fetchNextPage } = useInfiniteQuery({
    queryKey: key,
    queryFn: ({ pageParam, signal }) => answer(api.GET('/api/yard/v1/batches', { params: { query: { limit: pageParam ? 200 : 50, ...(account ? { owner: account } : {}), ...(pageParam ? { before: pageParam } : {}) } }, signal })),
    initialPageParam: 0,
    getNextPageParam: (last) => last.next_before ?? undefined,
  });
  const rows = useMemo(() => data?.pages.flatMap((page) => page.batches) ?? [], [data]);
  const again = useThrottled(() => void client.invalidateQueries({ queryKey: key }), 2000);
  useLive((events) => {
    // Only what goes on, or is new, changes.
    if (events.some((event) => event.task == null && event.from === 'queued') || rows.some((batch) => !batch.ended)) again();
  });
  return (
    <Page title="Batches" tab="Batches" wide>
      {isPending ? (
        <Loading rows={10} />
      ) : error && rows.length === 0 ? (
        <ErrorBox error={error} retry={() => void refetch()} />
      ) : rows.length === 0 ? (
        <Empty title="No batches yet" action={<ButtonLink to="/jobs">Go to the jobs</ButtonLink>}>
          A batch is one job run over many parameter sets. Open a job and press Sweep: give the values of each parameter, and every combination becomes a run.
          {account && ` Only batches of ${account} are shown; the account switch at the top right shows others.`}
        </Empty>
      ) : (
        <InfiniteTable
          label="Batches"
          rows={rows}
          rowKey={(batch) => batch.id}
          columns={columns}
          card={card}
          more={{ has: hasNextPage, busy: isFetchingNextPage, load: () => void fetchNextPage(), ...(isFetchNextPageError ? { error } : {}) }}
        />
      )}
    </Page>
  );
}

const Name = ({ batch }: { batch: Batch }) => (
  <AppLink to="/batches/$batchId" params={{ batchId: String(batch.id) }} className="row-link" size="sm" c="inherit" fw={600} title={batch.name}>
    {batch.name}
  </AppLink>
);

const outcome = (batch: Batch): string => {
  const bad = ['failed', 'timed_out', 'succeeded_with_failures'].reduce((sum, state) => sum + (batch.runs[state] ?? 0), 0);
  const good = batch.runs.succeeded ?? 0;
  return `${good.toLocaleString()} of ${batch.size.toLocaleString()} succeeded${bad > 0 ? `, ${bad.toLocaleString()} failed` : ''}${batch.problem ? ', stopped' : ''}`;
};

const columns: readonly Column<Batch>[] = [
  { key: 'name', title: 'Batch', track: 'minmax(140px, 2fr)', cell: (batch) => <Name batch={batch} /> },
  { key: 'dialect', title: 'Dialect', track: '108px', cell: (batch) => <DialectBadge dialect={batch.dialect} /> },
  { key: 'progress', title: 'Runs', track: 'minmax(120px, 1.4fr)', cell: (batch) => <BatchBar batch={batch} /> },
  { key: 'outcome', title: 'Of them', track: 'minmax(150px, 1.6fr)', cell: (batch) => <span title={batch.problem}>{outcome(batch)}</span> },
  {
    key: 'job',
    title: 'Job',
    track: '70px',
    cell: (batch) => (
      <AppLink to="/jobs/$jobId" params={{ jobId: String(batch.job_id) }} size="sm" className="row-above" aria-label={`Job of ${batch.name}`}>
        Job
      </AppLink>
    ),
  },
  { key: 'owner', title: 'Owner', track: 'minmax(64px, 0.6fr)', cell: (batch) => batch.owner },
  { key: 'created', title: 'Created', track: '128px', cell: (batch) => <Time at={batch.created_at} /> },
];

const card = (batch: Batch): ReactNode => (
  <>
    <Group justify="space-between" wrap="nowrap" gap="xs">
      <Text truncate size="sm" component="div" miw={0}>
        <Name batch={batch} />
      </Text>
      <Text size="xs" c="var(--text-muted)" component="span">
        <Time at={batch.created_at} />
      </Text>
    </Group>
    <div style={{ margin: '6px 0' }}>
      <BatchBar batch={batch} />
    </div>
    <Text size="xs" c="var(--text-muted)" truncate>
      {batch.owner} · {outcome(batch)}
    </Text>
  </>
);
