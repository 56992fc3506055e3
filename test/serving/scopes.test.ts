// Keys: every route of the document against every scope, limits, and nothing that one key could see of another or a log of a person.
import { describe, expect, it } from 'vitest';
import { openApi, ROUTES, type Scope } from '../../lib/serving/index.ts';
import { testApp } from './support.ts';

/** What each route wants, written down once more: whoever adds a route decides it here too. */
const WANTS: Readonly<Record<string, Scope | 'nothing'>> = {
  'post /v1/predict/{predictor}': 'predict:conversion', 'get /v1/predictions/{id}': 'predictions', 'post /v1/price': 'price', 'post /v1/shipping/quote': 'shipping',
  'post /v1/recommendations': 'recommendations', 'get /v1/features/{entity}/{id}': 'features', 'post /v1/outcomes': 'outcomes', 'get /v1/models': 'models', 'post /invocations': 'predict',
  'get /ping': 'nothing', 'get /health': 'nothing', 'get /version': 'nothing',
};
const SCOPES: readonly Scope[] = ['predict', 'predict:conversion', 'predict:churn', 'price', 'shipping', 'recommendations', 'features', 'outcomes', 'models', 'predictions'];
const BODIES: Readonly<Record<string, unknown>> = {
  '/v1/predict/{predictor}': { rows: [{ visitor_id: 'v1', item_id: 'i1' }] }, '/v1/price': { skus: ['p1'] }, '/v1/recommendations': { visitor_id: 'v1' }, '/v1/outcomes': { outcomes: [{ unit: 'v1', outcome: 'cart' }] },
  '/v1/shipping/quote': { destination_postcode: '20040', parcels: [{ weight_kg: 1 }], order_value: 60, handed_over_on: '2018-03-01' }, '/invocations': { instances: [{ visitor_id: 'v1', item_id: 'i1' }] },
};
const PLACES: Readonly<Record<string, string>> = { predictor: 'conversion', id: 'v1', entity: 'visitor' };

interface Document { paths: Record<string, Record<string, { security?: unknown[] }>> }
const operations = Object.entries((openApi(ROUTES, '1.0.0') as unknown as Document).paths)
  .flatMap(([path, methods]) => Object.entries(methods).map(([method, { security }]) => ({ path, method, isOpen: security === undefined })))
  .filter(({ path }) => path !== '/' && path !== '/openapi.json');

const call = (app: ReturnType<typeof testApp>, { path, method }: { path: string; method: string }, key: string, headers: Record<string, string> = {}) =>
  app.send(method.toUpperCase(), path.replaceAll(/\{(\w+)\}/g, (_, name: string) => PLACES[name]!), BODIES[path], { 'x-api-key': key, ...headers });

describe.each(operations)('$method $path', (operation) => {
  const wanted = WANTS[`${operation.method} ${operation.path}`];

  it('wants what the table says', () => expect([wanted !== undefined, operation.isOpen]).toEqual([true, wanted === 'nothing']));

  it.each(SCOPES.map((scope) => [scope]))('with a key for %s alone', async (scope) => {
    const app = testApp();
    const { status } = await call(app, operation, app.addKey('one', { scopes: [scope] }));
    const mayPass = wanted === 'nothing' || scope === wanted || wanted!.startsWith(`${scope}:`);
    expect(status === 403, `${status}`).toBe(!mayPass);
    if (mayPass) expect([200, 404]).toContain(status);
    else expect([app.predicted, app.happened]).toEqual([[], []]);
  });
});

