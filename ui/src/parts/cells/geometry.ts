/** Where cells of a grid stand: all in CSS pixels of the scrolled content. */
export interface Geometry {
  rows: number;
  columns: number;
  cellWidth: number;
  cellHeight: number;
  /** Width of the names of rows, which stay when one scrolls sideways. */
  left: number;
  /** Height of what stays above the cells. */
  top: number;
}

/** What of the content is seen. */
export interface Port {
  scrollLeft: number;
  scrollTop: number;
  width: number;
  height: number;
}

export interface Cell {
  row: number;
  column: number;
}

/** Cells from one corner to the other, both included. */
export interface Range {
  from: Cell;
  to: Cell;
}

const clamp = (value: number, low: number, high: number): number => Math.max(low, Math.min(high, value));

/** The cells that are seen, or undefined where there are none. */
export function seen(grid: Geometry, port: Port): Range | undefined {
  if (grid.rows === 0 || grid.columns === 0) return undefined;
  return {
    from: { row: clamp(Math.floor(port.scrollTop / grid.cellHeight), 0, grid.rows - 1), column: clamp(Math.floor(port.scrollLeft / grid.cellWidth), 0, grid.columns - 1) },
    to: {
      row: clamp(Math.ceil((port.scrollTop + port.height - grid.top) / grid.cellHeight), 0, grid.rows - 1),
      column: clamp(Math.ceil((port.scrollLeft + port.width - grid.left) / grid.cellWidth), 0, grid.columns - 1),
    },
  };
}

/** The cell below a point of the port; undefined beside the cells. */
export function cellAt(grid: Geometry, port: Port, x: number, y: number): Cell | undefined {
  if (x < grid.left || y < grid.top) return undefined;
  const column = Math.floor((x - grid.left + port.scrollLeft) / grid.cellWidth);
  const row = Math.floor((y - grid.top + port.scrollTop) / grid.cellHeight);
  return column < grid.columns && row < grid.rows ? { row, column } : undefined;
}

/** The place of a cell in the port. */
export const placeOf = (grid: Geometry, port: Port, cell: Cell): { x: number; y: number } => ({
  x: grid.left + cell.column * grid.cellWidth - port.scrollLeft,
  y: grid.top + cell.row * grid.cellHeight - port.scrollTop,
});

/** Where to scroll so that a cell is seen. */
export function scrollFor(grid: Geometry, port: Port, cell: Cell): { left: number; top: number } {
  const x = cell.column * grid.cellWidth;
  const y = cell.row * grid.cellHeight;
  return {
    left: clamp(port.scrollLeft, x + grid.cellWidth - (port.width - grid.left), x),
    top: clamp(port.scrollTop, y + grid.cellHeight - (port.height - grid.top), y),
  };
}

/** A cell that a key leads to from another; undefined for other keys. */
export function moved(grid: Geometry, cell: Cell, key: string, page: number): Cell | undefined {
  const step: Record<string, [number, number]> = {
    ArrowUp: [-1, 0],
    ArrowDown: [1, 0],
    ArrowLeft: [0, -1],
    ArrowRight: [0, 1],
    PageUp: [-page, 0],
    PageDown: [page, 0],
    Home: [0, -grid.columns],
    End: [0, grid.columns],
  };
  const by = step[key];
  return by && { row: clamp(cell.row + by[0], 0, grid.rows - 1), column: clamp(cell.column + by[1], 0, grid.columns - 1) };
}

/** The range between two cells, whichever comes first. */
export const between = (a: Cell, b: Cell): Range => ({
  from: { row: Math.min(a.row, b.row), column: Math.min(a.column, b.column) },
  to: { row: Math.max(a.row, b.row), column: Math.max(a.column, b.column) },
});
