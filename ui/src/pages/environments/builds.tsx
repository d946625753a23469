import { Box, Button, Group, Stack, Table, Text } from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { answer, api, call } from '../../api/client';
import { useLive } from '../../api/live';
import { isEnded } from '../../api/types';
import { AppLink } from '../../parts/links';
import { Empty, ErrorBox, Loading } from '../../parts/page';
import { StateBadge } from '../../parts/state';
import { Duration, Time } from '../../parts/time';
import { FollowedLog } from './followed-log';

/** The builds of an environment, the last one first, and the log of one of them as it grows. */
export function Builds({ environment, address, chosen, choose }: { environment: string; address: string; chosen: number | undefined; choose: (run: number | undefined) => void }) {
  const client = useQueryClient();
  const { data, error } = useQuery({
    queryKey: ['builds', environment],
    queryFn: async () => {
      const { job_id } = await call<{ job_id: number | null }>('GET', `${address}/builds`);
      return job_id === null ? [] : (await answer(api.GET('/api/yard/v1/runs', { params: { query: { job_id, limit: 20 } } }))).runs;
    },
  });
  const ids = new Set(data?.map((run) => run.id));
  useLive((events) => {
    if (events.some((event) => ids.has(event.run_id))) void client.invalidateQueries({ queryKey: ['builds', environment] });
  });
  if (error) return <ErrorBox error={error} />;
  if (!data) return <Loading rows={2} />;
  if (data.length === 0)
    return (
      <Box className="card">
        <Empty title="Not built by hand yet">Otherwise the first step that needs it builds it.</Empty>
      </Box>
    );
  const shown = data.find((run) => run.id === chosen) ?? data[0]!;
  return (
    <Stack>
      <Table.ScrollContainer minWidth={460} className="card" type="native" tabIndex={0} role="region" aria-label="Builds, as a table">
        <Table verticalSpacing={6}>
          <Table.Thead>
            <Table.Tr>
              <Table.Th>Build</Table.Th>
              <Table.Th>State</Table.Th>
              <Table.Th>Started</Table.Th>
              <Table.Th>Took</Table.Th>
              <Table.Th aria-label="Actions" />
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {data.map((run) => (
              <Table.Tr key={run.id} aria-selected={run.id === shown.id}>
                <Table.Td>
                  <AppLink to="/runs/$runId" params={{ runId: String(run.id) }}>
                    #{run.number}
                  </AppLink>
                </Table.Td>
                <Table.Td>
                  <StateBadge state={run.state} title={run.reason?.text} />
                </Table.Td>
                <Table.Td>
                  <Time at={run.started_at ?? run.created_at} />
                </Table.Td>
                <Table.Td>
                  <Duration from={run.started_at} to={run.ended_at} />
                </Table.Td>
                <Table.Td ta="right">
                  <Button size="compact-xs" variant={run.id === shown.id ? 'light' : 'subtle'} onClick={() => choose(run.id)}>
                    Log
                  </Button>
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </Table.ScrollContainer>
      <Group gap="xs">
        <Text size="sm" fw={600}>
          Log of build #{shown.number}
        </Text>
        {!isEnded(shown.state) && <StateBadge state={shown.state} />}
      </Group>
      <BuildLog run={shown.id} ended={isEnded(shown.state)} number={shown.number} />
    </Stack>
  );
}

function BuildLog({ run, ended, number }: { run: number; ended: boolean; number: number }) {
  const { data, error } = useQuery({
    queryKey: ['build-attempt', run, ended],
    queryFn: async () => (await answer(api.GET('/api/yard/v1/runs/{id}/attempts', { params: { path: { id: run } } }))).attempts.at(-1) ?? null,
    refetchInterval: (query) => (query.state.data ? false : 1000),
  });
  if (error) return <ErrorBox error={error} />;
  if (!data) return <Text size="sm" c="var(--text-muted)">It has not started yet.</Text>;
  return <FollowedLog key={data.id} attempt={data.id} label={`Log of build ${number}`} waiting={data.waiting_for ?? undefined} />;
}
