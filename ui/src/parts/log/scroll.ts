// Browsers draw elements of some thirty million pixels at the most; a log has more lines than that. Beyond a height the
// scrolled element stays as it is and is laid over the whole page by page: small movements are true to the pixel, long
// ones to the part of the whole.

/** The highest element that is scrolled. */
const mostHeight = 4_000_000;

/** How a long list is laid over an element that is scrolled. */
export interface Ground {
  /** The height all rows would have. */
  total: number;
  /** The height of the element. */
  height: number;
  viewport: number;
  page: number;
  pages: number;
  jump: number;
}

/** Where one is: the element's own position, and what is added to it. */
export interface Spot {
  top: number;
  offset: number;
}

export function groundOf(total: number, viewport: number): Ground {
  if (total <= mostHeight) return { total, height: total, viewport, page: Math.max(1, total), pages: 1, jump: 0 };
  const page = mostHeight / 100;
  const pages = Math.floor(total / page);
  return { total, height: mostHeight, viewport, page, pages, jump: (total - mostHeight) / (pages - 1) };
}

/** The furthest one can scroll. */
export const bottomOf = (ground: Ground): number => Math.max(0, ground.total - ground.viewport);

/** The spot from which a height of the whole is seen. */
export function spotAt(ground: Ground, y: number): Spot {
  const place = Math.min(Math.max(0, y), bottomOf(ground));
  const page = Math.min(ground.pages - 1, Math.floor(place / ground.page));
  const offset = Math.round(page * ground.jump);
  return { top: place - offset, offset };
}

/** The spot after the element was scrolled to a position. Where its `top` is another one, the element is to be set to that. */
export function scrolledTo(ground: Ground, before: Spot, top: number): Spot {
  if (ground.pages === 1) return { top, offset: 0 };
  if (Math.abs(top - before.top) < ground.viewport) return spotAt(ground, top + before.offset);
  const part = top / Math.max(1, ground.height - ground.viewport);
  if (part >= 1) return spotAt(ground, bottomOf(ground));
  const page = Math.min(ground.pages - 1, Math.floor((part * bottomOf(ground)) / ground.page));
  return { top, offset: Math.round(page * ground.jump) };
}
