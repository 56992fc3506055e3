// API Gateway's REST API calls a function with an event for each request: the app of both homes behind it.
import type { APIGatewayProxyEvent, APIGatewayProxyResult } from 'aws-lambda';
import type { ApiKey, KeyStore, Scope } from '../keys.ts';

/** What the authorizer says of a caller; API Gateway passes on texts only. */
export interface AuthorizerContext { keyId: string; hash: string; scopes: string }

/** Takes a web request, as Hono's `fetch` does. */
export type Fetch = (request: Request) => Response | Promise<Response>;

/**
 * The keys of the request that is being answered: API Gateway's authorizer has looked it up by its hash, so that it is not looked up again. The app
 * hashes what came and compares; its scopes are checked there. Allowances are counted by the usage plan.
 */
export class AdmittedKeys implements KeyStore {
  readonly #admitted = new Map<string, ApiKey>();

  byHash(hash: string): ApiKey | undefined {
    return this.#admitted.get(hash);
  }

  /** While this lasts the caller of the event is known, and afterwards no more. */
  async during<Result>({ requestContext: { authorizer } }: Pick<APIGatewayProxyEvent, 'requestContext'>, work: () => Promise<Result>): Promise<Result> {
    const { keyId, hash, scopes } = (authorizer ?? {}) as Partial<AuthorizerContext>;
    if (keyId === undefined || hash === undefined || scopes === undefined) return work();
    this.#admitted.set(hash, { id: keyId, hash, scopes: scopes.split(' ').filter((scope) => scope !== '') as Scope[] });
    try {
      return await work();
    } finally {
      this.#admitted.delete(hash);
    }
  }
}

/** The event as a web request. */
export function requestOf(event: APIGatewayProxyEvent): Request {
  const headers = new Headers();
  for (const [name, values] of Object.entries(event.multiValueHeaders ?? {})) for (const value of values ?? []) headers.append(name, value);
  for (const [name, value] of Object.entries(event.headers ?? {})) if (value !== undefined && !headers.has(name)) headers.set(name, value);
  const body = event.body === null ? undefined : Buffer.from(event.body, event.isBase64Encoded ? 'base64' : 'utf8');
  // The length of what came here: the gateway may have unpacked it.
  headers.delete('transfer-encoding');
  headers.delete('content-length');
  if (body !== undefined) headers.set('content-length', String(body.length));
  if (!headers.has('x-request-id')) headers.set('x-request-id', event.requestContext.requestId);
  const query = new URLSearchParams();
  for (const [name, values] of Object.entries(event.multiValueQueryStringParameters ?? {})) for (const value of values ?? []) query.append(name, value);
  const search = query.toString();
  const hasBody = body !== undefined && event.httpMethod !== 'GET' && event.httpMethod !== 'HEAD';
  return new Request(`https://api.invalid${event.path}${search === '' ? '' : `?${search}`}`, { method: event.httpMethod, headers, ...(hasBody ? { body } : {}) });
}

/** A web response as what API Gateway sends on. All answers of the app are text. */
export async function resultOf(response: Response): Promise<APIGatewayProxyResult> {
  return { statusCode: response.status, headers: Object.fromEntries(response.headers), body: await response.text(), isBase64Encoded: false };
}
