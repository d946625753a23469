import { asMap, asText, type Settings } from '../../../../parts/form/paths';

/** Members of a job that v2 shows and nobody sends. */
const shown = ['id', 'project', 'creator', 'owner', 'created_at', 'updated_at', 'english_schedule', 'type', 'share_token'];

/** Members that mean nothing when they are empty. */
const empty = ['schedule', 'parent_id', 'arguments', 'runtime_identifier', 'success_recipients', 'failure_recipients', 'timeout_recipients', 'stopped_recipients', 'kernel'];

/** A job as v2 shows it, as the form edits it: variables as an object, numbers as numbers, nothing that is empty. */
export function toForm(job: Settings): Settings {
  const kept = Object.entries(job).filter(([name, value]) => !shown.includes(name) && !(empty.includes(name) && value === '') && !(Array.isArray(value) && value.length === 0));
  const settings: Settings = Object.fromEntries(kept);
  settings.environment = readMap(job.environment);
  if (typeof job.timeout === 'string') settings.timeout = Number(job.timeout);
  return settings;
}

function readMap(value: unknown): Settings {
  if (typeof value !== 'string') return asMap(value);
  try {
    return asMap(JSON.parse(value));
  } catch {
    return {};
  }
}

/** What a change sends: the members that differ, and what was taken away as v2 takes it away. */
export function changes(before: Settings, after: Settings): Settings {
  const sent: Settings = {};
  for (const name of new Set([...Object.keys(before), ...Object.keys(after)])) {
    if (JSON.stringify(before[name]) === JSON.stringify(after[name])) continue;
    sent[name] = after[name] ?? nothing(before[name]);
  }
  return sent;
}

const nothing = (was: unknown): unknown => (Array.isArray(was) ? [] : typeof was === 'object' && was !== null ? {} : typeof was === 'number' ? 0 : typeof was === 'boolean' ? false : '');

/** How a job starts. */
export type Type = 'manual' | 'recurring' | 'dependent';

export const typeOf = (settings: Settings): Type => (settings.schedule !== undefined ? 'recurring' : settings.parent_id !== undefined ? 'dependent' : 'manual');

/** The number that stands in a job's page and start address: `0000-0000-0000-0208` is 208. */
export const numberOf = (id: unknown): string => String(Number(asText(id).replaceAll('-', '')));
