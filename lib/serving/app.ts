// The HTTP app: one for Lambda and for a local server. Every request goes the same way: size, key, scope, allowance, check, handler, answer.
import { Hono, type Context } from 'hono';
import type { ServingContext } from './context.ts';
import { fingerprintOf, idempotencyKey, sameRequest, type StoredAnswer } from './idempotency.ts';
import { allows, hashOf, type ApiKey } from './keys.ts';
import { invalid, Problem } from './problem.ts';
import type { Route, RouteRequest } from './route.ts';
import { ROUTES } from './routes/index.ts';
import { validator } from './validate.ts';

/** An error that nobody expected: told to the operator, not to the caller. */
export type OnError = (error: unknown, request: { method: string; path: string; requestId: string }) => void;

export function createApp(context: ServingContext, { routes = ROUTES, onError }: { routes?: readonly Route[]; onError: OnError }): Hono {
  const app = new Hono();
  for (const route of routes) {
    const serve = serving(route, context);
    app.on(route.method, route.path.replaceAll(/\{(\w+)\}/g, ':$1'), async (http) => {
      const requestId = requestIdOf(http);
      http.header('x-request-id', requestId);
      try {
        return await serve(http);
      } catch (thrown) {
        if (!(thrown instanceof Problem)) onError(thrown, { method: http.req.method, path: http.req.path, requestId });
        return problemAnswer(http, thrown instanceof Problem ? thrown : new Problem(500, 'Internal error', `something broke; the log has it under ${requestId}`));
      }
    });
  }
  app.notFound((http) => {
    const others = routes.filter(({ path }) => matches(path, http.req.path)).map(({ method }) => method.toUpperCase());
    return problemAnswer(http, others.length === 0
      ? new Problem(404, 'Not found', `there is no ${http.req.path}; GET /openapi.json lists what there is`)
      : new Problem(405, 'Method not allowed', `${http.req.path} takes ${others.join(', ')}`, { headers: { allow: others.join(', ') } }));
  });
  return app;
}

/** What a route does with a request, its checks compiled once. */
function serving(route: Route, context: ServingContext): (http: Context) => Promise<Response> {
  const check = route.body === undefined ? undefined : validator(route.body);
  const queries = Object.entries(route.query ?? {}).map(([name, { schema }]) => [name, validator(schema, `the parameter ${name}`)] as const);
  const { limits } = context;
  const underWay: UnderWay = new Map();
  return async (http) => {
    const params = http.req.param() as Record<string, string>;
    const key = route.scope === undefined ? undefined : await keyOf(context, http, route.scope(params));
    const query: Record<string, string | undefined> = {};
    for (const [name, checked] of queries) {
      const value = http.req.query(name);
      if (value !== undefined) query[name] = checked(value) as string;
    }
    const text = check === undefined ? '' : await bodyOf(http, limits.bodyBytes);
    const run = async (): Promise<{ status: 200; body: string }> => {
      const request: RouteRequest<unknown> = {
        body: check?.(parsed(text)), params, query, key, header: (name, value) => http.header(name, value),
        get signal() {
          return AbortSignal.timeout(limits.requestMilliseconds);
        },
      };
      const answer = await withinTime(route.handle(context, request), limits.requestMilliseconds);
      return { status: 200, body: route.mediaType === undefined ? JSON.stringify(answer) : String(answer) };
    };
    const given = route.idempotent === true ? http.req.header('idempotency-key') : undefined;
    const { status, body } = given === undefined || key === undefined ? await run() : await once(context, underWay, http, key, given, text, run);
    http.header('content-type', route.mediaType ?? 'application/json');
    return http.body(body, status as 200);
  };
}

/** What is being computed for an `Idempotency-Key` in this process: who repeats a request before it is answered waits for the same answer. */
type UnderWay = Map<string, Promise<StoredAnswer>>;

