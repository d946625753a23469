import type { Place } from './layout';

/** How a picture is looked at: a point of the picture p is drawn at p * zoom + (x, y). */
export interface Camera {
  x: number;
  y: number;
  zoom: number;
}

export interface Size {
  width: number;
  height: number;
}

/** Room for what lies over the picture's upper edge. */
const above = 28;

/** The whole picture in view, with a little room around it. */
export function fitted(places: Iterable<Place>, node: Size, view: Size): Camera {
  let [left, top, right, bottom] = [Infinity, Infinity, -Infinity, -Infinity];
  for (const { x, y } of places) {
    left = Math.min(left, x);
    top = Math.min(top, y);
    right = Math.max(right, x + node.width);
    bottom = Math.max(bottom, y + node.height);
  }
  if (left > right || view.width === 0) return { x: 0, y: 0, zoom: 1 };
  const zoom = Math.min(1.1, (view.width * 0.94) / Math.max(1, right - left), Math.max(1, view.height * 0.96 - above) / Math.max(1, bottom - top));
  return { zoom, x: (view.width - (left + right) * zoom) / 2, y: (view.height + above - (top + bottom) * zoom) / 2 };
}

/** Nearer or further, with what lies at a point of the screen staying there. */
export function zoomed(camera: Camera, factor: number, at: Place): Camera {
  const zoom = Math.min(2, Math.max(0.01, camera.zoom * factor));
  const ratio = zoom / camera.zoom;
  return { zoom, x: at.x - (at.x - camera.x) * ratio, y: at.y - (at.y - camera.y) * ratio };
}

/** The node at a point of the screen. */
export function nodeAt(places: ReadonlyMap<string, Place>, node: Size, camera: Camera, at: Place): string | undefined {
  const x = (at.x - camera.x) / camera.zoom;
  const y = (at.y - camera.y) / camera.zoom;
  // Small ones are met by a near miss.
  const slack = 3 / camera.zoom;
  for (const [id, place] of places) if (x >= place.x - slack && x <= place.x + node.width + slack && y >= place.y - slack && y <= place.y + node.height + slack) return id;
  return undefined;
}
