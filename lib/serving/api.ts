// The API whatever carries it: a request in, an answer out. Every request goes the same way: size, key, scope, allowance, check, handler, answer. The
// transports are thin (`app.ts`, `node-listener.ts`), and this path makes few objects: it is walked tens of thousands of times a second.
import { uuidv7 } from '../base/index.ts';
import type { ServingContext } from './context.ts';
import { fingerprintOf, idempotencyKey, sameRequest, type StoredAnswer } from './idempotency.ts';
import { parseJson } from './json.ts';
import { allows, keyHashes, type ApiKey, type Scope } from './keys.ts';
import { invalid, Problem } from './problem.ts';
import type { Route, RouteRequest } from './route.ts';
import { routeFinder } from './route-finder.ts';
import { ROUTES } from './routes/index.ts';
import { validator } from './validate.ts';

/** A request as its transport gives it. */
export interface ApiRequest {
  /** In capitals. */
  readonly method: string;
  /** As it was sent: percent-encoded, without the query. */
  readonly path: string;
  /** What follows the `?`; empty where there is none. */
  readonly query: string;
  /** `name` in lower case. */
  header(name: string): string | undefined;
  /** The body, without a promise where it is here already; `tooLarge()` is thrown where it has more bytes than that. */
  text(mostBytes: number): Promise<string> | string;
}

export interface ApiAnswer {
  status: number;
  /** Names in lower case; `content-length` is the transport's. */
  headers: Record<string, string>;
  body: string;
}

export interface Api {
  /** Never rejects and never throws: what breaks is answered with a 500. Without a promise where nothing has to be waited for. */
  answer(request: ApiRequest): Promise<ApiAnswer> | ApiAnswer;
}

/** An error that nobody expected: told to the operator, not to the caller. */
export type OnError = (error: unknown, request: { method: string; path: string; requestId: string }) => void;

export interface ApiOptions { routes?: readonly Route[]; onError: OnError }

type Headers = ApiAnswer['headers'];
type Params = Readonly<Record<string, string>>;
type Serve = (request: ApiRequest, params: Params, headers: Headers) => Promise<ApiAnswer> | ApiAnswer;

export function createApi(context: ServingContext, { routes = ROUTES, onError }: ApiOptions): Api {
  const hashed = keyHashes();
  const { find, methodsOf } = routeFinder(routes.map((route) => ({ method: route.method.toUpperCase(), path: route.path, serve: serving(route, context, hashed) })));
  const failed = ({ method, path }: ApiRequest, headers: Headers, thrown: unknown): ApiAnswer => {
    if (thrown instanceof Problem) return problemAnswer(headers, thrown);
    const requestId = headers['x-request-id']!;
    // As the document writes it: what stands in a path may be somebody's.
    onError(thrown, { method, path: find(method === 'HEAD' ? 'GET' : method, path)?.route.path ?? 'unknown', requestId });
    return problemAnswer(headers, new Problem(500, 'Internal error', `something broke; the log has it under ${requestId}`));
  };
  return {
    answer(request) {
      const { method, path } = request;
      const headers: Headers = { 'content-type': 'application/json', 'x-request-id': requestIdOf(request) };
      try {
        const found = find(method === 'HEAD' ? 'GET' : method, path);
        if (found === undefined) throw unknownRoute(path, methodsOf(path));
        const answer = found.route.serve(request, found.params, headers);
        return answer instanceof Promise ? answer.catch((thrown: unknown) => failed(request, headers, thrown)) : answer;
      } catch (thrown) {
        return failed(request, headers, thrown);
      }
    },
  };
}

