/** The query of an address: texts by name. A page reads what it knows and ignores the rest. */
export type Texts = Record<string, string | undefined>;

/** Keeps the texts of a query. */
export const texts = (search: Record<string, unknown>): Texts =>
  Object.fromEntries(Object.entries(search).filter((entry): entry is [string, string] => typeof entry[1] === 'string'));
