import { Button, Checkbox, Group, Text, Title, Tooltip } from '@mantine/core';
import { IconArrowsDiff, IconChevronDown, IconChevronUp } from '@tabler/icons-react';
import { useCallback, useMemo, useRef, useEffect, type ReactNode } from 'react';
import { runStates } from '../../api/types';
import { FilterChip, FilterMenu } from '../../parts/filters';
import { InfiniteTable, type Column } from '../../parts/infinite-table';
import { AppLink, ButtonLink } from '../../parts/links';
import { Empty, Loading } from '../../parts/page';
import { lookOf, StateBadge } from '../../parts/state';
import { Duration } from '../../parts/time';
import type { PartProps } from './part-props';
import { passes, sorted, valuesOf, valueText, type Point, type SortBy } from './points';

/** Values of a parameter that a menu lists; a parameter with more is found by the matrix. */
const mostValues = 200;

/** The runs of a batch, a column for each parameter; cut down by values and states, or to what is chosen in the matrix. */
export function PointsTable({ batch, points, isLoading, search, onChange, chosen, onChoose }: PartProps) {
  const names = useMemo(() => batch.parameters ?? [], [batch.parameters]);
  const grid = batch.grid as Record<string, readonly unknown[]> | undefined;
  const states = useMemo(() => search.state?.split(',').filter(Boolean) ?? [], [search.state]);
  const values = useMemo(() => Object.fromEntries(names.flatMap((name) => (search[`p.${name}`] === undefined ? [] : [[name, search[`p.${name}`]!]]))), [names, search]);
  const by: SortBy = search.sort === 'duration' || search.sort === 'output' ? search.sort : 'index';
  const down = search.order === 'down';
  const onlyChosen = search.chosen === 'only' && chosen.size > 0;
  const rows = useMemo(
    () => sorted(points.filter((point) => (onlyChosen ? chosen.has(point.index) : passes(point, { states, values }))), by, down),
    [points, states, values, by, down, onlyChosen, chosen],
  );
  // Columns keep their functions, so that a choice draws only what it changes.
  const choice = useRef({ chosen, onChoose });
  useEffect(() => {
    choice.current = { chosen, onChoose };
  });
  const toggle = useCallback((index: number): void => {
    const next = new Set(choice.current.chosen);
    if (!next.delete(index)) next.add(index);
    choice.current.onChoose(next);
  }, []);
  const sort = (next: SortBy): void => onChange({ sort: next === 'index' ? undefined : next, order: by === next && !down ? 'down' : undefined });
  const head = (title: string, key: SortBy): ReactNode => (
    <button type="button" className="sort-button" onClick={() => sort(key)} aria-label={`Sort by ${title}`}>
      {title}
      {by === key && (down ? <IconChevronDown size={13} aria-hidden /> : <IconChevronUp size={13} aria-hidden />)}
    </button>
  );
  const output = search.output;
  const columns = useMemo<Column<Point>[]>(
    () => [
      {
        key: 'choose',
        title: <span className="cells-said">Chosen</span>,
        track: '20px',
        cell: (point) => <Checkbox size="xs" className="row-above" aria-label={`Choose run ${point.run.number}`} checked={chosen.has(point.index)} onChange={() => toggle(point.index)} />,
      },
      { key: 'state', title: 'State', track: '150px', cell: (point) => <StateBadge state={point.run.state} /> },
      { key: 'run', title: head('Run', 'index'), track: '90px', cell: (point) => <RunLink point={point} /> },
      ...names.map((name): Column<Point> => ({ key: `p.${name}`, title: name, track: 'minmax(90px, 1fr)', cell: (point) => <span title={valueText(point.parameters[name])}>{valueText(point.parameters[name])}</span> })),
      ...(output ? [{ key: 'output', title: head(output, 'output'), track: 'minmax(110px, 1fr)', cell: (point: Point) => <span title={valueText(point.output ?? undefined)}>{valueText(point.output ?? undefined)}</span> }] : []),
      { key: 'duration', title: head('Duration', 'duration'), track: '92px', right: true, cell: (point) => <Duration from={point.run.started_at} to={point.run.ended_at} /> },
      { key: 'reason', title: 'Reason', track: 'minmax(120px, 1.6fr)', cell: (point) => <span title={point.run.reason?.text} style={{ color: 'var(--text-muted)' }}>{point.run.reason?.text}</span> },
    ],
    // The heads change with the order alone.
    // eslint-disable-next-line react-hooks/exhaustive-deps
    [names, output, by, down, chosen, toggle],
  );
  const two = [...chosen].slice(0, 2).map((index) => points.find((point) => point.index === index)?.run.id);
  return (
    <section aria-label="Runs">
      <Group justify="space-between" mb={8} gap="xs">
        <Title order={2} size="h3">
          Runs{' '}
          <Text span size="sm" c="var(--text-muted)" className="tabular">
            {rows.length === points.length ? points.length.toLocaleString() : `${rows.length.toLocaleString()} of ${points.length.toLocaleString()}`}
            {isLoading && points.length > 0 ? `, of ${batch.size.toLocaleString()}, loading` : ''}
          </Text>
        </Title>
        <Group gap={6} mih={30}>
          {chosen.size > 0 && (
            <>
              <Text size="sm" c="var(--text-muted)">
                {chosen.size.toLocaleString()} chosen
              </Text>
              <Button size="compact-sm" variant={onlyChosen ? 'light' : 'default'} aria-pressed={onlyChosen} onClick={() => onChange({ chosen: onlyChosen ? undefined : 'only' })}>
                Only these
              </Button>
              <Button size="compact-sm" variant="default" onClick={() => onChoose(new Set())}>
                Choose none
              </Button>
            </>
          )}
          <Tooltip label={chosen.size === 2 ? 'Side by side: parameters, settings, code, durations, logs' : 'Choose two runs to compare them'}>
            {chosen.size === 2 && two.every((id) => id !== undefined) ? (
              <ButtonLink to="/compare" search={{ a: String(two[0]), b: String(two[1]) }} size="compact-sm" leftSection={<IconArrowsDiff size={14} aria-hidden />}>
                Compare
              </ButtonLink>
            ) : (
              <Button size="compact-sm" variant="default" data-disabled aria-disabled leftSection={<IconArrowsDiff size={14} aria-hidden />} onClick={(event) => event.preventDefault()}>
                Compare
              </Button>
            )}
          </Tooltip>
        </Group>
      </Group>
      <Group gap={6} mb={8}>
        <FilterMenu label="State" several chosen={states} onChange={(next) => onChange({ state: next.join(',') || undefined })} choices={runStates.filter((state) => (batch.runs[state] ?? 0) > 0 || states.includes(state)).map((state) => ({ value: state, label: lookOf(state).text }))} />
        {names.map((name) => {
          const choices = valuesOf(points, name, grid);
          return choices.length > 1 && choices.length <= mostValues ? (
            <FilterMenu key={name} label={name} chosen={values[name] === undefined ? [] : [values[name]]} onChange={([value]) => onChange({ [`p.${name}`]: value })} choices={choices.map((value) => ({ value, label: value === '' ? '(none)' : value }))} />
          ) : null;
        })}
        {states.map((state) => (
          <FilterChip key={state} label="State" value={lookOf(state).text} onRemove={() => onChange({ state: states.filter((each) => each !== state).join(',') || undefined })} />
        ))}
        {Object.entries(values).map(([name, value]) => (
          <FilterChip key={name} label={name} value={value} onRemove={() => onChange({ [`p.${name}`]: undefined })} />
        ))}
      </Group>
      {points.length === 0 ? (
        isLoading ? (
          <Loading rows={6} />
        ) : null
      ) : rows.length === 0 ? (
        <Empty title="No run is like that">Take a filter off above.</Empty>
      ) : (
        <InfiniteTable label="Runs of the batch" rows={rows} rowKey={(point) => point.index} columns={columns} card={(point) => <PointCard point={point} checked={chosen.has(point.index)} onToggle={() => toggle(point.index)} output={output} />} cardHeight={96} height="70vh" minWidth={560 + names.length * 106} />
      )}
    </section>
  );
}

