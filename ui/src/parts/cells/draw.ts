import { fillOf } from '../state';
import { placeOf, seen, type Cell, type Geometry, type Port, type Range } from './geometry';

/** How a cell looks. Colour is never all of it: what went wrong has a cross, what goes on is hollow, what was passed over a dot. */
export interface Look {
  /** A CSS colour; variables too. */
  fill: string;
  mark?: 'cross' | 'hollow' | 'dot' | undefined;
  /** A few characters in the cell, where there is room. */
  text?: string | undefined;
  /** The colour of the text; that of the ground if not given. */
  ink?: string | undefined;
}

const marks: Record<string, Look['mark']> = {
  failed: 'cross', timed_out: 'cross', lost: 'cross', running: 'hollow', starting: 'hollow', queued: 'hollow', waiting: 'hollow', cancelling: 'hollow', waiting_for_retry: 'hollow', ready: 'hollow', blocked: 'dot', skipped: 'dot',
};

/** How a cell of a state looks. */
export const lookOfState = (state: string): Look => ({ fill: fillOf(state), mark: marks[state] });

/** Colours of CSS variables, looked up once for each drawing. */
function colours(): (css: string) => string {
  const styles = getComputedStyle(document.documentElement);
  const known = new Map<string, string>();
  return (css) => {
    let colour = known.get(css);
    if (colour === undefined) known.set(css, (colour = css.replace(/var\((--[\w-]+)\)/g, (_, name: string) => styles.getPropertyValue(name).trim() || '#888')));
    return colour;
  };
}

export interface Drawing {
  grid: Geometry;
  port: Port;
  rowLabel: (row: number) => string;
  look: (row: number, column: number) => Look | undefined;
  isChosen?: ((row: number, column: number) => boolean) | undefined;
  /** The cell that is pointed at or that the keyboard is on. */
  at?: Cell | undefined;
  /** A range that is being drawn over. */
  drag?: Range | undefined;
  font: string;
}

/** Draws what is seen of a grid. */
export function draw(canvas: HTMLCanvasElement, { grid, port, rowLabel, look, isChosen, at, drag, font }: Drawing): void {
  const ratio = window.devicePixelRatio || 1;
  const [width, height] = [Math.round(port.width * ratio), Math.round(port.height * ratio)];
  if (canvas.width !== width || canvas.height !== height) [canvas.width, canvas.height] = [width, height];
  canvas.style.width = `${port.width}px`;
  canvas.style.height = `${port.height}px`;
  const ctx = canvas.getContext('2d');
  const range = seen(grid, port);
  if (!ctx || !range) return;
  const colour = colours();
  const [surface, line, muted] = [colour('var(--surface)'), colour('var(--line)'), colour('var(--text-muted)')];
  const text = getComputedStyle(canvas).color;
  ctx.setTransform(ratio, 0, 0, ratio, 0, 0);
  ctx.clearRect(0, 0, port.width, port.height);
  const { cellWidth, cellHeight } = grid;
  // A thin gap between cells, none where they are tiny.
  const gap = cellWidth >= 6 ? 1 : 0;
  const [w, h] = [cellWidth - gap, cellHeight - (cellHeight >= 8 ? 2 : gap)];
  ctx.textBaseline = 'middle';
  if (at) {
    const { x, y } = placeOf(grid, port, at);
    ctx.fillStyle = line;
    ctx.globalAlpha = 0.45;
    ctx.fillRect(grid.left, y, port.width, cellHeight);
    ctx.fillRect(x, grid.top, cellWidth, port.height);
    ctx.globalAlpha = 1;
  }
  for (let row = range.from.row; row <= range.to.row; row++) {
    for (let column = range.from.column; column <= range.to.column; column++) {
      const seenAs = look(row, column);
      if (!seenAs) continue;
      const { x, y } = placeOf(grid, port, { row, column });
      cell(ctx, seenAs, x, y + 1, w, h, colour, surface, font);
      if (isChosen?.(row, column)) {
        ctx.strokeStyle = text;
        ctx.lineWidth = 2;
        ctx.strokeRect(x + 1, y + 2, w - 2, h - 2);
      }
    }
  }
  if (at) outline(ctx, grid, port, { from: at, to: at }, text);
  if (drag) outline(ctx, grid, port, drag, text);
  // Names of rows, over what was scrolled below them.
  ctx.fillStyle = surface;
  ctx.fillRect(0, grid.top, grid.left, port.height);
  ctx.font = `12px ${font}`;
  for (let row = range.from.row; row <= range.to.row; row++) {
    const { y } = placeOf(grid, port, { row, column: 0 });
    ctx.fillStyle = at?.row === row ? text : muted;
    ctx.fillText(fitted(ctx, rowLabel(row), grid.left - 18), 10, y + cellHeight / 2);
  }
}

function cell(ctx: CanvasRenderingContext2D, { fill, mark, text, ink }: Look, x: number, y: number, w: number, h: number, colour: (css: string) => string, surface: string, font: string): void {
  ctx.fillStyle = colour(fill);
  if (mark === 'dot') {
    ctx.globalAlpha = 0.25;
    ctx.fillRect(x, y, w, h);
    ctx.globalAlpha = 1;
    const size = Math.max(2, Math.min(w, h) / 4);
    ctx.fillRect(x + w / 2 - size / 2, y + h / 2 - size / 2, size, size);
    return;
  }
  if (mark === 'hollow') {
    ctx.globalAlpha = 0.3;
    ctx.fillRect(x, y, w, h);
    ctx.globalAlpha = 1;
    ctx.lineWidth = 1.5;
    ctx.strokeStyle = ctx.fillStyle;
    ctx.strokeRect(x + 0.75, y + 0.75, w - 1.5, h - 1.5);
  } else {
    ctx.fillRect(x, y, w, h);
  }
  if (mark === 'cross' && !text) {
    const size = Math.min(w, h) / 2 - 2;
    ctx.strokeStyle = surface;
    ctx.lineWidth = Math.min(1.75, Math.max(1, size / 3));
    ctx.beginPath();
    ctx.moveTo(x + w / 2 - size, y + h / 2 - size);
    ctx.lineTo(x + w / 2 + size, y + h / 2 + size);
    ctx.moveTo(x + w / 2 + size, y + h / 2 - size);
    ctx.lineTo(x + w / 2 - size, y + h / 2 + size);
    ctx.stroke();
  }
  if (text && w >= 24) {
    ctx.fillStyle = ink ?? (mark === 'hollow' ? colour(fill) : surface);
    ctx.font = `600 11px ${font}`;
    ctx.textAlign = 'center';
    ctx.fillText(fitted(ctx, text, w - 4), x + w / 2, y + h / 2);
    ctx.textAlign = 'start';
  }
}

function outline(ctx: CanvasRenderingContext2D, grid: Geometry, port: Port, range: Range, colour: string): void {
  const a = placeOf(grid, port, range.from);
  const b = placeOf(grid, port, { row: range.to.row + 1, column: range.to.column + 1 });
  ctx.strokeStyle = colour;
  ctx.lineWidth = 1.5;
  ctx.strokeRect(a.x - 0.5, a.y + 0.5, b.x - a.x, b.y - a.y - 1);
}

/** A text cut to a width, with an ellipsis. */
function fitted(ctx: CanvasRenderingContext2D, text: string, width: number): string {
  if (ctx.measureText(text).width <= width) return text;
  let end = Math.min(text.length, Math.ceil(width / 5));
  while (end > 1 && ctx.measureText(`${text.slice(0, end)}…`).width > width) end--;
  return `${text.slice(0, end)}…`;
}
