import { Group, SimpleGrid, Stack, Text, Title } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { ErrorBox, Loading, Page } from '../../parts/page';
import { Counts } from './counts';
import { FirstRun } from './first-run';
import { Failed, Next, Running } from './lists';
import { useOverview } from './overview';
import { Pools } from './pools';

/** What goes on: what runs, what failed, what comes next, and the room there is. */
export function Home() {
  const { data, error, refetch } = useQuery(useOverview());
  return (
    <Page title="Home" tab="Home">
      {error && !data ? (
        <ErrorBox error={error} retry={() => void refetch()} />
      ) : !data ? (
        <Loading rows={8} height={52} />
      ) : (
        <Stack gap="md">
          {!data.has_jobs && <FirstRun />}
          <Counts counts={data.counts} capped={data.capped} />
          <SimpleGrid cols={{ base: 1, lg: 2 }} spacing="md" verticalSpacing="md">
            <Section title="Running now" more={data.running.length >= 10 ? 'The ten newest' : undefined}>
              <Running runs={data.running} />
            </Section>
            <Section title="Failed lately">
              <Failed runs={data.failed} />
            </Section>
            <Section title="Coming next">
              <Next next={data.next} />
            </Section>
            <Section title="Capacity">
              <Pools pools={data.pools} />
            </Section>
          </SimpleGrid>
        </Stack>
      )}
    </Page>
  );
}

function Section({ title, more, children }: { title: string; more?: string | undefined; children: ReactNode }) {
  return (
    <section aria-label={title} className="card" style={{ minWidth: 0, overflow: 'hidden' }}>
      <Group justify="space-between" px="md" py={10} style={{ borderBottom: '1px solid var(--line)' }}>
        <Title order={2} size="h3">
          {title}
        </Title>
        {more && (
          <Text size="xs" c="var(--text-muted)">
            {more}
          </Text>
        )}
      </Group>
      {children}
    </section>
  );
}