const RunLink = ({ point }: { point: Point }) => (
  <AppLink to="/runs/$runId" params={{ runId: String(point.run.id) }} className="row-link" size="sm" fw={600} c="inherit" preload={false}>
    #{point.run.number}
  </AppLink>
);

const PointCard = ({ point, checked, onToggle, output }: { point: Point; checked: boolean; onToggle: () => void; output: string | undefined }) => (
  <>
    <Group justify="space-between" wrap="nowrap" gap="xs">
      <Group gap={8} wrap="nowrap">
        <Checkbox size="xs" className="row-above" aria-label={`Choose run ${point.run.number}`} checked={checked} onChange={onToggle} />
        <RunLink point={point} />
        <StateBadge state={point.run.state} />
      </Group>
      <Text size="xs" component="span">
        <Duration from={point.run.started_at} to={point.run.ended_at} />
      </Text>
    </Group>
    <Text size="xs" mt={4} truncate>
      {Object.entries(point.parameters)
        .map(([name, value]) => `${name} ${valueText(value)}`)
        .join(', ')}
    </Text>
    <Text size="xs" c="var(--text-muted)" truncate mt={2}>
      {output && point.output !== undefined && point.output !== null ? `${output}: ${valueText(point.output)}` : (point.run.reason?.text ?? '')}
    </Text>
  </>
);
