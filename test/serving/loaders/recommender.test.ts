// Recommendations of a home: the version that passed the gate over what each visitor did of late; before there is one, what others went on to.
import { describe, expect, it } from 'vitest';
import type { RecommenderModel } from '../../../lib/learning/index.ts';
import { championRecommender, loadRecommender } from '../../../lib/serving/index.ts';
import type { Engine } from '../../../lib/warehouse/index.ts';

/** Twenty visitors see tent and stove together, twenty see book and lamp, one more has seen a tent only, and one has bought it. */
const rows: [string, string, number, string][] = [
  ...Array.from({ length: 20 }, (_, index) => [[`camper${index}`, 'tent', 1, '2018-10-01'], [`camper${index}`, 'stove', 3, '2018-10-02']] as [string, string, number, string][]).flat(),
  ...Array.from({ length: 20 }, (_, index) => [[`reader${index}`, 'book', 1, '2018-10-01'], [`reader${index}`, 'lamp', 1, '2018-10-01']] as [string, string, number, string][]).flat(),
  ['newcomer', 'tent', 1, '2018-10-03'], ['owner', 'tent', 5, '2018-10-03'],
];
const engineOver = (all: readonly unknown[][]): Engine => ({ query: async () => ({ columns: [], rows: all }) }) as unknown as Engine;
const engine = engineOver(rows);
const model: RecommenderModel = {
  items: ['book', 'lamp', 'tent'], popular: Float64Array.of(0.2, 1, 0.5), lately: new Float64Array(3), always: new Float64Array(3), fades: 30, neighbours: [[{ item: 1, score: 0.5 }], [{ item: 0, score: 0.5 }], []],
  tastes: { factors: 0, items: 3, itemFactors: new Float64Array(0), gram: new Float64Array(0), lambda: 1, alpha: 1 }, weights: { again: 0, beside: 1, taste: 0, popular: 0.1, lately: 0, always: 0 },
  besideWeights: { again: 0, beside: 1, taste: 0, popular: 0.1, lately: 0, always: 0 },
};
const namesOf = (list: readonly { item_id: string }[]): string[] => list.map(({ item_id: item }) => item);

describe('recommendations', () => {
  it('are what people with the same taste went on to, and what one looked at and did not buy', async () => {
    const recommender = (await loadRecommender(engine, 's1'))!;
    const personal = recommender.recommend({ visitorId: 'newcomer', limit: 3 });
    expect(personal.source).toBe('personal');
    expect(new Set(namesOf(personal.items).slice(0, 2))).toEqual(new Set(['stove', 'tent']));
    expect(namesOf(recommender.recommend({ visitorId: 'owner', limit: 5 }).items)).not.toContain('tent');
  });

  it('are the neighbours of the item that one looks at, which is not among them', async () => {
    const recommender = (await loadRecommender(engine, 's1'))!;
    expect(recommender.recommend({ itemId: 'book', limit: 1 })).toMatchObject({ source: 'similar', items: [{ item_id: 'lamp' }] });
    expect(namesOf(recommender.recommend({ itemId: 'book', visitorId: 'newcomer', limit: 10 }).items)).not.toContain('book');
  });

  it('are what is popular for strangers', async () => {
    const recommender = (await loadRecommender(engine, 's1'))!;
    expect(recommender.recommend({ visitorId: 'stranger', limit: 2 })).toMatchObject({ source: 'popular', items: [{ item_id: 'stove' }, { item_id: 'tent' }] });
    expect(recommender.recommend({ itemId: 'unknown', limit: 1 }).source).toBe('popular');
  });

  it('are none before anybody has looked at anything', async () => {
    expect(await loadRecommender(engineOver([]), 's0')).toBeUndefined();
  });
});

describe('the version that answers', () => {
  it('is the champion, under its own version', async () => {
    const recommender = (await loadRecommender(engine, 's1', { version: '7', model }))!;
    expect(recommender.version).toBe('7');
    expect(recommender.recommend({ visitorId: 'reader1', limit: 2 })).toMatchObject({ source: 'personal', items: [{ item_id: 'lamp' }, { item_id: 'book' }] });
    expect(recommender.recommend({ itemId: 'lamp', limit: 1 }).items[0]!.item_id).toBe('book');
    expect(recommender.recommend({ visitorId: 'stranger', limit: 1 }).items[0]!.item_id).toBe('lamp');
  });

  it('is none while nothing has passed the gate, and says so', async () => {
    const registry = { aliases: async () => ({}), model: async () => ({ kind: 'recommender' as const, model }) };
    expect(await championRecommender(registry)).toBeUndefined();
    expect(await championRecommender({ ...registry, aliases: async () => ({ champion: '2' }) })).toEqual({ version: '2', model });
    expect((await loadRecommender(engine, 's1'))!.version).toBe('untrained-s1');
  });
});
