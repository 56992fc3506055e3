// Policies: what they propose, and that they find the better price in a simulated shop.
import { describe, expect, it } from 'vitest';
import { answersToPrice, armsOfItems, banditPolicy, curveOf, demandCurve, demandFromJson, demandToJson, tabledDemand, drawnTogether, elasticities, guardedPrice, modelPolicy, rulePolicy, type DemandCurve, type Guardrails, type PricePoint } from '../../lib/pricing/index.ts';
import { gaussian, seeded } from '../experiments/support.ts';

const same = (price: number) => price;
const item = { sku: 'a', category: 'toys', currentPrice: 50, cost: 30 };

describe('the rule', () => {
  const rule = rulePolicy({ targetMarginPercent: 40, undercutPercent: 1, anchorDiscountPercent: 5 });
  it.each([
    ['cost and margin, where nobody sells it for less', { ...item, competitorPrice: 90 }, 50],
    ['just below the lowest competitor', { ...item, competitorPrice: 45 }, 44.55],
    ['lower for what draws other items', { ...item, anchorScore: 1 }, 47.5],
    ['what it is, where the cost is not known', { sku: 'a', category: 'toys', currentPrice: 20 }, 20],
  ])('%s', (_, situation, price) => expect(rule.propose(situation, same).price).toBeCloseTo(price, 9));
});

