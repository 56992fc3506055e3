// No price leaves without its guardrails, whatever proposed it.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { banditPolicy, checkGuardrails, fractionDigitsOf, guardedPrice, hasPrice, modelPolicy, priceList, rulePolicy, type Guardrails, type PricePolicy, type PriceSituation } from '../../lib/pricing/index.ts';

const proposes = (price: number): PricePolicy => ({ name: 'test', propose: () => ({ price, reason: 'because' }) });
const guardrails: Guardrails = { marginFloorPercent: 20, dailyChangePercent: 10, endings: [90, 99], blocked: new Map([['kept', 'fixed by contract']]) };
const item = { sku: 'a', category: 'toys', currentPrice: 50, cost: 30 };

describe('a proposed price', () => {
  it.each([
    ['is taken where nothing stands against it', 52.9, item, 52.9, []],
    ['gets the nearest accepted ending', 52.2, item, 51.99, ['ending']],
    ['moves no further than a day may', 80, item, 54.99, ['daily_change', 'ending']],
    ['does not fall below the floor of the margin', 10, { ...item, cost: 38 }, 47.9, ['margin_floor', 'ending']],
    ['is not lowered where the cost is not known', 40, { sku: 'a', category: 'toys', currentPrice: 49.9 }, 49.9, ['cost_unknown']],
    ['goes towards a floor that is too far for one day', 40, { ...item, cost: 60 }, 55, ['margin_floor_not_reached', 'daily_change']],
    ['stays where the item is blocked', 40, { ...item, sku: 'kept' }, 50, ['blocked']],
    ['that is no number changes nothing, and says so', Number.NaN, { ...item, currentPrice: 49.9 }, 49.9, ['policy_failed']],
  ])('%s', (_, proposed, situation, price, limits) => {
    expect(guardedPrice(proposes(proposed), situation, guardrails)).toMatchObject({ price, limits, policy: 'test' });
  });

  it.each<[string, () => unknown, RegExp]>([
    ['throws', () => { throw new Error('no curve'); }, /since the policy own failed: no curve/],
    ['throws what is no error', () => { throw Object.create(null); }, /failed: it threw no error/],
    ['gives nothing', () => undefined, /proposed no number: undefined/], ['gives null', () => null, /no number/], ['gives a text', () => ({ price: '40', reason: '' }), /no number: string/],
    ['gives a promise', async () => ({ price: 40, reason: '' }), /no number/], ['gives a big integer', () => ({ price: 40n, reason: '' }), /no number: bigint/],
    ...[Number.NaN, Infinity, -Infinity, -3, 0].map((price): [string, () => unknown, RegExp] => [`proposes ${price}`, () => ({ price, reason: '' }), /which is no price/]),
  ])('of a policy that %s is the current one within the guardrails, marked', (_, propose, reason) => {
    const own = { name: 'own', propose } as PricePolicy;
    expect(guardedPrice(own, { ...item, currentPrice: 49.9 }, guardrails)).toEqual({ price: 49.9, proposed: 49.9, reason: expect.stringMatching(reason) as string, policy: 'own', limits: ['policy_failed'] });
    expect(guardedPrice(own, { ...item, currentPrice: 49.9, cost: 45 }, guardrails)).toMatchObject({ price: 54.89, limits: ['policy_failed', 'margin_floor_not_reached', 'daily_change'] });
  });

  it('bears no reason and no arm that are none', () => {
    const own = { name: 'own', propose: () => ({ price: 49.9, reason: undefined, arm: 'x' }) } as unknown as PricePolicy;
    expect(guardedPrice(own, item, guardrails)).toEqual({ price: 49.9, proposed: 49.9, reason: 'the policy does not say why', policy: 'own', limits: [] });
  });

  it('says why its item is blocked', () => {
    expect(guardedPrice(proposes(40), { ...item, sku: 'kept' }, guardrails).reason).toMatch(/fixed by contract/);
  });

  it.each([
    ['JPY', 1234, 900, 1300, 1299], ['JPY', 1234, 900, 5000, 1299], ['JPY', 95, 50, 93, 90], ['KWD', 1.25, 0.9, 1.3071, 1.299], ['EUR', 12.34, 9, 13, 12.99],
  ])('is a whole number of the smallest unit of its currency, with an ending of two digits: %s %d', (currency, currentPrice, cost, proposed, price) => {
    expect(guardedPrice(proposes(proposed), { ...item, currentPrice, cost }, { ...guardrails, fractionDigits: fractionDigitsOf(currency) }).price).toBe(price);
  });

  it.each([0, -3, Number.NaN, Infinity])('is lowered by no policy where the cost is %d: that is no cost', (cost) => {
    const rule = rulePolicy({ targetMarginPercent: 40, undercutPercent: 1, anchorDiscountPercent: 3 });
    const model = modelPolicy(undefined, { version: 'price 1', demandOf: () => (prices) => prices.map((price) => 1 / price ** 9) });
    for (const policy of [rule, model, modelPolicy(), proposes(1)]) {
      expect(guardedPrice(policy, { ...item, currentPrice: 49.9, cost, elasticity: -9, competitorPrice: 5 }, guardrails).price).toBe(49.9);
    }
  });

  it('counts the day from what it was when the day began', () => {
    const moved = { ...item, currentPrice: 54.9, dayStartPrice: 50 };
    expect(guardedPrice(proposes(80), moved, guardrails).price).toBe(54.99);
    expect(guardedPrice(proposes(10), { ...moved, cost: 1 }, guardrails).price).toBe(45.9);
  });

  const hundredths = (max: number) => fc.integer({ min: 1, max }).map((value) => value / 100);
  const anything = fc.oneof(fc.double(), fc.constantFrom(0, -1, Number.NaN, Infinity, -Infinity, 1e300, 5e-324));
  const rails = fc.record({
    marginFloorPercent: fc.oneof(fc.integer({ min: -50, max: 99 }), fc.double({ min: -100, max: 99.99, noNaN: true })), dailyChangePercent: fc.double({ min: 0, max: 100, noNaN: true }),
    endings: fc.subarray([0, 49, 90, 95, 99]), blocked: fc.constant(new Map<string, string>()), fractionDigits: fc.constantFrom(2, 3),
  });
  /** A policy of which nothing is known: it asks what the guardrails make of prices, and proposes anything. */
  const wild = (asked: readonly number[], proposed: number): PricePolicy => ({ name: 'wild', propose: (_, allowed) => ({ price: asked.map(allowed).concat(proposed).at(-1)!, reason: '' }) });

  it('never breaks a guardrail, whatever is put in', () => {
    fc.assert(fc.property(
      hundredths(1_000_000), fc.option(hundredths(1_000_000), { nil: undefined }), fc.option(anything, { nil: undefined }), fc.array(anything, { maxLength: 5 }), anything, rails, fc.record({
        competitorPrice: anything, elasticity: anything, anchorScore: anything, usualPrice: anything, historicalConversionRate: anything,
      }),
      (currentPrice, dayStartPrice, cost, asked, proposed, given, rest) => {
        const situation: PriceSituation = { sku: 'a', category: 'c', currentPrice, ...(dayStartPrice === undefined ? {} : { dayStartPrice }), ...(cost === undefined ? {} : { cost }), ...rest };
        const policies = [wild(asked, proposed), rulePolicy({ targetMarginPercent: 40, undercutPercent: 1, anchorDiscountPercent: 3 }), modelPolicy(),
          modelPolicy(undefined, { version: 'price 1', demandOf: () => (prices) => prices.map((price) => proposed / price) }),
          banditPolicy({ armsOf: () => [{ factor: 0.9, shown: 10, bought: 1 }, { factor: 1.1, shown: 0, bought: 0 }], random: () => () => 0.5 })];
        for (const policy of policies) {
          const { price, limits } = guardedPrice(policy, situation, given);
          const start = dayStartPrice ?? currentPrice;
          const unit = 10 ** given.fractionDigits;
          expect(Math.abs(Math.round(price * unit) / unit - price)).toBeLessThan(1e-9);
          expect(price).toBeGreaterThan(0);
          expect(Math.abs(price - start)).toBeLessThanOrEqual((start * given.dailyChangePercent) / 100 + 1e-6);
          const known = cost !== undefined && Number.isFinite(cost) && cost > 0;
          if (limits.includes('margin_floor_not_reached')) continue;
          if (known) expect(price * (1 - given.marginFloorPercent / 100)).toBeGreaterThanOrEqual(cost - 1e-6);
          else expect(price).toBeGreaterThanOrEqual(currentPrice - 1e-9);
        }
      },
    ), { numRuns: 1_500 });
  });

  it('asks a policy about prices that may then be asked', () => {
    fc.assert(fc.property(hundredths(100_000), hundredths(100_000), fc.double({ min: 0.01, max: 2_000, noNaN: true }), rails, (currentPrice, cost, proposed, given) => {
      let allowedIt = Number.NaN;
      const asks: PricePolicy = { name: 'asks', propose: (_, allowed) => ({ price: (allowedIt = allowed(proposed)), reason: '' }) };
      expect(guardedPrice(asks, { sku: 'a', category: 'c', currentPrice, cost }, given).price).toBe(allowedIt);
    }));
  });
});

