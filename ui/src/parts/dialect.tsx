import { Badge } from '@mantine/core';

const names: Record<string, string> = { yard: 'Switchyard', databricks: 'Databricks', cloudera: 'Cloudera', orchest: 'Orchest', openpai: 'OpenPAI' };

/** All dialects. */
export const dialects: readonly string[] = Object.keys(names);

/** A dialect's name as people write it. */
export const dialectName = (dialect: string): string => names[dialect] ?? dialect;

/** Whose API a job or run came by. */
export function DialectBadge({ dialect }: { dialect: string }) {
  return (
    <Badge variant="default" tt="none" fw={500} size="sm">
      {dialectName(dialect)}
    </Badge>
  );
}
