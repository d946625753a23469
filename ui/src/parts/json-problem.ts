import type { CodeProblem } from './code';

/** What is wrong with a text that should be JSON, and where; undefined when nothing is. */
export function jsonProblem(text: string): CodeProblem | undefined {
  const stop = stopOf(text);
  if (!stop) return undefined;
  const found = stop.at >= text.length ? 'the text ends' : `“${text.slice(stop.at, stop.at + 12).split('\n')[0]}” stands there`;
  return { from: stop.at, to: Math.min(stop.at + 1, text.length), message: `This is no JSON: ${stop.expected} is expected, but ${found}.` };
}

/** The same, where an object is wanted: nothing else will do. */
export function objectProblem(text: string): CodeProblem | undefined {
  const problem = jsonProblem(text);
  if (problem) return problem;
  const value: unknown = JSON.parse(text);
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? undefined : { from: 0, to: text.length, message: 'An object is expected here, such as {"my-param": 1}.' };
}

/** "line 3, column 7" of an offset. */
export function positionText(text: string, offset: number): string {
  const before = text.slice(0, offset).split('\n');
  return `line ${before.length}, column ${(before.at(-1)?.length ?? 0) + 1}`;
}

const space = /[ \t\n\r]*/y;
const plainValue = /(?:true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?)/y;
const string = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y;

/** Where a text stops being JSON, and what was expected there. Browsers do not always say where, and each in its own way. */
function stopOf(text: string): { at: number; expected: string } | undefined {
  let at = 0;
  const take = (pattern: RegExp): boolean => {
    pattern.lastIndex = at;
    const found = pattern.exec(text);
    if (found) at += found[0].length;
    return found !== null;
  };
  // What is open, innermost last: no recursion, so that no depth is too deep.
  const open: ('{' | '[')[] = [];
  let state: 'value' | 'first value' | 'first name' | 'name' | 'after' = 'value';
  for (;;) {
    take(space);
    const next = text[at];
    const closes = open.at(-1) === '{' ? '}' : ']';
    if (state === 'after') {
      if (open.length === 0) return at < text.length ? { at, expected: 'nothing more' } : undefined;
      if (next === closes) {
        at++;
        open.pop();
      } else if (next === ',') {
        at++;
        state = open.at(-1) === '{' ? 'name' : 'value';
      } else return { at, expected: `"," or "${closes}"` };
    } else if ((state === 'first name' || state === 'first value') && next === closes) {
      at++;
      open.pop();
      state = 'after';
    } else if (state === 'first name' || state === 'name') {
      if (!take(string)) return { at, expected: `a name in double quotes${state === 'first name' ? ' or "}"' : ''}` };
      take(space);
      if (text[at] !== ':') return { at, expected: '":"' };
      at++;
      state = 'value';
    } else if (next === '{' || next === '[') {
      at++;
      open.push(next);
      state = next === '{' ? 'first name' : 'first value';
    } else if (take(string) || take(plainValue)) state = 'after';
    else return { at, expected: next === '"' ? 'a text that ends with a double quote, on one line' : 'a value' };
  }
}
