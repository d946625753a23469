import { Portal, useComputedColorScheme } from '@mantine/core';
import { useElementSize } from '@mantine/hooks';
import { useCallback, useEffect, useLayoutEffect, useRef, useState, type KeyboardEvent, type PointerEvent, type ReactNode } from 'react';
import './cells.css';
import { draw, type Look } from './draw';
import { between, cellAt, moved, placeOf, scrollFor, type Cell, type Geometry, type Range } from './geometry';

export interface CellGridProps {
  /** What it shows, for those who do not see it. */
  label: string;
  rows: readonly string[];
  columns: number;
  cellWidth: number;
  cellHeight: number;
  labelWidth: number;
  look: (row: number, column: number) => Look | undefined;
  /** What is known of a cell: shown beside it. */
  detail: (row: number, column: number) => ReactNode;
  /** The same in one line, read out. */
  describe: (row: number, column: number) => string;
  onOpen: (row: number, column: number) => void;
  /** With it, a click or a drag chooses, and a double click or Enter opens; without it, a click opens. */
  onChoose?: ((range: Range, add: boolean) => void) | undefined;
  isChosen?: ((row: number, column: number) => boolean) | undefined;
  /** What stands above the columns, as wide as they are. */
  head?: { height: number; corner?: ReactNode; content: ReactNode } | undefined;
  maxHeight?: string;
  /** Whether it is first shown at its right end. */
  fromEnd?: boolean;
  /** Anything that, when it changes, asks for a new drawing. */
  stamp?: unknown;
}

