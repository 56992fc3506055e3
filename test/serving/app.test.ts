// The API as a back end meets it: answers, refusals that say what is wrong, and nothing that one key could see of another.
import fc from 'fast-check';
import { Value } from '@sinclair/typebox/value';
import { describe, expect, it } from 'vitest';
import { DEFAULT_LIMITS, defaultPredictorOf, openApi, ROUTES } from '../../lib/serving/index.ts';
import { linearModel, NOW, testApp } from './support.ts';

const row = { visitor_id: 'v1', item_id: 'i1' };

describe('a prediction', () => {
  it('reads features from the store, names version and variant, and is logged with what it was made from', async () => {
    const app = testApp();
    const { status, body } = await app.send('POST', '/v1/predict/conversion', { rows: [row, { ...row, visitor_id: 'v2' }], explain: true });
    expect(status).toBe(200);
    expect(body).toMatchObject({
      predictor: 'conversion', output: 'probability',
      predictions: [
        { version: 'v1', variant: null, score: expect.closeTo(1 / (1 + Math.exp(-1)), 9) as number, fallback: false, contributions: { 'visitor.views_7d': 1, 'item.views_7d': 1, bias: -1 } },
        { score: expect.closeTo(0.5, 9) as number },
      ],
    });
    expect(app.predicted).toHaveLength(2);
    expect(JSON.parse(app.predicted[0]!.features)).toEqual({ 'visitor.views_7d': 10, 'item.views_7d': 100, discount: null });
    const { prediction_id: id } = app.predicted[0]!;
    expect((await app.send('GET', `/v1/predictions/${id}`)).body).toMatchObject({ prediction_id: id, entity: row, score: expect.any(Number) as number });
  });

  it('takes what a row gives itself before what the store knows', async () => {
    const app = testApp();
    const { body } = await app.send('POST', '/v1/predict/conversion', { rows: [{ ...row, 'visitor.views_7d': 0, discount: 0.5 }] });
    expect(body).toMatchObject({ predictions: [{ score: expect.closeTo(1 / (1 + Math.exp(-1)), 9) as number }] });
    expect(JSON.parse(app.predicted[0]!.response)).toMatchObject({ given: ['visitor.views_7d'] });
    await app.send('POST', '/v1/predict/conversion', { rows: [{ ...row, 'visitor.views_7d': null, 'item.views_7d': true }] });
    expect(JSON.parse(app.predicted[1]!.features)).toEqual({ 'visitor.views_7d': null, 'item.views_7d': 1, discount: null });
  });

  it('comes from the challenger for those whom an experiment puts there', async () => {
    const app = testApp();
    const rows = Array.from({ length: 200 }, (_, index) => ({ visitor_id: `u${index}`, item_id: 'i1' }));
    const { body } = await app.send('POST', '/v1/predict/conversion', { rows, attributes: { device: 'app' } });
    const variants = (body as { predictions: { variant: string; version: string }[] }).predictions;
    expect(new Set(variants.map(({ variant, version }) => `${variant} ${version}`))).toEqual(new Set(['control v1', 'treated v2']));
    expect(app.predicted.filter(({ variant }) => variant === 'treated').length).toBeGreaterThan(60);
  });

  it.each([
    ['the store fails', { read: async () => { throw new Error('down'); } }],
    ['the store does not answer', { read: () => new Promise<never>(() => {}) }],
  ])('falls back to the base rate when %s, and says so', async (_, features) => {
    const app = testApp();
    const degraded = testApp({ features: { ...app.context.features, ...features } });
    expect((await degraded.send('POST', '/v1/predict/conversion', { rows: [row] })).body).toMatchObject({ predictions: [{ score: 0.02, fallback: true, reason: 'features_unavailable' }] });
    expect(degraded.predicted).toMatchObject([{ fallback: true }]);
  });

  it('falls back to the base rate while the log has no room, and says so, with or without a canary', async () => {
    const app = testApp();
    const canary = { takes: () => true, answered: () => {}, failed: () => {} };
    for (const change of [{}, { canary: () => canary, experiments: [] }]) {
      const full = testApp({ log: { ...app.context.log, isFull: true }, ...change });
      const { body } = await full.send('POST', '/v1/predict/conversion', { rows: [row, row] });
      expect(body).toMatchObject({ predictions: [{ score: 0.02, fallback: true, reason: 'log_full' }, { score: 0.02, fallback: true, reason: 'log_full' }] });
    }
    expect(app.predicted).toHaveLength(4);
  });

  it('falls back to the base rate where nothing at all is known, and scores a row that says itself what is missing', async () => {
    const app = testApp();
    const blank = testApp({ features: { ...app.context.features, read: async (wanted) => wanted.map(({ entities }) => entities.map(() => ({}))) } });
    const { body } = await blank.send('POST', '/v1/predict/conversion', { rows: [row, { ...row, discount: null }, { ...row, discount: 0.5 }] });
    expect(body).toMatchObject({ predictions: [{ score: 0.02, fallback: true, reason: 'features_missing' }, { fallback: false, reason: null }, { fallback: false, reason: null }] });
    expect(blank.predicted.map(({ reason }) => reason)).toEqual(['features_missing', undefined, undefined]);
  });

  it('of a predictor that was not trained yet is marked, not an error', async () => {
    expect((await testApp().send('POST', '/v1/predict/churn', { rows: [{}] })).body).toMatchObject({ predictions: [{ score: null, version: null, fallback: true, reason: 'model_missing' }] });
  });

  it('is computed once for an idempotency key', async () => {
    const app = testApp();
    const [first, again] = [await app.send('POST', '/v1/predict/conversion', { rows: [row] }, { 'idempotency-key': 'k' }), await app.send('POST', '/v1/predict/conversion', { rows: [row] }, { 'idempotency-key': 'k' })];
    expect(again.body).toEqual(first.body);
    expect(again.headers.get('idempotent-replay')).toBe('true');
    expect(app.predicted).toHaveLength(1);
    const together = await Promise.all([1, 2, 3].map(() => app.send('POST', '/v1/predict/conversion', { rows: [row] }, { 'idempotency-key': 'at once' })));
    expect(new Set(together.map(({ body }) => JSON.stringify(body))).size).toBe(1);
    expect(app.predicted).toHaveLength(2);
    expect(await app.send('POST', '/v1/predict/conversion', { rows: [row, row] }, { 'idempotency-key': 'k' })).toMatchObject({ status: 422 });
  });
});

