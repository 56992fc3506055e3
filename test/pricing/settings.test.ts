// The pricing settings of a project: defaults, and what is refused by name; and what elasticities may come to.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { elasticities, pricingSettings, priceList, rulePolicy, since, type PricePoint } from '../../lib/pricing/index.ts';

describe('pricing settings', () => {
  it('have defaults', () => {
    expect(pricingSettings(undefined)).toEqual({
      policy: 'rule', listDays: 7, guardrails: { marginFloorPercent: 10, dailyChangePercent: 10, endings: [90, 99], blocked: new Map() },
      rule: { targetMarginPercent: 40, undercutPercent: 1, anchorDiscountPercent: 3 }, model: { reachPercent: 15, leastGainPercent: 1 }, bandit: { arms: [0.94, 0.97, 1, 1.03, 1.06], historyWeight: 0.1 },
    });
  });

  it('are taken as they are written', () => {
    expect(pricingSettings({ policy: 'model', marginFloorPercent: 20, blocked: { p1: 'price fixed by contract' }, rule: { undercutPercent: 2 }, bandit: { arms: [0.9, 1] }, endings: [] })).toMatchObject({
      policy: 'model', guardrails: { marginFloorPercent: 20, endings: [], blocked: new Map([['p1', 'price fixed by contract']]) }, rule: { undercutPercent: 2, targetMarginPercent: 40 }, bandit: { arms: [0.9, 1] },
    });
  });

  it.each([
    [{ marginFlor: 1 }, /no setting pricing of millrace.config.ts.marginFlor/], [{ policy: 'guess' }, /policy is "guess"/], [{ dailyChangePercent: 120 }, /dailyChangePercent is 120/], [{ endings: [100] }, /endings is \[100\]/],
    [{ endings: [9.5] }, /two digits, 0 to 99/], [{ blocked: ['p1'] }, /blocked is \["p1"\]/], [{ rule: { undercut: 1 } }, /no setting pricing of millrace.config.ts.rule.undercut/], [{ bandit: { arms: [0] } }, /bandit.arms is \[0\]/],
    [{ listDays: 0.5 }, /listDays is 0.5/],
  ])('that cannot be are refused by name: %j', (given, message) => {
    expect(() => pricingSettings(given as never)).toThrow(message);
  });
});

describe('elasticities', () => {
  const point = fc.record({ sku: fc.constantFrom('a', 'b', 'c', 'd'), category: fc.constant('toys'), price: fc.double({ min: 0.01, max: 1e4, noNaN: true }), views: fc.integer({ min: 0, max: 10_000 }), units: fc.integer({ min: 0, max: 500 }) });

  it('lie between the item\'s own and what its category says, and are numbers whatever was seen', () => {
    fc.assert(fc.property(fc.array(point, { maxLength: 30 }), (points) => {
      for (const { sku, elasticity, standardError, weight, own } of elasticities(points as PricePoint[])) {
        expect([Number.isFinite(elasticity), Number.isFinite(standardError), weight >= 0 && weight <= 1, own === undefined || Number.isFinite(own)]).toEqual([true, true, true, true]);
        if (new Set(points.filter((one) => one.sku === sku && one.views > 0).map(({ price }) => price)).size < 2) expect([weight, own]).toEqual([0, undefined]);
      }
    }));
  });

  it('of an item trust it the more, the more was seen of it', () => {
    fc.assert(fc.property(fc.integer({ min: 2, max: 50 }), (times) => {
      const seen = (sku: string, factor: number): PricePoint[] => [40, 50, 60].map((price) => ({ sku, category: 'toys', price, views: 100 * factor, units: 5 * factor }));
      const found = elasticities([...seen('little', 1), ...seen('much', times)]);
      expect(found.find(({ sku }) => sku === 'much')!.weight).toBeGreaterThan(found.find(({ sku }) => sku === 'little')!.weight);
    }));
  });
});

describe('a list of prices', () => {
  it('never moves a price by more than the cap from the day\'s beginning, whatever lists were made on the way', () => {
    const guardrails = pricingSettings({ endings: [] }).guardrails;
    fc.assert(fc.property(fc.array(fc.tuple(fc.integer({ min: 0, max: 3 }), fc.double({ min: 1, max: 200, noNaN: true })), { minLength: 1, maxLength: 12 }), (lists) => {
      let [day, price, start, earlier] = [0, 50, 50, undefined as Parameters<typeof since>[1]];
      for (const [days, cost] of lists) {
        if (days > 0) [day, start] = [day + days, price];
        const [made] = priceList([since({ sku: 'a', category: 'c', currentPrice: 50, cost }, earlier, String(day))], rulePolicy({ targetMarginPercent: 40, undercutPercent: 1, anchorDiscountPercent: 3 }), guardrails);
        expect(Math.abs(made!.price - start)).toBeLessThanOrEqual(start * 0.1 + 1e-9);
        expect(made!.previousPrice).toBe(start);
        [price, earlier] = [made!.price, { price: made!.price, previousPrice: made!.previousPrice, day: String(day) }];
      }
    }));
  });
});
