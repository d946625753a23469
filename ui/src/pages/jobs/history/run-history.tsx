import { Box, Button, Group, SegmentedControl, Stack, Text, Title } from '@mantine/core';
import { useElementSize } from '@mantine/hooks';
import { IconChevronLeft, IconChevronsRight } from '@tabler/icons-react';
import { useNavigate } from '@tanstack/react-router';
import { useMemo, useState } from 'react';
import type { Job } from '../../../api/types';
import { CellGrid } from '../../../parts/cells/cell-grid';
import { lookOfState, type Look } from '../../../parts/cells/draw';
import { steps } from '../../../parts/cells/scale';
import { ErrorBox, Loading } from '../../../parts/page';
import { lookOf, StateIcon } from '../../../parts/state';
import { durationText, exactTime, useNow } from '../../../parts/time';
import { usePhone } from '../../../parts/infinite-table';
import { cellOf, durationFill, longest, runMs, type Colouring, type GridRun, type GridWire, type TaskCell } from './grid-data';
import { GridTable } from './grid-table';
import './history.css';
import { RunStrip } from './run-strip';
import { useGrid } from './use-grid';

const stripHeight = 84;

/** The last hundred runs of a job: as bars, and task by task below them. */
export function RunHistory({ job, before, onBefore }: { job: Job; before: string | undefined; onBefore: (before: string | undefined) => void }) {
  const { data, error, refetch, isPlaceholderData } = useGrid(job.id, before && Number.isSafeInteger(Number(before)) ? Number(before) : undefined);
  const [colouring, setColouring] = useState<Colouring>('state');
  const [view, setView] = useState<'grid' | 'table'>('grid');
  return (
    <section aria-label="History" className="card" style={{ padding: 16, minWidth: 0 }}>
      <Group justify="space-between" mb="xs" gap="xs">
        <Title order={2} size="h3">
          {before ? 'Older runs' : 'Last runs'}, task by task
        </Title>
        <Group gap={6}>
          <SegmentedControl
            size="xs"
            aria-label="Colour by"
            value={colouring}
            onChange={(value) => setColouring(value === 'duration' ? 'duration' : 'state')}
            data={[
              { value: 'state', label: 'State' },
              { value: 'duration', label: 'Duration' },
            ]}
          />
          <SegmentedControl
            size="xs"
            aria-label="View"
            value={view}
            onChange={(value) => setView(value === 'table' ? 'table' : 'grid')}
            data={[
              { value: 'grid', label: 'Grid' },
              { value: 'table', label: 'Table' },
            ]}
          />
          <Button size="compact-xs" h={30} variant="default" leftSection={<IconChevronLeft size={14} aria-hidden />} disabled={!data?.next_before} onClick={() => onBefore(String(data?.next_before))}>
            Older
          </Button>
          <Button size="compact-xs" h={30} variant="default" rightSection={<IconChevronsRight size={14} aria-hidden />} disabled={!before} onClick={() => onBefore(undefined)}>
            Newest
          </Button>
        </Group>
      </Group>
      {error && !data ? (
        <ErrorBox error={error} retry={() => void refetch()} />
      ) : !data ? (
        <Loading rows={1} height={stripHeight + 90} />
      ) : data.runs.length === 0 ? (
        <Text size="sm" c="var(--text-muted)" py="lg">
          {before ? 'There are no older runs.' : 'It has not run yet. Its runs stand here as bars, with a row for each task.'}
        </Text>
      ) : (
        <Box style={{ opacity: isPlaceholderData ? 0.55 : 1 }}>
          {view === 'grid' ? <Picture grid={data} colouring={colouring} /> : <GridTable grid={data} />}
          <Legend grid={data} colouring={colouring} />
        </Box>
      )}
    </section>
  );
}

