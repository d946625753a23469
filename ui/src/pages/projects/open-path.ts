import { queryOptions } from '@tanstack/react-query';
import { ApiError } from '../../api/client';
import { fileAddress } from './data';

/** What is read of a file at the most to be shown. */
export const mostShown = 1 << 20;

/** What lies at a path of a project: a directory, or a file with its first bytes. */
export type Opened = { kind: 'directory' } | { kind: 'file'; bytes: number | undefined; head: Uint8Array<ArrayBuffer>; whole: boolean };

/** Looks at a path. Of a large file the first megabyte is fetched and no more. */
export const openPath = (owner: string, slug: string, path: string) =>
  queryOptions({ queryKey: ['open', owner, slug, path], queryFn: ({ signal }) => open(fileAddress(owner, slug, path), signal), staleTime: 0, gcTime: 30_000 });

async function open(address: string, signal: AbortSignal): Promise<Opened> {
  const stop = new AbortController();
  const aborted = (): void => stop.abort();
  signal.addEventListener('abort', aborted);
  try {
    const response = await fetch(`${address}?limit=1`, { signal: stop.signal, headers: { Accept: 'application/json, */*' } }).catch((error: unknown) => {
      if (signal.aborted) throw error;
      throw new ApiError(0, 'The server cannot be reached. It may be restarting; this page goes on by itself when it is back.', 'unreachable');
    });
    const isJson = response.headers.get('Content-Type')?.includes('json') ?? false;
    if (!response.ok) {
      const body = isJson ? ((await response.json()) as { message?: string; code?: string }) : {};
      throw new ApiError(response.status, body.message ?? `The server answered ${response.status}.`, body.code ?? String(response.status));
    }
    if (isJson) return { kind: 'directory' };
    const length = response.headers.get('Content-Length');
    return { kind: 'file', bytes: length === null ? undefined : Number(length), ...(await headOf(response, stop)) };
  } finally {
    signal.removeEventListener('abort', aborted);
  }
}

async function headOf(response: Response, stop: AbortController): Promise<{ head: Uint8Array<ArrayBuffer>; whole: boolean }> {
  const reader = response.body?.getReader();
  const parts: Uint8Array[] = [];
  let size = 0;
  while (reader && size <= mostShown) {
    const { done, value } = await reader.read();
    if (done) return { head: joined(parts, size), whole: true };
    parts.push(value);
    size += value.length;
  }
  stop.abort();
  return { head: joined(parts, size).slice(0, mostShown), whole: false };
}

function joined(parts: readonly Uint8Array[], size: number): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(size);
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