/** What a route does with a request, its checks compiled once. */
function serving(route: Route, context: ServingContext, hashed: (key: string) => string): Serve {
  const check = route.body === undefined ? undefined : validator(route.body);
  const queries = Object.entries(route.query ?? {}).map(([name, { schema }]) => [name, validator(schema, `the parameter ${name}`)] as const);
  const { limits } = context;
  const underWay: UnderWay = new Map();
  const json = (value: unknown): string => (route.mediaType === undefined ? JSON.stringify(value) : String(value));
  const compute = (request: ApiRequest, params: Params, key: ApiKey | undefined, text: string): Promise<string> | string => {
    const query = queryOf(request, queries);
    const body = check?.(route.reads === undefined ? parseJson(text) : readerOf(route.reads, request)(text));
    const answer = route.handle(context, new CheckedRequest(body, params, query, key, limits.requestMilliseconds));
    return answer instanceof Promise ? withinTime(answer, limits.requestMilliseconds).then(json) : json(answer);
  };
  const answered = (headers: Headers, body: string): ApiAnswer => {
    if (route.mediaType !== undefined) headers['content-type'] = route.mediaType;
    return { status: 200, headers, body };
  };
  const withText = (request: ApiRequest, params: Params, headers: Headers, key: ApiKey | undefined, text: string): Promise<ApiAnswer> | ApiAnswer => {
    const given = route.idempotent === true ? request.header('idempotency-key') : undefined;
    const body = given === undefined || key === undefined
      ? compute(request, params, key, text)
      : once(context, underWay, { path: request.path, key, given, text, headers }, async () => compute(request, params, key, text));
    return typeof body === 'string' ? answered(headers, body) : body.then((computed) => answered(headers, computed));
  };
  const withKey = (request: ApiRequest, params: Params, headers: Headers, key: ApiKey | undefined): Promise<ApiAnswer> | ApiAnswer => {
    const text = check === undefined ? '' : bodyOf(route, request, limits.bodyBytes);
    return typeof text === 'string' ? withText(request, params, headers, key, text) : text.then((read) => withText(request, params, headers, key, read));
  };
  return (request, params, headers) => {
    const key = route.scope === undefined ? undefined : keyOf(context, hashed, request, route.scope(params));
    return key instanceof Promise ? key.then((found) => withKey(request, params, headers, found)) : withKey(request, params, headers, key);
  };
}

/** A request whose parts are checked, as handlers see it. */
class CheckedRequest implements RouteRequest<unknown> {
  readonly body: unknown;
  readonly params: Params;
  readonly query: RouteRequest<unknown>['query'];
  readonly key: ApiKey | undefined;
  readonly #milliseconds: number;

  constructor(body: unknown, params: Params, query: RouteRequest<unknown>['query'], key: ApiKey | undefined, milliseconds: number) {
    this.body = body;
    this.params = params;
    this.query = query;
    this.key = key;
    this.#milliseconds = milliseconds;
  }

