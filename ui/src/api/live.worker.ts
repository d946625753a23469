/// <reference lib="webworker" />
// One connection to the server's feed for all tabs of this browser: browsers allow six to a server, and each page wants one.
import type { LiveMessage } from './live';

declare const self: SharedWorkerGlobalScope;

const ports = new Set<MessagePort>();
let source: EventSource | undefined;
let isUp = false;
let last = '';
let retryMs = 500;
let held: unknown[] = [];
let timer: ReturnType<typeof setTimeout> | undefined;

function tell(message: LiveMessage): void {
  for (const port of ports) port.postMessage(message);
}

function connect(): void {
  source = new EventSource(`/api/yard/v1/feed${last ? `?after=${last}` : ''}`);
  source.onopen = () => {
    retryMs = 500;
    isUp = true;
    tell({ kind: 'up', isNew: true });
  };
  source.addEventListener('move', (event) => {
    last = event.lastEventId;
    held.push(JSON.parse(event.data as string));
    timer ??= setTimeout(flush, 150);
  });
  source.addEventListener('resume', (event) => {
    last = event.lastEventId;
  });
  source.onerror = () => {
    source?.close();
    source = undefined;
    if (isUp) tell({ kind: 'down' });
    isUp = false;
    setTimeout(() => {
      if (ports.size > 0 && !source) connect();
    }, retryMs);
    retryMs = Math.min(retryMs * 2, 10_000);
  };
}

function flush(): void {
  timer = undefined;
  const events = held;
  held = [];
  tell({ kind: 'events', events: events as never });
}

self.onconnect = (event) => {
  const port = event.ports[0]!;
  ports.add(port);
  port.onmessage = ({ data }: MessageEvent<'bye' | 'again'>) => {
    if (data === 'bye') {
      ports.delete(port);
      if (ports.size === 0) {
        source?.close();
        source = undefined;
        isUp = false;
        last = '';
      }
    } else if (data === 'again' && !source) {
      connect();
    }
  };
  if (source) port.postMessage((isUp ? { kind: 'up', isNew: false } : { kind: 'down' }) satisfies LiveMessage);
  else connect();
};
