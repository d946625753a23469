import { Box, Button, Loader, Text } from '@mantine/core';
import { useMediaQuery } from '@mantine/hooks';
import { useVirtualizer, useWindowVirtualizer, type Virtualizer } from '@tanstack/react-virtual';
import { memo, useEffect, useLayoutEffect, useRef, useState, type ReactNode, type RefObject } from 'react';
import './infinite-table.css';

/** A column of a list. */
export interface Column<T> {
  key: string;
  title: ReactNode;
  /** Its track of the CSS grid: `minmax(0, 2fr)`, `110px`. */
  track: string;
  cell: (row: T) => ReactNode;
  right?: boolean;
}

/** What follows the rows that are there. */
export interface More {
  has: boolean;
  busy: boolean;
  load: () => void;
  error?: unknown;
}

export interface InfiniteTableProps<T> {
  label: string;
  rows: readonly T[];
  rowKey: (row: T) => string | number;
  /** Keep it the same between renders (a constant or `useMemo`), else every row is drawn anew. */
  columns: readonly Column<T>[];
  /** A row at phone width. One link in a row, or card, has the class `row-link` and covers it. */
  card: (row: T) => ReactNode;
  more?: More | undefined;
  rowHeight?: number;
  cardHeight?: number;
  /** A CSS height: the list then scrolls by itself, sideways too, instead of with the page. */
  height?: string | undefined;
  /** Pixels below which a list that scrolls by itself is not squeezed. */
  minWidth?: number | undefined;
  /** Rows and columns even at phone width. */
  neverCards?: boolean;
}

/** How many rows before the end the next page is asked for, so that scrolling meets no gap. */
const ahead = 60;
const none: More = { has: false, busy: false, load: () => undefined };

/** Whether lists are shown as cards. */
export const usePhone = (): boolean => useMediaQuery('(max-width: 47.99em)', false, { getInitialValueInEffect: false }) ?? false;

/**
 * A list of any length: only what is seen is in the document, rows keep their height, the next page is there before the end is reached.
 */
export function InfiniteTable<T>(props: InfiniteTableProps<T>) {
  return props.height === undefined ? <WithPage {...props} /> : <ByItself {...props} />;
}

function sizes<T>({ rows, more = none, rowHeight = 42, cardHeight = 88 }: InfiniteTableProps<T>, cards: boolean) {
  const size = cards ? cardHeight : rowHeight;
  return { size, count: rows.length + (more.has || more.error ? 1 : 0) };
}

function WithPage<T>(props: InfiniteTableProps<T>) {
  const cards = usePhone() && !props.neverCards;
  const { size, count } = sizes(props, cards);
  const body = useRef<HTMLDivElement>(null);
  const [margin, setMargin] = useState(0);
  // What stands above may grow or go (chips, a notice): the place of the list is looked at after each drawing.
  useLayoutEffect(() => {
    const top = body.current ? Math.round(body.current.getBoundingClientRect().top + window.scrollY) : 0;
    if (top !== margin) setMargin(top);
  });
  const virtual = useWindowVirtualizer({ count, estimateSize: () => size, overscan: 10, scrollMargin: margin, getItemKey: (index) => keyOf(props, index) });
  useLayoutEffect(() => virtual.measure(), [virtual, size]);
  return (
    <div className="itable card" role="table" aria-label={props.label} aria-rowcount={props.more?.has ? -1 : props.rows.length + 1} aria-busy={props.more?.busy ?? false}>
      <Inside {...props} cards={cards} body={body} virtual={virtual} size={size} margin={margin} />
    </div>
  );
}

