/** What depends on what: `to` depends on `from`. */
export interface Link {
  from: string;
  to: string;
}

/** All that one leads to, directly or over others, itself with it. */
export function reached(links: readonly Link[], from: string): ReadonlySet<string> {
  const next = new Map<string, string[]>();
  for (const link of links) {
    const known = next.get(link.from);
    if (known) known.push(link.to);
    else next.set(link.from, [link.to]);
  }
  const seen = new Set<string>([from]);
  const open = [from];
  for (let now = open.pop(); now !== undefined; now = open.pop()) {
    for (const each of next.get(now) ?? []) {
      if (!seen.has(each)) {
        seen.add(each);
        open.push(each);
      }
    }
  }
  return seen;
}

/** Whether one leads to the other. */
export const leadsTo = (links: readonly Link[], from: string, to: string): boolean => reached(links, from).has(to);

/** A name that is not taken: base, base_2, base_3, ... */
export function freeName(base: string, taken: readonly string[]): string {
  const names = new Set(taken);
  if (!names.has(base)) return base;
  for (let count = 2; ; count++) if (!names.has(`${base}_${count}`)) return `${base}_${count}`;
}