describe.each(operations.filter(({ isOpen }) => !isOpen))('$method $path', (operation) => {
  it('refuses who has no key, one that nobody has, and one without scopes', async () => {
    const app = testApp();
    expect([(await call(app, operation, '')).status, (await call(app, operation, `mr_${'a'.repeat(43)}`)).status, (await call(app, operation, app.addKey('none', { scopes: [] }))).status]).toEqual([401, 401, 403]);
  });

  it('counts against the key\'s allowance, and only what was let in', async () => {
    const app = testApp();
    const [key, other] = [app.addKey('limited', { scopes: SCOPES, dailyQuota: 2 }), app.addKey('other', { scopes: SCOPES })];
    for (let refused = 0; refused < 3; refused++) await call(app, operation, 'mr_unknown');
    const statuses = [];
    for (let index = 0; index < 3; index++) statuses.push((await call(app, operation, key)).status);
    expect(statuses.map((status) => status === 429)).toEqual([false, false, true]);
    expect((await call(app, operation, other)).status).not.toBe(429);
  });
});

it('what one key was answered is not repeated to another that sends its Idempotency-Key', async () => {
  const app = testApp();
  const [one, other] = ['one', 'other'].map((id) => app.addKey(id, { scopes: ['predict'] }));
  const predict = operations.find(({ path }) => path === '/v1/predict/{predictor}')!;
  const ids = [];
  for (const key of [one, one, other]) ids.push(((await call(app, predict, key!, { 'idempotency-key': 'same' })).body as unknown as { predictions: { prediction_id: string }[] }).predictions[0]!.prediction_id);
  expect(ids[1]).toBe(ids[0]);
  expect(ids[2]).not.toBe(ids[0]);
});

it('of a person nothing is logged: what is not an id or an input is answered and forgotten', async () => {
  const app = testApp();
  const person = 'someone@example.org';
  const key = app.addKey('one', { scopes: SCOPES });
  for (const { path, method } of operations.filter(({ method: one }) => one === 'post')) {
    const route = path.replace('{predictor}', 'conversion');
    for (const body of [{ ...BODIES[path] as object, attributes: { email: person } }, { ...BODIES[path] as object, email: person }, `{"email": "${person}"`, { rows: [{ email: person }] }, [person], person]) {
      await app.send(method.toUpperCase(), route, body, { 'x-api-key': key, 'x-request-id': 'r1', cookie: `mail=${person}`, 'user-agent': person });
    }
  }
  expect(app.predicted.length).toBeGreaterThan(0);
  expect(JSON.stringify([app.predicted, app.happened, app.errors])).not.toContain(person);
  expect(JSON.stringify(app.predicted)).not.toContain(key);
});

it.each([
  ['/v1/predict/conversion', (id: string) => ({ rows: [{ visitor_id: id, item_id: 'i1' }] }), '/rows/0/visitor_id'],
  ['/v1/predict/conversion', (id: string) => ({ ...BODIES['/v1/predict/{predictor}'] as object, unit: id }), '/unit'],
  ['/v1/predict/conversion', (id: string) => ({ ...BODIES['/v1/predict/{predictor}'] as object, attributes: { device: id } }), '/attributes/device'],
  ['/v1/price', (id: string) => ({ skus: [id] }), '/skus/0'],
  ['/v1/shipping/quote', (id: string) => ({ ...BODIES['/v1/shipping/quote'] as object, unit: id }), '/unit'],
  ['/v1/recommendations', (id: string) => ({ visitor_id: id }), '/visitor_id'],
  ['/v1/outcomes', (id: string) => ({ outcomes: [{ unit: id, outcome: 'cart' }] }), '/outcomes/0/unit'],
  ['/v1/outcomes', (id: string) => ({ outcomes: [{ unit: 'v1', outcome: 'cart', outcome_id: id }] }), '/outcomes/0/outcome_id'],
])('%s takes no e-mail address, half character or control character where it keeps ids (%#)', async (path, body, pointer) => {
  const app = testApp();
  for (const id of ['someone@example.org', 'mailto:some.one+tag@shop.example.co.uk', 'a\ud800', '\u0000', 'line\nbreak']) {
    expect(await app.send('POST', path, body(id)), id).toMatchObject({ status: 400, body: { errors: [{ pointer, detail: expect.stringContaining('e-mail address') as string }] } });
  }
  expect([app.predicted, app.happened, app.errors]).toEqual([[], [], []]);
  expect(await app.send('POST', path, body('store@berlin é€😀'))).toMatchObject({ status: 200 });
});
