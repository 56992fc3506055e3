// Recommendations: more of what comes next among the ten than popularity has, where there is anything to be learned; what is not known is no trouble.
import { describe, expect, it } from 'vitest';
import { batchOf, byTime, predictor, readModel, recommendBeside, recommender, recommendTo, seededRandom, trainPredictor, writeModel, type RecommenderModel } from '../../../lib/learning/index.ts';
import { DAY, dataOf, FIRST } from './support.ts';

const recommendations = predictor('recommendations', {
  question: 'What next?', owner: 'growth', entities: ['visitor', 'item'], features: [], label: 'interest', algorithm: recommender({ listed: 5, recentDays: 20, seed: 1 }), output: 'value',
  split: byTime({ validate: '10d', test: '10d', gap: '1d' }), gate: { metric: 'ndcg_at_10', notWorseThanChampion: 0.01 }, writes: 'gold.recommendations',
});

/** Two hundred visitors of five tastes with twenty items each; who comes back looks at items of the same taste. */
function shop(seed: number, days = 60): Parameters<typeof dataOf>[1] {
  const random = seededRandom(seed);
  const seen = new Map<string, { entity: string[]; day: number; label: number }>();
  for (let visit = 0; visit < 1_500; visit += 1) {
    const [visitor, day] = [random.integer(200), random.integer(days)];
    for (let view = 0; view < 3; view += 1) {
      const item = random.uniform() < 0.1 ? random.integer(100) : (visitor % 5) * 20 + Math.floor(20 * random.uniform() ** 2);
      seen.set(`${visitor} ${item} ${day}`, { entity: [`v${visitor}`, `i${item}`], day, label: random.uniform() < 0.1 ? 5 : 1 });
    }
  }
  return [...seen.values()];
}

const modelOf = async (data: ReturnType<typeof dataOf>): Promise<RecommenderModel> => (await trainPredictor(recommendations, data)).model.model as RecommenderModel;

describe('recommendations', () => {
  it('hold more of what people take later than what is popular does, and lean on what helps', async () => {
    const { metrics, importance } = await trainPredictor(recommendations, dataOf(recommendations, shop(1)));
    expect(metrics['visits']).toBeGreaterThan(100);
    expect(metrics['recall_at_10']).toBeGreaterThan(1.5 * metrics['baseline_recall_at_10']!);
    expect(metrics['ndcg_at_10']).toBeGreaterThan(1.5 * metrics['baseline_ndcg_at_10']!);
    expect(metrics['factorisation_recall_at_10']).toBeGreaterThan(metrics['baseline_recall_at_10']!);
    expect(importance.map(({ feature }) => feature).sort()).toEqual(['again', 'always', 'beside', 'lately', 'popular', 'taste']);
  });

  it('are no worse than what is popular where there is nothing else to learn, whatever is popular when', async () => {
    const random = seededRandom(9);
    for (const drift of [0, 0.1]) {
      const rows = Array.from({ length: 5_000 }, () => {
        const day = random.integer(60);
        return { entity: [`v${random.integer(700)}`, `i${Math.floor(80 * random.uniform() ** 2 + drift * day) % 80}`], day, label: 1 };
      });
      const { metrics } = await trainPredictor(recommendations, dataOf(recommendations, rows));
      expect(metrics['ndcg_at_10']!).toBeGreaterThan(0.93 * metrics['baseline_ndcg_at_10']!);
    }
  });

  it('come back to what somebody looked at, where people do', async () => {
    const random = seededRandom(12);
    const rows = Array.from({ length: 2_400 }, () => {
      const visitor = random.integer(300);
      return { entity: [`v${visitor}`, random.uniform() < 0.6 ? `i${(visitor * 7) % 200}` : `i${random.integer(200)}`], day: random.integer(60), label: 1 };
    });
    const { metrics, model } = await trainPredictor(recommendations, dataOf(recommendations, rows));
    expect((model.model as RecommenderModel).weights.again).toBeGreaterThan(0);
    expect(metrics['ndcg_at_10']).toBeGreaterThan(3 * metrics['baseline_ndcg_at_10']!);
  });

  it('beside an item are what goes with it, and never that item', async () => {
    const { model: fitted, metrics } = await trainPredictor(recommendations, dataOf(recommendations, shop(6)));
    const model = fitted.model as RecommenderModel;
    const item = model.items.indexOf('i42');
    const list = recommendBeside(model, item, [], 10).map((one) => Number(model.items[one.item]!.slice(1)));
    expect(list).not.toContain(42);
    expect(list.filter((other) => Math.floor(other / 20) === 2).length).toBeGreaterThan(7);
    expect(metrics['beside_ndcg_at_10']).toBeGreaterThan(1.5 * metrics['popular_beside_ndcg_at_10']!);
  });

  it('are the same after they were kept, and never what somebody has bought', async () => {
    const model = await modelOf(dataOf(recommendations, shop(2)));
    const kept = readModel(writeModel({ kind: 'recommender', model })).model as RecommenderModel;
    const met = [{ item: 3, weight: 5, at: FIRST }, { item: 4, weight: 1, at: FIRST + DAY }];
    expect(recommendTo(kept, met, 20)).toEqual(recommendTo(model, met, 20));
    expect(recommendTo(model, met, 100).map(({ item }) => item)).not.toContain(3);
  });

  it('learn nothing of the test window, and take items that came up since for what they are: unknown', async () => {
    const rows = shop(3);
    const changed = [...rows.filter(({ day }) => day < 50), { entity: ['v1', 'brand new'], day: 55, label: 1 }, { entity: ['v1', 'i3'], day: 59, label: 1 }];
    const [model, other] = [await modelOf(dataOf(recommendations, rows)), await modelOf(dataOf(recommendations, changed))];
    expect(other).toEqual(model);
    expect(model.items).not.toContain('brand new');
  });

  it('are measured on more visits than a call takes arguments', async () => {
    const passing = Array.from({ length: 160_000 }, (_, at) => ({ entity: [`once ${at}`, `i${at % 100}`], day: 50 + (at % 10), label: 1 }));
    const { rows } = await trainPredictor(recommendations, dataOf(recommendations, [...shop(5), ...passing]));
    expect(rows.test).toBeGreaterThan(150_000);
  });

  it('are listed for everybody who came of late, best first', async () => {
    const data = dataOf(recommendations, shop(4));
    const { model } = await trainPredictor(recommendations, data);
    const { rows } = batchOf(recommendations, model, data);
    const lists = new Map<string, (typeof rows)[number]['values'][]>();
    for (const { entity, values } of rows) lists.set(entity[0]!, [...lists.get(entity[0]!) ?? [], values]);
    expect(lists.size).toBeGreaterThan(100);
    for (const list of lists.values()) {
      expect(list.map(([rank]) => rank)).toEqual([1, 2, 3, 4, 5]);
      expect(list.map(([, score]) => score as number)).toEqual(list.map(([, score]) => score as number).toSorted((a, b) => b - a));
    }
  });
});
