import { ActionIcon, Group, useComputedColorScheme } from '@mantine/core';
import { IconArrowsMaximize, IconMinus, IconPlus } from '@tabler/icons-react';
import { useCallback, useEffect, useMemo, useRef, useState, type KeyboardEvent, type PointerEvent } from 'react';
import { fillOf, lookOf, StateIcon } from '../state';
import { fitted, nodeAt, zoomed, type Camera } from './camera';
import type { GraphEdge, GraphNode } from './graph';
import './graph.css';
import { layout, type Place } from './layout';

const size = { width: 190, height: 52 };

/** A picture of thousands of nodes on a canvas: elements for each would take seconds. Colours stand for states, words appear as one comes near. */
export function BigGraph({ nodes, edges, selected, onSelect, label }: { nodes: readonly GraphNode[]; edges: readonly GraphEdge[]; selected?: string | undefined; onSelect?: ((id: string) => void) | undefined; label: string }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const scheme = useComputedColorScheme('light');
  const shape = nodes.map((node) => node.id).join('\n');
  const places = useMemo(
    () => layout({ nodes: nodes.map((node) => ({ id: node.id, ...size })), edges }),
    // Only the shape decides places, so that a change of state moves nothing.
    // eslint-disable-next-line react-hooks/exhaustive-deps
    [shape, edges],
  );
  const camera = useRef<Camera>(undefined);
  const [hovered, setHovered] = useState<string>();
  const drawn = useRef({ nodes, edges, selected, hovered, places });
  const frame = useRef(0);

  const draw = useCallback(() => {
    frame.current ||= requestAnimationFrame(() => {
      frame.current = 0;
      const element = canvas.current;
      if (!element) return;
      const view = { width: element.clientWidth, height: element.clientHeight };
      const scale = window.devicePixelRatio || 1;
      if (element.width !== Math.round(view.width * scale) || element.height !== Math.round(view.height * scale)) {
        element.width = Math.round(view.width * scale);
        element.height = Math.round(view.height * scale);
      }
      const context = element.getContext('2d');
      if (!context || view.width === 0) return;
      camera.current ??= fitted(drawn.current.places.values(), size, view);
      context.setTransform(scale, 0, 0, scale, 0, 0);
      paint(context, view, camera.current, drawn.current);
    });
  }, []);

  useEffect(() => {
    drawn.current = { nodes, edges, selected, hovered, places };
    draw();
  }, [draw, edges, hovered, nodes, places, scheme, selected]);
  useEffect(() => {
    camera.current = undefined;
    draw();
  }, [draw, places]);
  useEffect(() => {
    const element = canvas.current!;
    const watch = new ResizeObserver(draw);
    watch.observe(element);
    // React's own listener for the wheel is passive: it could not keep the page from scrolling.
    const wheel = (event: WheelEvent): void => {
      event.preventDefault();
      if (!camera.current) return;
      camera.current = zoomed(camera.current, Math.exp(-event.deltaY * 0.0015), { x: event.offsetX, y: event.offsetY });
      draw();
    };
    element.addEventListener('wheel', wheel, { passive: false });
    return () => {
      watch.disconnect();
      element.removeEventListener('wheel', wheel);
      cancelAnimationFrame(frame.current);
      frame.current = 0;
    };
  }, [draw]);

  const zoom = (factor: number): void => {
    const element = canvas.current!;
    if (camera.current) camera.current = zoomed(camera.current, factor, { x: element.clientWidth / 2, y: element.clientHeight / 2 });
    draw();
  };
  const fit = (): void => {
    camera.current = undefined;
    draw();
  };
  const pointers = useRef(new Map<number, Place>());
  const moved = useRef(0);
  const spot = (event: PointerEvent): Place => {
    const box = event.currentTarget.getBoundingClientRect();
    return { x: event.clientX - box.left, y: event.clientY - box.top };
  };
  const onMove = (event: PointerEvent): void => {
    const at = spot(event);
    const before = pointers.current.get(event.pointerId);
    if (!before || !camera.current) {
      if (camera.current) setHovered(nodeAt(places, size, camera.current, at));
      return;
    }
    const other = [...pointers.current].find(([id]) => id !== event.pointerId)?.[1];
    if (other) {
      const distance = (a: Place): number => Math.max(1, Math.hypot(a.x - other.x, a.y - other.y));
      camera.current = zoomed(camera.current, distance(at) / distance(before), other);
    } else {
      camera.current = { ...camera.current, x: camera.current.x + at.x - before.x, y: camera.current.y + at.y - before.y };
    }
    moved.current += Math.abs(at.x - before.x) + Math.abs(at.y - before.y);
    pointers.current.set(event.pointerId, at);
    draw();
  };
  const onKey = (event: KeyboardEvent): void => {
    const step = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 }[event.key];
    if (step !== undefined && nodes.length > 0) {
      event.preventDefault();
      const at = nodes.findIndex((node) => node.id === selected);
      const next = nodes[(at + step + nodes.length) % nodes.length]!;
      onSelect?.(next.id);
    } else if (event.key === '+') zoom(1.3);
    else if (event.key === '-') zoom(1 / 1.3);
    else if (event.key === '0') fit();
  };

  const named = nodes.find((node) => node.id === hovered);
  return (
    <div className="big-graph">
      <canvas
        ref={canvas}
        tabIndex={0}
        role="application"
        aria-label={`${label}: ${nodes.length} nodes. Arrow keys go from one to the next, plus and minus zoom. The tasks also stand in a table.`}
        onKeyDown={onKey}
        onPointerDown={(event) => {
          event.currentTarget.setPointerCapture(event.pointerId);
          if (pointers.current.size === 0) moved.current = 0;
          pointers.current.set(event.pointerId, spot(event));
        }}
        onPointerMove={onMove}
        onPointerUp={(event) => {
          pointers.current.delete(event.pointerId);
          const id = moved.current < 6 && camera.current ? nodeAt(places, size, camera.current, spot(event)) : undefined;
          if (id !== undefined) onSelect?.(id);
        }}
        onPointerCancel={(event) => pointers.current.delete(event.pointerId)}
        onPointerLeave={() => setHovered(undefined)}
      />
      <Group gap={4} className="big-graph-tools">
        <ActionIcon variant="default" aria-label="Nearer" onClick={() => zoom(1.5)}>
          <IconPlus size={16} aria-hidden />
        </ActionIcon>
        <ActionIcon variant="default" aria-label="Further" onClick={() => zoom(1 / 1.5)}>
          <IconMinus size={16} aria-hidden />
        </ActionIcon>
        <ActionIcon variant="default" aria-label="All in view" onClick={fit}>
          <IconArrowsMaximize size={16} aria-hidden />
        </ActionIcon>
      </Group>
      <div className="big-graph-legend">
        {named ? (
          <span>
            <b>{named.title}</b>
            {named.state && `: ${lookOf(named.state).text}`}
            {named.hint && ` · ${named.hint}`}
          </span>
        ) : (
          counts(nodes).map(([state, count]) => (
            <span key={state} className="nowrap">
              <StateIcon state={state} size={13} /> {lookOf(state).text} {count.toLocaleString()}
            </span>
          ))
        )}
      </div>
    </div>
  );
}