describe('the model', () => {
  it('proposes what earns most at the elasticity', () => {
    const { price } = modelPolicy().propose({ ...item, elasticity: -2.5 }, same);
    const profit = (at: number) => (at - 30) * at ** -2.5;
    for (const other of [price * 0.99, price * 1.01]) expect(profit(price)).toBeGreaterThan(profit(other));
  });

  it('rises no further than its reach from the usual price, however many days it has, and where demand hardly answers', () => {
    const guardrails: Guardrails = { marginFloorPercent: 10, dailyChangePercent: 10, endings: [90, 99], blocked: new Map() };
    for (const elasticity of [-0.3, -1.1]) {
      let price = 49.9;
      for (let day = 0; day < 60; day++) price = guardedPrice(modelPolicy(), { ...item, currentPrice: price, usualPrice: 50, elasticity }, guardrails).price;
      expect(price).toBeGreaterThan(55);
      expect(price).toBeLessThanOrEqual(58);
    }
  });

  it('changes nothing that it knows nothing of', () => {
    expect(modelPolicy().propose(item, same).price).toBe(50);
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

describe('elasticities of a shop that sells little of everything', () => {
  // 600 items in six categories, each seen at three prices, one or two pieces sold: a rate of its own cannot be told of any.
  const truths = [-1, -1.4, -1.8, -2.2, -2.6, -3];
  const shopOf = (seed: number): PricePoint[] => {
    const random = seeded(seed);
    return Array.from({ length: 600 }, (_, index) => index).flatMap((index) => [42, 50, 60].map((price): PricePoint => {
      const rate = 0.03 * (price / 50) ** truths[index % 6]!;
      return { sku: `s${index}`, category: `c${index % 6}`, price, views: 20, units: Array.from({ length: 20 }, random).filter((drawn) => drawn < rate).length };
    }));
  };
  const runs = [1, 2, 3, 4, 5, 6].map((seed) => elasticities(shopOf(seed)));

  it('are right in their mean: points without a sale draw nothing to nothing', () => {
    const mean = runs.flat().reduce((sum, { elasticity }) => sum + elasticity, 0) / runs.flat().length;
    expect(mean).toBeCloseTo(-2, 0);
    expect(Math.abs(mean + 2)).toBeLessThan(0.25);
  });

  it('come nearer than one number for all, and say how near', () => {
    const all = runs.flat().map(({ sku, elasticity, standardError }) => ({ error: elasticity - truths[Number(sku.slice(1)) % 6]!, standardError }));
    expect(Math.sqrt(all.reduce((sum, { error }) => sum + error ** 2, 0) / all.length)).toBeLessThan(0.6); // the truths' own standard deviation is 0.68
    expect(all.filter(({ error, standardError }) => Math.abs(error) < 2 * standardError).length / all.length).toBeGreaterThan(0.9);
  });
});

describe('the model of demand', () => {
  const truth = (price: number) => 10 * (price / 50) ** -2.5;
  const model = modelPolicy({ reachPercent: 15, leastGainPercent: 1 }, { version: 'price 3', demandOf: (sku) => (sku === 'a' ? (prices) => prices.map(truth) : undefined) });

  it('is asked for the price that earns most of those that may be asked', () => {
    expect(model.version).toBe('price 3');
    expect(model.propose(item, same).price).toBeCloseTo(50, 1); // the best of all
    const { price, reason } = model.propose({ ...item, cost: 35 }, (asked) => Math.min(asked, 54));
    expect(price).toBe(54); // 58.33 would be best
    expect(reason).toMatch(/earns most of what the demand model expects: 8.25 pieces a week, 10.00 at 50.00/);
  });

  it('does not go beyond what the model has seen, nor move for next to nothing', () => {
    const eager = modelPolicy({ reachPercent: 15, leastGainPercent: 1 }, { version: 'price 3', demandOf: () => (prices) => prices.map(() => 1) });
    expect(eager.propose({ ...item, usualPrice: 50 }, same).price).toBeCloseTo(57.5, 9);
    const steady = modelPolicy({ reachPercent: 15, leastGainPercent: 50 }, { version: 'price 3', demandOf: () => (prices) => prices.map(() => 1) });
    expect(steady.propose({ ...item, usualPrice: 50 }, same)).toMatchObject({ price: 50, reason: 'no other price earns enough more' });
  });

  it('leaves the items that it does not know to the elasticity', () => {
    expect(model.propose({ ...item, sku: 'b', elasticity: -2.5 }, same).price).toBeCloseTo(50, 9);
    expect(model.propose({ ...item, sku: 'b', elasticity: -2.5 }, same).reason).toMatch(/elasticity of -2.50/);
  });

  it('moves every input that is a price divided by something', () => {
    const curve = demandCurve({ inputs: ['price_to_usual', 'weekly_units', 'price_to_competitor'], score: (matrix, rows) => Float64Array.from({ length: rows }, (_, row) => matrix[row * 3]! + 10 * matrix[row * 3 + 2]! + 100 * matrix[row * 3 + 1]!) }, [1, 2, 0.5], 50);
    expect(Array.from(curve([50, 100]))).toEqual([206, 212]);
    expect(answersToPrice(['weekly_units'])).toBe(false);
  });
});

describe('curves of demand', () => {
  const falls = (units: number, elasticity: number): DemandCurve => (prices) => prices.map((price) => units * (price / 50) ** elasticity);
  const relative = (curve: DemandCurve) => Array.from(curve([55]))[0]! / Array.from(curve([50]))[0]!;
  const tables = drawnTogether([
    { sku: 'much', category: 'toys', usualPrice: 50, curve: falls(100, -3) }, { sku: 'little', category: 'toys', usualPrice: 50, curve: falls(0.01, 0) },
    { sku: 'alone', category: 'books', usualPrice: 50, curve: falls(0.01, 0) }, { sku: 'nothing', category: 'books', usualPrice: 50, curve: falls(0, 0) },
  ]);
  const drawn = new Map([...tables].map(([sku, table]) => [sku, curveOf(table)]));

  it('are an item\'s own where it sells much, and else what its category and the shop say', () => {
    expect(relative(drawn.get('much')!)).toBeCloseTo(1.1 ** -3, 2);
    for (const sku of ['little', 'alone']) expect(relative(drawn.get(sku)!)).toBeCloseTo(1.1 ** -3, 1);
    expect(Array.from(drawn.get('little')!([50]))[0]).toBeCloseTo(0.01, 9);
    expect(Array.from(drawn.get('nothing')!([40, 50, 60]))).toEqual([0, 0, 0]);
  });

  it('are the same for who reads them from a text', () => {
    const read = demandFromJson(demandToJson(tabledDemand('price 7', tables)));
    expect([read.version, read.demandOf('other')]).toEqual(['price 7', undefined]);
    const prices = [1, 25, 42.37, 49.9, 50, 57.77, 75, 400];
    for (const [sku, curve] of drawn) Array.from(read.demandOf(sku)!(prices)).forEach((units, index) => expect(units).toBeCloseTo(Array.from(curve(prices))[index]!, 4));
  });

  it('never rise with the price, within what was seen and beyond', () => {
    const prices = Array.from({ length: 60 }, (_, index) => 10 + 2 * index);
    for (const curve of drawn.values()) {
      const units = Array.from(curve(prices));
      for (let index = 1; index < units.length; index++) expect(units[index]!).toBeLessThanOrEqual(units[index - 1]! + 1e-12);
    }
  });
});

describe('the bandit', () => {
  /** Visitors come one after the other, see a guarded price, and buy by the true rate; what is shown and bought feeds the arms. */
  function simulate({ factors, truth, cost, guardrails, visitors, seed }: { factors: number[]; truth: (price: number) => number; cost: number; guardrails: Guardrails; visitors: number; seed: number }) {
    const random = seeded(seed);
    const arms = new Map(factors.map((factor) => [factor, { factor, shown: 0, bought: 0 }]));
    const policy = banditPolicy({ basePrice: () => 50, armsOf: () => [...arms.values()], random: () => random });
    const late: number[] = [];
    for (let visitor = 0; visitor < visitors; visitor++) {
      const { price, arm } = guardedPrice(policy, { ...item, cost }, guardrails);
      arms.get(arm!)!.shown += 1;
      if (random() < truth(price)) arms.get(arm!)!.bought += 1;
      if (visitor >= visitors * 0.75) late.push(price);
    }
    return { late, arms };
  }
  const guardrails: Guardrails = { marginFloorPercent: 10, dailyChangePercent: 10, endings: [], blocked: new Map() };
  const truth = (price: number) => 0.1 * (price / 50) ** -3.5; // at a cost of 30 the price of 42 earns most

  it('comes to show the arm that earns most', () => {
    const { late } = simulate({ factors: [0.9, 1, 1.1], truth, cost: 30, guardrails, visitors: 40_000, seed: 4 });
    expect(late.filter((price) => price === 45).length / late.length).toBeGreaterThan(0.5);
  });

  it('comes to the best of what the guardrails let through, and shows nothing else', () => {
    const narrow = { ...guardrails, dailyChangePercent: 5, endings: [50, 0] };
    const { late } = simulate({ factors: [0.8, 0.9, 1, 1.1], truth, cost: 30, guardrails: narrow, visitors: 40_000, seed: 5 });
    expect(new Set(late.map((price) => price >= 47.5 && price <= 52.5 && [0, 50].includes(Math.round(price * 100) % 100)))).toEqual(new Set([true]));
    expect(late.filter((price) => price === 47.5).length / late.length).toBeGreaterThan(0.6);
  });

  it('shows one visitor the same price again', () => {
    const policy = banditPolicy({ armsOf: () => [0.9, 1, 1.1].map((factor) => ({ factor, shown: 0, bought: 0 })), random: ({ unit }) => seeded(Number(unit)) });
    const seen = (unit: string) => guardedPrice(policy, { ...item, unit }, guardrails).price;
    expect(new Set([1, 2, 3].map(() => seen('7'))).size).toBe(1);
    expect(new Set(Array.from({ length: 30 }, (_, unit) => seen(String(unit)))).size).toBeGreaterThan(1);
  });

  it('knows what was tried, and for less what happened before', () => {
    const arms = armsOfItems({
      factors: [0.95, 1, 1.05], basePrices: new Map([['a', 50]]), historyWeight: 0.1,
      feedback: [{ sku: 'a', arm: 0.95, shown: 30, bought: 4 }, { sku: 'a', arm: 0.9, shown: 9, bought: 9 }, { sku: 'b', arm: 1, shown: 5, bought: 1 }],
      history: [{ sku: 'a', category: 'toys', price: 50.4, views: 100, units: 7 }, { sku: 'a', category: 'toys', price: 70, views: 100, units: 7 }],
    });
    expect(arms.get('a')!.map(({ factor, shown, bought }) => [factor, Math.round(shown * 100) / 100, Math.round(bought * 100) / 100])).toEqual([[0.95, 30, 4], [1, 10, 0.7], [1.05, 0, 0]]);
    expect(arms.has('b')).toBe(false);
  });
});
