import { describe, expect, it } from 'vitest';
import { cronPresets, cronWords, timeIn } from './cron-text';

describe('a cron expression in words', () => {
  it('counts the days of the week as its syntax does', () => {
    expect(cronWords('0 13 * * 1', 'five')).toContain('Monday');
    expect(cronWords('0 0 13 ? * 2', 'quartz')).toContain('Monday');
    expect(cronWords('0 0 2 * * ?', 'quartz')).toContain('02:00');
  });

  it('has none for what is no expression, or one of the other syntax', () => {
    expect(cronWords('', 'five')).toBeUndefined();
    expect(cronWords('0 0 2 * * ?', 'five')).toBeUndefined();
    expect(cronWords('0 2 * * *', 'quartz')).toBeUndefined();
    expect(cronWords('a b c d e', 'five')).toBeUndefined();
  });

  it('has one for each preset', () => {
    for (const kind of ['five', 'quartz'] as const) for (const preset of cronPresets[kind]) expect(cronWords(preset.cron, kind)).toBeTruthy();
  });

  it('is shown on the wall clock of a zone', () => {
    expect(timeIn('America/New_York', '2026-07-01T12:00:00Z')).toContain('08:00');
  });
});