describe('a request that is wrong', () => {
  it.each([
    ['no JSON', '{', 400, /no JSON/],
    ['no body', '', 400, /empty/],
    ['no rows', { rows: [] }, 400, /not what this route takes/],
    ['an unknown field', { rows: [row], explane: true }, 400, /not what this route takes/],
    ['too many rows', { rows: Array.from({ length: 1_001 }, () => row) }, 413, /1000 rows at most/],
    ['far too many rows', { rows: Array.from({ length: 20_000 }, () => ({})) }, 413, /1000 rows at most/],
    ['lists in lists without end', `{"rows":${'['.repeat(200_000)}${']'.repeat(200_000)}}`, 400, /not what this route takes/],
    ['objects in objects without end', `${'{"rows":[{"a":'.repeat(30_000)}1${'}]}'.repeat(30_000)}`, 400, /not what this route takes/],
    ['a number beyond all numbers', '{"rows":[{"discount":1e999}]}', 400, /not what this route takes/],
  ])('is told so: %s', async (_, body, status, detail) => {
    const answer = await testApp().send('POST', '/v1/predict/conversion', body);
    expect(answer).toMatchObject({ status, body: { status, detail: expect.stringMatching(detail) as string } });
    expect(answer.headers.get('content-type')).toBe('application/problem+json');
  });

  it('names every wrong cell and what is allowed there', async () => {
    const { status, body } = await testApp().send('POST', '/v1/predict/conversion', { rows: [{ visitor_id: 7, itemid: 'i1', discount: 'much' }] });
    expect(status).toBe(400);
    expect((body as { errors: { pointer: string; detail: string }[] }).errors).toEqual([
      { pointer: '/rows/0/visitor_id', detail: expect.stringMatching(/^expected a string, an id of .*; got 7$/) as string },
      { pointer: '/rows/0/itemid', detail: 'conversion takes visitor_id, item_id, visitor.views_7d, item.views_7d, discount' },
      { pointer: '/rows/0/discount', detail: 'expected a number, true, false or null (of a time: how many days ago it was); got "much"' },
      { pointer: '/rows/0/item_id', detail: 'expected an id; it is missing' },
    ]);
  });

  it('shows the beginning of what came, and points where JSON pointers do', async () => {
    const told = async (body: unknown) => ((await testApp().send('POST', '/v1/predict/conversion', body)).body as { errors: { pointer: string; detail: string }[] }).errors;
    expect(await told([1])).toEqual([{ pointer: '', detail: 'expected object; got [1]' }]);
    expect(await told('{"rows":[{"discount":1e999,"note":"x"}]}')).toEqual([{ pointer: '/rows/0/discount', detail: 'expected one of string, number, boolean, null; got a number that is too large' }]);
    const [long] = await told({ rows: 'x'.repeat(100_000) });
    expect(long).toEqual({ pointer: '/rows', detail: `expected array; got "${'x'.repeat(56)}…` });
    expect(await told({ rows: [{ ...row, 'a/b~c': 1 }] })).toMatchObject([{ pointer: '/rows/0/a~1b~0c' }]);
  });

  it.each([
    ['GET', '/v1/predict/conversion', 405], ['POST', '/v1/nothing', 404], ['POST', '/v1/predict/nothing', 404], ['GET', '/v1/features/nothing/1', 404], ['GET', '/v1/predictions/nothing', 404],
  ])('%s %s is %i', async (method, path, status) => {
    const answer = await testApp().send(method, path, method === 'POST' ? { rows: [row] } : undefined);
    expect(answer).toMatchObject({ status, body: { status } });
    if (status === 405) expect(answer.headers.get('allow')).toBe('POST');
  });

  it('is refused when it is too large or no JSON by type', async () => {
    const app = testApp({ limits: { ...DEFAULT_LIMITS, bodyBytes: 100 } });
    expect(await app.send('POST', '/v1/predict/conversion', { rows: [{ ...row, visitor_id: 'x'.repeat(200) }] })).toMatchObject({ status: 413 });
    expect(await app.send('POST', '/v1/predict/conversion', '<rows/>', { 'content-type': 'application/xml' })).toMatchObject({ status: 415 });
  });
});

