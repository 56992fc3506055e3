// Requests that are repeated: one answer for a day, whatever the store does meanwhile.
import { describe, expect, it } from 'vitest';
import { storedIdempotency } from '../../lib/serving/index.ts';
import { memoryStore, NOW, testApp } from './support.ts';

const body = { rows: [{ visitor_id: 'v1', item_id: 'i1' }] };
const DAY_MS = 86_400_000;
type Predictions = { predictions: { prediction_id: string }[] };
const idOf = ({ body: answered }: { body: unknown }): string => (answered as Predictions).predictions[0]!.prediction_id;

describe('a repeated request', () => {
  it('gets the same answer after a restart, and for a day; then it is a new one, though the store still has the old', async () => {
    const store = memoryStore();
    let now = NOW;
    const ids = { prediction: (() => { let next = 0; return () => `p${(next += 1)}`; })() };
    const ask = async () => testApp({ idempotency: storedIdempotency(store, () => now), ids }).send('POST', '/v1/predict/conversion', body, { 'idempotency-key': 'k' });
    const first = idOf(await ask());
    now += DAY_MS - 60_000;
    expect(idOf(await ask())).toBe(first);
    now += 120_000;
    const next = idOf(await ask());
    expect(next).not.toBe(first);
    expect(idOf(await ask())).toBe(next);
  });

  it('with two bodies at once gets one answer and one refusal', async () => {
    const app = testApp();
    const answers = await Promise.all([body, { rows: [...body.rows, ...body.rows] }].map((one) => app.send('POST', '/v1/predict/conversion', one, { 'idempotency-key': 'k' })));
    expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 422]);
    expect(app.predicted.length).toBeLessThanOrEqual(2);
  });

  it('is answered where the store takes nothing, and told that the answer is not kept', async () => {
    const app = testApp({ idempotency: storedIdempotency({ ...memoryStore(), write: async () => { throw new Error('the disk is full'); } }, () => NOW) });
    const answer = await app.send('POST', '/v1/outcomes', { outcomes: [{ unit: 'v1', outcome: 'cart' }] }, { 'idempotency-key': 'k' });
    expect([answer.status, answer.headers.get('idempotent-kept')]).toEqual([200, 'false']);
    expect(app.happened).toHaveLength(1);
    expect((await testApp().send('POST', '/v1/price', { skus: ['p1'] }, { 'idempotency-key': 'k' })).headers.get('idempotent-kept')).toBeNull();
  });

  it('is not computed twice where nobody can tell whether it was, but sent back', async () => {
    const app = testApp({ idempotency: storedIdempotency({ ...memoryStore(), get: async () => { throw new Error('away'); } }, () => NOW) });
    const answer = await app.send('POST', '/v1/outcomes', { outcomes: [{ unit: 'v1', outcome: 'cart' }] }, { 'idempotency-key': 'k' });
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '1']);
    expect([app.happened, app.errors]).toEqual([[], []]);
  });

  it('that was refused may be tried again', async () => {
    const app = testApp();
    expect((await app.send('POST', '/v1/predict/nothing', body, { 'idempotency-key': 'k' })).status).toBe(404);
    expect((await app.send('POST', '/v1/predict/conversion', { rows: [] }, { 'idempotency-key': 'k' })).status).toBe(400);
    expect((await app.send('POST', '/v1/predict/conversion', body, { 'idempotency-key': 'k' })).status).toBe(200);
  });
});
