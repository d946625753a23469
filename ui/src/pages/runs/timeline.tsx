import { ActionIcon, Group, Text } from '@mantine/core';
import { IconZoomIn, IconZoomOut } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useVirtualizer } from '@tanstack/react-virtual';
import { memo, useMemo, useRef, useState } from 'react';
import { isEnded, type Run, type Task } from '../../api/types';
import { Empty } from '../../parts/page';
import { fillOf, lookOf, StateIcon } from '../../parts/state';
import { durationText, useNow } from '../../parts/time';
import { rowsOf, ticksOf, type GanttRow } from './gantt';
import { useTaskNames } from './task-names';
import { attemptsQuery } from './use-run';

const rowHeight = 26;

/** When each instance of a task ran: one bar for each attempt. */
export function Timeline({ run, tasks, isPast, selected, onSelect }: { run: Run; tasks: readonly Task[]; isPast: boolean; selected: string | undefined; onSelect: (task: string) => void }) {
  const hasEarlier = isPast || run.revision > 0 || tasks.some((task) => task.instances.some((instance) => instance.attempt > 0));
  const nameOf = useTaskNames();
  const attempts = useQuery({ ...attemptsQuery(run.id), enabled: hasEarlier });
  const rows = useMemo(() => rowsOf(tasks, attempts.data ?? [], nameOf), [tasks, attempts.data, nameOf]);
  const now = useNow();
  const [zoom, setZoom] = useState(1);
  const scroller = useRef<HTMLDivElement>(null);
  const virtual = useVirtualizer({ count: rows.length, getScrollElement: () => scroller.current, estimateSize: () => rowHeight, overscan: 8 });
  if (rows.length === 0) return <Empty title="Nothing has run yet">Bars appear here when the first task begins.</Empty>;

  const from = Math.min(...rows.slice(0, 1).map((row) => row.bars[0]!.from), run.started_at ? Date.parse(run.started_at) : Infinity);
  let to = isEnded(run.state) ? 0 : now;
  for (const row of rows) for (const bar of row.bars) to = Math.max(to, bar.to ?? bar.from);
  const length = Math.max(1, to - from);
  return (
    <>
      <Group gap="xs" mb={6} justify="space-between">
        <Text size="sm" c="var(--text-muted)">
          {rows.length.toLocaleString()} bars over {durationText(length)}; a bar leads to its task.
        </Text>
        <Group gap={4}>
          <ActionIcon variant="default" aria-label="Show more time" disabled={zoom <= 1} onClick={() => setZoom(zoom / 2)}>
            <IconZoomOut size={16} aria-hidden />
          </ActionIcon>
          <ActionIcon variant="default" aria-label="Show less time, larger" disabled={zoom >= 64} onClick={() => setZoom(zoom * 2)}>
            <IconZoomIn size={16} aria-hidden />
          </ActionIcon>
        </Group>
      </Group>
      <div ref={scroller} className="gantt card" tabIndex={0} role="region" aria-label="Timeline">
        <div style={{ width: `${zoom * 100}%`, minWidth: 520 }}>
          <div className="gantt-head">
            <div className="gantt-name" />
            <div className="gantt-lane" aria-hidden>
              {ticksOf(length, 8 * zoom).map((tick) => (
                <span key={tick} className="gantt-tick" style={{ left: `${(tick / length) * 100}%` }}>
                  {tick === 0 ? '0' : durationText(tick)}
                </span>
              ))}
            </div>
          </div>
          <div style={{ height: virtual.getTotalSize(), position: 'relative' }}>
            {virtual.getVirtualItems().map((item) => {
              const row = rows[item.index]!;
              const isLive = row.bars.at(-1)!.to === undefined;
              return <Lane key={row.id} row={row} start={item.start} from={from} length={length} now={isLive ? now : 0} isSelected={row.task === selected} onSelect={onSelect} />;
            })}
          </div>
        </div>
      </div>
    </>
  );
}

const Lane = memo(function Lane({ row, start, from, length, now, isSelected, onSelect }: { row: GanttRow; start: number; from: number; length: number; now: number; isSelected: boolean; onSelect: (task: string) => void }) {
  const last = row.bars.at(-1)!;
  const end = (bar: GanttRow['bars'][number]): number => bar.to ?? Math.max(now, bar.from);
  return (
    <button
      type="button"
      className={`gantt-row${isSelected ? ' gantt-chosen' : ''}`}
      style={{ transform: `translateY(${start}px)` }}
      onClick={() => onSelect(row.task)}
      aria-label={`${row.name}: ${lookOf(last.state).text}, ${durationText(end(last) - last.from)}${row.bars.length > 1 ? `, ${row.bars.length} attempts` : ''}`}
    >
      <span className="gantt-name">
        <StateIcon state={last.state} size={14} />
        <span title={row.name}>{row.name}</span>
      </span>
      <span className="gantt-lane">
        {row.bars.map((bar) => (
          <span
            key={bar.from}
            className="gantt-bar"
            title={`Attempt ${bar.attempt + 1}: ${lookOf(bar.state).text}, ${durationText(end(bar) - bar.from)}, from ${durationText(bar.from - from)}`}
            style={{ left: `${((bar.from - from) / length) * 100}%`, width: `max(3px, ${((end(bar) - bar.from) / length) * 100}%)`, background: fillOf(bar.state) }}
          />
        ))}
      </span>
    </button>
  );
});