describe('a key', () => {
  it('is wanted everywhere but where everyone may look', async () => {
    const app = testApp();
    for (const { method, path, scope } of ROUTES) {
      const answer = await app.send(method.toUpperCase(), path.replaceAll(/\{\w+\}/g, 'x'), method === 'post' ? {} : undefined, { 'x-api-key': '' });
      expect([path, answer.status]).toEqual([path, scope === undefined ? 200 : 401]);
    }
    expect(await app.send('GET', '/v1/models', undefined, { 'x-api-key': 'mr_wrong' })).toMatchObject({ status: 401 });
  });

  it('reaches only what its scopes allow', async () => {
    const app = testApp();
    const key = app.addKey('narrow', { scopes: ['predict:churn'] });
    expect(await app.send('POST', '/v1/predict/conversion', { rows: [row] }, { 'x-api-key': key })).toMatchObject({ status: 403, body: { detail: expect.stringContaining("'predict:conversion'") as string } });
    expect(await app.send('POST', '/v1/predict/churn', { rows: [{}] }, { 'x-api-key': key })).toMatchObject({ status: 200 });
  });

  it('sees nothing of what another one asked', async () => {
    const app = testApp();
    await app.send('POST', '/v1/predict/conversion', { rows: [row] });
    const { prediction_id: id } = app.predicted[0]!;
    expect(await app.send('GET', `/v1/predictions/${id}`, undefined, { 'x-api-key': app.addKey('other', { scopes: ['predictions'] }) })).toMatchObject({ status: 404 });
  });

  it('is slowed down where it has a limit, and told for how long', async () => {
    const app = testApp();
    const key = app.addKey('slow', { scopes: ['models'], ratePerSecond: 1 });
    const statuses = [];
    for (let call = 0; call < 4; call++) statuses.push((await app.send('GET', '/v1/models', undefined, { 'x-api-key': key })).status);
    expect(statuses).toEqual([200, 200, 429, 429]);
    expect((await app.send('GET', '/v1/models', undefined, { 'x-api-key': key })).headers.get('retry-after')).toBe('1');
    const daily = app.addKey('daily', { scopes: ['models'], dailyQuota: 1 });
    expect((await app.send('GET', '/v1/models', undefined, { 'x-api-key': daily })).status).toBe(200);
    expect((await app.send('GET', '/v1/models', undefined, { 'x-api-key': daily })).status).toBe(429);
  });
});

