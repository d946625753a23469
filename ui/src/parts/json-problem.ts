import type { CodeProblem } from './code';

/** What is wrong with a text that should be JSON, and where; undefined when nothing is. */
export function jsonProblem(text: string): CodeProblem | undefined {
  try {
    JSON.parse(text);
    return undefined;
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const at = offsetOf(text, message);
    return { from: at, to: Math.min(at + 1, text.length), message: `This is no JSON: ${plain(message)}` };
  }
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

/** Browsers say an offset, or line and column, or nothing when the text ends too early. */
function offsetOf(text: string, message: string): number {
  const offset = /position (\d+)/.exec(message);
  if (offset) return Math.min(Number(offset[1]), Math.max(0, text.length - 1));
  const place = /line (\d+) column (\d+)/.exec(message);
  if (!place) return Math.max(0, text.length - 1);
  const lines = text.split('\n').slice(0, Number(place[1]) - 1);
  return lines.reduce((sum, line) => sum + line.length + 1, 0) + Number(place[2]) - 1;
}

const plain = (message: string): string => message.replace(/^JSON\.parse: /, '').replace(/ in JSON at position.*$/, '').replace(/ at line \d+ column \d+ of the JSON data$/, '').replace(/ at position \d+.*$/, '').replace(/, "[\s\S]*$/, '').replace(/ \(line \d+ column \d+\)$/, '');