/** Computes once for an `Idempotency-Key`; a problem is not kept, so that it may be tried again. */
async function once(
  { idempotency }: ServingContext, underWay: UnderWay, http: Context, key: ApiKey, given: string, text: string, run: () => Promise<{ status: 200; body: string }>,
): Promise<StoredAnswer> {
  if (given.length > 200) throw invalid('an Idempotency-Key has 200 characters at most');
  const [stored, fingerprint] = [idempotencyKey(key.id, http.req.path, given), fingerprintOf(text)];
  const earlier = await (underWay.get(stored) ?? idempotency.find(stored));
  if (earlier !== undefined) {
    http.header('idempotent-replay', 'true');
    return sameRequest(earlier, fingerprint);
  }
  const computing = underWay.get(stored) ?? run().then((answer) => idempotency.keep(stored, { fingerprint, ...answer })).finally(() => underWay.delete(stored));
  underWay.set(stored, computing);
  return sameRequest(await computing, fingerprint);
}

async function keyOf({ keys, usage }: ServingContext, http: Context, scope: ReturnType<NonNullable<Route['scope']>>): Promise<ApiKey> {
  const given = http.req.header('x-api-key');
  if (given === undefined || given === '') throw unauthorised('the header x-api-key is missing');
  const found = keys.byHash(hashOf(given));
  const key = found instanceof Promise ? await found : found;
  if (key === undefined) throw unauthorised('this API key is not known');
  if (!allows(key, scope)) throw new Problem(403, 'Forbidden', `this API key has no scope '${scope}'; it has ${key.scopes.length === 0 ? 'none' : key.scopes.join(', ')}`);
  usage.take(key);
  return key;
}

function unauthorised(detail: string): Problem {
  return new Problem(401, 'Unauthorized', detail, { headers: { 'www-authenticate': 'ApiKey header="x-api-key"' } });
}

async function bodyOf(http: Context, limit: number): Promise<string> {
  const type = http.req.header('content-type')?.split(';')[0]?.trim().toLowerCase();
  if (type !== undefined && type !== '' && type !== 'application/json' && !type.endsWith('+json')) {
    throw new Problem(415, 'Unsupported media type', `a body is application/json, not ${type}`, { headers: { accept: 'application/json' } });
  }
  const tooLarge = () => new Problem(413, 'Content too large', `a body has ${limit} bytes at most; send fewer rows at a time`);
  const length = http.req.header('content-length');
  if (length !== undefined) {
    if (Number(length) > limit) throw tooLarge();
    return http.req.text();
  }
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const part of http.req.raw.body ?? []) {
    size += (part as Uint8Array).length;
    if (size > limit) throw tooLarge();
    parts.push(part as Uint8Array);
  }
  return Buffer.concat(parts).toString('utf8');
}

function parsed(text: string): unknown {
  if (text === '') throw invalid('the body is empty; send JSON');
  try {
    return JSON.parse(text);
  } catch (thrown) {
    throw invalid(`the body is no JSON: ${(thrown as Error).message}`);
  }
}

async function withinTime<Value>(work: Promise<Value> | Value, milliseconds: number): Promise<Value> {
  if (!(work instanceof Promise)) return work;
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Problem(504, 'Timed out', `there was no answer within ${milliseconds} ms`)), milliseconds);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

function problemAnswer(http: Context, problem: Problem): Response {
  for (const [name, value] of Object.entries(problem.headers)) http.header(name, value);
  http.header('content-type', 'application/problem+json');
  return http.body(JSON.stringify(problem), problem.status as 400);
}

/** The caller's own id where it is a plain one, so that its logs and ours can be laid side by side. */
function requestIdOf(http: Context): string {
  const given = http.req.header('x-request-id');
  return given !== undefined && /^[\w.:-]{1,128}$/.test(given) ? given : crypto.randomUUID();
}

function matches(path: string, asked: string): boolean {
  return new RegExp(`^${path.replaceAll(/\{\w+\}/g, '[^/]+')}$`).test(asked);
}
