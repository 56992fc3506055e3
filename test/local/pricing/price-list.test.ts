// A list of prices: what it says, what a day allows, where the shop reads it, and that nobody ever reads a part of it.
import { createHash } from 'node:crypto';
import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { runProgram, VERBS, type Terminal } from '../../../lib/cli/index.ts';
import { openLmdbStore, type OnlineStore } from '../../../lib/features/index.ts';
import { computePrices, currentExport, exportPrices, readPriceTable, whereListsAre, type PriceList } from '../../../lib/local/index.ts';
import { exportPriceList, type ExportOptions } from '../../../lib/local/pricing/index.ts';
import { HomePrices } from '../../../lib/local/serving/index.ts';
import { handOver, listedPrices } from '../../../lib/pricing/index.ts';
import { memoryStore, testApp } from '../../serving/support.ts';
import { openPricedShop, PRODUCTS, type PricedShop } from './shop.ts';

describe('a list of a home', () => {
  let shop: PricedShop;
  beforeAll(async () => {
    shop = await openPricedShop();
  }, 60_000);
  afterAll(() => shop.dispose());

  const pricesOf = ({ prices }: PriceList) => Object.fromEntries(prices.map(({ productId, price }) => [productId, price]));

  it('has every item that has a price, within the guardrails, with the reason', async () => {
    const { list, exported } = await computePrices(shop.runtime);
    expect(list.header).toMatchObject({ policy: 'rule', currency: 'BRL', rows: 3, validFrom: shop.clock.at, validTo: shop.clock.at + 7 * 86_400_000 });
    expect(list.prices).toEqual([
      { productId: 'cheap', category: 'toys', price: 45.9, previousPrice: 50, reason: 'cost and target margin', limits: ['daily_change', 'ending'] },
      { productId: 'dear', category: 'toys', price: 54.99, previousPrice: 50, reason: 'cost and target margin', limits: ['daily_change', 'ending'] },
      { productId: 'unknown', category: 'books', price: 19.9, previousPrice: 19.9, reason: 'just below the lowest competitor', limits: ['cost_unknown'] },
    ]);
    expect(exported.list_id).toBe(list.header.listId);
    expect(await readPriceTable(shop.runtime)).toEqual(list);
  });

  it('moves a price by one day\'s cap a day, however often it is computed', async () => {
    const first = pricesOf((await computePrices(shop.runtime)).list);
    shop.clock.at += 3_600_000;
    expect(pricesOf((await computePrices(shop.runtime)).list)).toEqual(first);
    shop.clock.at += 86_400_000;
    const { list } = await computePrices(shop.runtime);
    expect(list.prices.find(({ productId }) => productId === 'cheap')).toMatchObject({ price: 41.9, previousPrice: 45.9 });
    shop.clock.at += 30 * 86_400_000; // the list no longer holds: the price is what it was last sold for
    expect((await computePrices(shop.runtime)).list.prices.find(({ productId }) => productId === 'cheap')).toMatchObject({ price: 45.9, previousPrice: 50 });
  });

  it('is in gold, the export folder and the online store, and a hand-over that was cut off is made good', async () => {
    const { list } = await computePrices(shop.runtime);
    expect(await whereListsAre(shop.runtime)).toEqual({ exported: list.header.listId, online: list.header.listId });
    const folder = path.join(shop.runtime.home.root, 'exports', 'prices');
    await rm(folder, { recursive: true });
    expect((await whereListsAre(shop.runtime)).exported).toBeUndefined();
    expect((await exportPrices(shop.runtime)).exported).toEqual(await currentExport(folder));
    expect(await whereListsAre(shop.runtime)).toEqual({ exported: list.header.listId, online: list.header.listId });
  });

  it('is what the API answers when it is asked for it, and what a policy then starts from', async () => {
    const { list } = await computePrices(shop.runtime);
    const store = await openLmdbStore({ folder: path.join(shop.runtime.home.root, 'api'), clock: shop.runtime.clock });
    const home = new HomePrices(shop.runtime, { find: () => undefined }, { store });
    await home.refresh();
    const { send, predicted } = testApp({ prices: home.current!, clock: shop.runtime.clock });
    const { body } = await send('POST', '/v1/price', { skus: ['cheap', 'nothing'], precomputed: true });
    expect(body).toMatchObject({
      policy: 'list', version: list.header.listId, experiment: null,
      prices: [{ sku: 'cheap', price: 45.9, current_price: 50, fallback: false, valid_to: new Date(list.header.validTo).toISOString() }, { sku: 'nothing', price: null, fallback: true }],
    });
    expect(predicted[0]).toMatchObject({ kind: 'price', version: `${list.header.listId}:list`, score: 45.9 });
    expect((await send('POST', '/v1/price', { skus: ['cheap'] })).body).toMatchObject({ policy: 'rule', prices: [{ price: 45.9, current_price: 45.9 }] });
    await store.close();
  });

  it('may be made by the bandit, from what was reported back', async () => {
    await shop.put('gold.price_arms', [{ product_id: 'cheap', arm: 1.06, shown: 5_000, bought: 900 }, { product_id: 'cheap', arm: 0.94, shown: 5_000, bought: 10 }, ...[0.97, 1, 1.03].map((arm) => ({ product_id: 'cheap', arm, shown: 5_000, bought: 300 }))]);
    const { list } = await computePrices(shop.runtime, { policy: 'bandit' });
    expect(list.prices[0]).toMatchObject({ productId: 'cheap', price: 52.99, reason: 'arm 1.06 of its base price' });
  });

  it('is made by one process at a time', async () => {
    const both = await Promise.allSettled([computePrices(shop.runtime), computePrices(shop.runtime)]);
    expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    expect(both.find((each) => each.status === 'rejected')!.reason).toMatchObject({ code: 'conflict' });
    await computePrices(shop.runtime);
  });

  it('leaves what is blocked as it is, and names what is blocked in vain', async () => {
    const project = await shop.runtime.project();
    const blocking = { ...shop.runtime, project: async () => ({ ...project, config: { ...project.config, pricing: { blocked: { dear: 'fixed by contract', daer: 'mistyped' } } } }) } as typeof shop.runtime;
    const before = (await readPriceTable(shop.runtime)).prices.find(({ productId }) => productId === 'dear')!.price;
    shop.clock.at += 86_400_000;
    const { list, blockedInVain } = await computePrices(blocking);
    expect(list.prices.find(({ productId }) => productId === 'dear')).toMatchObject({ price: before, limits: ['blocked'], reason: 'its price is not to be changed: fixed by contract' });
    expect(blockedInVain).toEqual(['daer']);
  });

  it('goes without an item whose current price is none, and names it', async () => {
    await shop.put('gold.pricing_features', [...PRODUCTS, { product_id: 'beyond', category: 'toys', current_price: 1e15, supplier_cost: 5, competitor_price: null, historical_conversion_rate: null, anchor_product_score: null, average_price_90d: null }]);
    const { list, withoutPrice } = await computePrices(shop.runtime);
    expect([list.prices.map(({ productId }) => productId), withoutPrice]).toEqual([['cheap', 'dear', 'unknown'], ['beyond']]);
    expect(list.header.rows).toBe(3);
    await shop.put('gold.pricing_features', PRODUCTS);
  });

  it('marks what its policy fails for, keeps that in gold, and is not made where the policy fails for all', async () => {
    const of = (current_price: number, competitor_price: number) => PRODUCTS.slice(0, 2).map((row, index) => ({ ...row, current_price: 50, competitor_price: index === 0 ? competitor_price : current_price }));
    await shop.put('gold.pricing_features', of(60, 0));
    const { list } = await computePrices(shop.runtime, { policy: 'rule' });
    expect(list.prices.map(({ limits }) => limits.includes('policy_failed'))).toEqual([true, false]);
    expect(list.prices[0]!.reason).toBe('the current price, since the policy rule proposed 0, which is no price');
    expect(await readPriceTable(shop.runtime)).toEqual(list);
    await shop.put('gold.pricing_features', of(0, 0));
    await expect(computePrices(shop.runtime, { policy: 'rule' })).rejects.toMatchObject({ code: 'bad_input', message: expect.stringMatching(/no list is made: the policy rule fails for all 2 items/) as string });
    expect(await readPriceTable(shop.runtime)).toEqual(list);
    expect((await whereListsAre(shop.runtime)).online).toBe(list.header.listId);
    await shop.put('gold.pricing_features', PRODUCTS);
  });

  it('is refused by name for a policy that there is not', async () => {
    await expect(computePrices(shop.runtime, { policy: 'guess' })).rejects.toThrow(/no price policy 'guess'/);
  });
});

