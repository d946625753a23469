import createClient from 'openapi-fetch';
import type { paths } from './schema';

/** A refusal of the server, or no answer at all (status 0). */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    message: string,
    readonly code: string,
    readonly field?: string,
  ) {
    super(message);
  }

  /** Whether the server could not be reached, or is just starting or stopping. */
  get isAway(): boolean {
    return this.status === 0 || this.status === 502 || this.status === 503;
  }
}

/** The header that unsafe requests with a session must have; another site cannot send it. */
const own = { 'X-Yard-Request': '1' };

/** The neutral API, typed by its OpenAPI document. Paths are given whole: `/api/yard/v1/runs/{id}`. */
const neutral = createClient<paths>({ baseUrl: '', headers: { ...own, Accept: 'application/json' }, fetch: reach });

/** The neutral API's GET, POST, ...; unwrap their answers with {@link answer}. */
export const api = neutral;

/** The data of an answer, or the refusal thrown. */
export async function answer<T>(asked: Promise<{ data?: T; error?: unknown; response: Response }>): Promise<T> {
  const { data, error, response } = await asked;
  if (!response.ok) throw refusal(response, error);
  return data as T;
}

/**
 * One call of any API of the server, the dialects' too: a body that is no text or blob is sent as JSON.
 * Answers the parsed JSON, a text for other types, or undefined for none.
 */
export async function call<T = unknown>(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<T> {
  const raw = typeof body === 'string' || body instanceof Blob || body instanceof FormData || body instanceof URLSearchParams;
  const response = await reach(
    new Request(path, {
      method,
      headers: { ...own, Accept: 'application/json', ...(body === undefined || raw ? {} : { 'Content-Type': 'application/json' }), ...headers },
      ...(body === undefined ? {} : { body: raw ? (body as BodyInit) : JSON.stringify(body) }),
    }),
  );
  const text = await response.text();
  const isJson = response.headers.get('Content-Type')?.includes('json') ?? false;
  const parsed: unknown = isJson && text ? safeJson(text) : text;
  if (!response.ok) throw refusal(response, parsed);
  return (text ? parsed : undefined) as T;
}

async function reach(request: Request): Promise<Response> {
  try {
    return await fetch(request);
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') throw error;
    throw new ApiError(0, 'The server cannot be reached. It may be restarting; this page goes on by itself when it is back.', 'unreachable');
  }
}

/** A refusal in words, whichever dialect's shape it has. */
function refusal(response: Response, body: unknown): ApiError {
  const fields = (typeof body === 'object' && body !== null ? body : {}) as Record<string, unknown>;
  const text = [fields.message, fields.error, fields.detail].find((value): value is string => typeof value === 'string' && value.length > 0);
  const code = [fields.code, fields.error_code].find((value): value is string => typeof value === 'string') ?? String(response.status);
  const plain = typeof body === 'string' && body.length < 500 && !body.includes('<') ? body : undefined;
  return new ApiError(response.status, text ?? plain ?? `The server answered ${response.status} ${response.statusText}.`, code, typeof fields.field === 'string' ? fields.field : undefined);
}

function safeJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
