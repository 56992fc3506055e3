// Answers of an account over stand-ins of its services: what its functions note, that upkeep tags it, and that the same code computes the answers again from it.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { answeredFrom, maintain, type MaintainEvent } from '../../lambdas/maintain/index.ts';
import { listPrices } from '../../lambdas/prices/index.ts';
import type { AwsContext } from '../../lambdas/shared/context.ts';
import { takeSnapshots } from '../../lambdas/snapshot/index.ts';
import { answersOfHome } from '../../lib/local/index.ts';
import { AnswerStates, explainAnswer, reproduceAnswer, silverLog, type AnswersContext } from '../../lib/answers/index.ts';
import { championsAt } from '../../lib/answers/again/champions.ts';
import type { PredictionRecord } from '../../lib/serving/index.ts';
import { MemoryFiles } from '../lake/support/memory-files.ts';
import { memoryStore } from '../serving/support.ts';
import { askedOf } from './asked.ts';
import { openPricedShop, PRODUCTS, type PricedShop } from '../local/pricing/shop.ts';

const [MODELS, DAY_MS] = ['models', 86_400_000];
const UPKEEP = { keepSnapshotsHours: 0, keepStreamSnapshotsHours: 0, keepAtLeast: 1, orphansAfterHours: 72 };

describe('prices of an account', () => {
  let shop: PricedShop;
  const files = new MemoryFiles();
  /** What the API logged, as its table has it. */
  const logged = new Map<string, PredictionRecord>();
  let answers: AnswersContext;
  const context = (): AwsContext => ({ lake: { ...shop.runtime.lake, listTables: () => shop.runtime.lake.listTables(), findTable: (name: never) => shop.runtime.lake.findTable(name), context: { ...shop.runtime.lake.context, files } }, clock: shop.runtime.clock }) as unknown as AwsContext;

  beforeAll(async () => {
    shop = await openPricedShop();
    await shop.put('gold.price_arms', [{ product_id: 'cheap', arm: 0.97, shown: 100n, bought: 30n }]);
    const home = answersOfHome(shop.runtime);
    answers = {
      ...home, states: new AnswerStates(files, `s3://${MODELS}/answers`),
      log: { ...silverLog({ lake: shop.runtime.lake, engine: home.engine }), where: 'silver.predictions', kept: 'For thirty days', find: async (id) => logged.get(id) },
    };
  }, 60_000);
  afterAll(() => shop.dispose());

  /** Asks the API of a home, which answers from the same tables as that of an account does. */
  async function asked(...bodies: readonly unknown[]): Promise<string[]> {
    const answered = await askedOf(shop.runtime, logged, { path: '/v1/price', scope: 'price' }, bodies) as { prices: { prediction_id: string }[] }[];
    return answered.flatMap(({ prices }) => prices.map(({ prediction_id: id }) => id));
  }

  it('are noted before they are handed over, tagged by upkeep, and the same again when the shop has moved on and all else has expired', async () => {
    const { runtime, clock } = shop;
    const engine = await runtime.engine();
    const take = () => takeSnapshots({ lake: runtime.lake, engine: engine as never, shop: { currency: 'BRL', timeZone: 'America/Sao_Paulo' }, clock: runtime.clock, files }, MODELS);
    expect(await take()).toMatchObject({ prices: 'made' });
    await listPrices(runtime, { store: memoryStore(), files, exports: `s3://${MODELS}/exports/prices`, demand: `s3://${MODELS}/serving/demand.json`, states: `s3://${MODELS}/answers` }, {});
    expect(await take()).toMatchObject({ prices: 'made' });
    expect(await take()).toMatchObject({ prices: 'unchanged' });
    const states = new AnswerStates(files, `s3://${MODELS}/answers`);
    expect([(await states.parts()).sort(), (await states.list('prices')).length]).toEqual([['features', 'lists', 'prices'], 2]);
    clock.at += 60_000;
    const ids = await asked({ skus: ['cheap', 'dear', 'unknown', 'nothing'] }, { skus: ['cheap'], unit: 'u1' });
    clock.at += DAY_MS;
    await shop.put('gold.pricing_features', PRODUCTS.map((row) => ({ ...row, current_price: 70, supplier_cost: 30 })));
    await shop.put('silver.events_enriched', [{ event: 'view', itemid: 'i1', duplicate_of: null, price: 20 }]);
    const event: MaintainEvent = { step: 'begin', running: [] };
    const begun = await maintain({ ...context(), engine: { listStagings: async () => [] } } as unknown as AwsContext, event, UPKEEP, 900_000, answeredFrom(context(), MODELS));
    expect(begun.kept).toBeGreaterThan(3);
    for (const name of await runtime.lake.listTables()) await (await runtime.lake.loadTable(name)).expireSnapshots({ olderThanMilliseconds: 0, keepAtLeast: 1 });
    for (const id of ids) {
      const again = await reproduceAnswer(answers, id);
      expect(again, JSON.stringify(again)).toMatchObject({ equal: true, differences: [], kind: 'price' });
      expect((await explainAnswer(answers, id)).prediction.prediction_id).toBe(id);
    }
  }, 120_000);

  it('that were answered before anything was noted say so', async () => {
    const [id = ''] = await asked({ skus: ['cheap'] });
    await expect(reproduceAnswer({ ...answers, states: new AnswerStates(new MemoryFiles(), `s3://${MODELS}/answers`) }, id)).rejects.toMatchObject({ code: 'not_found', message: expect.stringContaining('it is not kept what price') as string });
  }, 60_000);
});

describe('the version that answered at a moment', () => {
  const history = [{ champion: '1', at: 1_000_000 }, { champion: '2', at: 2_000_000 }].map(({ champion, at }) => ({ aliases: { champion }, change: { at } }));
  const at = (moment: number) => championsAt({ history: async () => history as never }, 'shipping', moment);

  it('is that of the registry; within a minute of a change it may be the one before, and before the first there was none', async () => {
    expect(await Promise.all([at(999_999), at(1_030_000), at(1_900_000), at(2_000_001), at(2_060_000)])).toEqual([[null], ['1', null], ['1'], ['2', '1'], ['2']]);
  });
});
