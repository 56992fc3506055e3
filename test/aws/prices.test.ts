// The function that makes lists of prices: what a shop finds in the bucket and in the API's table, with all of it over a DynamoDB in memory and files of this machine.
import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { listPrices, type Shop } from '../../lambdas/prices/index.ts';
import { asTask } from '../../lambdas/shared/handler.ts';
import { servingParts } from '../../lambdas/shared/serving-parts.ts';
import { runProgram, VERBS, type Terminal } from '../../lib/cli/index.ts';
import { openDynamoDbStore, type DynamoDbCalls } from '../../lib/features/aws/index.ts';
import { LocalFiles } from '../../lib/lake/index.ts';
import { readPriceTable, type PriceList } from '../../lib/local/index.ts';
import { demandFromJson, demandToJson, inTurn, listedPrices, tabledDemand } from '../../lib/pricing/index.ts';
import { callPriceFunction, type PricesEvent } from '../../lib/serving/aws/index.ts';
import { openPricedShop, type PricedShop } from '../local/pricing/shop.ts';
import { testApp } from '../serving/support.ts';

type Item = Record<string, AttributeValue>;
type Put = Parameters<DynamoDbCalls['PutItem']>[0];

/** What the service keeps, whether a write is let in by its condition, and that a transaction is whole or not at all. */
function dynamoDb(): DynamoDbCalls & { writes: number; mostWrites: number } {
  const items = new Map<string, Item>();
  const refused = (name: string, codes?: string[]) => Object.assign(new Error(name), { name, ...(codes === undefined ? {} : { CancellationReasons: codes.map((Code) => ({ Code })) }) });
  const isMet = ({ Item, ExpressionAttributeValues: values }: Put): boolean => {
    const there = items.get(Item!['pk']!.S!);
    return values === undefined ? there === undefined : there?.['v']?.N === values[':expected']!.N;
  };
  const put = ({ Item }: Put) => void items.set(Item!['pk']!.S!, Item!);
  const service = {
    writes: 0, mostWrites: Number.POSITIVE_INFINITY,
    async BatchGetItem({ RequestItems }: Parameters<DynamoDbCalls['BatchGetItem']>[0]) {
      return { Responses: Object.fromEntries(Object.entries(RequestItems!).map(([table, { Keys }]) => [table, Keys!.map((key) => items.get(key['pk']!.S!)).filter((item) => item !== undefined)])), UnprocessedKeys: {} };
    },
    async PutItem(input: Put) {
      if (service.writes++ >= service.mostWrites) throw refused('AccessDeniedException');
      if (!isMet(input)) throw refused('ConditionalCheckFailedException');
      put(input);
    },
    async DeleteItem() {
      throw refused('AccessDeniedException');
    },
    async TransactWriteItems({ TransactItems }: Parameters<DynamoDbCalls['TransactWriteItems']>[0]) {
      if (service.writes++ >= service.mostWrites) throw refused('AccessDeniedException');
      const codes = TransactItems!.map(({ Put: one }) => (isMet(one!) ? 'None' : 'ConditionalCheckFailed'));
      if (codes.some((code) => code !== 'None')) throw refused('TransactionCanceledException', codes);
      for (const { Put: one } of TransactItems!) put(one!);
    },
  };
  return service;
}

let priced: PricedShop;
let folder: string;
let service: ReturnType<typeof dynamoDb>;
let shop: Shop;
beforeAll(async () => {
  priced = await openPricedShop();
}, 60_000);
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-exports-'));
  service = dynamoDb();
  shop = { store: openDynamoDbStore({ calls: service, table: 'api', clock: priced.runtime.clock }), files: new LocalFiles(), exports: join(folder, 'exports'), demand: join(folder, 'demand.json'), states: join(folder, 'answers') };
  return () => rm(folder, { recursive: true, force: true });
});
afterAll(() => priced.dispose());

