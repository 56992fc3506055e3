import { describe, expect, test } from 'vitest';
import { evaluateLists, discountedGainAt, recallAt, recommendByCoVisitation, recommendByFactors, seededRandom, trainCoVisitation, trainFactorisation, type Interactions } from '../../../lib/learning/index.ts';

/** Users with one of five tastes, who mostly take items of that taste; some of what they take is kept for later. */
function shop(): { interactions: Interactions; histories: { item: number; weight: number }[][]; taken: Set<number>[] } {
  const random = seededRandom(6);
  const entries: [number, number][] = [];
  const histories: { item: number; weight: number }[][] = [];
  const taken: Set<number>[] = [];
  for (let user = 0; user < 400; user += 1) {
    const taste = user % 5;
    const drawn = new Set(Array.from({ length: 12 }, () => (random.uniform() < 0.85 ? taste * 20 + Math.floor(20 * random.uniform() ** 2) : random.integer(100))));
    const items = [...drawn];
    const later = items.slice(0, 3);
    histories.push(items.slice(3).map((item) => ({ item, weight: 1 })));
    taken.push(new Set(later));
    for (const item of items.slice(3)) entries.push([user, item]);
  }
  const interactions = { users: 400, items: 100, user: Int32Array.from(entries, ([user]) => user), item: Int32Array.from(entries, ([, item]) => item), weight: new Float32Array(entries.length).fill(1) };
  return { interactions, histories, taken };
}

describe('recommendations', () => {
  const { interactions, histories, taken } = shop();
  const evaluate = (recommend: (history: { item: number; weight: number }[]) => number[]): number => evaluateLists(histories.map((history, user) => ({ recommended: recommend(history), taken: taken[user]! })), 10).recall;
  const visited = trainCoVisitation(interactions);
  const popularity = evaluate((history) => visited.popular.filter((item) => !history.some((seen) => seen.item === item)).slice(0, 10));

  test('by co-visitation find much more of what is taken later than the popular items do', () => {
    expect(evaluate((history) => recommendByCoVisitation(visited, history, 10))).toBeGreaterThan(1.5 * popularity);
  });

  test('by factorisation find much more of what is taken later than the popular items do', () => {
    const model = trainFactorisation(interactions, { factors: 8, seed: 1 });
    expect(evaluate((history) => recommendByFactors(model, history, 10))).toBeGreaterThan(1.5 * popularity);
    expect(trainFactorisation(interactions, { factors: 8, seed: 1 })).toEqual(model);
  });

  test('never repeat what was met, and are as many as asked for', () => {
    const model = trainFactorisation(interactions, { factors: 4, iterations: 3 });
    for (const history of histories.slice(0, 20)) {
      for (const list of [recommendByCoVisitation(visited, history, 30), recommendByFactors(model, history, 30)]) {
        expect(new Set(list).size).toBe(30);
        for (const { item } of history) expect(list).not.toContain(item);
      }
    }
  });

  test('for somebody unknown are the popular items', () => {
    expect(recommendByCoVisitation(visited, [], 5)).toEqual(visited.popular.slice(0, 5));
  });

  test('of interactions that cannot be are refused', () => {
    expect(() => trainCoVisitation({ users: 1, items: 1, user: Int32Array.of(0), item: Int32Array.of(4), weight: Float32Array.of(1) })).toThrow('entry 0 is of item 4, of 1');
  });
});

test('recall and discounted gain, by hand', () => {
  expect(recallAt([1, 2, 3], new Set([3, 9]), 3)).toBe(0.5);
  expect(recallAt([1, 2, 3], new Set([3, 9]), 2)).toBe(0);
  expect(discountedGainAt([9, 1], new Set([9]), 2)).toBe(1);
  expect(discountedGainAt([1, 9], new Set([9]), 2)).toBeCloseTo(1 / Math.log2(3), 12);
  expect(evaluateLists([{ recommended: [1], taken: new Set([1]) }, { recommended: [1], taken: new Set() }], 1)).toEqual({ people: 1, recall: 1, discountedGain: 1 });
});
