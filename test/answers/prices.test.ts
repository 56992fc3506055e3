// Prices that were answered, computed again by every policy after what they were made from has moved on; and what is kept for that, and how long.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { statesOfHome } from '../../lib/local/answer-states.ts';
import { type AnswerState, ANSWER_TAG, reproduceAnswer } from '../../lib/answers/index.ts';
import { lifeOf } from '../../lib/answers/keep-life.ts';
import { answersOfHome, keepForAnswersOfHome, openApiService, type Runtime } from '../../lib/local/index.ts';
import { computePrices } from '../../lib/local/pricing/index.ts';
import { experiment } from '../../lib/experiments/index.ts';
import { ExperimentFolder } from '../../lib/local/serving/index.ts';
import { openPricedShop, PRODUCTS, type PricedShop } from '../local/pricing/shop.ts';

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;

describe('a price', () => {
  let shop: PricedShop;
  beforeEach(async () => {
    shop = await openPricedShop();
  }, 60_000);
  afterEach(() => shop.dispose());

  /** The ids of what the API answered. */
  async function asked(bodies: readonly unknown[], runtime: Runtime = shop.runtime): Promise<string[]> {
    const api = await openApiService(runtime, { port: 0, put: async (_stream, records) => records.map((_, index) => ({ ok: true as const, sequence: String(index), shardId: 's' })) });
    const key = api.keys.addForNow('test', { scopes: ['price'] });
    const ids: string[] = [];
    for (const body of bodies) {
      const response = await fetch(`${api.server.url}/v1/price`, { method: 'POST', headers: { 'x-api-key': key, 'content-type': 'application/json' }, body: JSON.stringify(body) });
      expect(response.status).toBe(200);
      ids.push(...((await response.json()) as { prices: { prediction_id: string }[] }).prices.map(({ prediction_id: id }) => id));
    }
    const stop = new AbortController();
    stop.abort();
    await api.run(stop.signal);
    return ids;
  }

  async function moveOn(): Promise<void> {
    shop.clock.at += HOUR_MS;
    await shop.put('gold.pricing_features', PRODUCTS.map((row) => ({ ...row, current_price: 70, supplier_cost: 30 })));
    await shop.put('silver.events_enriched', [{ event: 'view', itemid: 'i1', duplicate_of: null, price: 20 }]);
    await shop.put('gold.price_arms', [{ product_id: 'cheap', arm: 1.06, shown: 900n, bought: 800n }]);
  }

  async function expireAll(): Promise<void> {
    for (const name of await shop.runtime.lake.listTables()) await (await shop.runtime.lake.loadTable(name)).expireSnapshots({ olderThanMilliseconds: 0, keepAtLeast: 1 });
  }

  it('is the same again by rule, model, bandit and list, in every variant, whatever has come since', async () => {
    await shop.put('gold.price_arms', [{ product_id: 'cheap', arm: 0.97, shown: 100n, bought: 30n }]);
    await computePrices(shop.runtime);
    const folder = new ExperimentFolder(shop.runtime.home);
    await folder.create({
      ...experiment('policies', { hypothesis: 'The bandit earns more.', variants: { control: { settings: { policy: 'model' } }, treated: { settings: { policy: 'bandit' } } }, primary: { name: 'orders', kind: 'proportion', outcome: 'purchase' } }),
      subject: 'price', state: 'draft', plannedUnits: 10, createdAt: shop.clock.at,
    });
    await folder.start('policies', shop.clock.at);
    const units = Array.from({ length: 8 }, (_, index) => ({ skus: ['cheap', 'dear', 'unknown', 'nothing'], unit: `u${index}` }));
    const ids = await asked([{ skus: ['cheap', 'dear'] }, { skus: ['cheap', 'dear'], precomputed: true }, ...units]);
    await moveOn();
    await keepForAnswersOfHome(shop.runtime);
    await expireAll();
    const notes = new Set<string>();
    for (const id of ids) {
      const again = await reproduceAnswer(answersOfHome(shop.runtime), id);
      expect(again, JSON.stringify(again)).toMatchObject({ equal: true, differences: [], kind: 'price' });
      notes.add(again.version.split(':')[1]!);
      for (const note of again.notes) notes.add(note);
    }
    expect([...notes]).toEqual(expect.arrayContaining(['rule', 'list', 'model', 'bandit', 'nothing was known of this item', expect.stringMatching(/u\d is in variant (control|treated) of policies, as it was answered/)]));
  }, 60_000);

  it('that a bandit drew by chance is the same again by the arm that it drew', async () => {
    const project = await shop.runtime.project();
    const ids = await asked([{ skus: ['cheap', 'dear'] }, { skus: ['cheap'] }], { ...shop.runtime, project: async () => ({ ...project, config: { ...project.config, pricing: { policy: 'bandit', dailyChangePercent: 20 } } }) });
    await moveOn();
    // By the settings of then, which are not those of now.
    for (const id of ids) expect(await reproduceAnswer(answersOfHome(shop.runtime), id)).toMatchObject({ equal: true, notes: [expect.stringContaining('drew its arm by chance') as string] });
  }, 60_000);

  it('is not, with the reason, once a tag was lifted by hand', async () => {
    const [id = ''] = await asked([{ skus: ['cheap'] }]);
    await moveOn();
    await keepForAnswersOfHome(shop.runtime);
    const table = await shop.runtime.lake.loadTable({ namespace: 'gold', name: 'pricing_features' });
    const [tag = ''] = Object.keys(table.metadata.refs).filter((name) => name.startsWith(ANSWER_TAG));
    await table.removeTag(tag);
    await expireAll();
    await expect(reproduceAnswer(answersOfHome(shop.runtime), id)).rejects.toMatchObject({ code: 'not_found', message: expect.stringContaining(`expired: gold.pricing_features at snapshot ${tag.slice(ANSWER_TAG.length)}`) as string });
  }, 60_000);

  it('is tagged for thirty days after it could be answered, and then no more', async () => {
    await asked([{ skus: ['cheap'] }]);
    await moveOn();
    await asked([{ skus: ['cheap'] }]);
    const tags = async (): Promise<number> => Object.keys((await shop.runtime.lake.loadTable({ namespace: 'gold', name: 'pricing_features' })).metadata.refs).filter((name) => name.startsWith(ANSWER_TAG)).length;
    expect(await keepForAnswersOfHome(shop.runtime)).toMatchObject({ released: 0 });
    expect(await tags()).toBe(2);
    const before = (await shop.runtime.lake.loadTable({ namespace: 'gold', name: 'pricing_features' })).pointer.metadataLocation;
    await keepForAnswersOfHome(shop.runtime);
    expect((await shop.runtime.lake.loadTable({ namespace: 'gold', name: 'pricing_features' })).pointer.metadataLocation).toBe(before);
    shop.clock.at += 29 * DAY_MS;
    await keepForAnswersOfHome(shop.runtime);
    expect(await tags()).toBe(2);
    shop.clock.at += 2 * DAY_MS;
    await keepForAnswersOfHome(shop.runtime);
    // What still answers stays.
    expect(await tags()).toBe(1);
    expect(await statesOfHome(shop.runtime.home).list('prices')).toHaveLength(1);
  }, 60_000);
});

