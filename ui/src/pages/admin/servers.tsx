import { Badge, Stack, Table, Text, Title } from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { answer, api } from '../../api/client';
import { Confirm } from '../../parts/actions';
import { ErrorBox, Loading } from '../../parts/page';

const colors: Record<string, string> = { alive: 'green', draining: 'yellow', unreachable: 'red' };

/** The servers of the installation: who lives, who leads; taking one out of service. */
export function Servers() {
  const client = useQueryClient();
  const nodes = useQuery({ queryKey: ['nodes'], queryFn: () => answer(api.GET('/api/yard/v1/nodes')), refetchInterval: 5000 });
  const drain = async (name: string, draining: boolean) => {
    await answer(api.POST('/api/yard/v1/nodes/{name}/drain', { params: { path: { name } }, body: { draining } }));
    await client.invalidateQueries({ queryKey: ['nodes'] });
  };
  return (
    <Stack className="card" p="md" gap="xs" style={{ gridColumn: '1 / -1' }}>
      <Title order={2}>Servers</Title>
      {nodes.error ? (
        <ErrorBox error={nodes.error} retry={() => void nodes.refetch()} />
      ) : !nodes.data ? (
        <Loading rows={1} />
      ) : (
        <Table.ScrollContainer minWidth={560} type="native" tabIndex={0} role="region" aria-label="Servers">
          <Table verticalSpacing={6}>
            <Table.Thead>
              <Table.Tr>
                <Table.Th>Node</Table.Th>
                <Table.Th>State</Table.Th>
                <Table.Th>Address</Table.Th>
                <Table.Th>Version</Table.Th>
                <Table.Th ta="right">Slots</Table.Th>
                <Table.Th aria-label="Actions" />
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {nodes.data.nodes.map((node) => (
                <Table.Tr key={node.name}>
                  <Table.Td className="breaks">
                    {node.name}
                    {node.leads && (
                      <Text span size="sm" c="var(--text-muted)">
                        {' '}
                        leads
                      </Text>
                    )}
                  </Table.Td>
                  <Table.Td>
                    <Badge variant="light" color={colors[node.state] ?? 'gray'}>
                      {node.state === 'unreachable' ? `unreachable for ${Math.round(node.silent_seconds)} s` : node.state}
                    </Badge>
                  </Table.Td>
                  <Table.Td className="breaks">{node.url}</Table.Td>
                  <Table.Td>{node.version}</Table.Td>
                  <Table.Td ta="right" className="tabular">
                    {node.capacity.slots}
                  </Table.Td>
                  <Table.Td ta="right">
                    <Confirm
                      size="compact-sm"
                      label={node.state === 'draining' ? 'Give it work again' : 'Drain'}
                      title={node.state === 'draining' ? `Give ${node.name} work again` : `Drain ${node.name}`}
                      explain={
                        node.state === 'draining'
                          ? 'It takes new work again. A server that has ended already has to be started on its machine.'
                          : 'It gets no new work. What runs there runs to its end; then its server ends, and has to be started again on its machine.'
                      }
                      confirm={node.state === 'draining' ? 'Give it work' : 'Drain'}
                      action={() => drain(node.name, node.state !== 'draining')}
                    />
                  </Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        </Table.ScrollContainer>
      )}
    </Stack>
  );
}
