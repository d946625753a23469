import { Button, Group, Progress, SimpleGrid, Stack, Table, Text, Title } from '@mantine/core';
import { IconRefresh } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { answer, api } from '../../api/client';
import { dialectName } from '../../parts/dialect';
import { ErrorBox, Loading } from '../../parts/page';
import { bytesText } from '../../parts/bytes';
import { Servers } from './servers';

const killLevels: Record<string, string> = {
  cgroup: 'cgroup: whatever an attempt started dies with it',
  subreaper: 'subreaper: a process that hides well may outlive its attempt',
};

/** This node: what it is, what it has, what its data takes. */
export function Server() {
  const node = useQuery({ queryKey: ['node'], queryFn: () => answer(api.GET('/api/yard/v1/node')) });
  if (node.error) return <ErrorBox error={node.error} retry={() => void node.refetch()} />;
  if (!node.data) return <Loading />;
  const { data } = node;
  return (
    <SimpleGrid cols={{ base: 1, md: 2 }}>
      <Stack className="card" p="md" gap="xs">
        <Title order={2}>Node</Title>
        <Facts
          rows={[
            ['Name', data.name],
            ['Version', data.version],
            ['Process', String(data.pid)],
            ['Kill level', killLevels[data.kill_level] ?? data.kill_level],
            ['Data directory', data.data],
            ['APIs', data.dialects.map(dialectName).join(', ')],
          ]}
        />
      </Stack>
      <Stack className="card" p="md" gap="xs">
        <Title order={2}>Capacity</Title>
        <Facts
          rows={[
            ['Slots', String(data.capacity.slots)],
            ['Processors', String(data.capacity.cpu_millis / 1000)],
            ['Memory', bytesText(data.capacity.memory_mb * 2 ** 20)],
            ['GPUs', String(data.capacity.gpus)],
            ['Attempts that hold some', String(data.placed)],
            ['Attempts that wait for some', String(data.waiting)],
          ]}
        />
      </Stack>
      <Servers />
      <Disk />
    </SimpleGrid>
  );
}

function Facts({ rows }: { rows: readonly (readonly [string, ReactNode])[] }) {
  return (
    <Table verticalSpacing={4} withRowBorders={false}>
      <Table.Tbody>
        {rows.map(([name, value]) => (
          <Table.Tr key={name}>
            <Table.Th scope="row" fw={500} c="var(--text-muted)" w={180}>
              {name}
            </Table.Th>
            <Table.Td className="breaks">{value}</Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  );
}

/** Counting takes seconds where there are millions of files: it is done when the page is opened, and when asked. */
function Disk() {
  const disk = useQuery({ queryKey: ['disk'], queryFn: () => answer(api.GET('/api/yard/v1/disk')), staleTime: Infinity });
  const { data } = disk;
  const whole = data ? data.bytes + (data.free_bytes ?? 0) : 0;
  const most = Math.max(1, ...(data?.parts.map((part) => part.bytes) ?? []));
  return (
    <Stack className="card" p="md" gap="xs" style={{ gridColumn: '1 / -1' }}>
      <Group justify="space-between">
        <Title order={2}>Disk</Title>
        <Button size="compact-sm" variant="default" leftSection={<IconRefresh size={14} aria-hidden />} onClick={() => void disk.refetch()} loading={disk.isFetching}>
          Count again
        </Button>
      </Group>
      {disk.error ? (
        <ErrorBox error={disk.error} />
      ) : !data ? (
        <Loading rows={5} />
      ) : (
        <>
          <Text size="sm">
            {bytesText(data.bytes)} in the data directory{data.free_bytes != null && `, ${bytesText(data.free_bytes)} free on its disk`}.
          </Text>
          {data.free_bytes != null && <Progress value={(data.bytes / whole) * 100} aria-label={`${bytesText(data.bytes)} of ${bytesText(whole)} that the data directory may have`} />}
          <Table.ScrollContainer minWidth={480} type="native" tabIndex={0} role="region" aria-label="Parts of the data directory">
            <Table verticalSpacing={6}>
              <Table.Thead>
                <Table.Tr>
                  <Table.Th>Part</Table.Th>
                  <Table.Th w="40%">Share</Table.Th>
                  <Table.Th ta="right">Size</Table.Th>
                  <Table.Th ta="right">Files</Table.Th>
                </Table.Tr>
              </Table.Thead>
              <Table.Tbody>
                {data.parts.map((part) => (
                  <Table.Tr key={part.name}>
                    <Table.Td>{part.name}</Table.Td>
                    <Table.Td>
                      <Progress value={(part.bytes / most) * 100} aria-label={`${part.name}: ${bytesText(part.bytes)}`} />
                    </Table.Td>
                    <Table.Td ta="right" className="tabular nowrap">
                      {bytesText(part.bytes)}
                    </Table.Td>
                    <Table.Td ta="right" className="tabular">
                      {part.files.toLocaleString()}
                    </Table.Td>
                  </Table.Tr>
                ))}
              </Table.Tbody>
            </Table>
          </Table.ScrollContainer>
        </>
      )}
    </Stack>
  );
}