function counts(nodes: readonly GraphNode[]): [string, number][] {
  const all = new Map<string, number>();
  for (const node of nodes) if (node.state) all.set(node.state, (all.get(node.state) ?? 0) + 1);
  return [...all];
}

function paint(
  context: CanvasRenderingContext2D, view: { width: number; height: number }, camera: Camera,
  { nodes, edges, selected, hovered, places }: { nodes: readonly GraphNode[]; edges: readonly GraphEdge[]; selected: string | undefined; hovered: string | undefined; places: ReadonlyMap<string, Place> },
): void {
  const style = getComputedStyle(context.canvas);
  const color = (name: string): string => style.getPropertyValue(name).trim() || '#888';
  const [surface, line, text, muted, primary] = [color('--surface'), color('--line'), color('--mantine-color-text'), color('--text-muted'), color('--mantine-primary-color-filled')];
  const fills = new Map<string, string>();
  const fill = (state: string | undefined): string => {
    if (!state) return line;
    let found = fills.get(state);
    if (!found) fills.set(state, (found = color(fillOf(state).slice(4, -1))));
    return found;
  };
  const { zoom } = camera;
  const [width, height] = [size.width * zoom, size.height * zoom];
  context.clearRect(0, 0, view.width, view.height);

  context.strokeStyle = muted;
  context.globalAlpha = zoom > 0.4 ? 0.6 : edges.length > 3000 ? 0.12 : 0.25;
  context.lineWidth = 1;
  context.beginPath();
  for (const edge of edges) {
    const [from, to] = [places.get(edge.from), places.get(edge.to)];
    if (!from || !to) continue;
    const [x1, y1] = [from.x * zoom + camera.x + width, from.y * zoom + camera.y + height / 2];
    const [x2, y2] = [to.x * zoom + camera.x, to.y * zoom + camera.y + height / 2];
    if (Math.max(x1, x2) < 0 || Math.min(x1, x2) > view.width || Math.max(y1, y2) < 0 || Math.min(y1, y2) > view.height) continue;
    context.moveTo(x1, y1);
    if (zoom > 0.4) context.bezierCurveTo((x1 + x2) / 2, y1, (x1 + x2) / 2, y2, x2, y2);
    else context.lineTo(x2, y2);
  }
  context.stroke();
  context.globalAlpha = 1;

  const hasWords = zoom > 0.4;
  for (const node of nodes) {
    const place = places.get(node.id);
    if (!place) continue;
    const [x, y] = [place.x * zoom + camera.x, place.y * zoom + camera.y];
    if (x > view.width || y > view.height || x + width < 0 || y + height < 0) continue;
    if (hasWords) {
      context.fillStyle = surface;
      context.fillRect(x, y, width, height);
      context.strokeStyle = line;
      context.strokeRect(x + 0.5, y + 0.5, width - 1, height - 1);
      context.fillStyle = fill(node.state);
      context.fillRect(x, y, Math.max(3, 4 * zoom), height);
      context.save();
      context.beginPath();
      context.rect(x, y, width - 6, height);
      context.clip();
      context.fillStyle = text;
      context.font = `600 ${13 * zoom}px Inter Variable, system-ui, sans-serif`;
      context.fillText(node.title, x + 12 * zoom, y + 22 * zoom);
      context.fillStyle = muted;
      context.font = `${12 * zoom}px Inter Variable, system-ui, sans-serif`;
      context.fillText([node.state && lookOf(node.state).text, node.hint].filter(Boolean).join(' · '), x + 12 * zoom, y + 40 * zoom);
      context.restore();
    } else {
      context.fillStyle = fill(node.state);
      context.fillRect(x, y, Math.max(2, width), Math.max(2, height));
    }
    if (node.id === selected || node.id === hovered) {
      context.strokeStyle = node.id === selected ? primary : muted;
      context.lineWidth = 2;
      context.strokeRect(x - 2, y - 2, Math.max(6, width + 4), Math.max(6, height + 4));
      context.lineWidth = 1;
    }
  }
}
