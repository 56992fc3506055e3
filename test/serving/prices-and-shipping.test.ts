// Prices and quotes as the API answers them: who is exposed to an experiment on them, and what the log keeps for what learns from it.
import { describe, expect, it } from 'vitest';
import { experiment, type ExperimentDeclaration } from '../../lib/experiments/index.ts';
import { banditPolicy, checkGuardrails, modelPolicy, rulePolicy, type ListHeader, type PriceSituation } from '../../lib/pricing/index.ts';
import type { PriceListPart, Prices, ServingContext } from '../../lib/serving/index.ts';
import { seeded } from '../experiments/support.ts';
import { testApp } from './support.ts';

const declared = (variants: ExperimentDeclaration['variants'], subject: string): ServingContext['experiments'] =>
  [{ ...experiment('one', { hypothesis: 'h', variants, primary: { name: 'orders', kind: 'proportion', outcome: 'purchase' } }), subject }];
const units = Array.from({ length: 30 }, (_, unit) => `u${unit}`);

describe('an experiment on price policies', () => {
  const situations: Readonly<Record<string, PriceSituation>> = {
    free: { sku: 'free', category: 'toys', currentPrice: 50, cost: 20, elasticity: -3 }, fixed: { sku: 'fixed', category: 'toys', currentPrice: 50, cost: 20, elasticity: -3 },
  };
  const prices: Prices = {
    version: 'pr1', currency: 'BRL', policy: 'rule', guardrails: checkGuardrails({ marginFloorPercent: 10, dailyChangePercent: 40, endings: [], blocked: new Map([['fixed', 'by contract']]) }),
    policies: {
      rule: rulePolicy({ targetMarginPercent: 50, undercutPercent: 1, anchorDiscountPercent: 5 }), model: modelPolicy(),
      bandit: banditPolicy({ armsOf: () => [0.9, 1, 1.1].map((factor) => ({ factor, shown: 0, bought: 0 })), random: ({ unit = '' }) => seeded([...unit].reduce((sum, letter) => sum + letter.charCodeAt(0), 0)) }),
    },
    situationOf: (sku) => situations[sku],
  };

  it('gives each visitor the policy of the variant, and exposes only by a price that a policy can move', async () => {
    const app = testApp({ prices, experiments: declared({ control: { settings: { policy: 'rule' } }, modelled: { settings: { policy: 'model' } } }, 'price') });
    const seen = new Map<string, number>();
    for (const unit of units) {
      const { body } = await app.send('POST', '/v1/price', { skus: ['free', 'fixed', 'unknown'], unit });
      const { variant, prices: [first, second] } = body as { variant: string; prices: { price: number; limits: string[] }[] };
      seen.set(variant, first!.price);
      expect(second).toMatchObject({ price: 50, limits: ['blocked'] });
    }
    expect(Object.fromEntries(seen)).toEqual({ control: 40, modelled: 42.5 });
    expect(app.predicted.filter(({ experiment: name }) => name !== null).map(({ entity }) => entity)).toEqual(units.map(() => '{"sku":"free"}'));
  });

  it('does not decide on a precomputed price, and falls back to the policy, marked, while no list holds', async () => {
    const app = testApp({ prices, experiments: declared({ control: { settings: { policy: 'rule' } }, modelled: { settings: { policy: 'model' } } }, 'price') });
    expect((await app.send('POST', '/v1/price', { skus: ['free'], unit: 'u1', precomputed: true })).body).toMatchObject({
      policy: 'rule', experiment: null, variant: null, prices: [{ price: 40, fallback: true, reason: 'no list holds for it; by the policy rule: cost and target margin' }],
    });
  });

  it('with a list exposes only by items that the list holds of, in every variant alike', async () => {
    const header: ListHeader = { listId: 'l1', policy: 'rule', version: 'v', currency: 'BRL', rows: 1, validFrom: 0, validTo: 4e12 };
    let held: PriceListPart | undefined = { header, prices: new Map([['free', { price: 45, previousPrice: 50, reason: 'r', limits: [] }]]) };
    const more: Prices = { ...prices, situationOf: (sku) => situations[sku === 'other' ? 'free' : sku], listed: async () => held };
    const app = testApp({ prices: more, experiments: declared({ control: { settings: { policy: 'rule' } }, listed: { settings: { policy: 'list' } } }, 'price') });
    const asked = new Map<string, number[]>();
    for (const unit of units) {
      const { body } = await app.send('POST', '/v1/price', { skus: ['free', 'other'], unit });
      const { variant, prices: answers } = body as { variant: string; prices: { price: number }[] };
      asked.set(variant, answers.map(({ price }) => price));
    }
    expect(Object.fromEntries(asked)).toEqual({ control: [40, 40], listed: [45, 40] });
    expect(new Set(app.predicted.filter(({ experiment: name }) => name !== null).map(({ entity }) => entity))).toEqual(new Set(['{"sku":"free"}']));
    expect(app.predicted.filter(({ experiment: name }) => name !== null)).toHaveLength(units.length);
    held = undefined;
    await app.send('POST', '/v1/price', { skus: ['free'], unit: 'u1' });
    expect(app.predicted.at(-1)).toMatchObject({ experiment: null, variant: null });
  });

  it('answers each item though the policy fails for one of them, and another has no price; who got it stays in the experiment', async () => {
    const burns = { name: 'burns', propose: ({ sku, currentPrice }: PriceSituation) => {
      if (sku === 'free') throw new Error('it burns');
      return { price: currentPrice * 0.9, reason: 'less' };
    } };
    const known: Readonly<Record<string, PriceSituation>> = {
      ...situations, other: { ...situations['free']!, sku: 'other' }, ...Object.fromEntries([0, -1, Number.NaN, Infinity].map((currentPrice, index) => [`none${index}`, { ...situations['free']!, sku: `none${index}`, currentPrice }])),
    };
    const app = testApp({ prices: { ...prices, policies: { ...prices.policies, burns }, situationOf: (sku) => known[sku] }, experiments: declared({ control: { settings: { policy: 'burns' } }, same: { settings: { policy: 'burns' } } }, 'price') });
    const { status, body } = await app.send('POST', '/v1/price', { skus: ['free', 'other', 'none0', 'none1', 'none2', 'none3'], unit: 'u1' });
    const none = { price: null, current_price: null, proposed: null, fallback: true, reason: 'its current price is no price', limits: [] };
    expect([status, body]).toMatchObject([200, { policy: 'burns', prices: [
      { sku: 'free', price: 50, proposed: 50, fallback: true, reason: 'the current price, since the policy burns failed: it burns', limits: ['policy_failed'] }, { sku: 'other', price: 45, fallback: false, reason: 'less' }, none, none, none, none,
    ] }]);
    expect(app.predicted.map(({ reason, experiment: name }) => [reason, name])).toEqual([['policy_failed', 'one'], [undefined, 'one'], ...Array.from({ length: 4 }, () => ['price_unknown', null])]);
  });

  it('marks a price of a list whose policy failed for it', async () => {
    const header: ListHeader = { listId: 'l1', policy: 'rule', version: 'v', currency: 'BRL', rows: 1, validFrom: 0, validTo: 4e12 };
    const app = testApp({ experiments: [], prices: { ...prices, listed: async () => ({ header, prices: new Map([['free', { price: 50, previousPrice: 50, reason: 'r', limits: ['policy_failed'] }]]) }) } });
    expect((await app.send('POST', '/v1/price', { skus: ['free'], precomputed: true })).body).toMatchObject({ policy: 'list', prices: [{ price: 50, fallback: true, limits: ['policy_failed'] }] });
    expect(app.predicted[0]).toMatchObject({ fallback: true, reason: 'policy_failed' });
  });

  it('on a bandit logs the arm for what learns from it, and shows a visitor the same price again', async () => {
    const app = testApp({ prices: { ...prices, policy: 'bandit' }, experiments: [] });
    const ask = async (unit: string) => ((await app.send('POST', '/v1/price', { skus: ['free'], unit })).body as { prices: { price: number }[] }).prices[0]!;
    for (const unit of units) expect((await ask(unit)).price).toBe((await ask(unit)).price);
    expect(await ask('u1')).not.toHaveProperty('arm');
    for (const { features, score } of app.predicted) expect((50 * Number(/"arm":"([0-9.]+)"/.exec(features)![1])).toFixed(2)).toBe(score!.toFixed(2));
    expect(new Set(app.predicted.map(({ score }) => score)).size).toBeGreaterThan(1);
  });
});

