import type { Job } from '../../../api/types';
import { cronWords } from '../../../parts/cron-text';

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
  return { cron, zone, words: cronWords(cron, cron.trim().split(/\s+/).length === 5 ? 'five' : 'quartz') };
}
