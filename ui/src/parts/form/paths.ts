/** Settings of a job: what its dialect's API takes, kept whole, also what no form knows. */
export type Settings = Record<string, unknown>;

/** Where something stands in settings. */
export type Path = readonly (string | number)[];

/** `tasks[2].depends_on[0]`, as the server names fields. */
export const pathText = (path: Path): string => path.reduce<string>((text, part) => (typeof part === 'number' ? `${text}[${part}]` : text ? `${text}.${part}` : part), '');

/** The path of a field's name; also of `tasks.2.command` and `tasks["a.b"]`. */
export function readPath(field: string): (string | number)[] {
  const parts: (string | number)[] = [];
  for (const [, plain, index, quoted] of field.matchAll(/([^.[\]]+)|\[(\d+)\]|\["?([^\]"]*)"?\]/g)) {
    const part = plain ?? index ?? quoted ?? '';
    parts.push(index !== undefined || (plain !== undefined && parts.length > 0 && /^\d+$/.test(plain)) ? Number(part) : part);
  }
  return parts;
}

/** What stands at a path, or undefined. */
export function at(value: unknown, path: Path): unknown {
  let now = value;
  for (const part of path) {
    if (typeof now !== 'object' || now === null || !Object.hasOwn(now, part)) return undefined;
    now = (now as Record<string | number, unknown>)[part];
  }
  return now;
}

/** Parts that mean nothing when nothing is in them: they go with their last member. */
const optional: readonly (string | number)[] = ['git_source', 'retries', 'email_notifications', 'webhook_notifications', 'notification_settings', 'queue'];

/** The same with another value at a path; objects and lists on the way are made, undefined removes. Nothing is changed in place. */
export function put<T>(value: T, path: Path, next: unknown): T {
  const [part, ...rest] = path;
  if (part === undefined) return next as T;
  if (typeof part === 'number') {
    const list = Array.isArray(value) ? [...(value as unknown[])] : [];
    if (rest.length === 0 && next === undefined) list.splice(part, 1);
    else list[part] = put(list[part], rest, next);
    return list as T;
  }
  const map: Settings = asMap(value);
  const child = rest.length === 0 ? next : put(map[part], rest, next);
  if (child === undefined || (next === undefined && optional.includes(part) && Object.keys(asMap(child)).length === 0)) {
    const { [part]: _, ...kept } = map;
    return kept as T;
  }
  return { ...map, [part]: child } as T;
}

/** An object, or an empty one for anything else. */
export const asMap = (value: unknown): Settings => (typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Settings) : {});

/** A list, or an empty one for anything else. */
export const asList = (value: unknown): unknown[] => (Array.isArray(value) ? (value as unknown[]) : []);

/** A text; numbers and truth values as they are written; anything else as JSON, nothing for nothing. */
export const asText = (value: unknown): string =>
  typeof value === 'string' ? value : value === undefined || value === null ? '' : typeof value === 'object' ? JSON.stringify(value) : String(value as number);

/** Texts of a list. */
export const asTexts = (value: unknown): string[] => asList(value).map(asText);