describe('an experiment on the threshold of free shipping', () => {
  const experiments = declared({ control: { settings: { threshold: 99 } }, lower: { settings: { threshold: 79 } } }, 'shipping');
  const ask = (orderValue: number, postcode = '20040') => ({ destination_postcode: postcode, parcels: [{ weight_kg: 1 }], order_value: orderValue, handed_over_on: '2018-03-01' });

  it.each([
    ['whoever misses another sum in each variant', 60, '20040', 30],
    ['whoever ships for nothing in one of them', 85, '20040', 30],
    ['nobody who ships for nothing in all of them', 120, '20040', 0],
    ['nobody whom no carrier reaches', 60, '9', 0],
  ])('exposes %s', async (_, orderValue, postcode, exposed) => {
    const app = testApp({ experiments });
    const missing = new Set<number>();
    for (const unit of units) missing.add(((await app.send('POST', '/v1/shipping/quote', { ...ask(orderValue, postcode), unit })).body as { missing_for_free: number }).missing_for_free);
    expect(app.predicted.filter(({ experiment: name }) => name === 'one')).toHaveLength(exposed);
    expect(missing.size).toBe(orderValue < 99 ? 2 : 1);
  });

  it('marks a quote that is an estimate', async () => {
    const base = testApp();
    const { shipping } = base.context;
    const app = testApp({ experiments: [], shipping: { ...shipping!, settings: { ...shipping!.settings, freightOf: () => 14.2 } } });
    expect((await app.send('POST', '/v1/shipping/quote', ask(60, '9'))).body).toMatchObject({ fallback: true, freight_estimate: 14.2, options: [{ source: 'estimate', price: 14.2 }] });
    expect((await app.send('POST', '/v1/shipping/quote', ask(60))).body).toMatchObject({ fallback: false, freight_estimate: 14.2, options: [{ source: 'rate_card', price: 12, promise_basis: 'default' }] });
    expect(app.errors).toEqual([]);
  });
});

