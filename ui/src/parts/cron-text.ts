import cronstrue from 'cronstrue';

/** Five fields, as crontabs have them, or Quartz's six or seven with seconds first. */
export type CronKind = 'five' | 'quartz';

/** A cron expression in words, or undefined for one that has none. */
export function cronWords(cron: string, kind: CronKind): string | undefined {
  const fields = cron.trim().split(/\s+/).length;
  if (cron.trim() === '' || (kind === 'five' ? fields !== 5 : fields < 6 || fields > 7)) return undefined;
  try {
    return cronstrue.toString(cron, { use24HourTimeFormat: true, dayOfWeekStartIndexZero: kind === 'five', verbose: true });
  } catch {
    return undefined;
  }
}

/** What people mostly want. */
export const cronPresets: Record<CronKind, readonly { label: string; cron: string }[]> = {
  five: [
    { label: 'Every hour', cron: '0 * * * *' },
    { label: 'Every day', cron: '0 2 * * *' },
    { label: 'Weekdays', cron: '0 8 * * 1-5' },
    { label: 'Every week', cron: '0 3 * * 1' },
    { label: 'Every month', cron: '0 3 1 * *' },
  ],
  quartz: [
    { label: 'Every hour', cron: '0 0 * * * ?' },
    { label: 'Every day', cron: '0 0 2 * * ?' },
    { label: 'Weekdays', cron: '0 0 8 ? * MON-FRI' },
    { label: 'Every week', cron: '0 0 3 ? * MON' },
    { label: 'Every month', cron: '0 0 3 1 * ?' },
  ],
};

/** The zone of this browser. */
export const ownZone = (): string => Intl.DateTimeFormat().resolvedOptions().timeZone || 'UTC';

/** All zones of the browser's data, UTC first. */
export function zones(): string[] {
  const all = typeof Intl.supportedValuesOf === 'function' ? Intl.supportedValuesOf('timeZone') : [];
  return ['UTC', ...all.filter((zone) => zone !== 'UTC')];
}

/** An instant on the wall clock of a zone. */
export function timeIn(zone: string, at: string): string {
  try {
    return new Intl.DateTimeFormat(undefined, { weekday: 'short', day: 'numeric', month: 'short', year: 'numeric', hour: '2-digit', minute: '2-digit', hour12: false, timeZone: zone }).format(new Date(at));
  } catch {
    return at;
  }
}
