import type { Texts } from '../../../routes/search';
import type { RunFilters } from './run-pages';

/** Spans of time one often looks at; in the address as `within=24h`. */
export const spans: readonly { value: string; label: string; ms: number }[] = [
  { value: '1h', label: 'the last hour', ms: 3_600_000 },
  { value: '24h', label: 'the last 24 hours', ms: 24 * 3_600_000 },
  { value: '7d', label: 'the last 7 days', ms: 7 * 24 * 3_600_000 },
  { value: '30d', label: 'the last 30 days', ms: 30 * 24 * 3_600_000 },
];

/** What the address of a list of runs says, as the server is asked. A span counts back from the given instant, whole minutes, so that it stays one question. */
export function filtersOf(search: Texts, owner: string | null, now: number): RunFilters {
  const span = spans.find((each) => each.value === search.within);
  const from = span ? new Date(Math.floor((now - span.ms) / 60_000) * 60_000).toISOString() : instant(search.from);
  const to = instant(search.to);
  return {
    ...(search.job && Number.isSafeInteger(Number(search.job)) ? { job_id: Number(search.job) } : {}),
    ...(search.state ? { state: search.state } : {}),
    ...(search.dialect ? { dialect: search.dialect } : {}),
    ...(search.kind ? { kind: search.kind } : {}),
    ...(owner ? { owner } : {}),
    ...(from ? { created_from: from } : {}),
    ...(to ? { created_to: to } : {}),
  };
}

/** An instant of an address, or nothing where it is none. */
function instant(text: string | undefined): string | undefined {
  const at = text ? new Date(text) : undefined;
  return at && !Number.isNaN(at.getTime()) ? at.toISOString() : undefined;
}

/** An instant for a field of date and time, in the viewer's zone. */
export function localInput(text: string | undefined): string {
  const at = text ? new Date(text) : undefined;
  if (!at || Number.isNaN(at.getTime())) return '';
  return new Date(at.getTime() - at.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}
