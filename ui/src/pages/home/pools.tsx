import { Box, Group, Progress, Stack, Text } from '@mantine/core';
import type { Overview } from './overview';

type Pool = Overview['pools'][number];

/** A part of what a pool has, where it has any. */
interface Part {
  name: string;
  used: number;
  total: number;
  text: (value: number) => string;
}

const gib = (mb: number): string => (mb >= 1024 ? `${(mb / 1024).toFixed(mb % 1024 === 0 ? 0 : 1)} GiB` : `${mb} MiB`);
const whole = (value: number): string => String(value);
const cores = (millis: number): string => (millis / 1000).toLocaleString(undefined, { maximumFractionDigits: 1 });

const parts = ({ used, total }: Pool): Part[] =>
  [
    { name: 'slots', used: used.slots, total: total.slots, text: whole },
    { name: 'cores', used: used.cpu_millis, total: total.cpu_millis, text: cores },
    { name: 'memory', used: used.memory_mb, total: total.memory_mb, text: gib },
    { name: 'GPUs', used: used.gpus, total: total.gpus, text: whole },
  ].filter((part) => part.total > 0);

/** How much of each pool is in use. */
export function Pools({ pools }: { pools: readonly Pool[] }) {
  return (
    <Stack gap="md" p="md">
      {pools.map((pool) => (
        <Box key={pool.name}>
          <Group justify="space-between" gap="xs" mb={6}>
            <Text size="sm" fw={600}>
              {pool.name}
            </Text>
            <Text size="xs" c="var(--text-muted)">
              {pool.running} {pool.running === 1 ? 'task runs' : 'tasks run'}
              {pool.waiting > 0 ? `, ${pool.waiting} wait for room` : ''}
            </Text>
          </Group>
          <Stack gap={6}>
            {parts(pool).map((part) => (
              <UsageBar key={part.name} part={part} pool={pool.name} />
            ))}
          </Stack>
        </Box>
      ))}
    </Stack>
  );
}

function UsageBar({ part, pool }: { part: Part; pool: string }) {
  const share = Math.min(100, (part.used / part.total) * 100);
  return (
    <Group gap="sm" wrap="nowrap">
      <Text size="xs" w={60} c="var(--text-muted)">
        {part.name}
      </Text>
      <Progress.Root size={10} flex={1} transitionDuration={300}>
        <Progress.Section value={share} color={share >= 90 ? 'var(--state-orange)' : 'var(--state-blue)'} aria-label={`${part.name} of the pool ${pool} in use`} />
      </Progress.Root>
      <Text size="xs" w={110} ta="right" className="tabular nowrap">
        {part.text(part.used)} of {part.text(part.total)}
      </Text>
    </Group>
  );
}
