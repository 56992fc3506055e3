// No price leaves without its guardrails, whatever proposed it.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkGuardrails, guardedPrice, type Guardrails, type PricePolicy } from '../../lib/pricing/index.ts';

const proposes = (price: number): PricePolicy => ({ name: 'test', propose: () => ({ price, reason: 'because' }) });
const guardrails: Guardrails = { marginFloorPercent: 20, dailyChangePercent: 10, endings: [90, 99], blocked: new Set(['kept']) };
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
    ['that is no number changes nothing', Number.NaN, { ...item, currentPrice: 49.9 }, 49.9, []],
  ])('%s', (_, proposed, situation, price, limits) => {
    expect(guardedPrice(proposes(proposed), situation, guardrails)).toMatchObject({ price, limits, policy: 'test' });
  });

  it('never breaks a guardrail', () => {
    const hundredths = (max: number) => fc.integer({ min: 1, max }).map((value) => value / 100);
    fc.assert(fc.property(
      hundredths(1_000_000), fc.option(hundredths(1_000_000), { nil: undefined }), fc.double({ min: -1e6, max: 1e6 }), fc.integer({ min: -50, max: 99 }), fc.integer({ min: 0, max: 100 }),
      fc.subarray([0, 49, 90, 95, 99]),
      (currentPrice, cost, proposed, marginFloorPercent, dailyChangePercent, endings) => {
        const rails: Guardrails = { marginFloorPercent, dailyChangePercent, endings, blocked: new Set() };
        const { price, limits } = guardedPrice(proposes(proposed), { sku: 'a', category: 'c', currentPrice, ...(cost === undefined ? {} : { cost }) }, rails);
        const cents = Math.round(price * 100);
        expect(Math.abs(cents / 100 - price)).toBeLessThan(1e-9);
        expect(price).toBeGreaterThan(0);
        expect(Math.abs(price - currentPrice)).toBeLessThanOrEqual((currentPrice * dailyChangePercent) / 100 + 1e-6);
        if (cost === undefined) expect(price).toBeGreaterThanOrEqual(currentPrice - 1e-9);
        else if (!limits.includes('margin_floor_not_reached')) expect(price * (1 - marginFloorPercent / 100)).toBeGreaterThanOrEqual(cost - 1e-6);
      },
    ), { numRuns: 2_000 });
  });
});

describe('guardrails', () => {
  it.each([
    [{ marginFloorPercent: 100 }, /margin of 100/], [{ dailyChangePercent: 120 }, /120 % a day/], [{ endings: [9.9] }, /0 to 99 hundredths/],
  ])('that contradict themselves are refused: %j', (change, message) => {
    expect(() => checkGuardrails({ ...guardrails, ...change })).toThrow(message);
  });

  it('want a price to start from', () => {
    expect(() => guardedPrice(proposes(1), { ...item, currentPrice: 0 }, guardrails)).toThrow(/the current price of a is no price/);
  });
});
