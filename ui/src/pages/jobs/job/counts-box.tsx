import { Group, Stack, Text, Title } from '@mantine/core';
import { runStates, type Job } from '../../../api/types';
import { AppLink } from '../../../parts/links';
import { lookOf, StateIcon } from '../../../parts/state';

/** How many of the job's runs are in which state, each a link to them. */
export function CountsBox({ job }: { job: Job }) {
  const counts = runStates.map((state) => ({ state, count: job.runs?.[state] ?? 0 })).filter(({ count }) => count > 0);
  return (
    <section aria-label="Runs by state" className="card" style={{ padding: 16 }}>
      <Stack gap={8}>
        <Title order={2} size="h3">
          Runs
        </Title>
        {counts.length === 0 ? (
          <Text size="sm" c="var(--text-muted)">
            It has not run yet. Press Run now to see it go.
          </Text>
        ) : (
          counts.map(({ state, count }) => (
            <Group key={state} gap={8} wrap="nowrap">
              <StateIcon state={state} />
              <AppLink to="/runs" search={{ job: String(job.id), state }} size="sm" c="inherit" flex={1}>
                {lookOf(state).text}
              </AppLink>
              <Text size="sm" className="tabular" fw={600}>
                {count.toLocaleString()}
              </Text>
            </Group>
          ))
        )}
      </Stack>
    </section>
  );
}
