import { Tooltip } from '@mantine/core';
import { useSyncExternalStore } from 'react';

// One clock for all that ticks on a page.
let now = Date.now();
let timer: ReturnType<typeof setInterval> | undefined;
const watchers = new Set<() => void>();

function subscribe(watcher: () => void): () => void {
  watchers.add(watcher);
  if (timer === undefined) {
    // It stood still while nobody looked.
    now = Date.now();
    timer = setInterval(() => {
      now = Date.now();
      for (const each of [...watchers]) each();
    }, 1000);
  }

  return () => {
    watchers.delete(watcher);
    if (watchers.size === 0) {
      clearInterval(timer);
      timer = undefined;
    }
  };
}

/** The time in milliseconds, moving once a second. */
export const useNow = (): number => useSyncExternalStore(subscribe, () => now);

const exact = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'long' });
const dayOf = new Intl.DateTimeFormat(undefined, { month: 'short', day: 'numeric', hour: '2-digit', minute: '2-digit' });
const relative = new Intl.RelativeTimeFormat(undefined, { numeric: 'auto', style: 'long' });

/** An instant in the viewer's zone, whole. */
export const exactTime = (at: string | number | Date): string => exact.format(new Date(at));

/** "3 minutes ago", "in 2 hours", or the day where that is long away. */
export function relativeTime(at: string | number, from: number): string {
  const seconds = Math.round((new Date(at).getTime() - from) / 1000);
  const size = Math.abs(seconds);
  if (size < 5) return 'just now';
  if (size < 60) return relative.format(seconds, 'second');
  if (size < 3600) return relative.format(Math.trunc(seconds / 60), 'minute');
  if (size < 36 * 3600) return relative.format(Math.trunc(seconds / 3600), 'hour');
  return dayOf.format(new Date(at));
}

/** An instant, near to now in words; the exact value on hover and focus. */
export function Time({ at, prefix }: { at: string | null | undefined; prefix?: string }) {
  const current = useNow();
  if (!at) return <span>–</span>;
  return (
    <Tooltip label={`${exactTime(at)} (${at})`} events={{ hover: true, focus: true, touch: true }}>
      <time dateTime={at} className="nowrap">
        {prefix}
        {relativeTime(at, current)}
      </time>
    </Tooltip>
  );
}

/** Milliseconds as people say them: 85 ms, 4.2 s, 3 m 12 s, 2 h 5 m. */
export function durationText(ms: number): string {
  if (ms < 1000) return `${Math.max(0, Math.round(ms))} ms`;
  if (ms < 60_000) return `${(ms / 1000).toFixed(ms < 10_000 ? 1 : 0)} s`;
  const minutes = Math.floor(ms / 60_000);
  if (minutes < 60) return `${minutes} m ${Math.floor((ms % 60_000) / 1000)} s`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return `${hours} h ${minutes % 60} m`;
  return `${Math.floor(hours / 24)} d ${hours % 24} h`;
}

/** How long something took, or takes so far. */
export function Duration({ from, to }: { from: string | null | undefined; to?: string | null | undefined }) {
  return from ? to ? <span className="nowrap tabular">{durationText(Date.parse(to) - Date.parse(from))}</span> : <Ticking from={from} /> : <span>–</span>;
}

function Ticking({ from }: { from: string }) {
  const current = useNow();
  return <span className="nowrap tabular">{durationText(Math.max(0, current - Date.parse(from)))}</span>;
}
