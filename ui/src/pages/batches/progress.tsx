import { Group, Progress, Text } from '@mantine/core';
import { runStates, type Batch } from '../../api/types';
import { fillOf, lookOf } from '../../parts/state';

/** The states that a bar shows, from its left. */
const order = ['succeeded', 'succeeded_with_failures', 'failed', 'timed_out', 'cancelled', 'skipped', 'cancelling', 'running', 'waiting_for_retry', 'waiting', 'queued'];

/** How far a batch is: a part for each state, what is still to be made at the right. */
export function BatchBar({ batch, height = 10 }: { batch: Batch; height?: number }) {
  const parts = order.map((state) => ({ state, count: batch.runs[state] ?? 0 })).filter(({ count }) => count > 0);
  const ended = order.slice(0, 6).reduce((sum, state) => sum + (batch.runs[state] ?? 0), 0);
  return (
    <Progress.Root size={height} role="img" aria-label={`${ended} of ${batch.size} runs have ended: ${parts.map(({ state, count }) => `${count} ${lookOf(state).text.toLowerCase()}`).join(', ')}`}>
      {parts.map(({ state, count }) => (
        <div key={state} style={{ width: `${(count / Math.max(1, batch.size)) * 100}%`, height: '100%', background: fillOf(state), opacity: ['queued', 'waiting'].includes(state) ? 0.4 : 1 }} />
      ))}
    </Progress.Root>
  );
}

/** The counts of a batch's runs by state. */
export function BatchCounts({ batch, onState }: { batch: Batch; onState: (state: string) => void }) {
  return (
    <Group gap="md" mih={22}>
      {runStates
        .filter((state) => (batch.runs[state] ?? 0) > 0)
        .map((state) => (
          <button key={state} type="button" className="batch-count" onClick={() => onState(state)} title={`Show only these in the table`}>
            <span style={{ width: 10, height: 10, borderRadius: 2, background: fillOf(state), display: 'inline-block' }} />
            <Text span size="sm" fw={650} className="tabular">
              {(batch.runs[state] ?? 0).toLocaleString()}
            </Text>
            <Text span size="sm" c="var(--text-muted)">
              {lookOf(state).text.toLowerCase()}
            </Text>
          </button>
        ))}
      {batch.made < batch.size && (
        <Text size="sm" c="var(--text-muted)">
          {(batch.size - batch.made).toLocaleString()} still to be made
        </Text>
      )}
    </Group>
  );
}
