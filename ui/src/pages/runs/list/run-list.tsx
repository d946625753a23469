import { Button, Group, Text } from '@mantine/core';
import { IconArrowUp } from '@tabler/icons-react';
import { useRef, type ReactNode } from 'react';
import type { Run } from '../../../api/types';
import { DialectBadge } from '../../../parts/dialect';
import { InfiniteTable, type Column } from '../../../parts/infinite-table';
import { AppLink } from '../../../parts/links';
import { ErrorBox, Loading } from '../../../parts/page';
import { StateBadge } from '../../../parts/state';
import { Duration, Time } from '../../../parts/time';
import { triggerWord } from './words';
import { useRunPages, type RunFilters } from './run-pages';

export const runColumns = {
  state: { key: 'state', title: 'State', track: '168px', cell: (run) => <StateBadge state={run.state} /> },
  run: {
    key: 'run',
    title: 'Run',
    track: 'minmax(120px, 1.7fr)',
    cell: (run) => <RunLink run={run} />,
  },
  number: {
    key: 'run',
    title: 'Run',
    track: '90px',
    cell: (run) => <RunLink run={run} short />,
  },
  job: {
    key: 'job',
    title: 'Job',
    track: 'minmax(150px, 1.8fr)',
    cell: (run) => (
      <Group gap={8} wrap="nowrap">
        <span style={{ flex: 'none' }}>
          <DialectBadge dialect={run.dialect} />
        </span>
        {run.kind === 'job' ? (
          <AppLink to="/jobs/$jobId" params={{ jobId: String(run.job_id) }} size="sm" c="inherit" className="row-above" truncate>
            {run.name}
          </AppLink>
        ) : (
          <Text size="xs" c="var(--text-muted)" truncate>
            {run.kind === 'nested' ? 'part of another run' : 'one time'}
          </Text>
        )}
      </Group>
    ),
  },
  owner: { key: 'owner', title: 'Owner', track: 'minmax(64px, 0.6fr)', cell: (run) => run.owner },
  trigger: {
    key: 'trigger',
    title: 'Trigger',
    track: 'minmax(76px, 0.7fr)',
    cell: (run) =>
      run.batch_id ? (
        <AppLink to="/batches/$batchId" params={{ batchId: String(run.batch_id) }} size="sm" c="inherit" className="row-above">
          Sweep
        </AppLink>
      ) : (
        triggerWord(run.trigger)
      ),
  },
  started: { key: 'started', title: 'Started', track: '128px', cell: (run) => <Time at={run.started_at ?? null} /> },
  duration: { key: 'duration', title: 'Duration', track: '84px', right: true, cell: (run) => <Duration from={run.started_at} to={run.ended_at} /> },
  reason: {
    key: 'reason',
    title: 'Reason',
    track: 'minmax(80px, 2fr)',
    cell: (run) =>
      run.reason?.text ? (
        <span title={run.reason.text} style={{ color: 'var(--text-muted)' }}>
          {run.reason.text}
        </span>
      ) : null,
  },
  publicId: { key: 'public_id', title: 'engine_id', track: 'minmax(120px, 1fr)', cell: (run) => <span className="mono">{run.public_id ?? run.id}</span> },
  output: {
    key: 'output',
    title: 'Session',
    track: '120px',
    cell: (run) => (
      <AppLink to="/runs/$runId" params={{ runId: String(run.id) }} search={{ tab: 'tasks', task: 'script' }} size="sm" className="row-above">
        Session output
      </AppLink>
    ),
  },
} satisfies Record<string, Column<Run>>;

const usual: readonly Column<Run>[] = [runColumns.state, runColumns.run, runColumns.job, runColumns.owner, runColumns.trigger, runColumns.started, runColumns.duration, runColumns.reason];

/** Runs, newest first, of whatever the filters say; live. */
export function RunList({ filters, columns = usual, empty, head }: { filters: RunFilters; columns?: readonly Column<Run>[] | undefined; empty: ReactNode; head?: ReactNode }) {
  const place = useRef<HTMLDivElement>(null);
  const isBusy = (): boolean => {
    const top = place.current?.getBoundingClientRect().top ?? 0;
    return top < 0 || (place.current?.matches(':hover') ?? false) || (place.current?.contains(document.activeElement) ?? false);
  };
  const { rows, query, more, fresh, showFresh } = useRunPages(filters, isBusy);
  return (
    <>
      <Group justify="space-between" align="flex-start" gap="xs" mb={8} wrap="nowrap" mih={30}>
        {head ?? <span />}
        <Button
          size="compact-sm"
          variant="light"
          leftSection={<IconArrowUp size={14} aria-hidden />}
          style={{ visibility: fresh > 0 ? 'visible' : 'hidden', flex: 'none' }}
          onClick={() => {
            showFresh();
            window.scrollTo({ top: 0 });
          }}
        >
          <span aria-live="polite">
            {fresh} new {fresh === 1 ? 'run' : 'runs'}
          </span>
        </Button>
      </Group>
      {query.isPending ? (
        <Loading rows={12} />
      ) : query.error && rows.length === 0 ? (
        <ErrorBox error={query.error} retry={() => void query.refetch()} />
      ) : rows.length === 0 ? (
        empty
      ) : (
        <div ref={place} style={{ opacity: query.isPlaceholderData ? 0.55 : 1 }}>
          <InfiniteTable label="Runs" rows={rows} rowKey={(run) => run.id} columns={columns} card={card} more={more} />
        </div>
      )}
    </>
  );
}

function RunLink({ run, short }: { run: Run; short?: boolean }) {
  return (
    <AppLink to="/runs/$runId" params={{ runId: String(run.id) }} className="row-link" size="sm" c="inherit" fw={600} title={run.name}>
      {short ? '' : `${run.name} `}
      <Text span c="var(--text-muted)" size="sm" fw={500} className="tabular">
        #{run.number}
      </Text>
    </AppLink>
  );
}

const card = (run: Run): ReactNode => (
  <>
    <Group justify="space-between" wrap="nowrap" gap="xs">
      <Text truncate size="sm" component="div" miw={0}>
        <RunLink run={run} />
      </Text>
      <Text size="xs" c="var(--text-muted)" component="span" className="nowrap">
        <Duration from={run.started_at} to={run.ended_at} />
      </Text>
    </Group>
    <Group gap={8} mt={4} wrap="nowrap">
      <StateBadge state={run.state} />
      <Text size="xs" c="var(--text-muted)" truncate component="span">
        <Time at={run.started_at ?? run.created_at} /> · {triggerWord(run.trigger)} · {run.owner}
      </Text>
    </Group>
    <Text size="xs" c="var(--text-muted)" truncate mt={4} mih={17}>
      {run.reason?.text ?? ''}
    </Text>
  </>
);