/** What a reader finds who follows current.json. */
async function exported(): Promise<{ list: string; rows: number } | undefined> {
  const text = await readFile(join(shop.exports, 'current.json'), 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  const { list_id: list, files } = JSON.parse(text) as { list_id: string; files: { name: string; bytes: number; sha256: string }[] };
  const texts = await Promise.all(files.map(async ({ name, bytes, sha256 }) => {
    const bytesThere = await readFile(join(shop.exports, name));
    expect([bytesThere.length, createHash('sha256').update(bytesThere).digest('hex')]).toEqual([bytes, sha256]);
    return bytesThere.toString();
  }));
  return { list, rows: texts[1]!.trimEnd().split('\n').length };
}

describe('a list of prices in an account', () => {
  it('is in gold, in the bucket and in the table of the API: the same, whole', async () => {
    const made = await listPrices(priced.runtime, shop, {});
    expect(made).toMatchObject({ rows: 3, policy: 'rule', validTo: new Date(priced.clock.at + 7 * 86_400_000).toISOString() });
    const gold: PriceList = await readPriceTable(priced.runtime);
    const online = await listedPrices(shop.store, ['cheap', 'dear', 'unknown', 'unsold'], priced.clock.at);
    expect([gold.header.listId, online!.header, await exported()]).toEqual([made.list, gold.header, { list: made.list, rows: 3 }]);
    expect([...online!.prices].map(([sku, { price, reason }]) => [sku, price, reason])).toEqual(gold.prices.map(({ productId, price, reason }) => [productId, price, reason]));
  });

  it('is what the API answers from, and what its policies start from', async () => {
    await listPrices(priced.runtime, shop, {});
    const { prices: part } = servingParts({
      environment: {}, currency: 'BRL', timeZone: 'America/Sao_Paulo', models: { find: () => undefined }, registry: {} as never, now: () => priced.clock.at, listed: (skus, at) => listedPrices(shop.store, skus, at),
    });
    const tables = (await priced.runtime.lake.listTables()).map(({ namespace, name }) => `${namespace}.${name}`);
    const prices = await part.load(await priced.runtime.engine(), '1', part.asks!.filter((table) => tables.includes(table)));
    const { send } = testApp({ prices: prices!, clock: priced.runtime.clock });
    expect((await send('POST', '/v1/price', { skus: ['cheap', 'nothing'], precomputed: true })).body).toMatchObject({
      policy: 'list', prices: [{ sku: 'cheap', price: 45.9, current_price: 50, fallback: false, valid_to: new Date(priced.clock.at + 7 * 86_400_000).toISOString() }, { sku: 'nothing', price: null, fallback: true }],
    });
    expect((await send('POST', '/v1/price', { skus: ['cheap'] })).body).toMatchObject({ policy: 'rule', prices: [{ price: 45.9, current_price: 45.9 }] });
  });

  it('goes with the demand that the API’s model-based policy asks; without a champion there is none', async () => {
    expect(await listPrices(priced.runtime, shop, {})).toMatchObject({ demand: null });
    expect(demandFromJson(await readFile(shop.demand, 'utf8')).version).toBe('');
    const units = Array.from({ length: 101 }, (_, index) => 10 - index / 20); // hardly falls: the dearest price earns most
    const text = demandToJson(tabledDemand('price 7', new Map([['cheap', { usualPrice: 50, units }]])));
    const { prices: part } = servingParts({
      environment: {}, currency: 'BRL', timeZone: 'America/Sao_Paulo', models: { find: () => undefined }, registry: {} as never, now: () => priced.clock.at, demand: async () => demandFromJson(text),
    });
    const { send, predicted } = testApp({ prices: { ...(await part.load(await priced.runtime.engine(), '1', []))!, policy: 'model' }, clock: priced.runtime.clock });
    expect((await send('POST', '/v1/price', { skus: ['cheap'] })).body).toMatchObject({ policy: 'model', prices: [{ price: 54.99, reason: expect.stringMatching(/^earns most of what the demand model expects/) as string }] });
    expect(predicted[0]).toMatchObject({ version: '1:model price 7' });
  });

  it('is the one before or this one, whole, wherever the table stops taking writes; the next call makes it good', async () => {
    const before = await listPrices(priced.runtime, shop, {});
    // The turn, the prices, the header: then only the end of the turn is left.
    for (const more of [0, 1, 2]) {
      priced.clock.at += 16 * 60_000;
      service.mostWrites = service.writes + more;
      await expect(listPrices(priced.runtime, shop, {})).rejects.toMatchObject({ code: 'io' });
      const online = await listedPrices(shop.store, ['cheap', 'dear', 'unknown'], priced.clock.at);
      expect([online!.header.listId, online!.prices.size]).toEqual([before.list, 3]);
      expect(await exported()).toMatchObject({ rows: 3 });
    }
    service.mostWrites = Number.POSITIVE_INFINITY;
    priced.clock.at += 16 * 60_000;
    const { list } = await listPrices(priced.runtime, shop, {});
    expect([(await listedPrices(shop.store, [], priced.clock.at))!.header.listId, (await exported())!.list]).toEqual([list, list]);
  });

  it('is handed over again as gold has it, after a bucket or a table was lost', async () => {
    const { demand: _demand, ...made } = await listPrices(priced.runtime, shop, {});
    const lost: Shop = { ...shop, store: openDynamoDbStore({ calls: dynamoDb(), table: 'api', clock: priced.runtime.clock }), exports: join(folder, 'other') };
    priced.clock.at += 1_000;
    expect(await listPrices(priced.runtime, lost, { step: 'export' })).toEqual(made);
    expect((await listedPrices(lost.store, ['cheap'], priced.clock.at))).toEqual(await listedPrices(shop.store, ['cheap'], priced.clock.at));
    expect(await readFile(join(lost.exports, 'current.json'), 'utf8')).toBe(await readFile(join(shop.exports, 'current.json'), 'utf8'));
  });

  it('is made by one at a time, and a turn that nobody ended ends by itself', async () => {
    const { clock } = priced.runtime;
    await inTurn(shop.store, { clock, milliseconds: 1_000 }, async () => {
      await expect(listPrices(priced.runtime, shop, {})).rejects.toMatchObject({ code: 'conflict' });
    });
    service.mostWrites = service.writes + 1;
    await inTurn(shop.store, { clock, milliseconds: 1_000 }, async () => undefined);
    service.mostWrites = Number.POSITIVE_INFINITY;
    await expect(inTurn(shop.store, { clock, milliseconds: 1_000 }, async () => 'mine')).rejects.toMatchObject({ code: 'conflict' });
    priced.clock.at += 1_000;
    expect(await inTurn(shop.store, { clock, milliseconds: 1_000 }, async () => 'mine')).toBe('mine');
  });

  it('keeps the newest five in the bucket, takes the policy that is asked for, and refuses one that there is not', async () => {
    for (let made = 0; made < 7; made++) {
      priced.clock.at += 1_000;
      await listPrices(priced.runtime, shop, { policy: 'model' });
    }
    expect(await exported()).toMatchObject({ list: (await readPriceTable(priced.runtime)).header.listId });
    const kept = await Promise.all((await readdir(shop.exports)).filter((name) => name !== 'current.json').map((name) => readdir(join(shop.exports, name))));
    expect(kept.filter((names) => names.length > 0)).toEqual(Array.from({ length: 5 }, () => ['manifest.json', 'prices.csv', 'prices.jsonl']));
    await expect(listPrices(priced.runtime, shop, { policy: 'guess' })).rejects.toThrow(/no price policy 'guess'/);
  });
});

describe('millrace prices --stage', () => {
  let lambda: Server;
  let asked: unknown[];
  let answers: (event: PricesEvent) => Promise<unknown>;
  beforeEach(async () => {
    asked = [];
    answers = (event) => listPrices(priced.runtime, shop, event);
    // As Lambda answers a call by its API: what the handler gives, or what it throws, by name.
    lambda = createServer((request, response) => {
      let text = '';
      request.on('data', (chunk: Buffer) => (text += chunk.toString())).on('end', () => {
        if (request.url !== '/2015-03-31/functions/millrace-dev-prices/invocations') return void response.writeHead(404).end('{"Message":"Function not found"}');
        asked.push(JSON.parse(text));
        void asTask(async (_: object, event: PricesEvent) => answers(event), async () => ({}))(JSON.parse(text) as PricesEvent).then(
          (result) => response.end(JSON.stringify(result)),
          (error: Error) => response.setHeader('x-amz-function-error', 'Unhandled').end(JSON.stringify({ errorType: error.name, errorMessage: error.message })));
      });
    });
    await new Promise<void>((resolve) => lambda.listen(0, '127.0.0.1', resolve));
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'test').stubEnv('AWS_SECRET_ACCESS_KEY', 'test');
    return async () => {
      vi.unstubAllEnvs();
      await new Promise((resolve) => lambda.close(resolve));
    };
  });

  async function millrace(...argv: string[]) {
    let [out, err] = ['', ''];
    const terminal: Terminal = { out: (text) => void (out += text), err: (text) => void (err += text), interactive: false, colours: false, columns: 120 };
    const environment = { AWS_ENDPOINT_URL_LAMBDA: `http://127.0.0.1:${(lambda.address() as AddressInfo).port}` };
    const code = await runProgram(['prices', ...argv, '--home', join(folder, 'no-home')], VERBS, { project: join(import.meta.dirname, '../..'), version: '9.9.9', terminal, environment, signal: new AbortController().signal });
    return { code, out, err };
  }

  it('lets the function make a list, by the policy that is asked for, and hand it over again', async () => {
    expect(await millrace('compute', '--policy', 'model', '--stage', 'dev')).toMatchObject({ code: 0, out: expect.stringContaining('3 prices by the policy model') as string });
    const { list } = (await exported())!;
    const again = await millrace('export', '--stage', 'dev', '--json');
    expect([again.code, JSON.parse(again.out)]).toEqual([0, expect.objectContaining({ list, rows: 3, policy: 'model' })]);
    expect(asked).toEqual([{ step: 'compute', policy: 'model' }, { step: 'export' }]);
  });

  it('says what the function says, by its own exit code', async () => {
    expect(await millrace('compute', '--policy', 'guess', '--stage', 'dev')).toMatchObject({ code: 4, err: expect.stringContaining("no price policy 'guess'") as string });
    await inTurn(shop.store, { clock: priced.runtime.clock, milliseconds: 60_000 }, async () => {
      expect(await millrace('export', '--stage', 'dev')).toMatchObject({ code: 5, err: expect.stringContaining('another list of prices is being made') as string });
    });
    answers = () => Promise.reject(new Error('Task timed out after 900.00 seconds'));
    expect(await millrace('compute', '--stage', 'dev')).toMatchObject({ code: 8, err: expect.stringContaining('Task timed out') as string });
    answers = async () => ({ list: null, rows: 0 });
    expect(await millrace('compute', '--stage', 'dev')).toMatchObject({ code: 4, err: expect.stringContaining('nothing is known yet') as string });
  });

  it('names a stage without the function, and an option that is of a home', async () => {
    expect(await millrace('export', '--stage', 'prod')).toMatchObject({ code: 4, err: expect.stringContaining('there is no function millrace-prod-prices') as string });
    expect(await millrace('export', '--stage', 'dev', '--to', folder)).toMatchObject({ code: 2, err: expect.stringContaining('--to is of a home') as string });
    expect(await millrace('export', '--stage', 'nowhere')).toMatchObject({ code: 2, err: expect.stringContaining("no stage 'nowhere'") as string });
  });

  it('gives up waiting after a while, and says that the function goes on', async () => {
    answers = () => new Promise(() => {});
    const options = { stage: 'millrace-dev', region: 'eu-central-1', clock: priced.runtime.clock, environment: { AWS_ENDPOINT_URL: `http://127.0.0.1:${(lambda.address() as AddressInfo).port}` }, patienceMilliseconds: 50 };
    await expect(callPriceFunction(options, {})).rejects.toMatchObject({ code: 'io', todo: expect.stringContaining('it goes on') as string });
    lambda.closeAllConnections();
  });
});
