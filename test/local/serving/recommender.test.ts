// Recommendations: what others went on to, never what one has seen, and popular things for strangers.
import { describe, expect, it } from 'vitest';
import { loadRecommender } from '../../../lib/local/serving/recommender.ts';
import type { Engine } from '../../../lib/warehouse/index.ts';

/** Twenty visitors see tent and stove together, twenty see book and lamp, and one more has seen a tent only. */
const rows: [string, string, number][] = [
  ...Array.from({ length: 20 }, (_, index) => [[`camper${index}`, 'tent', 1], [`camper${index}`, 'stove', 3]] as [string, string, number][]).flat(),
  ...Array.from({ length: 20 }, (_, index) => [[`reader${index}`, 'book', 1], [`reader${index}`, 'lamp', 1]] as [string, string, number][]).flat(),
  ['newcomer', 'tent', 1],
];
const engine = { query: async () => ({ columns: [], rows }) } as unknown as Engine;

describe('recommendations', () => {
  it('are what people with the same taste went on to', async () => {
    const recommender = (await loadRecommender(engine, 's1'))!;
    const personal = recommender.recommend({ visitorId: 'newcomer', limit: 3 });
    expect(personal.source).toBe('personal');
    expect(personal.items[0]!.item_id).toBe('stove');
    expect(personal.items.map(({ item_id: item }) => item)).not.toContain('tent');
    expect(recommender.recommend({ itemId: 'book', limit: 1 })).toMatchObject({ source: 'similar', items: [{ item_id: 'lamp' }] });
  });

  it('are what is popular for strangers', async () => {
    const recommender = (await loadRecommender(engine, 's1'))!;
    expect(recommender.recommend({ visitorId: 'stranger', limit: 2 })).toMatchObject({ source: 'popular', items: [{ item_id: 'stove' }, { item_id: 'tent' }] });
    expect(recommender.recommend({ itemId: 'unknown', limit: 1 }).source).toBe('popular');
  });

  it('are none before anybody has looked at anything', async () => {
    expect(await loadRecommender({ query: async () => ({ columns: [], rows: [] }) } as unknown as Engine, 's0')).toBeUndefined();
  });
});
