import { Box, Group, NativeSelect, SegmentedControl, Stack, Text, Title } from '@mantine/core';
import { useElementSize } from '@mantine/hooks';
import { useNavigate } from '@tanstack/react-router';
import { useMemo } from 'react';
import { CellGrid } from '../../parts/cells/cell-grid';
import type { Range } from '../../parts/cells/geometry';
import { usePhone } from '../../parts/infinite-table';
import { Loading } from '../../parts/page';
import { lookOf, StateIcon } from '../../parts/state';
import { durationText } from '../../parts/time';
import { lookOfCell, matrixOf, scaleOf, usualAxes, worst, type Axes, type ColourBy, type Facet, type Matrix, type Scale } from './matrix';
import { Legend } from './legend';
import type { PartProps } from './part-props';
import { durationOf, valueText, valuesOf, type Point } from './points';
import { useOutputs } from './use-batch';

/** Facets that are drawn; with more, another parameter makes the better facet. */
const mostFacets = 24;

/** The runs of a batch by their parameters. */
export function MatrixView({ batch, points, isLoading, search, onChange, chosen, onChoose }: PartProps) {
  const names = useMemo(() => batch.parameters ?? [], [batch.parameters]);
  const grid = batch.grid as Record<string, readonly unknown[]> | undefined;
  const counts = useMemo(() => names.map((name) => ({ name, values: valuesOf(points, name, grid).length })), [names, points, grid]);
  const outputs = useOutputs(points);
  const by: ColourBy = search.by === 'duration' ? 'duration' : search.output ? 'output' : 'state';
  const axes = useMemo<Axes>(() => {
    const usual = usualAxes(counts);
    const known = (name: string | undefined, other: string | undefined): string | undefined => (name === 'none' ? undefined : name && names.includes(name) ? name : other);
    const x = known(search.x, usual.x) ?? usual.x;
    const y = known(search.y, usual.y === x ? usual.x : usual.y);
    const facet = known(search.facet, names.find((name) => name === usual.facet && name !== x && name !== y && (counts.find((each) => each.name === name)?.values ?? 0) <= 6));
    return { x, y: y === x ? undefined : y, facet: facet === x || facet === y ? undefined : facet };
  }, [counts, names, search.x, search.y, search.facet]);
  const matrix = useMemo(() => matrixOf(points, axes, grid), [points, axes, grid]);
  const scale = useMemo(() => scaleOf(points, by), [points, by]);
  if (names.length === 0) return null;
  const choices = (not: readonly (string | undefined)[]) => names.filter((name) => !not.includes(name)).map((name) => ({ value: name, label: name }));
  return (
    <section aria-label="Matrix" className="card" style={{ padding: 16, minWidth: 0 }}>
      <Group justify="space-between" align="flex-end" mb="sm" gap="sm">
        <Group gap="sm" align="flex-end">
          <NativeSelect size="xs" label="Across" value={axes.x} data={choices([])} onChange={(event) => onChange({ x: event.currentTarget.value, ...(event.currentTarget.value === axes.y ? { y: axes.x } : {}) })} />
          {names.length > 1 && <NativeSelect size="xs" label="Down" value={axes.y ?? 'none'} data={[{ value: 'none', label: 'nothing' }, ...choices([axes.x])]} onChange={(event) => onChange({ y: event.currentTarget.value })} />}
          {names.length > 2 && <NativeSelect size="xs" label="One matrix for each" value={axes.facet ?? 'none'} data={[{ value: 'none', label: 'nothing' }, ...choices([axes.x, axes.y])]} onChange={(event) => onChange({ facet: event.currentTarget.value })} />}
        </Group>
        <Group gap="sm" align="flex-end">
          {outputs.length > 0 && (
            <NativeSelect
              size="xs"
              label="Output"
              value={search.output ?? ''}
              data={[{ value: '', label: 'none' }, ...outputs.map((name) => ({ value: name, label: name }))]}
              onChange={(event) => onChange({ output: event.currentTarget.value || undefined, by: undefined })}
            />
          )}
          <SegmentedControl
            size="xs"
            aria-label="Colour by"
            value={by}
            onChange={(value) => onChange(value === 'duration' ? { by: 'duration' } : value === 'output' ? { by: undefined, output: search.output ?? outputs[0] } : { by: undefined, output: undefined })}
            data={[{ value: 'state', label: 'State' }, { value: 'duration', label: 'Duration' }, ...(outputs.length > 0 || search.output ? [{ value: 'output', label: 'Output' }] : [])]}
          />
        </Group>
      </Group>
      {points.length === 0 ? (
        isLoading ? (
          <Loading rows={1} height={200} />
        ) : (
          <Text size="sm" c="var(--text-muted)">
            Its runs are being made; they come here one after the other.
          </Text>
        )
      ) : (
        <Stack gap="md">
          <div className={matrix.facets.length > 1 && matrix.xs.length <= 12 ? 'facets' : undefined}>
            {matrix.facets.slice(0, mostFacets).map((facet) => (
              <FacetView key={facet.value ?? ''} facet={facet} matrix={matrix} axes={axes} scale={scale} output={search.output} chosen={chosen} onChoose={onChoose} />
            ))}
          </div>
          {matrix.facets.length > mostFacets && (
            <Text size="sm" c="var(--text-muted)">
              {matrix.facets.length - mostFacets} more values of {axes.facet} are not drawn. Choose a parameter with fewer values for that, or filter the table below.
            </Text>
          )}
          <Legend points={points} scale={scale} output={search.output} />
        </Stack>
      )}
    </section>
  );
}