describe("MLflow's forms", () => {
  it.each([
    ['dataframe_split', { columns: ['visitor_id', 'item_id'], data: [['v1', 'i1']] }],
    ['dataframe_split', { index: [['a', 1]], columns: ['visitor_id', 'item_id', 'discount'], data: [['v1', 'i1', false]] }],
    ['dataframe_split', { data: [[10, 100, 0]] }],
    ['dataframe_records', [row]],
    ['instances', [row]],
    ['instances', { visitor_id: ['v1'], item_id: ['i1'] }],
    ['inputs', [[10, 100, 0]]],
    ['inputs', { 'visitor.views_7d': [10], 'item.views_7d': [100], discount: [0] }],
  ])('%s %j', async (form, value) => {
    expect(await testApp().send('POST', '/invocations', { [form]: value })).toMatchObject({ status: 200, body: { predictions: [expect.closeTo(1 / (1 + Math.exp(-1)), 9)] } });
  });

  it.each([
    [{}, /exactly one of .*; this one has none/],
    [{ inputs: [row], instances: [row] }, /this one has instances and inputs/],
    [{ dataframe_split: { columns: ['visitor_id', 'item_id'], data: [['v1']] } }, /rows and columns do not fit/],
    [{ inputs: { visitor_id: ['v1', 'v2'], item_id: ['i1'] } }, /differ in length/],
    [{ instances: [] }, /has no rows/],
    [{ dataframe_splt: {} }, /this one has none, but dataframe_splt/],
    [{ inputs: [row, [1, 2, 3]] }, /mixes lists and objects|not what this route takes/],
    [{ dataframe_split: { columns: ['visitor_id', 'visitor_id'], data: [['v1', 'v1']] } }, /visitor_id is there twice/],
  ])('refuses %j by name', async (body, detail) => {
    expect(await testApp().send('POST', '/invocations', body)).toMatchObject({ status: 400, body: { detail: expect.stringMatching(detail) as string } });
  });

  it.each([
    [[row], '', /exactly one of dataframe_split, dataframe_records, instances, inputs/i],
    [{ dataframe_split: [row] }, '/dataframe_split', /expected object/],
    [{ dataframe_split: { columns: ['visitor_id', 'item_id'], data: [['v1', 'i1'], ['v1', 7]] } }, '/dataframe_split/data/1/1', /expected a string/],
    [{ dataframe_split: { columns: ['visitor_id'], data: [['v1']] } }, '/dataframe_split/columns', /it is missing/],
    [{ dataframe_split: { cols: ['visitor_id'], data: [['v1']] } }, '/dataframe_split/cols', /unexpected property; there are (.*, )?columns, (.*, )?data/],
    [{ dataframe_records: [row, { ...row, discount: 'x' }] }, '/dataframe_records/1/discount', /expected a number/],
    [{ instances: [{ ...row, 'a/b': 1 }] }, '/instances/0/a~1b', /conversion takes/],
    [{ inputs: [[10, 'x', 0]] }, '/inputs/0/1', /expected a number/],
    [{ inputs: { visitor_id: ['v1', 'v2'], item_id: ['i1', 7] } }, '/inputs/item_id/1', /expected a string/],
    [{ inputs: { visitor_id: ['v1'] } }, '/inputs', /it is missing/],
  ])('points into the form that came: %j', async (body, pointer, detail) => {
    const answer = await testApp().send('POST', '/invocations', body);
    expect(answer).toMatchObject({ status: 400, body: { errors: expect.arrayContaining([{ pointer, detail: expect.stringMatching(detail) as string }]) as unknown } });
  });

  it('take missing values as Python writes them', async () => {
    const body = '{"dataframe_split": {"columns": ["visitor_id", "item_id", "discount"], "data": [["v1", "i1", NaN], ["NaN", "i1", 0.5]]}}';
    const app = testApp();
    expect(await app.send('POST', '/invocations', body)).toMatchObject({ status: 200 });
    expect(app.predicted.map(({ entity, features }) => [JSON.parse(entity), JSON.parse(features)] as unknown)).toMatchObject([[row, { discount: null }], [{ visitor_id: 'NaN' }, { discount: 0.5 }]]);
    expect(await app.send('POST', '/invocations', body.replace('NaN', '-Infinity'))).toMatchObject({ status: 400, body: { errors: [{ pointer: '/dataframe_split/data/0/2', detail: expect.stringContaining('too large') as string }] } });
    expect(await app.send('POST', '/v1/predict/conversion', '{"rows":[{"visitor_id":"v1","item_id":"i1","discount":NaN}]}')).toMatchObject({ status: 400 });
  });

  it('refuses at once, and in few words, what is as wide and as long as a body may be', async () => {
    const names = Array.from({ length: 60_000 }, (_, at) => `c${at}`);
    const started = performance.now();
    for (const [body, headers] of [
      [JSON.stringify({ dataframe_split: { columns: names, data: Array.from({ length: 100_000 }, () => []) } }), {}],
      [`${names.join(',')}\n1`, { 'content-type': 'text/csv' }],
      [JSON.stringify({ dataframe_records: [Object.fromEntries(names.map((name) => [name, 1]))] }), {}],
    ] as const) {
      const { status, body: said } = await testApp().send('POST', '/invocations', body, headers);
      expect([status, JSON.stringify(said).length < 10_000]).toEqual([400, true]);
    }
    expect(performance.now() - started).toBeLessThan(10_000); // with a look at all columns for each of them, or for each row, it is minutes
  });

  it('take CSV as pandas writes it, with the index or without', async () => {
    const csv = async (text: string) => {
      const app = testApp();
      const { status, body } = await app.send('POST', '/invocations', text, { 'content-type': 'text/csv; charset=utf-8' });
      return { status, body, rows: app.predicted.map(({ entity, features }) => [(JSON.parse(entity) as { visitor_id: string }).visitor_id, (JSON.parse(features) as { discount: number | null }).discount]) };
    };
    const rows = [['007', 0.5], ['a,"b"', null], ['x', 1]];
    expect(await csv('visitor_id,item_id,discount\n007,i1,0.5\n"a,""b""",i1,\nx,i1,True\n')).toMatchObject({ status: 200, rows });
    expect(await csv(',visitor_id,item_id,discount\r\n0,007,i1,5e-1\r\n1,"a,""b""",i1,NaN\r\n\r\n2,x,i1,1')).toMatchObject({ status: 200, rows });
    expect(await csv('visitor_id,item_id,discount\nv1,i1,much\n')).toMatchObject({ status: 400, body: { errors: [{ pointer: 'row 1, discount' }] } });
    expect(await csv('visitor_id,item_id\n"v1,i1\n')).toMatchObject({ status: 400, body: { detail: 'the body is no CSV: a quote is out of place in row 2' } });
    expect(await csv('visitor_id,item_id\n')).toMatchObject({ status: 400, body: { detail: 'the CSV has no rows' } });
    expect(await csv('')).toMatchObject({ status: 400 });
    expect(await testApp().send('POST', '/invocations', 'PAR1', { 'content-type': 'application/vnd.apache.parquet' })).toMatchObject({ status: 415, body: { detail: 'a body is application/json or text/csv, not application/vnd.apache.parquet' } });
    expect(await testApp().send('POST', '/v1/price', 'sku\np1', { 'content-type': 'text/csv' })).toMatchObject({ status: 415, body: { detail: 'a body is application/json, not text/csv' } });
  });

  it('mark rows whose prediction does not come from the model', async () => {
    const blank = testApp({ features: { ...testApp().context.features, read: async (wanted) => wanted.map(({ entities }) => entities.map(() => ({}))) } });
    expect((await blank.send('POST', '/invocations', { dataframe_records: [{ ...row, discount: 1 }, row] })).body).toEqual({ predictions: [expect.any(Number), 0.02], fallbacks: [{ row: 1, reason: 'features_missing' }] });
    expect((await testApp().send('POST', '/invocations?predictor=churn', { dataframe_records: [{}] })).body).toEqual({ predictions: [null], fallbacks: [{ row: 0, reason: 'model_missing' }] });
    expect((await testApp().send('POST', '/invocations', { dataframe_records: [row] })).body).toEqual({ predictions: [expect.any(Number)] });
  });

  it('says that it is there', async () => {
    for (const path of ['/ping', '/health', '/version']) expect(await testApp().send('GET', path)).toMatchObject({ status: 200 });
  });
});

