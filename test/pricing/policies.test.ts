// Policies: what they propose, and that they find the better price in a simulated shop.
import { describe, expect, it } from 'vitest';
import { banditPolicy, elasticities, modelPolicy, rulePolicy, type Arm, type PricePoint } from '../../lib/pricing/index.ts';
import { gaussian, seeded } from '../experiments/support.ts';

const item = { sku: 'a', category: 'toys', currentPrice: 50, cost: 30 };

describe('the rule', () => {
  const rule = rulePolicy({ targetMarginPercent: 40, undercutPercent: 1, anchorDiscountPercent: 5 });
  it.each([
    ['cost and margin, where nobody sells it for less', { ...item, competitorPrice: 90 }, 50],
    ['just below the lowest competitor', { ...item, competitorPrice: 45 }, 44.55],
    ['lower for what draws other items', { ...item, anchorScore: 1 }, 47.5],
    ['what it is, where the cost is not known', { sku: 'a', category: 'toys', currentPrice: 20 }, 20],
  ])('%s', (_, situation, price) => expect(rule.propose(situation).price).toBeCloseTo(price, 9));
});

describe('the model', () => {
  it('proposes what earns most at the elasticity', () => {
    const { price } = modelPolicy().propose({ ...item, elasticity: -2.5 });
    const profit = (at: number) => (at - 30) * at ** -2.5;
    for (const other of [price * 0.99, price * 1.01]) expect(profit(price)).toBeGreaterThan(profit(other));
  });

  it('changes nothing that it knows nothing of', () => {
    expect(modelPolicy().propose(item).price).toBe(50);
  });
});

describe('elasticities', () => {
  const random = seeded(1);
  const truths = new Map<string, number>();
  const points: PricePoint[] = [];
  for (let index = 0; index < 60; index++) {
    const sku = `s${String(index).padStart(2, '0')}`;
    const truth = -2 + 0.5 * gaussian(random);
    truths.set(sku, truth);
    for (let week = 0; week < 12; week++) {
      const price = 50 * Math.exp(0.1 * gaussian(random));
      const views = index < 30 ? 3_000 : 60; // half of the items are seldom seen
      const rate = 0.05 * (price / 50) ** truth;
      let units = 0;
      for (let view = 0; view < views; view++) if (random() < rate) units += 1;
      points.push({ sku, category: 'toys', price, views, units });
    }
  }
  points.push({ sku: 'fixed', category: 'toys', price: 10, views: 100, units: 5 });
  const found = elasticities(points);

  it('come nearer to the truth than the items alone', () => {
    const error = (value: (each: (typeof found)[number]) => number) => Math.sqrt(found.filter(({ sku }) => truths.has(sku)).reduce((sum, each) => sum + (value(each) - truths.get(each.sku)!) ** 2, 0) / 60);
    expect(error(({ elasticity }) => elasticity)).toBeLessThan(0.6 * error(({ own }) => own!));
    expect(error(({ elasticity }) => elasticity)).toBeLessThan(0.6);
  });

  it('trust an item that was often seen, and the category for one that was not', () => {
    const mean = (from: number, to: number) => found.slice(from, to).reduce((sum, { weight }) => sum + weight, 0) / (to - from);
    const seen = found.filter(({ sku }) => sku !== 'fixed');
    expect(seen).toHaveLength(60);
    expect(mean(1, 31)).toBeGreaterThan(3 * mean(31, 61));
  });

  it('of an item whose price never moved are its category\'s', () => {
    const fixed = found.find(({ sku }) => sku === 'fixed')!;
    expect(fixed).toMatchObject({ weight: 0, points: 1 });
    expect(fixed.elasticity).toBeCloseTo(-2, 0);
  });
});

describe('the bandit', () => {
  it('comes to show the arm that earns most', () => {
    const random = seeded(4);
    const arms: Arm[] = [0.9, 1, 1.1].map((factor) => ({ factor, shown: 0, bought: 0 }));
    const policy = banditPolicy({ basePrice: () => 50, armsOf: () => arms, random });
    const truth = (price: number) => 0.1 * (price / 50) ** -3.5; // at a cost of 30 the price of 42 earns most, so the lowest arm does
    const shown = new Map<number, number>();
    for (let view = 0; view < 40_000; view++) {
      const { price } = policy.propose(item);
      const arm = arms.find(({ factor }) => Math.abs(price - 50 * factor) < 1e-9)!;
      arm.shown += 1;
      if (random() < truth(price)) arm.bought += 1;
      if (view >= 30_000) shown.set(arm.factor, (shown.get(arm.factor) ?? 0) + 1);
    }
    const best = [0.9, 1, 1.1].map((factor) => [factor, (50 * factor - 30) * truth(50 * factor)] as const).reduce((one, other) => (other[1] > one[1] ? other : one))[0];
    expect((shown.get(best) ?? 0) / 10_000).toBeGreaterThan(0.5);
  });
});
