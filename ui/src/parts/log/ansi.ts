/** A stretch of a line that looks the same. */
export interface Span {
  text: string;
  /** CSS classes, or nothing. */
  look: string;
  /** A colour beyond the sixteen that have names. */
  color?: string;
  background?: string;
}

interface Pen {
  color?: string | undefined;
  background?: string | undefined;
  bold: boolean;
  dim: boolean;
  italic: boolean;
  underline: boolean;
  reverse: boolean;
}

const plain = (): Pen => ({ bold: false, dim: false, italic: false, underline: false, reverse: false });

// What terminals take for commands: CSI with its parameters, OSC up to its end, and two-character escapes.
// eslint-disable-next-line no-control-regex
const escapes = /\u001b\[([0-9;:?<=>]*)([@-~])|\u001b\][^\u0007\u001b]*(?:\u0007|\u001b\\)?|\u001b[@-Z\\^_]|[\u0000-\u0008\u000b\u000c\u000e-\u001a\u001c-\u001f\u007f]/g;

/** A line as a terminal would leave it on the screen: what a carriage return wrote over is gone. */
export function overwritten(line: string): string {
  const text = line.endsWith('\r') ? line.slice(0, -1) : line;
  return text.includes('\r') ? text.slice(text.lastIndexOf('\r') + 1) || text.split('\r').findLast((part) => part !== '') || '' : text;
}

/** A line without what would colour it, for searching and copying. */
export const bare = (line: string): string => overwritten(line).replace(escapes, '');

/** The stretches of a line by its ANSI colours. All other commands of terminals are left out. */
export function spansOf(line: string): Span[] {
  const text = overwritten(line);
  if (!text.includes('\u001b')) return text === '' ? [] : [{ text: text.replace(escapes, ''), look: '' }];
  const spans: Span[] = [];
  let pen = plain();
  let at = 0;
  const add = (part: string): void => {
    if (part !== '') spans.push(spanOf(part, pen));
  };
  for (const found of text.matchAll(escapes)) {
    add(text.slice(at, found.index));
    at = found.index + found[0].length;
    if (found[2] === 'm') pen = drawn(pen, found[1] ?? '');
  }
  add(text.slice(at));
  return spans;
}

function drawn(before: Pen, parameters: string): Pen {
  let pen = { ...before };
  const codes = parameters.split(/[;:]/).map((code) => (code === '' ? 0 : Number(code)));
  for (let at = 0; at < codes.length; at++) {
    const code = codes[at]!;
    if (code === 0) pen = plain();
    else if (code === 1) pen.bold = true;
    else if (code === 2) pen.dim = true;
    else if (code === 3) pen.italic = true;
    else if (code === 4) pen.underline = true;
    else if (code === 7) pen.reverse = true;
    else if (code === 22) pen.bold = pen.dim = false;
    else if (code === 23) pen.italic = false;
    else if (code === 24) pen.underline = false;
    else if (code === 27) pen.reverse = false;
    else if (code >= 30 && code <= 37) pen.color = String(code - 30);
    else if (code >= 90 && code <= 97) pen.color = String(code - 82);
    else if (code === 39) pen.color = undefined;
    else if (code >= 40 && code <= 47) pen.background = String(code - 40);
    else if (code >= 100 && code <= 107) pen.background = String(code - 92);
    else if (code === 49) pen.background = undefined;
    else if (code === 38 || code === 48) {
      const [color, taken] = wide(codes, at + 1);
      if (code === 38) pen.color = color;
      else pen.background = color;
      at += taken;
    }
  }
  return pen;
}

/** A colour of the 256, or of red, green and blue; and how many codes it took. */
function wide(codes: number[], at: number): [string | undefined, number] {
  if (codes[at] === 2) {
    const parts = codes.slice(at + 1, at + 4);
    return [parts.length === 3 ? `rgb(${parts.map((part) => Math.min(255, part || 0)).join(',')})` : undefined, 4];
  }
  if (codes[at] !== 5) return [undefined, codes.length - at];
  const index = codes[at + 1] ?? 0;
  if (index < 16) return [String(index), 2];
  if (index >= 232) return [`rgb(${Array(3).fill(8 + (index - 232) * 10).join(',')})`, 2];
  const cube = index - 16;
  const level = (step: number): number => (step === 0 ? 0 : 55 + step * 40);
  return [`rgb(${level(Math.floor(cube / 36))},${level(Math.floor(cube / 6) % 6)},${level(cube % 6)})`, 2];
}

function spanOf(text: string, pen: Pen): Span {
  const looks: string[] = [];
  const span: Span = { text, look: '' };
  if (pen.color?.startsWith('rgb')) span.color = pen.color;
  else if (pen.color) looks.push(`ansi-${pen.color}`);
  if (pen.background?.startsWith('rgb')) span.background = pen.background;
  else if (pen.background) looks.push(`ansi-on-${pen.background}`);
  for (const flag of ['bold', 'dim', 'italic', 'underline', 'reverse'] as const) if (pen[flag]) looks.push(`ansi-${flag}`);
  span.look = looks.join(' ');
  return span;
}