/** A grid of cells of any size, drawn on a canvas as large as what is seen of it. The keyboard moves in it as the pointer does. */
export function CellGrid(props: CellGridProps) {
  const { rows, columns, cellWidth, cellHeight, labelWidth, head, onOpen, onChoose, maxHeight = '60vh', fromEnd } = props;
  const scheme = useComputedColorScheme('light');
  // Drawn anew when its size changes.
  const { ref: sized, width } = useElementSize<HTMLDivElement>();
  const scroller = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const [at, setAt] = useState<Cell>();
  const [drag, setDrag] = useState<Cell>();
  const [hasFocus, setFocus] = useState(false);
  const [scrolls, setScrolls] = useState(0);
  const grid: Geometry = { rows: rows.length, columns, cellWidth, cellHeight, left: labelWidth, top: head?.height ?? 0 };
  const port = useCallback(() => {
    const element = scroller.current;
    return { scrollLeft: element?.scrollLeft ?? 0, scrollTop: element?.scrollTop ?? 0, width: element?.clientWidth ?? 0, height: element?.clientHeight ?? 0 };
  }, []);

  useLayoutEffect(() => {
    if (fromEnd && scroller.current) scroller.current.scrollLeft = scroller.current.scrollWidth;
  }, [fromEnd, columns, width]);

  useLayoutEffect(() => {
    if (!canvas.current) return;
    draw(canvas.current, {
      grid,
      port: port(),
      rowLabel: (row) => rows[row] ?? '',
      look: props.look,
      isChosen: props.isChosen,
      at,
      drag: drag && at ? between(drag, at) : undefined,
      font: getComputedStyle(document.body).fontFamily,
    });
    // Drawn when it is rendered: what it shows, or the place it is scrolled to, has changed.
  });

  const find = (event: PointerEvent): Cell | undefined => {
    const box = canvas.current!.getBoundingClientRect();
    return cellAt(grid, port(), event.clientX - box.left, event.clientY - box.top);
  };
  const same = (a: Cell | undefined, b: Cell | undefined): boolean => a?.row === b?.row && a?.column === b?.column;

  const onPointerMove = (event: PointerEvent): void => {
    const cell = find(event);
    if (!same(cell, at) && (cell || !drag)) setAt(cell);
  };
  const onPointerDown = (event: PointerEvent): void => {
    const cell = find(event);
    if (!cell || event.button !== 0) return;
    if (onChoose) {
      setDrag(cell);
      if (event.pointerType !== 'touch') canvas.current!.setPointerCapture(event.pointerId);
    }
  };
  const onPointerUp = (event: PointerEvent): void => {
    const cell = find(event) ?? (drag ? at : undefined);
    if (onChoose && drag && cell) onChoose(between(drag, cell), event.ctrlKey || event.metaKey || event.shiftKey);
    // A finger has no hover: its first tap shows what is there, the second opens it.
    else if (!onChoose && cell && event.button === 0 && (event.pointerType !== 'touch' || same(cell, at))) onOpen(cell.row, cell.column);
    if (event.pointerType === 'touch') setAt(cell);
    setDrag(undefined);
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    const here = at ?? { row: 0, column: fromEnd ? columns - 1 : 0 };
    const next = moved(grid, here, event.key, Math.max(1, Math.floor(port().height / cellHeight) - 2));
    if (next) {
      event.preventDefault();
      const to = at ? next : here;
      const { left, top } = scrollFor(grid, port(), to);
      scroller.current?.scrollTo({ left, top });
      setAt(to);
    } else if (event.key === 'Enter' && at) {
      onOpen(at.row, at.column);
    } else if (event.key === ' ' && at && onChoose) {
      event.preventDefault();
      onChoose({ from: at, to: at }, true);
    } else if (event.key === 'Escape') {
      setAt(undefined);
    }
  };

  const frame = useRef(0);
  useEffect(() => () => cancelAnimationFrame(frame.current), []);
  const onScroll = (): void => {
    frame.current ||= requestAnimationFrame(() => {
      frame.current = 0;
      setScrolls((count) => count + 1);
    });
  };

  const shown = at && at.row < rows.length && at.column < columns ? at : undefined;
  return (
    <div ref={sized} data-scheme={scheme} data-scrolls={scrolls} style={{ minWidth: 0 }}>
      <div ref={scroller} className="cells" style={{ maxHeight, height: (head?.height ?? 0) + rows.length * cellHeight + 2 }} onScroll={onScroll}>
        <div style={{ position: 'sticky', top: 0, left: 0, width: 0, height: 0 }}>
          <canvas
            ref={canvas}
            tabIndex={0}
            role="application"
            aria-roledescription="grid of cells"
            aria-label={`${props.label}. ${rows.length} rows, ${columns} columns. Arrow keys move, Enter opens${onChoose ? ', Space chooses' : ''}.`}
            style={{ position: 'absolute', top: 0, left: 0, touchAction: onChoose ? 'pan-x pan-y' : undefined }}
            onPointerMove={onPointerMove}
            onPointerLeave={() => (drag ? undefined : setAt(undefined))}
            onPointerDown={onPointerDown}
            onPointerUp={onPointerUp}
            onDoubleClick={() => onChoose && at && onOpen(at.row, at.column)}
            onKeyDown={onKeyDown}
            onFocus={() => setFocus(true)}
            onBlur={() => {
              setFocus(false);
              setAt(undefined);
            }}
          />
        </div>
        {head && (
          <div className="cells-head" style={{ height: head.height, width: labelWidth + columns * cellWidth }}>
            <div className="cells-corner" style={{ width: labelWidth }}>
              {head.corner}
            </div>
            {head.content}
          </div>
        )}
        <div style={{ width: labelWidth + columns * cellWidth, height: rows.length * cellHeight, pointerEvents: 'none' }} />
      </div>
      <div className="cells-said" aria-live="polite">
        {hasFocus && shown ? props.describe(shown.row, shown.column) : ''}
      </div>
      {shown && !drag && canvas.current && <CellCard box={canvas.current.getBoundingClientRect()} place={placeOf(grid, port(), shown)} cellWidth={cellWidth}>{props.detail(shown.row, shown.column)}</CellCard>}
    </div>
  );
}

/** What is known of a cell, beside it, where the window has room. */
function CellCard({ box, place, cellWidth, children }: { box: DOMRect; place: { x: number; y: number }; cellWidth: number; children: ReactNode }) {
  if (!children) return null;
  const x = box.left + place.x;
  const y = box.top + place.y;
  const isRight = x > window.innerWidth - 300;
  const isLow = y > window.innerHeight - 180;
  return (
    <Portal>
      <div
        className="cells-card"
        role="presentation"
        style={{
          ...(isRight ? { right: Math.max(8, window.innerWidth - x + 6) } : { left: Math.max(8, x + cellWidth + 6) }),
          ...(isLow ? { bottom: window.innerHeight - y + 4 } : { top: y + 4 }),
        }}
      >
        {children}
      </div>
    </Portal>
  );
}
