import { expect, test } from 'vitest';
import { scheduleOf } from './schedule';

test('each dialect writes its schedule in its own fields', () => {
  const of = (settings: unknown) => scheduleOf({ settings, trigger: 'cron' });
  expect(of({ schedule: { cron: '0 30 2 ? * MON-FRI', zone: 'Europe/Berlin' } })).toMatchObject({ cron: '0 30 2 ? * MON-FRI', zone: 'Europe/Berlin' });
  expect(of({ schedule: { quartz_cron_expression: '0 15 10 ? * 2L', timezone_id: 'Asia/Tokyo' } })).toMatchObject({ cron: '0 15 10 ? * 2L', zone: 'Asia/Tokyo' });
  expect(of({ schedule: '0 3 * * 1', timezone: 'America/Los_Angeles' })).toMatchObject({ cron: '0 3 * * 1', zone: 'America/Los_Angeles' });
  expect(of({})).toBeUndefined();
  expect(scheduleOf({ settings: { schedule: '0 3 * * 1' }, trigger: 'manual' })).toBeUndefined();
});

test('the number of fields says how weekdays count', () => {
  const words = (schedule: string) => scheduleOf({ settings: { schedule }, trigger: 'cron' })?.words;
  expect(words('0 3 * * 1')).toContain('Monday');
  expect(words('0 0 3 ? * 2')).toContain('Monday');
  expect(words('nonsense')).toBeUndefined();
});