  /** Made when it is asked for: most handlers wait for nothing. */
  get signal(): AbortSignal {
    return AbortSignal.timeout(this.#milliseconds);
  }
}

const NO_QUERY: RouteRequest<unknown>['query'] = Object.freeze({});

function queryOf({ query }: ApiRequest, checks: readonly (readonly [name: string, check: (value: unknown) => unknown])[]): RouteRequest<unknown>['query'] {
  if (checks.length === 0 || query === '') return NO_QUERY;
  const given = new URLSearchParams(query);
  const checked: Record<string, string> = {};
  for (const [name, check] of checks) {
    const value = given.get(name);
    if (value !== null) checked[name] = check(value) as string;
  }
  return checked;
}

/** What is being computed for an `Idempotency-Key` in this process: who repeats a request before it is answered waits for the same answer. */
type UnderWay = Map<string, Promise<StoredAnswer & { isKept: boolean }>>;

interface Repeatable { path: string; key: ApiKey; given: string; text: string; headers: Headers }

/** Computes once for an `Idempotency-Key`; a problem is not kept, so that it may be tried again. */
async function once({ idempotency }: ServingContext, underWay: UnderWay, { path, key, given, text, headers }: Repeatable, compute: () => Promise<string>): Promise<string> {
  if (given === '' || given.length > 200) throw invalid('an Idempotency-Key has 1 to 200 characters');
  const [stored, fingerprint] = [idempotencyKey(key.id, path, given), fingerprintOf(text)];
  const earlier = await (underWay.get(stored) ?? idempotency.find(stored).catch(() => {
    throw new Problem(503, 'Not ready', 'earlier answers cannot be looked up now; try again, or without an Idempotency-Key', { headers: { 'retry-after': '1' } });
  }));
  if (earlier !== undefined) {
    headers['idempotent-replay'] = 'true';
    return sameRequest(earlier, fingerprint).body;
  }
  const computing = underWay.get(stored) ?? compute().then(async (body) => {
    const answer = { fingerprint, status: 200, body };
    const kept = await idempotency.keep(stored, answer);
    return { ...(kept ?? answer), isKept: kept !== undefined };
  }).finally(() => underWay.delete(stored));
  underWay.set(stored, computing);
  const answer = await computing;
  if (!answer.isKept) headers['idempotent-kept'] = 'false';
  return sameRequest(answer, fingerprint).body;
}

function keyOf(context: ServingContext, hashed: (key: string) => string, request: ApiRequest, scope: Scope): Promise<ApiKey> | ApiKey {
  const given = request.header('x-api-key');
  if (given === undefined || given === '') throw unauthorised('the header x-api-key is missing');
  const found = context.keys.byHash(hashed(given));
  return found instanceof Promise ? found.then((key) => admitted(context, key, scope)) : admitted(context, found, scope);
}

function admitted({ usage }: ServingContext, key: ApiKey | undefined, scope: Scope): ApiKey {
  if (key === undefined) throw unauthorised('this API key is not known');
  if (!allows(key, scope)) throw new Problem(403, 'Forbidden', `this API key has no scope '${scope}'; it has ${key.scopes.length === 0 ? 'none' : key.scopes.join(', ')}`);
  usage.take(key);
  return key;
}

function unauthorised(detail: string): Problem {
  return new Problem(401, 'Unauthorized', detail, { headers: { 'www-authenticate': 'ApiKey header="x-api-key"' } });
}

function unknownRoute(path: string, methods: readonly string[]): Problem {
  return methods.length === 0
    ? new Problem(404, 'Not found', `there is no ${path}; GET /openapi.json lists what there is`)
    : new Problem(405, 'Method not allowed', `${path} takes ${methods.join(', ')}`, { headers: { allow: methods.join(', ') } });
}

function bodyOf({ reads }: Route, request: ApiRequest, limit: number): Promise<string> | string {
  const type = request.header('content-type') ?? '';
  // As nearly everybody sends it, nothing has to be taken apart.
  if (type !== 'application/json') checkMediaType(type, reads);
  const encoding = request.header('content-encoding');
  if (encoding !== undefined && encoding.toLowerCase() !== 'identity') {
    throw new Problem(415, 'Unsupported media type', `a body comes as it is, not encoded as ${encoding}`, { headers: { 'accept-encoding': 'identity' } });
  }
  const length = request.header('content-length');
  if (length !== undefined && Number(length) > limit) throw tooLarge(limit);
  return request.text(limit);
}

/** A body that names no type is taken for JSON, and one that names no letters for UTF-8. */
function checkMediaType(given: string, reads: Route['reads'] = {}): void {
  const [type = '', ...parameters] = given.split(';').map((part) => part.trim().toLowerCase());
  if (type !== '' && type !== 'application/json' && !type.endsWith('+json') && !Object.hasOwn(reads, type)) {
    throw unsupported(`a body is ${['application/json', ...Object.keys(reads).filter((one) => one !== 'application/json')].join(' or ')}, not ${type}`);
  }
  const charset = parameters.find((parameter) => parameter.startsWith('charset='))?.slice('charset='.length).replaceAll('"', '');
  if (charset !== undefined && charset !== 'utf-8' && charset !== 'utf8' && charset !== 'us-ascii') throw unsupported(`a body is UTF-8, not ${charset}`);
}

function unsupported(detail: string): Problem {
  return new Problem(415, 'Unsupported media type', detail, { headers: { accept: 'application/json' } });
}

function readerOf(reads: NonNullable<Route['reads']>, request: ApiRequest): (text: string) => unknown {
  const type = (request.header('content-type') ?? '').split(';')[0]!.trim().toLowerCase();
  return (Object.hasOwn(reads, type) ? reads[type] : reads['application/json']) ?? parseJson;
}

/** For transports too, where a body turns out to be larger than it said. */
export function tooLarge(limit: number): Problem {
  return new Problem(413, 'Content too large', `a body has ${limit} bytes at most; send fewer rows at a time`);
}

async function withinTime<Value>(work: Promise<Value>, milliseconds: number): Promise<Value> {
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

function problemAnswer(headers: Headers, problem: Problem): ApiAnswer {
  return { status: problem.status, headers: { ...headers, ...problem.headers, 'content-type': 'application/problem+json' }, body: JSON.stringify(problem) };
}

const PLAIN_ID = /^[\w.:-]{1,128}$/;

/** The caller's own id where it is a plain one, so that its logs and ours can be laid side by side. */
function requestIdOf(request: ApiRequest): string {
  const given = request.header('x-request-id');
  return given !== undefined && PLAIN_ID.test(given) ? given : uuidv7();
}