function FacetView({ facet, matrix, axes, scale, output, chosen, onChoose }: { facet: Facet; matrix: Matrix; axes: Axes; scale: Scale; output: string | undefined; chosen: ReadonlySet<number>; onChoose: (chosen: ReadonlySet<number>) => void }) {
  const { xs, ys, cells } = { ...matrix, cells: facet.cells };
  const navigate = useNavigate();
  const phone = usePhone();
  const { ref, width } = useElementSize<HTMLDivElement>();
  const longest = ys.reduce((most, text) => Math.max(most, text.length), (axes.y ?? '').length);
  const corner = `${axes.y ? `${axes.y} ↓ ` : ''}${axes.x} →`;
  const labelWidth = Math.min(phone ? 90 : 200, Math.max(48, longest * 7 + 20, corner.length * 6.5 + 20));
  const cellWidth = Math.max(14, Math.min(84, Math.floor((width - labelWidth - 4) / Math.max(1, xs.length))));
  const at = (row: number, column: number): Point[] | undefined => cells.get(row * xs.length + column);
  const choose = ({ from, to }: Range, add: boolean): void => {
    const within: number[] = [];
    for (let row = from.row; row <= to.row; row++) for (let column = from.column; column <= to.column; column++) for (const point of at(row, column) ?? []) within.push(point.index);
    const all = within.every((index) => chosen.has(index));
    if (add) {
      const next = new Set(chosen);
      for (const index of within) if (all) next.delete(index); else next.add(index);
      onChoose(next);
    } else onChoose(all && within.length === chosen.size ? new Set() : new Set(within));
  };
  const open = (row: number, column: number): void => {
    const [point] = at(row, column) ?? [];
    if (point) void navigate({ to: '/runs/$runId', params: { runId: String(point.run.id) } });
  };
  const say = (row: number, column: number): string => {
    const there = at(row, column);
    const where = `${axes.x} ${xs[column]}${axes.y ? `, ${axes.y} ${ys[row]}` : ''}`;
    if (!there) return `${where}: no run`;
    const [one] = there;
    return there.length > 1 ? `${where}: ${there.length} runs, the worst ${lookOf(worst(there)).text}` : `${where}: ${lookOf(one!.run.state).text}${durationOf(one!) === undefined ? '' : `, ${durationText(durationOf(one!)!)}`}`;
  };
  // Names of columns are turned where they are longer than the cells are wide.
  const longestX = xs.reduce((most, text) => Math.max(most, text.length), 0);
  const turned = longestX * 7 + 8 > cellWidth;
  const headHeight = turned ? Math.min(110, longestX * 7 + 14) : 26;
  return (
    <Box ref={ref} mb="sm" style={{ minWidth: 0 }}>
      {facet.value !== undefined && (
        <Title order={3} size="sm" mb={4}>
          {axes.facet} = {facet.value}
        </Title>
      )}
      {width > 0 && (
        <CellGrid
          label={`Runs by ${axes.x}${axes.y ? ` and ${axes.y}` : ''}${facet.value === undefined ? '' : `, ${axes.facet} ${facet.value}`}`}
          rows={ys}
          columns={xs.length}
          cellWidth={cellWidth}
          cellHeight={26}
          labelWidth={labelWidth}
          maxHeight="56vh"
          look={(row, column) => lookOfCell(at(row, column), scale)}
          isChosen={(row, column) => at(row, column)?.some((point) => chosen.has(point.index)) ?? false}
          detail={(row, column) => <Detail points={at(row, column)} where={say(row, column)} output={output} />}
          describe={say}
          onOpen={open}
          onChoose={choose}
          head={{
            height: headHeight,
            corner: (
              <Text size="xs" c="var(--text-muted)" px={10} style={{ position: 'absolute', bottom: 4 }} truncate maw={labelWidth}>
                {corner}
              </Text>
            ),
            content: (
              <Group gap={0} wrap="nowrap" align="flex-end" aria-hidden style={{ height: headHeight }}>
                {xs.map((text) => (
                  <div key={text} title={text} className={turned ? 'matrix-x matrix-x-turned' : 'matrix-x'} style={{ width: cellWidth, height: headHeight }}>
                    <span>{text}</span>
                  </div>
                ))}
              </Group>
            ),
          }}
        />
      )}
    </Box>
  );
}

function Detail({ points, where, output }: { points: Point[] | undefined; where: string; output: string | undefined }) {
  if (!points)
    return <Text size="xs">{where}</Text>;
  return (
    <Stack gap={4}>
      {points.slice(0, 6).map((point) => (
        <div key={point.index}>
          <Group gap={6} wrap="nowrap">
            <StateIcon state={point.run.state} size={14} />
            <Text size="xs" fw={650}>
              run #{point.run.number}
            </Text>
            <Text size="xs">
              {lookOf(point.run.state).text}
              {durationOf(point) === undefined ? '' : `, ${durationText(durationOf(point)!)}`}
            </Text>
          </Group>
          <Text size="xs" c="var(--text-muted)">
            {Object.entries(point.parameters)
              .map(([name, value]) => `${name} ${valueText(value)}`)
              .join(', ')}
          </Text>
          {output && point.output !== undefined && point.output !== null && (
            <Text size="xs">
              {output}: {valueText(point.output).slice(0, 200)}
            </Text>
          )}
          {point.run.reason?.text && <Text size="xs">{point.run.reason.text.slice(0, 200)}</Text>}
        </div>
      ))}
      {points.length > 6 && (
        <Text size="xs" c="var(--text-muted)">
          and {points.length - 6} more
        </Text>
      )}
    </Stack>
  );
}
