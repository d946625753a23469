import { Alert, Group, Stack, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useNavigate, useParams, useSearch } from '@tanstack/react-router';
import { useState } from 'react';
import { answer, api } from '../../api/client';
import type { Batch } from '../../api/types';
import { Confirm, told } from '../../parts/actions';
import { DialectBadge } from '../../parts/dialect';
import { AppLink } from '../../parts/links';
import { ErrorBox, Loading, Page } from '../../parts/page';
import { Time } from '../../parts/time';
import type { Texts } from '../../routes/search';
import './batches.css';
import { MatrixView } from './matrix-view';
import { PointsTable } from './points-table';
import { BatchBar, BatchCounts } from './progress';
import { batchQuery, mostPoints, usePoints } from './use-batch';

/** A batch: how far it is, its runs as a matrix of parameters, and as a table. */
export function BatchPage() {
  const { batchId } = useParams({ from: '/app/batches/$batchId' });
  const { data: batch, error, refetch } = useQuery(batchQuery(Number(batchId)));
  if (error && !batch)
    return (
      <Page title="Batch" tab="Batch">
        <ErrorBox error={error} retry={() => void refetch()} />
      </Page>
    );
  if (!batch)
    return (
      <Page title=" " tab="Batch">
        <Loading rows={5} height={70} />
      </Page>
    );
  return <Shown key={batch.id} batch={batch} />;
}

function Shown({ batch }: { batch: Batch }) {
  const search = useSearch({ from: '/app/batches/$batchId' });
  const navigate = useNavigate();
  const change = (next: Texts): void => void navigate({ to: '/batches/$batchId', params: { batchId: String(batch.id) }, search: { ...search, ...next }, replace: true, resetScroll: false });
  const output = search.output || undefined;
  const { points, isLoading, error, retry } = usePoints(batch, output);
  const [chosen, setChosen] = useState<ReadonlySet<number>>(new Set());
  const left = batch.size - (batch.runs.succeeded ?? 0);
  return (
    <Page
      title={batch.name}
      tab={batch.name}
      wide
      eyebrow={
        <Group gap={8}>
          <AppLink to="/batches" size="sm">
            Batches
          </AppLink>
          <DialectBadge dialect={batch.dialect} />
          <span>{batch.owner}</span>
          <AppLink to="/jobs/$jobId" params={{ jobId: String(batch.job_id) }} size="sm">
            Its job
          </AppLink>
          <Time at={batch.created_at} prefix="made " />
        </Group>
      }
      actions={
        !batch.ended && (
          <Confirm
            label="Cancel the batch"
            color="red"
            title={`Cancel ${batch.name}?`}
            explain={`No more of its runs are made, and those that wait or go on are asked to end. ${left.toLocaleString()} of ${batch.size.toLocaleString()} runs have not succeeded yet. What has ended stays as it is.`}
            confirm="Cancel the batch"
            action={async () => {
              await answer(api.POST('/api/yard/v1/batches/{id}/cancel', { params: { path: { id: batch.id } } }));
              told('The batch is being cancelled.');
            }}
          />
        )
      }
    >
      <Stack gap="md">
        <section aria-label="Progress" className="card" style={{ padding: 16 }}>
          <Stack gap="xs">
            <BatchBar batch={batch} height={14} />
            <BatchCounts batch={batch} onState={(state) => change({ state: search.state === state ? undefined : state })} />
          </Stack>
        </section>
        {batch.problem && (
          <Alert color="orange" variant="outline" title="No more runs are made">
            {batch.problem}
          </Alert>
        )}
        {error ? <ErrorBox error={error} retry={retry} /> : null}
        <MatrixView batch={batch} points={points} isLoading={isLoading} search={search} onChange={change} chosen={chosen} onChoose={setChosen} />
        {points.length >= mostPoints && (
          <Text size="sm" c="var(--text-muted)">
            The first {mostPoints.toLocaleString()} runs are shown.
          </Text>
        )}
        <PointsTable batch={batch} points={points} isLoading={isLoading} search={search} onChange={change} chosen={chosen} onChoose={setChosen} />
      </Stack>
    </Page>
  );
}
