import { Table, Text } from '@mantine/core';
import { IconArrowsDiff } from '@tabler/icons-react';
import type { ValuePair } from './pairs';

/** Values of two runs by name; those that differ are marked. */
export function ValueTable({ rows, first }: { rows: readonly ValuePair[]; first: string }) {
  return (
    <Table.ScrollContainer minWidth={520} className="card" type="native">
      <Table layout="fixed">
        <Table.Thead>
          <Table.Tr>
            <Table.Th>{first}</Table.Th>
            <Table.Th>A</Table.Th>
            <Table.Th>B</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {rows.map((row) => (
            <Table.Tr key={row.name} className={row.a === row.b ? undefined : 'value-differs'}>
              <Table.Td className="breaks">
                {row.a !== row.b && <IconArrowsDiff size={13} aria-label="Differs" style={{ marginRight: 6, verticalAlign: -2 }} />}
                {row.name}
              </Table.Td>
              <Value text={row.a} />
              <Value text={row.b} />
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}

function Value({ text }: { text: string | undefined }) {
  return (
    <Table.Td className="breaks" style={{ verticalAlign: 'top' }}>
      {text === undefined ? (
        <Text size="sm" c="var(--text-muted)" component="span">
          none
        </Text>
      ) : (
        <span className="mono value-text">{text.length > 2000 ? `${text.slice(0, 2000)}…` : text}</span>
      )}
    </Table.Td>
  );
}
