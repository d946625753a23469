import { isMap, isNode, isScalar, isSeq, parseDocument, stringify, type Node } from 'yaml';
import type { CodeProblem } from './code-editor';
import { asMap, readPath, type Settings } from './form/paths';

/** How settings are written. */
export type Format = 'json' | 'yaml';

/** A text of settings, read. */
export interface ReadText {
  /** What it says; absent while it cannot be read. */
  value?: Settings;
  /** What is wrong with it as a text. */
  problems: CodeProblem[];
}

/** Settings as a text. */
export const writeSettings = (value: unknown, format: Format): string =>
  format === 'json' ? `${JSON.stringify(value, null, 2)}\n` : stringify(value, { lineWidth: 0, aliasDuplicateObjects: false });

/** Reads a text in either format: YAML has JSON in it. */
export function readSettings(text: string, format: Format): ReadText {
  if (format === 'json') {
    try {
      return whole(JSON.parse(text), text);
    } catch {
      // The YAML reader knows where the mistake is, and goes on after it.
    }
  }
  const read = parseDocument(text, { prettyErrors: false });
  if (read.errors.length > 0) return { problems: read.errors.map((error) => ({ from: error.pos[0], to: Math.max(error.pos[1], error.pos[0] + 1), message: error.message })) };
  try {
    return whole(read.toJS({ maxAliasCount: 50 }), text);
  } catch (error) {
    return { problems: [{ from: 0, to: text.length, message: error instanceof Error ? error.message : String(error) }] };
  }
}

function whole(value: unknown, text: string): ReadText {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? { value: asMap(value), problems: [] }
    : { problems: [{ from: 0, to: text.length, message: 'Settings are an object: names with values.' }] };
}

/** Puts what the server says about fields at their places in the text; what is not there, at what should hold it. */
export function placeProblems(text: string, said: readonly { message: string; field?: string | null | undefined }[]): CodeProblem[] {
  if (said.length === 0) return [];
  const root = parseDocument(text, { prettyErrors: false }).contents;
  return said.map(({ message, field }) => {
    const [from, to] = field ? rangeOf(root, readPath(field)) : startOf(root);
    return { from, to, message: field ? `${field}: ${message}` : message };
  });
}

function startOf(root: unknown): [number, number] {
  const from = isNode(root) ? (root.range?.[0] ?? 0) : 0;
  return [from, from + 1];
}

function rangeOf(root: unknown, path: readonly (string | number)[]): [number, number] {
  let now: unknown = root;
  let found = startOf(root);
  for (const part of path) {
    if (isMap(now)) {
      const pair = now.items.find((item) => isScalar(item.key) && String(item.key.value) === String(part));
      if (!pair) {
        // Some dialects name fields from a wrapper that stands in the request alone.
        if (now === root && part === 'new_settings') continue;
        break;
      }
      found = whereIs(pair.value) ?? whereIs(pair.key) ?? found;
      // Of what spans lines its name is marked, not all of it.
      if (isMap(pair.value) || isSeq(pair.value)) found = whereIs(pair.key) ?? found;
      now = pair.value;
    } else if (isSeq(now) && typeof part === 'number' && part < now.items.length) {
      now = now.items[part];
      const range = whereIs(now);
      if (range) found = isMap(now) || isSeq(now) ? [range[0], range[0] + 1] : range;
    } else break;
  }
  return found;
}

function whereIs(node: unknown): [number, number] | undefined {
  const range = isNode(node) ? (node as Node).range : undefined;
  return range ? [range[0], Math.max(range[1], range[0] + 1)] : undefined;
}
