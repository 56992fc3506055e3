// Models of every kind keep themselves: what is read is what was written, and what is damaged is refused by name, never a crash.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MillraceError } from '../../../lib/base/index.ts';
import { readModel, recommendTo, writeModel, type FittedModel, type RecommenderModel } from '../../../lib/learning/index.ts';

const number = fc.double({ min: -1e6, max: 1e6, noNaN: true, noDefaultInfinity: true }).map((value) => (value === 0 ? 0 : value));
const above = fc.double({ min: 1e-6, max: 1e6, noNaN: true });
const name = fc.string({ minLength: 1, maxLength: 8 });

const segments: fc.Arbitrary<FittedModel> = fc.tuple(fc.uniqueArray(name, { minLength: 1, maxLength: 4 }), fc.integer({ min: 1, max: 4 })).chain(([featureNames, clusters]) => {
  const width = { minLength: featureNames.length, maxLength: featureNames.length };
  return fc.record({
    featureNames: fc.constant(featureNames), means: fc.array(number, width), deviations: fc.array(above, width), centres: fc.array(fc.array(number, width), { minLength: clusters, maxLength: clusters }),
    inertia: above, names: fc.array(name, { minLength: clusters, maxLength: clusters }),
  });
}).map((model) => ({ kind: 'k_means', model }));

const share = fc.double({ min: 0, max: 1, noNaN: true }).map((value) => (value === 0 ? 0 : value));
const level = fc.double({ min: 0.01, max: 0.99, noNaN: true });
const spread = fc.uniqueArray(above, { maxLength: 3 }).chain((below) => fc.record({
  below: fc.constant(below.toSorted((a, b) => a - b)), dispersions: fc.array(above, { minLength: below.length + 1, maxLength: below.length + 1 }),
  levels: fc.array(fc.array(level, { minLength: 1, maxLength: 4 }), { minLength: below.length + 1, maxLength: below.length + 1 }),
}));
const demand: fc.Arbitrary<FittedModel> = fc.record({
  period: fc.integer({ min: 1, max: 1e9 }), confidence: fc.double({ min: 0.01, max: 0.99, noNaN: true }), halfLife: above, shrinkage: above, spread,
  total: fc.record({ season: fc.integer({ min: 1, max: 60 }), alpha: share, beta: share, gamma: share, damping: share, hasTrend: fc.boolean(), deviation: above }),
}).map((model) => ({ kind: 'exponential_smoothing', model }));

const shares = (count: number) => fc.array(share, { minLength: count, maxLength: count });
const weights = fc.record({ again: share, beside: share, taste: share, popular: share, lately: share, always: share });
const recommender: fc.Arbitrary<FittedModel> = fc.tuple(fc.uniqueArray(name, { minLength: 1, maxLength: 5 }), fc.integer({ min: 0, max: 3 })).chain(([items, factors]) => fc.record({
  items: fc.constant(items), popular: shares(items.length), lately: shares(items.length), always: shares(items.length), fades: above,
  neighbours: fc.array(fc.array(fc.record({ item: fc.integer({ min: 0, max: items.length - 1 }), score: share }), { maxLength: 3 }), { minLength: items.length, maxLength: items.length }),
  factors: fc.constant(factors), itemFactors: fc.array(number, { minLength: items.length * factors, maxLength: items.length * factors }),
  weights, besideWeights: weights,
})).map(({ factors, itemFactors, ...rest }) => {
  // The gram of its factors is computed again when it is read: the model is made as reading makes it.
  const text = JSON.stringify({ kind: 'recommender', version: 2, model: { ...rest, neighbours: rest.neighbours.map((near) => ({ items: near.map(({ item }) => item), scores: near.map(({ score }) => score) })), factors, itemFactors } });
  return readModel(text);
});

const anomalies: fc.Arbitrary<FittedModel> = fc.record({
  window: fc.integer({ min: 1, max: 100 }), threshold: above, scale: fc.constantFrom('none' as const, 'sqrt' as const, 'log' as const),
  series: fc.uniqueArray(fc.tuple(name, fc.record({ weekdays: fc.array(number, { minLength: 7, maxLength: 7 }), deviation: above })), { maxLength: 4, selector: ([key]) => key }).map((all) => new Map(all)),
}).map((model) => ({ kind: 'robust_residual', model }));

const any = fc.oneof(segments, demand, recommender, anomalies);

describe('a kept model', () => {
  it('is read as it was written', () => {
    fc.assert(fc.property(any, (fitted) => {
      expect(readModel(writeModel(fitted))).toEqual(fitted);
    }), { numRuns: 200 });
  });

  it('is refused where a part of it is missing or of another kind', () => {
    fc.assert(fc.property(any, fc.nat(), fc.constantFrom(null, 'x', -1.5, [], {}), (fitted, at, other) => {
      const file = JSON.parse(writeModel(fitted)) as { model: Record<string, unknown> };
      const keys = Object.keys(file.model);
      const key = keys[at % keys.length]!;
      const damaged = { ...file, model: { ...file.model, [key]: other } };
      try {
        readModel(JSON.stringify(damaged));
      } catch (thrown) {
        expect(thrown).toBeInstanceOf(MillraceError);
      }
      const without = { ...file, model: Object.fromEntries(Object.entries(file.model).filter(([name]) => name !== key)) };
      expect(() => readModel(JSON.stringify(without))).toThrow(MillraceError);
    }), { numRuns: 200 });
  });

  it('of recommendations is still read as the first version wrote it', () => {
    const first = { items: ['a', 'b'], popular: [1, 0.5], neighbours: [{ items: [1], scores: [0.2] }, { items: [], scores: [] }], factors: 0, itemFactors: [], weights: { again: 3, beside: 0.3, taste: 0, popular: 1 } };
    const { model } = readModel(JSON.stringify({ kind: 'recommender', version: 1, model: first })) as { model: RecommenderModel };
    expect(model).toMatchObject({ fades: 7, weights: { again: 3, lately: 0, always: 0 }, besideWeights: { again: 0, beside: 1 } });
    expect(recommendTo(model, [{ item: 1, weight: 1, at: 0 }], 2).map(({ item }) => item)).toEqual([1, 0]);
  });

  it.each([
    ['{"kind":"k_means","version":2,"model":{}}', /version 2 of the format is not known/], ['{"kind":"k_means","version":1}', /model is no object/], ['{"kind":"k_means",', /no JSON/],
    ['{"kind":"k_means","version":1,"model":{"featureNames":["a"],"means":[1,2]}}', /2 entries for 1/], ['{"kind":"oracle","version":1,"model":{}}', /./], ['', /./],
  ])('is refused: %s', (text, message) => expect(() => readModel(text)).toThrow(message));
});
