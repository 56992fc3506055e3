// The API as a Fetch handler, by Hono: for Lambda, and for whatever else speaks Fetch.
import { Hono } from 'hono';
import { createApi, tooLarge, type ApiOptions } from './api.ts';
import type { ServingContext } from './context.ts';
import { notUtf8 } from './problem.ts';

export function createApp(context: ServingContext, options: ApiOptions): Hono {
  const api = createApi(context, options);
  return new Hono().all('*', async (http) => {
    const { raw } = http.req;
    const { pathname, search } = new URL(raw.url);
    const { status, headers, body } = await api.answer({
      method: raw.method, path: pathname, query: search.slice(1),
      header: (name) => raw.headers.get(name) ?? undefined,
      text: (mostBytes) => textOf(raw, mostBytes),
    });
    return new Response(body, { status, headers });
  });
}

async function textOf(request: Request, mostBytes: number): Promise<string> {
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const part of request.body ?? []) {
    size += (part as Uint8Array).length;
    if (size > mostBytes) throw tooLarge(mostBytes);
    parts.push(part as Uint8Array);
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(parts));
  } catch {
    throw notUtf8();
  }
}
