import { SimpleGrid, Text } from '@mantine/core';
import { AppLink } from '../../parts/links';
import type { Texts } from '../../routes/search';
import type { Overview } from './overview';

/** The counts, each a link to the runs that it counts. */
export function Counts({ counts, capped }: { counts: Overview['counts']; capped: boolean }) {
  const shown: { label: string; value: number; color: string; search: Texts }[] = [
    { label: 'Running', value: counts.running, color: 'var(--state-blue)', search: { state: 'running,cancelling,waiting_for_retry' } },
    { label: 'Waiting', value: counts.waiting, color: 'var(--state-gray)', search: { state: 'queued,waiting' } },
    { label: 'Failed in 24 hours', value: counts.failed_day, color: 'var(--state-red)', search: { state: 'failed,timed_out,succeeded_with_failures', within: '24h' } },
    { label: 'Succeeded in 24 hours', value: counts.succeeded_day, color: 'var(--state-green)', search: { state: 'succeeded', within: '24h' } },
  ];
  return (
    <SimpleGrid cols={{ base: 2, sm: 4 }} spacing="md">
      {shown.map(({ label, value, color, search }) => (
        <AppLink key={label} to="/runs" search={search} className="card" underline="never" c="inherit" p="md" display="block" style={{ borderLeft: `3px solid ${color}` }}>
          <Text component="span" fz={26} fw={700} lh={1.1} className="tabular" display="block">
            {value.toLocaleString()}
            {capped && value > 0 ? '+' : ''}
          </Text>
          <Text component="span" size="sm" c="var(--text-muted)">
            {label}
          </Text>
        </AppLink>
      ))}
    </SimpleGrid>
  );
}