function ByItself<T>(props: InfiniteTableProps<T>) {
  const cards = usePhone() && !props.neverCards;
  const { size, count } = sizes(props, cards);
  const scroller = useRef<HTMLDivElement>(null);
  const body = useRef<HTMLDivElement>(null);
  const virtual = useVirtualizer({ count, estimateSize: () => size, overscan: 10, getScrollElement: () => scroller.current, getItemKey: (index) => keyOf(props, index) });
  useLayoutEffect(() => virtual.measure(), [virtual, size]);
  return (
    <div ref={scroller} className="card itable-scroll" style={{ maxHeight: props.height }}>
      <div className="itable" role="table" aria-label={props.label} aria-rowcount={props.more?.has ? -1 : props.rows.length + 1} style={{ minWidth: cards ? undefined : props.minWidth }}>
        <Inside {...props} cards={cards} body={body} virtual={virtual} size={size} margin={0} />
      </div>
    </div>
  );
}

const keyOf = <T,>({ rows, rowKey }: InfiniteTableProps<T>, index: number): string | number => {
  const row = rows[index];
  return row === undefined ? 'more' : rowKey(row);
};

function Inside<T, E extends Element | Window>({
  rows, rowKey, columns, card, more = none, cards, body, virtual, size, margin,
}: InfiniteTableProps<T> & { cards: boolean; body: RefObject<HTMLDivElement | null>; virtual: Virtualizer<E, Element>; size: number; margin: number }) {
  const items = virtual.getVirtualItems();
  const last = items.at(-1)?.index ?? 0;
  const wanted = more.has && !more.busy && !more.error && last >= rows.length - ahead;
  const load = useRef(more.load);
  useEffect(() => {
    load.current = more.load;
    if (wanted) load.current();
  });
  const template = columns.map((column) => column.track).join(' ');
  return (
    <>
      {!cards && (
        <div role="rowgroup" className="itable-head-group" style={{ display: 'contents' }}>
          <div role="row" aria-rowindex={1} className="itable-head" style={{ gridTemplateColumns: template }}>
            {columns.map((column) => (
              <div key={column.key} role="columnheader" className={`itable-cell${column.right ? ' itable-right' : ''}`}>
                {column.title}
              </div>
            ))}
          </div>
        </div>
      )}
      <div ref={body} role="rowgroup" className="itable-body" style={{ height: virtual.getTotalSize() }}>
        {items.map((item) => {
          const row = rows[item.index];
          return row === undefined ? (
            <div key="more" role="row" className="itable-row" style={{ height: size, transform: `translateY(${item.start - margin}px)`, display: 'flex', justifyContent: 'center', gap: 8 }}>
              <div role="cell">{more.error ? <MoreFailed error={more.error} retry={more.load} /> : <MoreMark />}</div>
            </div>
          ) : (
            <Row key={rowKey(row)} row={row as unknown} index={item.index} columns={columns as readonly Column<unknown>[]} card={card as (row: unknown) => ReactNode} cards={cards} top={item.start - margin} size={size} template={template} />
          );
        })}
      </div>
    </>
  );
}

const MoreMark = () => (
  <Box style={{ display: 'flex', gap: 8, alignItems: 'center' }}>
    <Loader size={14} />
    <Text size="xs" c="var(--text-muted)">
      Loading more
    </Text>
  </Box>
);

const MoreFailed = ({ error, retry }: { error: unknown; retry: () => void }) => (
  <Button size="compact-xs" variant="default" onClick={retry} title={error instanceof Error ? error.message : String(error)}>
    The next rows did not come. Try again
  </Button>
);

const Row = memo(function Row({
  row, index, columns, card, cards, top, size, template,
}: { row: unknown; index: number; columns: readonly Column<unknown>[]; card: (row: unknown) => ReactNode; cards: boolean; top: number; size: number; template: string }) {
  const style = { height: size, transform: `translateY(${top}px)` };
  return cards ? (
    <div role="row" aria-rowindex={index + 2} className="itable-row itable-card" style={style}>
      <div role="cell">{card(row)}</div>
    </div>
  ) : (
    <div role="row" aria-rowindex={index + 2} className="itable-row" style={{ ...style, gridTemplateColumns: template }}>
      {columns.map((column) => (
        <div key={column.key} role="cell" className={`itable-cell${column.right ? ' itable-right' : ''}`}>
          {column.cell(row)}
        </div>
      ))}
    </div>
  );
});
