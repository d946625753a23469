/** A variable as the table has it; `id` tells rows apart while names are typed. */
export interface Variable {
  id: number;
  name: string;
  value: string;
}

/** Rows of a table, by name. */
export const rowsOf = (environment: Readonly<Record<string, string>>): Variable[] =>
  Object.entries(environment)
    .sort(([a], [b]) => a.localeCompare(b))
    .map(([name, value], id) => ({ id, name, value }));

/** Names that stand twice: of two values one would be lost. */
export function twice(rows: readonly Variable[]): Set<string> {
  const seen = new Set<string>();
  const double = new Set<string>();
  for (const { name } of rows) {
    if (name && seen.has(name)) double.add(name);
    seen.add(name);
  }
  return double;
}

/** What the server is sent; rows without name and value are left out. */
export const environmentOf = (rows: readonly Variable[]): Record<string, string> => Object.fromEntries(rows.filter((row) => row.name !== '' || row.value !== '').map((row) => [row.name, row.value]));