describe('the verbs', () => {
  it('compute, list and export, for a person and for a program', async () => {
    const shop = await openPricedShop();
    const home = shop.runtime.home.root;
    const run = async (...argv: string[]) => {
      const [out, err]: [string[], string[]] = [[], []];
      const terminal: Terminal = { out: (one) => void out.push(one), err: (one) => void err.push(one), interactive: false, colours: false, columns: 200 };
      const code = await runProgram([...argv, '--home', home], VERBS, { project: path.resolve(import.meta.dirname, '../../..'), version: '0', terminal, environment: {}, signal: new AbortController().signal });
      return { code, out: out.join(''), err: err.join('') };
    };
    try {
      expect(await run('prices', 'list')).toMatchObject({ code: 4, err: expect.stringMatching(/no list of prices was computed yet[^]*millrace prices compute/) as string });
      expect((await run('prices', 'compute')).out).toMatch(/3 prices by the policy rule[^]*daily change[^]*prices.csv/);
      expect(JSON.parse((await run('prices', 'list', '--changed', '--category', 'toys', '--json')).out)).toMatchObject({ policy: 'rule', rows: 3, prices: [{ productId: 'cheap', price: 45.9 }, { productId: 'dear' }] });
      const elsewhere = path.join(home, 'elsewhere');
      expect(JSON.parse((await run('prices', 'export', '--to', elsewhere, '--json')).out)).toMatchObject({ files: [{ name: expect.stringMatching(/prices.csv$/) as string }, { name: expect.stringMatching(/prices.jsonl$/) as string }] });
      expect(await readdir(elsewhere)).toContain('current.json');
      expect((await run('prices', 'list')).out).toMatch(/45.90/);
      expect(await run('prices', 'list', '--limit', 'x')).toMatchObject({ code: 2 });
      await shop.put('gold.pricing_features', PRODUCTS.map((row) => ({ ...row, ...(row['product_id'] === 'dear' ? { competitor_price: 0 } : row['product_id'] === 'unsold' ? { current_price: 1e15 } : {}) })));
      expect((await run('prices', 'compute')).out).toMatch(/policy failed 1[^]*! not on the list, since the current price is none: unsold[^]*! the policy rule fails for 1 of them, [^]*; of dear: the current price, since the policy rule proposed 0, which is no price/);
      expect(JSON.parse((await run('prices', 'compute', '--json')).out)).toMatchObject({ without_price: ['unsold'], limits: { policy_failed: 1 } });
    } finally {
      await shop.dispose();
    }
  }, 60_000);
});

