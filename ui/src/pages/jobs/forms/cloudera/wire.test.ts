import { describe, expect, it } from 'vitest';
import { changes, numberOf, toForm, typeOf } from './wire';

const job = { id: '0000-0000-0000-0208', name: 'Analyse', script: 'analyse.py', environment: '{"A":"1"}', timeout: '60', schedule: '0 13 * * 1', timezone: 'UTC', parent_id: '', attachments: [], type: 'cron', owner: {} };

describe('a job of Cloudera', () => {
  it('is edited as objects and numbers', () => {
    expect(toForm(job)).toEqual({ name: 'Analyse', script: 'analyse.py', environment: { A: '1' }, timeout: 60, schedule: '0 13 * * 1', timezone: 'UTC' });
    expect(numberOf(job.id)).toBe('208');
  });

  it('sends what was changed alone, and takes away what was removed', () => {
    const before = toForm(job);
    const { schedule: _, ...rest } = before;
    expect(changes(before, { ...rest, parent_id: '7', name: 'Analyse' })).toEqual({ schedule: '', parent_id: '7' });
    expect(changes(before, before)).toEqual({});
  });

  it('is of the type that its schedule or parent says', () => {
    expect(typeOf({})).toBe('manual');
    expect(typeOf({ schedule: '' })).toBe('recurring');
    expect(typeOf({ parent_id: '' })).toBe('dependent');
  });
});
