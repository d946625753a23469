import { answer, api } from '../../api/client';
import { isTaskEnded, type Attempt } from '../../api/types';

/** A row that is looked at: a line by its number from 0, or the place where lines are missing. */
export type Row = number | 'dropped';

interface Slice {
  offset: number;
  next: number;
  first_line?: number;
  text: string;
  complete: boolean;
}

const blockLines = 256;
const mostBlocks = 64;
const mostChars = 16_000_000;
/** More than this in a window of time and the stream is let go: the end is looked up again instead. */
const floodChars = 4_000_000;
const floodMs = 500;
/** Logs below this are kept whole. */
const longBytes = 16 * 1024 * 1024;

interface Block {
  lines: (string | undefined)[];
  chars: number;
}

/**
 * An attempt's log as a window over lines: what is looked at is read from the server in slices, what is far from it is
 * forgotten, so memory does not grow with the log. While the attempt lives the end comes as server-sent events.
 */
export class LogSource {
  /** Lines the task wrote, also those that are not kept. */
  lines = 0;
  droppedFrom = 0;
  droppedLines = 0;
  droppedBytes = 0;
  bytes = 0;
  /** Nothing more will come. */
  complete = false;
  /** Whether the extent is known. */
  ready = false;
  /** The attempt as it was last read. */
  attempt: Attempt | undefined;
  error: unknown;

  private readonly blocks = new Map<number, Block>();
  private readonly inFlight = new Map<number, number>();
  private readonly abort = new AbortController();
  private wanted: [number, number] = [0, 0];
  private listeners = new Set<() => void>();
  private pending = false;
  private changes = 0;
  private stream: EventSource | undefined;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private next = 0;
  private openLine = 0;
  private openText = '';
  private flood = { since: 0, chars: 0 };
  private retryMs = 500;
  private measuredAt = 0;
  private closed = false;

  constructor(readonly attemptId: number) {}

  subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => {
      this.listeners.delete(listener);
    };
  };

  version = (): number => this.changes;

  /** How many rows there are to show. */
  get rows(): number {
    return this.droppedLines > 0 ? this.lines - this.droppedLines + 1 : this.lines;
  }

  /** What stands in a row. */
  rowAt(row: number): Row {
    if (this.droppedLines === 0 || row < this.droppedFrom) return row;
    return row === this.droppedFrom ? 'dropped' : row - 1 + this.droppedLines;
  }

  /** The row in which a line stands. */
  rowOf(line: number): number {
    if (this.droppedLines === 0 || line < this.droppedFrom) return line;
    return line < this.droppedFrom + this.droppedLines ? this.droppedFrom : line + 1 - this.droppedLines;
  }

  /** A line's text; undefined while it is not here. */
  line(number: number): string | undefined {
    return this.blocks.get(Math.floor(number / blockLines))?.lines[number % blockLines];
  }

  /** What is known of the log from its attempt. */
  private extent(log: NonNullable<Attempt['log']>, ended: boolean): void {
    const from = this.droppedFrom + this.droppedLines;
    this.droppedFrom = log.dropped_from;
    this.droppedLines = log.dropped_lines;
    this.droppedBytes = log.dropped_bytes;
    this.bytes = Math.max(log.bytes, this.bytes);
    if (this.stream === undefined || ended) this.lines = Math.max(log.lines, this.lines);
    this.complete = ended && log.complete;
    // What was near the missing part may be missing now.
    if (this.droppedFrom + this.droppedLines !== from)
      for (const key of [...this.blocks.keys()]) if ((key + 1) * blockLines > this.droppedFrom && key * blockLines <= this.droppedFrom + this.droppedLines) this.blocks.delete(key);
    this.ready = true;
    this.changed();
  }

  /** Asks for the lines that are looked at; others may be forgotten. */
  want(from: number, to: number): void {
    this.wanted = [from, to];
    this.pump();
  }

  /** Reads the log's extent and follows it while it grows. */
  async open(): Promise<void> {
    if (this.closed || this.stream || this.complete) return;
    try {
      await this.measure();
      this.retryMs = 500;
      if (!this.complete && !this.closed) await this.follow();
    } catch (error) {
      if (this.closed) return;
      this.error = error;
      this.changed();
      this.later(() => void this.open(), this.retryMs);
      this.retryMs = Math.min(this.retryMs * 2, 10_000);
    }
  }

  /** Stops to follow, while nobody looks. */
  rest(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    this.stream?.close();
    this.stream = undefined;
  }

  close(): void {
    this.closed = true;
    this.rest();
    this.abort.abort();
    this.listeners.clear();
  }

  private async measure(): Promise<void> {
    const attempt = await answer(api.GET('/api/yard/v1/attempts/{id}', { params: { path: { id: this.attemptId } }, signal: this.abort.signal }));
    this.error = undefined;
    this.attempt = attempt;
    this.measuredAt = Date.now();
    if (attempt.log) this.extent(attempt.log, isTaskEnded(attempt.state));
  }

  /** Begins at the last line, whose number the server tells, and goes on from there. */
  private async follow(): Promise<void> {
    const tail = await this.read({ tail: 1, bytes: 65_536 });
    if (this.closed || this.stream) return;
    this.next = tail.next;
    const whole = tail.text.endsWith('\n');
    this.openLine = (tail.first_line ?? 0) + (whole ? 1 : 0);
    this.openText = '';
    if (tail.text !== '' && !whole) this.write(tail.text);
    else this.lines = this.openLine;
    this.flood = { since: Date.now(), chars: 0 };
    const stream = new EventSource(`/api/yard/v1/attempts/${this.attemptId}/log/follow?offset=${this.next}`);
    this.stream = stream;
    stream.addEventListener('log', (event) => this.grown(JSON.parse((event as MessageEvent<string>).data) as Slice));
    stream.addEventListener('end', () => {
      // The last of it, or one that has not begun: the attempt tells.
      this.again(isTaskEnded(this.attempt?.state ?? '') ? 0 : 1_000);
    });
    // The browser would ask for the first offset again; this goes on from the last.
    stream.onerror = () => this.again(this.retryMs);
    this.changed();
  }

  private grown(slice: Slice): void {
    this.bytes = Math.max(this.bytes, slice.next);
    const now = Date.now();
    if (now - this.flood.since > floodMs) this.flood = { since: now, chars: 0 };
    this.flood.chars += slice.text.length;
    // A jump of the offset is a part that was not kept; only the server knows which line comes after it.
    const jumped = slice.next - slice.offset > 4 * slice.text.length + 64;
    if (jumped || this.flood.chars > floodChars) {
      this.again(700);
      return;
    }
    this.next = slice.next;
    this.write(slice.text);
    // Of a long log the middle goes while it grows.
    if (this.bytes > longBytes && now - this.measuredAt > 1_000) {
      this.measuredAt = now;
      void this.measure().catch(() => undefined);
    }
  }

  private again(ms: number): void {
    this.rest();
    if (!this.closed) this.later(() => void this.open(), ms);
  }

  private later(action: () => void, ms: number): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(action, ms);
  }

  private write(text: string): void {
    const parts = text.split('\n');
    for (const [index, part] of parts.entries()) {
      this.openText += part;
      if (index === parts.length - 1) break;
      this.put(this.openLine, this.openText);
      this.openLine++;
      this.openText = '';
    }
    if (this.openText.length > 100_000) this.openText = `…${this.openText.slice(-50_000)}`;
    if (this.openText !== '') this.put(this.openLine, this.openText);
    this.lines = this.openLine + (this.openText === '' ? 0 : 1);
    this.evict();
    this.changed();
  }

  private put(line: number, text: string): void {
    const key = Math.floor(line / blockLines);
    let block = this.blocks.get(key);
    if (!block) this.blocks.set(key, (block = { lines: [], chars: 0 }));
    const at = line % blockLines;
    block.chars += text.length - (block.lines[at]?.length ?? 0);
    block.lines[at] = text;
  }

  /** Reads the first piece that is looked at and not here. Two at a time. */
  private pump(): void {
    if (this.closed || !this.ready || this.inFlight.size >= 2) return;
    for (let line = this.wanted[0]; line <= this.wanted[1] && line < this.lines; line++) {
      if (line >= this.droppedFrom && line < this.droppedFrom + this.droppedLines) {
        line = this.droppedFrom + this.droppedLines - 1;
        continue;
      }
      if (this.line(line) !== undefined || this.isComing(line)) continue;
      let count = blockLines;
      if (line < this.droppedFrom) count = Math.min(count, this.droppedFrom - line);
      void this.load(line, count);
      if (this.inFlight.size >= 2) return;
      line += count - 1;
    }
  }

  private isComing(line: number): boolean {
    for (const [from, to] of this.inFlight) if (line >= from && line < to) return true;
    return false;
  }

  private async load(first: number, count: number): Promise<void> {
    this.inFlight.set(first, first + count);
    try {
      let slice: Slice;
      if (this.droppedLines > 0 && first === this.droppedFrom + this.droppedLines) {
        // The line after the missing part is reached by the offset behind the notice that stands for it.
        const notice = await this.read({ line: first, lines: 1, bytes: 512 });
        slice = await this.read({ offset: notice.next, bytes: 262_144 });
      } else {
        slice = await this.read({ line: first, lines: count, bytes: 262_144 });
      }
      const lines = slice.text.split('\n');
      const cut = lines.pop() ?? '';
      // A line that the bound of bytes cut is shown as far as it came, if it is all there is.
      if (cut !== '' && (first + lines.length === this.lines - 1 || lines.length === 0)) lines.push(cut);
      // Lines that cannot be had are empty, so that they are not asked for again and again.
      if (lines.length === 0) lines.push('');
      for (const [index, text] of lines.entries()) {
        const line = first + index;
        if (index >= count || (this.stream && line >= this.openLine)) break;
        this.put(line, text);
      }
      this.error = undefined;
      this.evict();
    } catch (error) {
      if (this.closed) return;
      this.error = error;
      setTimeout(() => this.pump(), 2_000);
    } finally {
      this.inFlight.delete(first);
    }
    this.changed();
    if (this.error === undefined) this.pump();
  }

  private read(query: { line?: number; lines?: number; offset?: number; tail?: number; bytes: number }): Promise<Slice> {
    const texts = Object.fromEntries(Object.entries(query).map(([name, value]) => [name, String(value)]));
    return answer(api.GET('/api/yard/v1/attempts/{id}/log', { params: { path: { id: this.attemptId }, query: texts }, signal: this.abort.signal }));
  }

  /** Forgets what is furthest from what is looked at. */
  private evict(): void {
    let chars = 0;
    for (const block of this.blocks.values()) chars += block.chars;
    if (this.blocks.size <= mostBlocks && chars <= mostChars) return;
    const here = (this.wanted[0] + this.wanted[1]) / 2 / blockLines;
    for (const key of [...this.blocks.keys()].sort((a, b) => Math.abs(b - here) - Math.abs(a - here))) {
      if (this.blocks.size <= 3 || (this.blocks.size <= mostBlocks * 0.75 && chars <= mostChars * 0.75)) break;
      chars -= this.blocks.get(key)!.chars;
      this.blocks.delete(key);
    }
  }

  /** Tells those who show it, once a frame at the most. */
  private changed(): void {
    this.changes++;
    if (this.pending) return;
    this.pending = true;
    const tell = (): void => {
      this.pending = false;
      for (const listener of [...this.listeners]) listener();
    };
    if (typeof requestAnimationFrame === 'function' && !document.hidden) requestAnimationFrame(tell);
    else setTimeout(tell, 50);
  }
}