describe('a list of prices', () => {
  const own = (failsFor: string): PricePolicy => ({ name: 'own', propose: ({ sku }) => {
    if (sku.startsWith(failsFor)) throw new Error('it burns');
    return { price: 52.9, reason: 'because' };
  } });

  it('keeps the price of an item that its policy fails for, marked, and leaves out what has none to start from', () => {
    const without = [0, -1, Number.NaN, Infinity, 1e15, undefined as unknown as number].map((currentPrice, index) => ({ ...item, sku: `none${index}`, currentPrice }));
    const list = priceList([item, { ...item, sku: 'bad', currentPrice: 49.9 }, ...without, { ...item, sku: 'day', dayStartPrice: 0 }], own('bad'), guardrails);
    expect(list.map(({ productId, price, limits }) => [productId, price, limits])).toEqual([['a', 52.9, []], ['bad', 49.9, ['policy_failed']]]);
    expect(without.some((situation) => hasPrice(situation, guardrails))).toBe(false);
  });

  it('is refused by name where the policy fails for every item, whatever is blocked', () => {
    const blocked = { ...item, sku: 'kept' };
    expect(() => priceList([item, { ...item, sku: 'b' }, blocked], own(''), guardrails)).toThrow(/no list is made: the policy own fails for all 2 items; of a: .*it burns/);
    expect(priceList([blocked], own(''), guardrails)).toHaveLength(1);
    expect(priceList([], own(''), guardrails)).toEqual([]);
  });
});

describe('guardrails', () => {
  it.each([
    [{ marginFloorPercent: 100 }, /margin of 100/], [{ dailyChangePercent: 120 }, /120 % a day/], [{ endings: [9.9] }, /two digits, 0 to 99/],
  ])('that contradict themselves are refused: %j', (change, message) => {
    expect(() => checkGuardrails({ ...guardrails, ...change })).toThrow(message);
  });

  it('want a price to start from', () => {
    expect(() => guardedPrice(proposes(1), { ...item, currentPrice: 0 }, guardrails)).toThrow(/the current price of a is no price/);
  });
});