describe('a quote', () => {
  const body = { destination_postcode: '20040', parcels: [{ weight_kg: 1 }] };
  it('hands over on the day that it is in the shop, where the request does not say', async () => {
    const base = testApp();
    const shipping = { ...base.context.shipping!, dayOf: (at: number) => new Date(at - 3 * 3_600_000).toISOString().slice(0, 10) };
    const clock = { ...base.context.clock, now: () => Date.parse('2018-03-02T01:30:00Z') };
    const promised = async (app: ReturnType<typeof testApp>, more: object = {}) => ((await app.send('POST', '/v1/shipping/quote', { ...body, order_value: 10, ...more })).body as { options: { promise_date: string }[] }).options[0]!.promise_date;
    const app = testApp({ shipping, clock });
    expect(await promised(app)).toBe(await promised(app, { handed_over_on: '2018-03-01' }));
    expect((await app.send('POST', '/v1/shipping/quote', { ...body, order_value: 10, handed_over_on: '9999-12-31' })).status).toBe(400);
  });

  it('exposes to a threshold only whom a whole coin tells apart', async () => {
    const app = testApp({ experiments: declared({ control: { settings: { threshold: 99 } }, lower: { settings: { threshold: 79 } } }, 'shipping') });
    for (const order_value of [99 - 1e-9, 98.99, 250]) await app.send('POST', '/v1/shipping/quote', { ...body, order_value, handed_over_on: '2018-03-01', unit: 'u1' });
    expect(app.predicted.map(({ experiment: name }) => name)).toEqual([null, 'one', null]);
  });
});

