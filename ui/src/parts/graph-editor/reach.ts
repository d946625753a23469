/** What depends on what: `to` depends on `from`. */
export interface Link {
  from: string;
  to: string;
}

/** Whether one leads to the other, directly or over others. */
export function leadsTo(links: readonly Link[], from: string, to: string): boolean {
  const next = new Map<string, string[]>();
  for (const link of links) next.set(link.from, [...(next.get(link.from) ?? []), link.to]);
  const seen = new Set<string>([from]);
  const open = [from];
  for (let now = open.pop(); now !== undefined; now = open.pop()) {
    if (now === to) return true;
    for (const each of next.get(now) ?? []) {
      if (!seen.has(each)) {
        seen.add(each);
        open.push(each);
      }
    }
  }
  return false;
}

/** A name that is not taken: base, base_2, base_3, ... */
export function freeName(base: string, taken: readonly string[]): string {
  if (!taken.includes(base)) return base;
  for (let count = 2; ; count++) if (!taken.includes(`${base}_${count}`)) return `${base}_${count}`;
}
