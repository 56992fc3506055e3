// Whatever the API says that it took, the tables of the lake take too: what is acknowledged is never found in the quarantine.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { outcomes } from '../../contracts/outcomes.ts';
import { predictions } from '../../contracts/predictions.ts';
import { compileValidator, validationPlan } from '../../lib/contracts/index.ts';
import { linearModel, NOW, testApp } from './support.ts';

const DAY_MS = 86_400_000;
const [outcomeFailures, predictionFailures] = [outcomes, predictions].map((contract) => {
  const check = compileValidator(validationPlan(contract));
  // As the stream gets it.
  return (record: unknown) => check(JSON.parse(JSON.stringify(record)) as Record<string, unknown>).failures;
}) as [(record: unknown) => readonly unknown[], (record: unknown) => readonly unknown[]];

const anyText = fc.oneof(fc.string({ maxLength: 30, unit: 'binary' }), fc.string({ maxLength: 210 }), fc.constantFrom(' ', ' a', 'a\ud800', '\u0000', 'NaN', 'null', '0', '١', 'a\u0085b', '\u00a0a', '\ufeffa', 'é'.repeat(200)));
const anyNumber = fc.oneof(fc.double({ noNaN: true }), fc.double({ min: -1e3, max: 1e3, noNaN: true }), fc.constantFrom(0, -0, 1e-320, 1e300, -1e300, 1e12, 999_999_999_999.9999, Number.MAX_SAFE_INTEGER, 1e15));

describe('what is acknowledged', () => {
  it('of outcomes is what their contract takes', async () => {
    const outcome = fc.record({
      outcome: fc.constantFrom('purchase', 'cart', 'other', 'delivered'), unit: anyText, prediction_id: anyText, outcome_id: anyText, value: fc.oneof(anyNumber, fc.constant(null)),
      occurred_at: fc.oneof(fc.integer({ min: NOW - 500 * DAY_MS, max: NOW + DAY_MS }), fc.constantFrom(0, NOW, -1)),
    }, { requiredKeys: ['outcome', 'unit'] });
    let [taken, refused] = [0, 0];
    await fc.assert(fc.asyncProperty(outcome, async (one) => {
      const app = testApp();
      const { status } = await app.send('POST', '/v1/outcomes', { outcomes: [one] });
      expect([200, 400]).toContain(status);
      if (status === 200) taken += 1;
      else refused += 1;
      expect(app.happened).toHaveLength(status === 200 ? 1 : 0);
      for (const record of app.happened) {
        expect(outcomeFailures(record)).toEqual([]);
        const { maxAgeDays = 0, maxFutureMinutes = 0 } = outcomes.stream ?? {};
        // A minute for the way to the table.
        expect(record.occurred_at).toBeGreaterThan(NOW + 60_000 - maxAgeDays * DAY_MS);
        expect(record.occurred_at).toBeLessThanOrEqual(NOW + 1_000 + maxFutureMinutes * 60_000);
      }
    }), { numRuns: 2_000 });
    expect(Math.min(taken, refused)).toBeGreaterThan(50);
  });

  it('of predictions is what their contract takes, whatever the model makes of it', async () => {
    const wanted = fc.record({
      rows: fc.array(fc.record({ visitor_id: anyText, item_id: fc.constantFrom('i1', 'i2'), discount: fc.oneof(anyNumber, fc.boolean(), fc.constant(null)) }, { requiredKeys: ['visitor_id', 'item_id'] }), { minLength: 1, maxLength: 3 }),
      unit: anyText, attributes: fc.dictionary(fc.constantFrom('device', 'country', 'x'), anyText),
    }, { requiredKeys: ['rows'] });
    const model = linearModel({ output: 'value', score: (matrix, rows) => Float64Array.from({ length: rows }, (_, row) => matrix[row * 3 + 2]! * 1e10) });
    let taken = 0;
    await fc.assert(fc.asyncProperty(wanted, async (one) => {
      const base = testApp();
      const app = testApp({ models: { ...base.context.models, find: () => model } });
      const { status, body } = await app.send('POST', '/v1/predict/conversion', one);
      expect([200, 400]).toContain(status);
      if (status !== 200) return;
      taken += 1;
      for (const { score, fallback } of (body as { predictions: { score: number | null; fallback: boolean }[] }).predictions) if (score === null || score === 0.02) expect(fallback).toBe(true);
      for (const record of app.predicted) expect(predictionFailures(record)).toEqual([]);
    }), { numRuns: 1_000 });
    expect(taken).toBeGreaterThan(50);
  });
});