const list = (id: string, prices: number): PriceList => ({
  header: { listId: `0000000${id}-0000-7000-8000-000000000000`, policy: 'rule', version: '1', currency: 'BRL', rows: prices, validFrom: 1_000, validTo: 2_000 }, day: '2026-03-02',
  prices: Array.from({ length: prices }, (_, index) => ({ productId: `p${index}, "${id}"`, category: 'toys', price: index + Number(id) / 10, previousPrice: 1, reason: 'because', limits: [] })),
});

describe('the export folder', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'millrace-export-'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  /** What a reader gets who follows current.json: files whose bytes and checksums are as it says. */
  async function read(): Promise<{ id: string; rows: number } | undefined> {
    const manifest = await currentExport(folder);
    if (manifest === undefined) return undefined;
    const texts = await Promise.all(manifest.files.map(async ({ name, bytes, sha256 }) => {
      const text = await readFile(path.join(folder, name));
      expect([text.length, createHash('sha256').update(text).digest('hex')]).toEqual([bytes, sha256]);
      return text.toString();
    }));
    expect(texts[1]!.trimEnd().split('\n')).toHaveLength(manifest.rows);
    return { id: manifest.list_id, rows: manifest.rows };
  }

  it.each(['write', 'publish', 'announce', 'tidy'] as const)('holds one whole list when a crash comes before "%s"', async (step) => {
    await exportPriceList(list('1', 3), { folder });
    const before: ExportOptions['before'] = (at) => {
      if (at === step) throw new Error('the machine stops');
    };
    await expect(exportPriceList(list('2', 4), { folder, before })).rejects.toThrow(/stops/);
    expect(await read()).toEqual(step === 'tidy' ? { id: list('2', 4).header.listId, rows: 4 } : { id: list('1', 3).header.listId, rows: 3 });
    await exportPriceList(list('2', 4), { folder });
    expect(await read()).toEqual({ id: list('2', 4).header.listId, rows: 4 });
    expect((await readdir(folder)).filter((name) => name.startsWith('.'))).toEqual([]);
  });

  it('keeps the newest lists, and quotes what a CSV needs quoted', async () => {
    for (let id = 1; id <= 8; id++) await exportPriceList(list(String(id), 1), { folder });
    expect((await readdir(folder)).filter((name) => name !== 'current.json')).toHaveLength(5);
    expect(await readFile(path.join(folder, list('8', 1).header.listId, 'prices.csv'), 'utf8')).toBe(
      'product_id,price,currency,previous_price,category,policy,reason,limits,valid_from,valid_to\n"p0, ""8""",0.80,BRL,1.00,toys,rule,because,,1970-01-01T00:00:01.000Z,1970-01-01T00:00:02.000Z\n');
  });
});