describe('the other routes', () => {
  it('price within the guardrails', async () => {
    const app = testApp();
    expect((await app.send('POST', '/v1/price', { skus: ['p1', 'p9'] })).body).toMatchObject({
      currency: 'BRL', policy: 'rule', prices: [{ sku: 'p1', price: 44.9 + 1, limits: ['daily_change', 'ending'] }, { sku: 'p9', price: null, fallback: true }],
    });
    expect(app.predicted).toHaveLength(2);
  });

  it('quote shipping, with the threshold of the variant', async () => {
    const app = testApp();
    const body = { destination_postcode: '20040', parcels: [{ weight_kg: 1.5 }], order_value: 60, handed_over_on: '2018-03-01' };
    expect((await app.send('POST', '/v1/shipping/quote', body)).body).toMatchObject({ missing_for_free: 39, options: [{ price: 13, customer_price: 13, promise_date: '2018-03-08' }] });
    const thresholds = new Set<number>();
    for (let unit = 0; unit < 20; unit++) thresholds.add(((await app.send('POST', '/v1/shipping/quote', { ...body, unit: `u${unit}` })).body as { options: { customer_price: number }[] }).options[0]!.customer_price);
    expect(thresholds).toEqual(new Set([0, 13]));
    expect(await app.send('POST', '/v1/shipping/quote', { ...body, handed_over_on: '2018-02-31' })).toMatchObject({ status: 400, body: { errors: [{ pointer: '/handed_over_on' }] } });
  });

  it('recommend, and say when they only know what is popular', async () => {
    expect((await testApp().send('POST', '/v1/recommendations', { visitor_id: 'v1', limit: 1 })).body).toMatchObject({ source: 'personal', fallback: false, items: [{ item_id: 'i1' }] });
    expect((await testApp().send('POST', '/v1/recommendations', { visitor_id: 'v9' })).body).toMatchObject({ source: 'popular', fallback: true });
    expect(await testApp().send('POST', '/v1/recommendations', {})).toMatchObject({ status: 400 });
  });

  it('show the features of an entity, by all its columns', async () => {
    expect((await testApp().send('GET', '/v1/features/visitor/v1')).body).toMatchObject({ entity: 'visitor', features: { views_7d: 10 } });
    expect(await testApp().send('GET', '/v1/features/interest/v1,i1')).toMatchObject({ status: 200, body: { id: ['v1', 'i1'] } });
    expect(await testApp().send('GET', '/v1/features/interest/v1')).toMatchObject({ status: 400 });
  });

  it('say when the store or the log does not answer', async () => {
    const base = testApp();
    const app = testApp({ features: { ...base.context.features, read: async () => { throw new Error('down'); } }, log: { ...base.context.log, happened: async () => { throw new Error('full'); } } });
    expect(await app.send('GET', '/v1/features/visitor/v1')).toMatchObject({ status: 503 });
    expect(await app.send('POST', '/v1/outcomes', { outcomes: [{ unit: 'v1', outcome: 'cart' }] })).toMatchObject({ status: 503 });
  });

  it('keep outcomes before they answer', async () => {
    const app = testApp();
    expect((await app.send('POST', '/v1/outcomes', { outcomes: [{ unit: 'v1', outcome: 'purchase', value: 9.5 }] })).body).toMatchObject({ accepted: 1 });
    expect(app.happened).toMatchObject([{ unit: 'v1', outcome: 'purchase', value: 9.5, key_id: 'everything' }]);
    expect(await app.send('POST', '/v1/outcomes', { outcomes: [{ unit: 'v1', outcome: 'purchase', occurred_at: NOW + 3_600_000 }] })).toMatchObject({ status: 400, body: { errors: [{ pointer: '/outcomes/0/occurred_at' }] } });
    expect(await app.send('POST', '/v1/outcomes', { outcomes: [{ outcome: 'purchase' }] })).toMatchObject({ status: 400, body: { errors: [{ pointer: '/outcomes/0/prediction_id' }] } });
  });
});