describe('states of the API', () => {
  const stateAt = (at: number): AnswerState => ({ part: 'prices', at, snapshots: { 'gold.prices': String(at) }, facts: {} });

  it('are kept all for two hours, one an hour for a week, one a day for thirty days: a month of a state a minute is a few hundred', () => {
    const now = Date.parse('2026-03-02T12:00:30Z');
    let kept: AnswerState[] = [];
    // As it goes: what was dropped once does not come back.
    for (let at = now - 40 * DAY_MS; at <= now; at += 10 * 60_000) {
      kept.push(...Array.from({ length: 10 }, (_, minute) => stateAt(at + minute * 60_000)).filter((state) => state.at <= now));
      kept = lifeOf(kept, Math.min(now, at + 10 * 60_000)).flatMap(({ state, until }) => (until === undefined ? [] : [state]));
    }
    const ages = kept.map(({ at }) => now - at);
    expect(kept.length).toBeLessThan(350);
    expect(kept.length).toBeGreaterThan(120 + 160 + 20);
    expect(Math.max(...ages)).toBeLessThan(31.1 * DAY_MS);
    expect(ages.filter((age) => age < 2 * HOUR_MS)).toHaveLength(120);
  });

  it('lose neither the newest, nor one in use within two hours, and thinned again lose nothing more', () => {
    fc.assert(fc.property(fc.uniqueArray(fc.integer({ min: 0, max: 40 * 24 * 60 }), { minLength: 1, maxLength: 60 }), (minutes) => {
      const now = 40 * DAY_MS;
      const states = minutes.sort((left, right) => left - right).map((minute) => stateAt(minute * 60_000));
      const kept = lifeOf(states, now).flatMap(({ state, until }) => (until === undefined ? [] : [state]));
      expect(kept.at(-1)).toBe(states.at(-1));
      for (const [index, state] of states.entries()) if ((states[index + 1]?.at ?? now) >= now - 2 * HOUR_MS) expect(kept).toContain(state);
      // A state that nothing follows any more is in use for longer: fewer may go than before, none more.
      const again = lifeOf(kept, now).flatMap(({ state, until }) => (until === undefined ? [] : [state]));
      expect(kept).toEqual(expect.arrayContaining(again));
      expect(again.length).toBe(kept.length);
    }));
  });
});
