// The OpenAPI 3.1 document, made from the routes: what is checked is what is shown.
import type { Route } from './route.ts';
import { predictionRoute } from './routes/catalogue.ts';
import { ProblemBody } from './schemas.ts';

const STATUSES: Readonly<Record<number, string>> = {
  400: 'The request is not what the route takes; `errors` names each wrong field.', 401: 'The API key is missing or not known.', 403: 'The API key lacks the scope.',
  413: 'Too many bytes.', 415: 'The body is not JSON.', 429: 'The key has used up its allowance; Retry-After says how long to wait.', 504: 'There was no answer in time.',
};

export function openApi(routes: readonly Route[], version: string): Record<string, unknown> {
  const paths: Record<string, Record<string, unknown>> = {};
  for (const route of routes) (paths[route.path] ??= {})[route.method] = operation(route);
  return {
    openapi: '3.1.0',
    info: { title: 'Millrace', version, description: 'Predictions, prices, shipping, recommendations, and what came of them.', license: { name: 'Apache-2.0', identifier: 'Apache-2.0' } },
    paths,
    components: { securitySchemes: { apiKey: { type: 'apiKey', in: 'header', name: 'x-api-key' } }, schemas: { Problem: ProblemBody } },
  };
}

function operation(route: Route): Record<string, unknown> {
  const { summary, description, tag, scope, body, loggedAs, reads = {}, query = {}, params = {}, answer, mediaType, example, idempotent } = route;
  const problem = (text: string) => ({ description: text, content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } } });
  const common = Object.entries(STATUSES).filter(([status]) => (scope !== undefined || !['401', '403', '429'].includes(status)) && (body !== undefined || !['413', '415'].includes(status)));
  return {
    operationId: operationIdOf(route),
    summary, tags: [tag], ...(description === undefined ? {} : { description }),
    ...(scope === undefined ? {} : { security: [{ apiKey: [] }] }),
    parameters: [
      ...Object.entries(params).map(([name, text]) => ({ name, in: 'path', required: true, description: text.description, schema: { type: 'string', minLength: 1 }, ...(text.example === undefined ? {} : { example: text.example }) })),
      ...Object.entries(query).map(([name, { description: text, schema }]) => ({ name, in: 'query', required: false, description: text, schema })),
      ...(idempotent === true ? [{ name: 'Idempotency-Key', in: 'header', required: false, description: 'Repeated within a day with the same body, the request gets the same answer, computed once.', schema: { type: 'string', minLength: 1, maxLength: 200 } }] : []),
    ],
    ...(body === undefined ? {} : { requestBody: { required: true, content: { 'application/json': { schema: body, ...(example === undefined ? {} : { example }) }, ...Object.fromEntries(Object.keys(reads).filter((type) => type !== 'application/json').map((type) => [type, { schema: { type: 'string' } }])) } } }),
    responses: {
      200: {
        description: 'The answer.', content: { [mediaType?.split(';')[0] ?? 'application/json']: { schema: answer } },
        ...(loggedAs === undefined ? {} : { links: { prediction: { operationId: operationIdOf(predictionRoute), parameters: { id: `$response.body#${loggedAs}` }, description: 'The answer as it was logged, by the same key.' } } }),
      },
      ...Object.fromEntries(common.map(([status, text]) => [status, problem(text)])),
      ...(idempotent === true ? { 422: problem('The Idempotency-Key came with another body within the last day.'), 503: problem('Earlier answers cannot be looked up now.') } : {}),
      ...Object.fromEntries(Object.entries(route.problems ?? {}).map(([status, text]) => [status, problem(text)])),
    },
  };
}

/** `postV1Price` */
function operationIdOf({ method, path }: Pick<Route, 'method' | 'path'>): string {
  return `${method}${path.replaceAll(/[^a-zA-Z0-9]+(\w)/g, (_, letter: string) => letter.toUpperCase()).replaceAll(/\W/g, '')}`;
}