describe('while the log is full', () => {
  const full = (change: Partial<ServingContext> = {}) => {
    const base = testApp(change);
    return { app: testApp({ ...change, log: { ...base.context.log, isFull: true } }), base };
  };

  it('no policy answers: the price is the current one within the guardrails, marked, and in no experiment', async () => {
    const { app, base } = full({ experiments: declared({ control: { settings: { policy: 'rule' } }, modelled: { settings: { policy: 'model' } } }, 'price') });
    const { status, body } = await app.send('POST', '/v1/price', { skus: ['p1', 'unknown'], unit: 'u1' });
    expect([status, body]).toMatchObject([200, { experiment: null, variant: null, policy: 'current', prices: [
      { price: 49.9, proposed: 50, fallback: true, limits: ['ending'], reason: 'the log of answers is full: the current price' }, { price: null, fallback: true, reason: 'nothing is known of this item' },
    ] }]);
    expect(base.predicted.map(({ fallback, reason, experiment: name }) => [fallback, reason, name])).toEqual([[true, 'log_full', null], [true, 'item_unknown', null]]);
  });

  it('a list that holds goes on, marked', async () => {
    const header: ListHeader = { listId: 'l1', policy: 'rule', version: 'v', currency: 'BRL', rows: 1, validFrom: 0, validTo: 4e12 };
    const prices: Prices = { ...testApp().context.prices!, listed: async () => ({ header, prices: new Map([['p1', { price: 45, previousPrice: 50, reason: 'r', limits: [] }]]) }) };
    const { app } = full({ prices });
    expect((await app.send('POST', '/v1/price', { skus: ['p1'], precomputed: true })).body).toMatchObject({ policy: 'list', version: 'l1', prices: [{ price: 45, fallback: true, reason: 'the log of answers is full; of the list: r' }] });
  });

  it('a quote is marked, and no experiment decides on it', async () => {
    const ask = { destination_postcode: '20040', parcels: [{ weight_kg: 1 }], order_value: 60 };
    const { app, base } = full();
    for (const unit of units) {
      expect((await app.send('POST', '/v1/shipping/quote', { ...ask, unit })).body).toMatchObject({ experiment: null, variant: null, fallback: true, reason: 'log_full', missing_for_free: 39, options: [{ source: 'rate_card' }] });
    }
    expect(new Set(base.predicted.map(({ fallback, reason }) => `${fallback} ${reason}`))).toEqual(new Set(['true log_full']));
    expect((await testApp().send('POST', '/v1/shipping/quote', { ...ask, destination_postcode: '99999' })).body).toMatchObject({ fallback: true, reason: 'no_offer' });
    expect((await testApp().send('POST', '/v1/shipping/quote', ask)).body).toMatchObject({ fallback: false, reason: null });
  });

  it('recommendations are what is popular, marked', async () => {
    const { app, base } = full();
    expect((await app.send('POST', '/v1/recommendations', { visitor_id: 'v1' })).body).toMatchObject({ source: 'popular', fallback: true, reason: 'log_full' });
    expect(base.predicted).toMatchObject([{ fallback: true, reason: 'log_full' }]);
    expect((await testApp().send('POST', '/v1/recommendations', { visitor_id: 'v1' })).body).toMatchObject({ source: 'personal', fallback: false, reason: null });
    expect((await testApp().send('POST', '/v1/recommendations', { visitor_id: 'v2' })).body).toMatchObject({ source: 'popular', fallback: true, reason: 'nothing_known' });
  });
});
