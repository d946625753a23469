import { useEffect, useRef, useState } from 'react';
import type { RunEvent } from './types';

/** What the connection to the feed says. */
export type LiveMessage = { kind: 'events'; events: RunEvent[] } | { kind: 'up'; isNew: boolean } | { kind: 'down' };

type Listener = (message: LiveMessage) => void;

const listeners = new Set<Listener>();
let port: MessagePort | undefined;
let isUp: boolean | undefined;

/** Begins to listen, once signed in. */
export function openFeed(): void {
  if (port || typeof SharedWorker === 'undefined') return;
  const worker = new SharedWorker(new URL('./live.worker.ts', import.meta.url), { type: 'module', name: 'switchyard-feed' });
  port = worker.port;
  port.onmessage = ({ data }: MessageEvent<LiveMessage>) => {
    if (data.kind !== 'events') isUp = data.kind === 'up';
    for (const listener of [...listeners]) listener(data);
  };
  port.start();
  window.addEventListener('pagehide', () => port?.postMessage('bye'));
  window.addEventListener('pageshow', (event: PageTransitionEvent) => {
    if (event.persisted) location.reload();
  });
}

/** Ends listening, when signing out: the next user has another feed. */
export function closeFeed(): void {
  port?.postMessage('bye');
  port?.close();
  port = undefined;
  isUp = undefined;
}

/**
 * Calls with the events of the runs one may see, a handful of times a second at the most.
 * `onBack` is called when the connection was opened, at first and each time again: what happened before that no event tells.
 */
export function useLive(onEvents: (events: RunEvent[]) => void, onBack?: () => void): void {
  const handler = useRef({ onEvents, onBack });
  useEffect(() => {
    handler.current = { onEvents, onBack };
  });
  useEffect(() => {
    const listener: Listener = (message) => {
      if (message.kind === 'events') handler.current.onEvents(message.events);
      else if (message.kind === 'up' && message.isNew) handler.current.onBack?.();
    };
    listeners.add(listener);
    return () => {
      listeners.delete(listener);
    };
  }, []);
}

/** Whether the feed is connected; undefined before it is known. */
export function useIsLive(): boolean | undefined {
  const [up, setUp] = useState(isUp);
  useEffect(() => {
    const listener: Listener = (message) => {
      if (message.kind !== 'events') setUp(message.kind === 'up');
    };
    listeners.add(listener);
    return () => {
      listeners.delete(listener);
    };
  }, []);
  return up;
}

/** Calls a function at most once in so many milliseconds, and once more after the last event. */
export function useThrottled(action: () => void, ms: number): () => void {
  const state = useRef<{ timer?: ReturnType<typeof setTimeout>; at: number; action: () => void }>({ at: 0, action });
  useEffect(() => {
    state.current.action = action;
  });
  useEffect(() => {
    const kept = state.current;
    return () => clearTimeout(kept.timer);
  }, []);
  return () => {
    const kept = state.current;
    if (kept.timer) return;
    kept.timer = setTimeout(() => {
      kept.timer = undefined;
      kept.at = Date.now();
      kept.action();
    }, Math.max(0, kept.at + ms - Date.now()));
  };
}
