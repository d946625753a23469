import { Table } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { answer, api } from '../../api/client';
import type { Run } from '../../api/types';
import { Empty, ErrorBox, Loading } from '../../parts/page';
import { Time } from '../../parts/time';

/** Who was told of a run by webhook or mail, and what became of it. */
export function NoticesTab({ run }: { run: Run }) {
  const query = useQuery({ queryKey: ['run', run.id, 'notices', run.state], queryFn: () => answer(api.GET('/api/yard/v1/runs/{id}/notices', { params: { path: { id: run.id } } })), refetchInterval: (last) => (last.state.data?.notices.some((notice) => notice.next_try_at) ? 5_000 : false) });
  if (query.error) return <ErrorBox error={query.error} retry={() => void query.refetch()} />;
  if (!query.data) return <Loading rows={3} />;
  if (query.data.notices.length === 0) return <Empty title="Nobody was told">A job's settings say who is told, by webhook or mail, when its runs start, fail or succeed.</Empty>;
  return (
    <Table.ScrollContainer minWidth={640} className="card" type="native">
      <Table>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>To</Table.Th>
            <Table.Th>By</Table.Th>
            <Table.Th>Of</Table.Th>
            <Table.Th>State</Table.Th>
            <Table.Th>Tries</Table.Th>
            <Table.Th>When</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {query.data.notices.map((notice) => (
            <Table.Tr key={notice.id}>
              <Table.Td className="breaks">{notice.to}</Table.Td>
              <Table.Td>{notice.kind}</Table.Td>
              <Table.Td>{notice.event.replaceAll('_', ' ')}</Table.Td>
              <Table.Td className="breaks">
                {notice.state.replaceAll('_', ' ')}
                {notice.problem && `: ${notice.problem}`}
              </Table.Td>
              <Table.Td className="tabular">{notice.tries}</Table.Td>
              <Table.Td>{notice.next_try_at ? <Time at={notice.next_try_at} prefix="again " /> : <Time at={notice.tried_at ?? notice.made_at} />}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}
