import { Button, Checkbox, Group, Stack, Text } from '@mantine/core';
import { useVirtualizer } from '@tanstack/react-virtual';
import { useMemo, useRef } from 'react';
import { useForm } from '../../../../parts/form/context';
import { asList, asMap } from '../../../../parts/form/paths';
import { chosenRows, countRuns, expand, mostRuns, runText, type Strategy } from './strategy';

const rowHeight = 34;

/** The runs that the values mean, each of which can be left out. */
export function PipelineRuns() {
  const { settings, set, fixed } = useForm();
  const strategy = useMemo(() => asMap(settings.strategy_json) as Strategy, [settings.strategy_json]);
  const rows = useMemo(() => expand(strategy), [strategy]);
  const chosen = useMemo(() => chosenRows(rows, settings.parameters), [rows, settings.parameters]);
  const count = chosen.filter(Boolean).length;
  const place = useRef<HTMLDivElement>(null);
  const list = useVirtualizer({ count: rows.length, getScrollElement: () => place.current, estimateSize: () => rowHeight, overscan: 12 });
  const choose = (next: (at: number) => boolean): void => set(['parameters'], rows.filter((_, at) => next(at)));
  const meant = countRuns(strategy);
  if (rows.length === 0) {
    return (
      <Text size="sm" c="var(--state-red)" role="status">
        {meant > mostRuns ? `These values mean ${meant.toLocaleString()} runs; ${mostRuns.toLocaleString()} are the most. Take values away.` : 'A list of values cannot be read: see above.'}
      </Text>
    );
  }
  // Runs that were chosen in the text, or by another client, and that the values do not mean.
  const others = asList(settings.parameters).length - count;
  return (
    <Stack gap="xs">
      <Group justify="space-between" gap="xs">
        <Text size="sm" fw={600} aria-live="polite">
          {count} of {rows.length} {rows.length === 1 ? 'run' : 'runs'} chosen{others > 0 ? `, and ${others} that the values above do not mean` : ''}
        </Text>
        <Group gap="xs">
          <Button size="xs" variant="default" onClick={() => choose(() => true)} disabled={fixed || count === rows.length}>
            All
          </Button>
          <Button size="xs" variant="default" onClick={() => choose(() => false)} disabled={fixed || count === 0}>
            None
          </Button>
        </Group>
      </Group>
      <div ref={place} className="card" style={{ maxHeight: 306, overflow: 'auto' }} tabIndex={0} role="group" aria-label="Pipeline runs">
        <div style={{ height: list.getTotalSize(), position: 'relative' }}>
          {list.getVirtualItems().map((item) => (
            <div key={item.key} style={{ position: 'absolute', top: 0, left: 0, right: 0, height: rowHeight, transform: `translateY(${item.start}px)`, padding: '7px 10px' }}>
              <Checkbox
                size="xs"
                styles={{ label: { whiteSpace: 'nowrap', fontFamily: 'var(--mantine-font-family-monospace)' } }}
                label={`${item.index + 1}. ${runText(rows[item.index]!, strategy)}`}
                checked={chosen[item.index] ?? false}
                disabled={fixed ?? false}
                onChange={(event) => {
                  const isOn = event.currentTarget.checked;
                  choose((at) => (at === item.index ? isOn : (chosen[at] ?? false)));
                }}
              />
            </div>
          ))}
        </div>
      </div>
      {count === 0 && others <= 0 && (
        <Text size="sm" c="var(--state-red)">
          A job needs a run: choose one at least.
        </Text>
      )}
    </Stack>
  );
}