function Picture({ grid, colouring }: { grid: GridWire; colouring: Colouring }) {
  const navigate = useNavigate();
  const phone = usePhone();
  const { ref, width } = useElementSize<HTMLDivElement>();
  const [pointed, setPointed] = useState<number>();
  const most = useMemo(() => longest(grid), [grid]);
  const keys = useMemo(() => grid.tasks.map((task) => task.key), [grid]);
  const oldestFirst = useMemo(() => [...grid.runs].reverse(), [grid]);
  const count = grid.runs.length;
  const labelWidth = phone ? 96 : Math.min(220, Math.max(110, Math.round(width * 0.2)));
  const cellWidth = Math.max(phone ? 16 : 10, Math.min(26, Math.floor((width - labelWidth - 4) / Math.max(count, 1))));
  // Columns are the other way round than the answer: time goes to the right.
  const runOf = (column: number): number => count - 1 - column;
  const look = (row: number, column: number): Look | undefined => {
    const cell = cellOf(grid, row, runOf(column));
    if (!cell) return undefined;
    if (colouring === 'state') return lookOfState(cell.state);
    const fill = durationFill(cell.durationMs, most[row] ?? 0);
    return fill ? { fill } : { fill: 'var(--line)', mark: 'dot' };
  };
  const open = (row: number, column: number): void => {
    const run = grid.runs[runOf(column)];
    const task = grid.tasks[row];
    if (run && task) void navigate({ to: '/runs/$runId', params: { runId: String(run.id) }, search: { task: task.key } });
  };
  return (
    <Box ref={ref} style={{ minWidth: 0, position: 'relative' }}>
      {width > 0 && (
        <CellGrid
          label="Tasks of the last runs"
          rows={keys}
          columns={count}
          cellWidth={cellWidth}
          cellHeight={20}
          labelWidth={labelWidth}
          fromEnd
          look={look}
          detail={(row, column) => <Detail run={grid.runs[runOf(column)]} task={keys[row]} cell={cellOf(grid, row, runOf(column))} />}
          describe={(row, column) => describe(grid.runs[runOf(column)], keys[row] ?? '', cellOf(grid, row, runOf(column)))}
          onOpen={open}
          head={{
            height: stripHeight,
            corner: <Corner run={pointed === undefined ? undefined : oldestFirst[pointed]} />,
            content: <RunStrip runs={oldestFirst} width={cellWidth} height={stripHeight} onPoint={setPointed} />,
          }}
        />
      )}
    </Box>
  );
}

/** What is known of the bar that is pointed at; its room is always there. */
function Corner({ run }: { run: GridRun | undefined }) {
  const now = useNow();
  if (!run)
    return (
      <Text size="xs" c="var(--text-muted)" p={6} pt={0}>
        Bars: how long runs took
      </Text>
    );
  const ms = runMs(run, now);
  return (
    <Stack gap={0} px={6}>
      <Group gap={4} wrap="nowrap">
        <StateIcon state={run.state} size={14} />
        <Text size="xs" fw={600} truncate>
          #{run.number} {lookOf(run.state).text}
        </Text>
      </Group>
      <Text size="xs" className="tabular">
        {ms === undefined ? 'not started' : durationText(ms)}
      </Text>
      <Text size="xs" c="var(--text-muted)" lh={1.25}>
        {exactTime(run.created_at)}
      </Text>
    </Stack>
  );
}

function Detail({ run, task, cell }: { run: GridRun | undefined; task: string | undefined; cell: TaskCell | undefined }) {
  if (!run) return null;
  return (
    <Stack gap={2}>
      <Text size="sm" fw={650}>
        {task}
      </Text>
      <Text size="xs" c="var(--text-muted)">
        run #{run.number}, {exactTime(run.created_at)}
      </Text>
      {cell ? (
        <Group gap={6}>
          <StateIcon state={cell.state} size={14} />
          <Text size="xs">
            {lookOf(cell.state).text}
            {cell.durationMs === undefined ? '' : `, ${durationText(cell.durationMs)}`}
            {cell.attempts > 1 ? `, ${cell.attempts} attempts` : ''}
          </Text>
        </Group>
      ) : (
        <Text size="xs">This run does not have the task.</Text>
      )}
    </Stack>
  );
}

const describe = (run: GridRun | undefined, task: string, cell: TaskCell | undefined): string =>
  run
    ? `${task}, run ${run.number}: ${cell ? lookOf(cell.state).text : 'not in this run'}${cell?.durationMs === undefined ? '' : `, ${durationText(cell.durationMs)}`}${cell && cell.attempts > 1 ? `, ${cell.attempts} attempts` : ''}`
    : '';

function Legend({ grid, colouring }: { grid: GridWire; colouring: Colouring }) {
  const present = useMemo(() => {
    const found = new Set<number>();
    for (const task of grid.tasks) for (const state of task.states) found.add(state);
    return grid.states.filter((_, index) => found.has(index));
  }, [grid]);
  return (
    <Group gap="md" mt={8} mih={22}>
      {colouring === 'state' ? (
        present.map((state) => (
          <Group key={state} gap={4}>
            <StateIcon state={state} size={13} />
            <Text size="xs" c="var(--text-muted)" aria-hidden>
              {lookOf(state).text}
            </Text>
          </Group>
        ))
      ) : (
        <Group gap={6}>
          <Text size="xs" c="var(--text-muted)">
            short
          </Text>
          <Group gap={0} aria-hidden>
            {steps.map((step) => (
              <span key={step} style={{ width: 14, height: 12, background: step }} />
            ))}
          </Group>
          <Text size="xs" c="var(--text-muted)">
            as long as the task ever took here
          </Text>
        </Group>
      )}
    </Group>
  );
}
