import { useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState, useSyncExternalStore } from 'react';
import { LogRow } from './row';
import { bottomOf, groundOf, scrolledTo, spotAt, type Spot } from './scroll';
import type { LogSource } from './source';

const rowHeight = 18;
const around = 8;

/** A line to bring into view; another object is another wish. */
export interface Jump {
  /** From 0. */
  line: number;
  /** Where in view; a third down unless said. */
  to?: 'top';
}

export interface LogLinesProps {
  source: LogSource;
  label: string;
  wraps: boolean;
  /** Whether the end is kept in view. */
  pinned: boolean;
  onPinned: (pinned: boolean) => void;
  /** The line that is marked, from 0. */
  chosen: number | undefined;
  onChoose: (line: number) => void;
  hrefOf: (line: number) => string;
  needle: string;
  jump: Jump | undefined;
  /** Told the first line in view, for another log beside this one. */
  onTop?: ((line: number) => void) | undefined;
}

/** The lines of a log that are in view, whatever its length. */
export function LogLines({ source, label, wraps, pinned, onPinned, chosen, onChoose, hrefOf, needle, jump, onTop }: LogLinesProps) {
  const version = useSyncExternalStore(source.subscribe, source.version);
  const scroller = useRef<HTMLDivElement>(null);
  const spot = useRef<Spot>({ top: 0, offset: 0 });
  const [size, setSize] = useState(0);
  const [y, setY] = useState(0);
  const rows = source.rows;
  // Where lines wrap nobody knows how high they are, so each may be the first in view.
  const total = rows * rowHeight + (wraps ? Math.max(0, size - rowHeight) : 0);
  const ground = useMemo(() => groundOf(total, size), [total, size]);

  useLayoutEffect(() => {
    const element = scroller.current!;
    const watch = new ResizeObserver(() => setSize(element.clientHeight));
    watch.observe(element);
    setSize(element.clientHeight);
    return () => watch.disconnect();
  }, []);

  const place = useCallback(
    (wanted: number) => {
      spot.current = spotAt(ground, wanted);
      const element = scroller.current!;
      if (element.scrollTop !== spot.current.top) element.scrollTop = spot.current.top;
      setY(spot.current.top + spot.current.offset);
    },
    [ground],
  );

  // More lines, another height of the window: stay at the end, or where one was.
  useLayoutEffect(() => {
    place(pinned ? bottomOf(ground) : spot.current.top + spot.current.offset);
  }, [ground, pinned, place]);

  const jumped = useRef<Jump>(undefined);
  useLayoutEffect(() => {
    if (!jump || jumped.current === jump || size === 0 || rows === 0) return;
    jumped.current = jump;
    place(source.rowOf(jump.line) * rowHeight - (jump.to === 'top' ? 0 : Math.floor(size / 3)));
  }, [jump, place, rows, size, source]);

  const screen = Math.ceil(size / rowHeight) + 1;
  const atEnd = wraps && pinned;
  const first = Math.max(0, (atEnd ? rows - screen : Math.floor(y / rowHeight)) - (wraps ? 0 : around));
  const last = Math.min(rows - 1, (atEnd ? rows : Math.floor(y / rowHeight) + screen) + around);

  useEffect(() => {
    const lineOf = (row: number): number => {
      const at = source.rowAt(Math.min(Math.max(0, row), Math.max(0, rows - 1)));
      return at === 'dropped' ? source.droppedFrom : at;
    };
    source.want(lineOf(first - 20), lineOf(last + 40));
  }, [first, last, rows, source, version]);

  const top = Math.floor(y / rowHeight);
  useEffect(() => {
    const at = source.rowAt(top);
    onTop?.(at === 'dropped' ? source.droppedFrom : at);
  }, [onTop, source, top]);

  const onScroll = (): void => {
    const element = scroller.current!;
    if (element.scrollTop === spot.current.top) return;
    const before = spot.current.top + spot.current.offset;
    spot.current = scrolledTo(ground, spot.current, element.scrollTop);
    if (element.scrollTop !== spot.current.top) element.scrollTop = spot.current.top;
    const now = spot.current.top + spot.current.offset;
    setY(now);
    if (now < before && pinned) {
      // Wrapped lines at the end stand at the bottom; the first of them is where one goes on from.
      const line = atEnd ? firstInView(element) : undefined;
      if (line !== undefined) place(source.rowOf(line) * rowHeight);
      onPinned(false);
    } else if (now >= bottomOf(ground) - 1 && !pinned) {
      onPinned(true);
    }
  };

  const digits = Math.max(3, String(source.lines).length);
  const shown = [];
  for (let row = first; row <= last; row++) {
    const line = source.rowAt(row);
    if (line === 'dropped') {
      shown.push(
        <div key="dropped" className="log-row log-dropped">
          … {source.droppedLines.toLocaleString()} lines ({(source.droppedBytes / 1048576).toLocaleString(undefined, { maximumFractionDigits: 0 })} MiB) are not kept: of a long log the beginning and the end are …
        </div>,
      );
      continue;
    }
    shown.push(
      <LogRow key={line} line={line} text={source.line(line)} isChosen={line === chosen} needle={needle} digits={digits} href={hrefOf(line)} onChoose={onChoose} />,
    );
  }

  return (
    <div ref={scroller} className={`log-scroll${wraps ? ' log-wraps' : ''}`} onScroll={onScroll} tabIndex={0} role="region" aria-label={label}>
      <div className="log-ground" style={{ height: Math.max(ground.height, size) }}>
        {atEnd ? (
          <div className="log-block log-pinned" style={{ height: size, transform: `translateY(${spot.current.top}px)` }}>
            {shown}
          </div>
        ) : (
          <div className="log-block" style={{ transform: `translateY(${(wraps ? y - (y % rowHeight) : first * rowHeight) - spot.current.offset}px)` }}>
            {shown}
          </div>
        )}
      </div>
    </div>
  );
}

/** The first line whose row can be seen. */
function firstInView(element: HTMLElement): number | undefined {
  const edge = element.getBoundingClientRect().top;
  for (const row of element.querySelectorAll<HTMLElement>('[data-line]')) if (row.getBoundingClientRect().bottom > edge + 1) return Number(row.dataset.line);
  return undefined;
}