describe('the online store', () => {
  const prices = (id: string) => list(id, 2_500).prices.map(({ productId, ...price }) => [productId.split(',')[0]!, price] as const);
  const ask = (store: OnlineStore) => listedPrices(store, ['p0', 'p2499', 'other'], 1_500);

  it('holds the list before until all of the next one is in it', async () => {
    const store = memoryStore();
    await handOver(store, list('1', 2_500).header, prices('1'));
    for (let writes = 0; ; writes++) {
      let left = writes;
      const failing: OnlineStore = { ...store, write: async (changes) => {
        if (left-- <= 0) throw new Error('the machine stops');
        return store.write(changes);
      } };
      const isDone = await handOver(failing, list('2', 2_500).header, prices('2')).then(() => true, () => false);
      const found = await ask(store);
      expect([found!.header.listId, found!.prices.get('p0')!.price, found!.prices.get('p2499')!.price, found!.prices.has('other')])
        .toEqual(isDone ? [list('2', 1).header.listId, 0.2, 2499.2, false] : [list('1', 1).header.listId, 0.1, 2499.1, false]);
      if (isDone) break;
      expect(writes).toBeLessThan(40);
    }
  });

  it('holds none before it begins and after it has ended', async () => {
    const store = memoryStore();
    expect(await ask(store)).toBeUndefined();
    await handOver(store, list('1', 1).header, prices('1'));
    expect([await listedPrices(store, [], 999), (await listedPrices(store, [], 1_000))?.header.policy, await listedPrices(store, [], 2_000)]).toEqual([undefined, 'rule', undefined]);
  });
});
