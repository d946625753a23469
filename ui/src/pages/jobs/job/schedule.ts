import cronstrue from 'cronstrue';
import type { Job } from '../../../api/types';

/** A schedule as its job's settings write it. */
export interface Schedule {
  cron: string;
  zone: string;
  words: string | undefined;
}

const record = (value: unknown): Record<string, unknown> => (typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {});
const text = (value: unknown): string | undefined => (typeof value === 'string' && value.trim() !== '' ? value : undefined);

/** The cron schedule of a job, each dialect's in its own words. */
export function scheduleOf(job: Pick<Job, 'settings' | 'trigger'>): Schedule | undefined {
  if (job.trigger !== 'cron') return undefined;
  const settings = record(job.settings);
  const schedule = record(settings.schedule);
  const cron = text(schedule.cron) ?? text(schedule.quartz_cron_expression) ?? text(settings.schedule) ?? text(settings.cron_schedule);
  if (!cron) return undefined;
  const zone = text(schedule.zone) ?? text(schedule.timezone_id) ?? text(settings.timezone) ?? text(settings.time_zone) ?? text(settings.zone) ?? 'UTC';
  return { cron, zone, words: cronWords(cron) };
}

/** A cron expression in words: five fields count weekdays from Sunday 0, Quartz's six or seven from Sunday 1. */
export function cronWords(cron: string): string | undefined {
  try {
    return cronstrue.toString(cron, { use24HourTimeFormat: true, dayOfWeekStartIndexZero: cron.trim().split(/\s+/).length === 5 });
  } catch {
    return undefined;
  }
}
