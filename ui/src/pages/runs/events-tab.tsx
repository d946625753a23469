import { Button, Group, SegmentedControl, Text } from '@mantine/core';
import { useInfiniteQuery, useQueryClient, type InfiniteData } from '@tanstack/react-query';
import { useVirtualizer } from '@tanstack/react-virtual';
import { useEffect, useMemo, useRef, useState } from 'react';
import { answer, api } from '../../api/client';
import { useLive } from '../../api/live';
import { isEnded, type Run, type RunEvent } from '../../api/types';
import { Empty, ErrorBox, Loading } from '../../parts/page';
import { fillOf, lookOf } from '../../parts/state';
import { exactTime, Time } from '../../parts/time';
import { useTaskNames } from './task-names';

interface EventPage {
  events: RunEvent[];
  next_after?: number;
}

const page = 500;

/** All that happened in a run, and what it waits for now. */
export function EventsTab({ run, onTask }: { run: Run; onTask: (task: string) => void }) {
  const client = useQueryClient();
  const nameOf = useTaskNames();
  const key = ['run', run.id, 'events'];
  const query = useInfiniteQuery({
    queryKey: key,
    initialPageParam: 0,
    queryFn: ({ pageParam }): Promise<EventPage> => answer(api.GET('/api/yard/v1/runs/{id}/events', { params: { path: { id: run.id }, query: { after: pageParam, limit: page } } })),
    getNextPageParam: (last) => last.next_after,
  });
  // Once the last page is here, new events are laid at its end.
  useLive((events) => {
    const own = events.filter((event) => event.run_id === run.id);
    if (own.length === 0 || query.hasNextPage || query.isFetching) return;
    client.setQueryData<InfiniteData<EventPage, number>>(key, (data) => {
      const last = data?.pages.at(-1);
      if (!data || !last) return data;
      const seen = last.events.at(-1)?.seq ?? 0;
      const more = own.filter((event) => event.seq > seen);
      return more.length === 0 ? data : { ...data, pages: [...data.pages.slice(0, -1), { ...last, events: [...last.events, ...more] }] };
    });
  });
  const [which, setWhich] = useState('all');
  const events = useMemo(() => {
    const all = query.data?.pages.flatMap((each) => each.events) ?? [];
    return which === 'run' ? all.filter((event) => event.task === undefined) : which === 'said' ? all.filter((event) => event.reason?.text) : all;
  }, [query.data, which]);
  const scroller = useRef<HTMLDivElement>(null);
  const rows = useVirtualizer({ count: events.length, getScrollElement: () => scroller.current, estimateSize: () => 30, overscan: 12 });
  const last = rows.getVirtualItems().at(-1)?.index ?? 0;
  const { hasNextPage, isFetchingNextPage, fetchNextPage } = query;
  useEffect(() => {
    if (hasNextPage && !isFetchingNextPage && last >= events.length - 50) void fetchNextPage();
  }, [events.length, fetchNextPage, hasNextPage, isFetchingNextPage, last]);

  const parted = useMemo(() => new Set((run.tasks ?? []).filter((task) => task.instances.length > 1).map((task) => task.key)), [run.tasks]);
  const waiting = (run.tasks ?? []).filter((task) => task.waiting_for);
  return (
    <>
      {!isEnded(run.state) && (waiting.length > 0 || run.reason?.text) && (
        <div className="card run-header" style={{ marginBottom: 10 }}>
          <Text size="sm" fw={600}>
            Why it waits
          </Text>
          {run.reason?.text && <Text size="sm">{run.reason.text}</Text>}
          {waiting.slice(0, 5).map((task) => (
            <Text key={task.key} size="sm" className="breaks">
              <Button size="compact-xs" variant="subtle" onClick={() => onTask(task.key)}>
                {nameOf(task.key)}
              </Button>{' '}
              waits: {task.waiting_for}
            </Text>
          ))}
          {waiting.length > 5 && <Text size="sm">and {waiting.length - 5} more tasks</Text>}
        </div>
      )}
      <Group mb="xs">
        <SegmentedControl
          size="xs"
          value={which}
          onChange={setWhich}
          aria-label="Which events"
          data={[
            { value: 'all', label: 'All' },
            { value: 'run', label: 'Of the run itself' },
            { value: 'said', label: 'With a reason' },
          ]}
        />
        <Text size="sm" c="var(--text-muted)">
          Times since it was made; the exact one on hover.
        </Text>
      </Group>
      {query.error && <ErrorBox error={query.error} retry={() => void query.refetch()} />}
      {query.isPending ? (
        <Loading />
      ) : (
        <div ref={scroller} className="table-scroll card" tabIndex={0} role="region" aria-label="Events">
          <div className="events-inner" style={{ height: rows.getTotalSize() }} role="list" aria-label="Events of the run">
            {rows.getVirtualItems().map((row) => {
              const event = events[row.index]!;
              return (
                <div key={event.seq} className="event-row" role="listitem" style={{ transform: `translateY(${row.start}px)` }}>
                  <span className="event-at" title={`${exactTime(event.at)} (${event.at})`}>
                    {since(run.created_at, event.at)}
                  </span>
                  <span className="event-what">
                    {event.task_key !== undefined ? (
                      <button type="button" className="table-link" onClick={() => onTask(event.task_key!)}>
                        {nameOf(event.task_key)}
                        {event.index !== undefined && event.index >= 0 && parted.has(event.task_key) && ` [${event.index}]`}
                      </button>
                    ) : (
                      <b>Run</b>
                    )}
                  </span>
                  <span className="event-to">
                    <Mark state={event.to} /> {wordOf(event.to)}
                    {event.from && <span style={{ color: 'var(--text-muted)' }}> from {wordOf(event.from).toLowerCase()}</span>}
                  </span>
                  <span className="table-text" title={event.reason?.text}>
                    {event.reason?.text}
                  </span>
                </div>
              );
            })}
          </div>
          {events.length === 0 && <Empty title="No such event">{isEnded(run.state) ? undefined : 'Events appear here as they happen.'}</Empty>}
        </div>
      )}
      <Text size="xs" c="var(--text-muted)" mt={4}>
        {events.length.toLocaleString()} events{hasNextPage ? ' so far; more are read as you scroll' : ''}. It was made <Time at={run.created_at} />.
      </Text>
    </>
  );
}

/** A state's word; events also tell of steps that are no states. */
const wordOf = (state: string): string => {
  const { text } = lookOf(state);
  return text.charAt(0).toUpperCase() + text.slice(1).replaceAll('_', ' ');
};

/** A state's icon that stands still: it is of the past. */
function Mark({ state }: { state: string }) {
  const { icon: Icon } = lookOf(state);
  return <Icon size={14} color={fillOf(state)} aria-hidden />;
}

function since(from: string, at: string): string {
  const ms = Math.max(0, Date.parse(at) - Date.parse(from));
  const seconds = Math.floor(ms / 1000);
  const clock = `${String(Math.floor(seconds / 60) % 60).padStart(2, '0')}:${String(seconds % 60).padStart(2, '0')}.${String(ms % 1000).padStart(3, '0')}`;
  return seconds >= 3600 ? `${Math.floor(seconds / 3600)}:${clock}` : clock;
}
