// A route of the API: declared once, it is checked, served and documented.
import type { Static, TSchema } from '@sinclair/typebox';
import type { ApiKey, Scope } from './keys.ts';
import type { ServingContext } from './context.ts';

/** What a handler is given: everything checked. */
export interface RouteRequest<Body> {
  body: Body;
  params: Readonly<Record<string, string>>;
  query: Readonly<Record<string, string | undefined>>;
  /** undefined on open routes. */
  key: ApiKey | undefined;
  /** Aborts when the request is given up. */
  signal: AbortSignal;
}

export interface Route {
  method: 'get' | 'post';
  /** As in OpenAPI: `/v1/predict/{predictor}`. */
  path: string;
  summary: string;
  description?: string;
  tag: string;
  /** undefined: open to everyone. */
  scope?: (params: Readonly<Record<string, string>>) => Scope;
  body?: TSchema;
  /** How bodies become what `body` describes, by type; default: JSON alone. */
  reads?: Readonly<Record<string, (text: string) => unknown>>;
  query?: Readonly<Record<string, { description: string; schema: TSchema }>>;
  params?: Readonly<Record<string, { description: string; example?: string }>>;
  answer: TSchema;
  /** Statuses of problems beside 400, 401, 403 and 429, which every route with a key has. */
  problems?: Readonly<Record<number, string>>;
  /** Answers that are not JSON, by type. */
  mediaType?: string;
  /** May be repeated with an `Idempotency-Key`. */
  idempotent?: boolean;
  example?: unknown;
  /** Where in the answer the id stands under which it is found again (JSON pointer). */
  loggedAs?: string;
  handle(context: ServingContext, request: RouteRequest<unknown>): Promise<unknown> | unknown;
}

/** Types the handler by the schema of the body. */
export function route<Body extends TSchema, Answer extends TSchema>(
  declared: Omit<Route, 'handle' | 'body' | 'answer'> & {
    body?: Body; answer: Answer; handle(context: ServingContext, request: RouteRequest<Static<Body>>): Promise<Static<Answer>> | Static<Answer>;
  },
): Route {
  return declared as Route;
}