describe('the OpenAPI document', () => {
  const document = openApi(ROUTES, '1.0.0') as { paths: Record<string, Record<string, { operationId: string; responses: Record<string, unknown> }>> };

  it('has every route once, with an id of its own', () => {
    const ids = Object.values(document.paths).flatMap((path) => Object.values(path).map(({ operationId }) => operationId));
    expect(ids).toHaveLength(ROUTES.length);
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids).toContain('postV1PredictPredictor');
  });

  it('leads from an answer to where it is found again', async () => {
    const app = testApp();
    for (const [path, body, at] of [['/v1/predict/{predictor}', { rows: [row] }, 'predictions'], ['/v1/price', { skus: ['p1'] }, 'prices'], ['/v1/recommendations', { visitor_id: 'v1' }, undefined]] as const) {
      const { body: answer } = await app.send('POST', path.replace('{predictor}', 'conversion'), body);
      const { prediction_id: id } = (at === undefined ? answer : (answer as Record<string, unknown[]>)[at]![0]) as { prediction_id: string };
      const { links } = document.paths[path]!['post']!.responses['200'] as { links: { prediction: { operationId: string; parameters: { id: string } } } };
      expect(links.prediction.operationId).toBe(document.paths['/v1/predictions/{id}']!['get']!.operationId);
      const told = links.prediction.parameters.id.replace('$response.body#/', '').split('/').reduce<unknown>((part, key) => (part as Record<string, unknown>)[key], answer);
      expect(told).toBe(id);
      expect(await app.send('GET', `/v1/predictions/${id}`)).toMatchObject({ status: 200, body: { prediction_id: id } });
    }
  });

  it('asks in its example of /invocations whom it asks where nobody says whom', () => {
    expect([defaultPredictorOf(['churn', 'conversion']), defaultPredictorOf(['churn']), defaultPredictorOf([])]).toEqual(['conversion', 'churn', undefined]);
  });

  it('is kept: whatever is sent, the answer is one that it shows', async () => {
    const app = testApp();
    const anything = fc.oneof(fc.jsonValue(), fc.record({ rows: fc.array(fc.dictionary(fc.constantFrom('visitor_id', 'item_id', 'discount', '__proto__'), fc.jsonValue())), unit: fc.jsonValue(), skus: fc.jsonValue(), outcomes: fc.jsonValue(), inputs: fc.jsonValue(), parcels: fc.jsonValue() }, { requiredKeys: [] }));
    await fc.assert(fc.asyncProperty(fc.constantFrom(...ROUTES.filter(({ method }) => method === 'post')), anything, async (route, body) => {
      const { status, body: answer } = await app.send('POST', route.path.replace('{predictor}', 'conversion'), JSON.stringify(body));
      expect(app.errors).toEqual([]);
      expect(Object.keys(document.paths[route.path]!['post']!.responses)).toContain(String(status));
      if (status === 200) expect([...Value.Errors(route.answer, answer)]).toEqual([]);
    }), { numRuns: 500 });
  });

  it('and the page are open to everyone', async () => {
    expect((await testApp().send('GET', '/openapi.json', undefined, { 'x-api-key': '' })).body).toMatchObject({ openapi: '3.1.0' });
    expect((await testApp().send('GET', '/', undefined, { 'x-api-key': '' })).body).toContain('<title>Millrace API</title>');
  });
});

describe('what breaks inside', () => {
  it('is told to the operator, and not to the caller', async () => {
    const base = testApp();
    const app = testApp({ models: { ...base.context.models, find: () => linearModel({ score: () => { throw new Error('secret path /x/y'); } }) } });
    const { status, body } = await app.send('POST', '/v1/predict/conversion', { rows: [row] });
    expect(status).toBe(500);
    expect(JSON.stringify(body)).not.toContain('secret');
    expect(app.errors).toHaveLength(1);
  });
});
