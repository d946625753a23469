import { CloseButton, Group, Text, TextInput } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { IconPlayerPause, IconPlus, IconSearch } from '@tabler/icons-react';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useEffect, useMemo, useState, type ReactNode } from 'react';
import type { Job } from '../../api/types';
import { dialectName, DialectBadge, dialects } from '../../parts/dialect';
import { FilterChip, FilterMenu } from '../../parts/filters';
import { InfiniteTable, type Column } from '../../parts/infinite-table';
import { AppLink, ButtonLink } from '../../parts/links';
import { Empty, ErrorBox, Loading, Page } from '../../parts/page';
import { lookOf, StateBadge } from '../../parts/state';
import { Time } from '../../parts/time';
import { useAccount } from '../../shell/account';
import { triggerWord } from '../runs/list/words';
import { useJobPages, type JobFilters } from './list/job-pages';

/** Jobs of all dialects, newest first. */
export function Jobs() {
  const search = useSearch({ from: '/app/jobs' });
  const navigate = useNavigate();
  const [account] = useAccount();
  const change = (next: Record<string, string | undefined>): void => void navigate({ to: '/jobs', search: { ...search, ...next }, replace: true });
  const filters = useMemo<JobFilters>(
    () => ({ ...(search.q ? { search: search.q } : {}), ...(search.dialect ? { dialect: search.dialect } : {}), ...(account ? { owner: account } : {}) }),
    [search.q, search.dialect, account],
  );
  const { rows, query, more } = useJobPages(filters);
  return (
    <Page
      title="Jobs"
      tab="Jobs"
      wide
      actions={
        <ButtonLink to="/jobs/new" leftSection={<IconPlus size={16} aria-hidden />}>
          New job
        </ButtonLink>
      }
    >
      <Group gap={6} mb={8} mih={30}>
        <SearchField value={search.q ?? ''} onChange={(q) => change({ q: q || undefined })} />
        <FilterMenu label="Dialect" chosen={search.dialect ? [search.dialect] : []} onChange={([dialect]) => change({ dialect })} choices={dialects.map((value) => ({ value, label: dialectName(value) }))} />
        {search.dialect && <FilterChip label="Dialect" value={dialectName(search.dialect)} onRemove={() => change({ dialect: undefined })} />}
      </Group>
      {query.isPending ? (
        <Loading rows={12} />
      ) : query.error && rows.length === 0 ? (
        <ErrorBox error={query.error} retry={() => void query.refetch()} />
      ) : rows.length === 0 ? (
        <NoJobs filters={filters} />
      ) : (
        <div style={{ opacity: query.isPlaceholderData ? 0.55 : 1 }}>
          <InfiniteTable label="Jobs" rows={rows} rowKey={(job) => job.id} columns={columns} card={card} more={more} />
        </div>
      )}
    </Page>
  );
}

function SearchField({ value, onChange }: { value: string; onChange: (value: string) => void }) {
  const [text, setText] = useState(value);
  const [settled] = useDebouncedValue(text, 200);
  useEffect(() => {
    if (settled !== value) onChange(settled);
    // The address follows the field, not the other way round, but for "back" (below).
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [settled]);
  useEffect(() => {
    if (value !== settled) setText(value);
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [value]);
  return (
    <TextInput
      size="xs"
      w={240}
      type="search"
      aria-label="Search jobs by name"
      placeholder="Search by name"
      leftSection={<IconSearch size={14} aria-hidden />}
      rightSection={text && <CloseButton size="xs" aria-label="Clear the search" onClick={() => setText('')} />}
      value={text}
      onChange={(event) => setText(event.currentTarget.value)}
    />
  );
}

function NoJobs({ filters }: { filters: JobFilters }) {
  if (filters.search || filters.dialect)
    return (
      <Empty title="No job is like that" action={<ButtonLink to="/jobs" variant="default">Show all jobs</ButtonLink>}>
        The search looks for the text anywhere in a job&apos;s name.
      </Empty>
    );
  return (
    <Empty title="No jobs yet" action={<ButtonLink to="/jobs/new">Make the first job</ButtonLink>}>
      A job is what to run, and when. Make one here, or send job files you have through the API they were written for: they show up in this list.
      {filters.owner && ` Only jobs of ${filters.owner} are shown; the account switch at the top right shows others.`}
    </Empty>
  );
}

const LastRun = ({ job }: { job: Job }) =>
  job.last_run ? (
    <AppLink to="/runs/$runId" params={{ runId: String(job.last_run.id) }} className="row-above" underline="never" aria-label={`${lookOf(job.last_run.state).text}: the last run of ${job.name}`}>
      <StateBadge state={job.last_run.state} />
    </AppLink>
  ) : (
    <Text size="xs" c="var(--text-muted)" component="span">
      never ran
    </Text>
  );

const Next = ({ job }: { job: Job }) =>
  job.paused ? (
    <Group gap={4} wrap="nowrap" component="span" style={{ color: 'var(--state-yellow)' }}>
      <IconPlayerPause size={14} aria-hidden /> Paused
    </Group>
  ) : job.next_fire_at ? (
    <Time at={job.next_fire_at} />
  ) : (
    <span style={{ color: 'var(--text-muted)' }}>–</span>
  );

const Name = ({ job }: { job: Job }) => (
  <AppLink to="/jobs/$jobId" params={{ jobId: String(job.id) }} className="row-link" size="sm" c="inherit" fw={600} title={job.name}>
    {job.name}
  </AppLink>
);

const columns: readonly Column<Job>[] = [
  { key: 'name', title: 'Job', track: 'minmax(140px, 3fr)', cell: (job) => <Name job={job} /> },
  { key: 'dialect', title: 'Dialect', track: '108px', cell: (job) => <DialectBadge dialect={job.dialect} /> },
  { key: 'owner', title: 'Owner', track: 'minmax(70px, 0.8fr)', cell: (job) => job.owner },
  { key: 'last', title: 'Last run', track: '168px', cell: (job) => <LastRun job={job} /> },
  { key: 'when', title: 'It was', track: '128px', cell: (job) => (job.last_run ? <Time at={job.last_run.created_at} /> : null) },
  { key: 'trigger', title: 'Trigger', track: 'minmax(90px, 0.8fr)', cell: (job) => triggerWord(job.trigger) },
  { key: 'next', title: 'Next', track: '128px', cell: (job) => <Next job={job} /> },
];

const card = (job: Job): ReactNode => (
  <>
    <Group justify="space-between" wrap="nowrap" gap="xs">
      <Text truncate size="sm" component="div" miw={0}>
        <Name job={job} />
      </Text>
      <DialectBadge dialect={job.dialect} />
    </Group>
    <Group gap={8} mt={4} wrap="nowrap">
      <LastRun job={job} />
      {job.last_run && (
        <Text size="xs" c="var(--text-muted)" component="span" truncate>
          <Time at={job.last_run.created_at} />
        </Text>
      )}
    </Group>
    <Text size="xs" c="var(--text-muted)" mt={4} truncate component="div">
      {job.owner} · {triggerWord(job.trigger)} · <Next job={job} />
    </Text>
  </>
);
