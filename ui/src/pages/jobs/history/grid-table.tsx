import { Group, Text } from '@mantine/core';
import { useMemo } from 'react';
import { InfiniteTable, type Column } from '../../../parts/infinite-table';
import { AppLink } from '../../../parts/links';
import { StateIcon } from '../../../parts/state';
import { durationText } from '../../../parts/time';
import { cellOf, type GridWire } from './grid-data';

const columnWidth = 92;

/** The same as the picture, as a table of texts and links: newest run first. */
export function GridTable({ grid }: { grid: GridWire }) {
  const rows = useMemo(() => grid.tasks.map((_, index) => index), [grid]);
  const columns = useMemo<Column<number>[]>(
    () => [
      { key: 'task', title: 'Task', track: '200px', cell: (row) => <Text size="sm" fw={600} truncate title={grid.tasks[row]?.key}>{grid.tasks[row]?.key}</Text> },
      ...grid.runs.map(
        (run, index): Column<number> => ({
          key: String(run.id),
          title: (
            <AppLink to="/runs/$runId" params={{ runId: String(run.id) }} size="xs" preload={false}>
              #{run.number}
            </AppLink>
          ),
          track: `${columnWidth - 16}px`,
          cell: (row) => {
            const cell = cellOf(grid, row, index);
            return cell ? (
              <AppLink to="/runs/$runId" params={{ runId: String(run.id) }} search={{ task: grid.tasks[row]?.key }} preload={false} size="xs" c="inherit" underline="never">
                <Group gap={4} wrap="nowrap" component="span">
                  <StateIcon state={cell.state} size={13} />
                  {cell.durationMs === undefined ? '' : durationText(cell.durationMs)}
                </Group>
              </AppLink>
            ) : (
              '–'
            );
          },
        }),
      ),
    ],
    [grid],
  );
  return <InfiniteTable label="Tasks of the last runs" rows={rows} rowKey={(row) => row} columns={columns} card={() => null} rowHeight={30} height="60vh" minWidth={240 + grid.runs.length * columnWidth} neverCards />;
}
