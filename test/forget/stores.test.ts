// What stores have of a person goes, and nothing else: the same over the store of a home and over a table of DynamoDB.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '../../lib/base/index.ts';
import { loadContracts } from '../../lib/contracts/index.ts';
import { loadFeatures, openLmdbStore, type FeatureSet } from '../../lib/features/index.ts';
import { itemOf } from '../../lib/features/aws/dynamodb-store.ts';
import { stateKey } from '../../lib/features/keys.ts';
import { itemsOf, onlineFeatures, rememberedAnswers, type OpenStore } from '../../lib/forget/index.ts';
import { itemTable } from '../../lib/forget/aws/index.ts';
import type { Project } from '../../lib/warehouse/index.ts';
import { events } from '../../contracts/events.ts';

const ROOT = path.resolve(import.meta.dirname, '../..');
/** As the shop's models compute them. */
const from = (table: string, column: string) => ({ columns: [{ name: column, from: [{ table, column }] }] });
const project = { analyses: new Map([['silver.events', from('source.events', 'visitorid')], ['source.events', from('bronze.events', 'visitorid')]]) } as unknown as Pick<Project, 'analyses'>;
const LONG = `anna-${'x'.repeat(300)}`;
/** As folding remembers an event: what it is known by, then its texts. */
const event = (visitor: string, item: string): string => JSON.stringify([1, '', 'hash:1', 1, ...Object.keys(events.columns).map((column) => ({ visitorid: visitor, itemid: item })[column] ?? null)]);
const ITEMS: Record<string, string> = {
  [stateKey('visitor', 'anna', 0)]: '{}', [stateKey('visitor', 'bert', 0)]: '{}', [stateKey('visitor', LONG, 0)]: '{}', [stateKey('item', 'anna', 3)]: JSON.stringify({ viewers: { '=anna': 1024, '=bert': 2048 } }),
  [stateKey('interest', 'anna\u001fi/1', 0)]: '{}', [stateKey('interest', 'i1\u001fanna', 0)]: '{}', 'e/events/=e1': event('anna', 'i1'), 'e/events/=e2': event('bert', 'anna'), 'v/visitor': '{}',
  'prediction:01a1fe58-caf0-7d77-b06c-d1204dad934b': JSON.stringify({ entity: JSON.stringify({ visitorid: 'anna' }), features: 'f'.repeat(3000) }),
  'prediction:01a1fe58-caf0-7d77-b06c-d1204dad934c': JSON.stringify({ entity: JSON.stringify({ visitorid: 'annabel', itemid: 'anna' }) }),
  'idempotency:1': JSON.stringify({ body: '{"predictions":[{"prediction_id":"01a1fe58-caf0-7d77-b06c-d1204dad934b"}]}' }),
  'idempotency:2': JSON.stringify({ body: '{"predictions":[{"prediction_id":"01a1fe58-caf0-7d77-b06c-d1204dad934c"}]}' }),
};

/** A table that answers in pages of three, and leaves something undone at first. */
function fakeDynamo(items: Map<string, string>): DynamoDBClient {
  let isFirst = true;
  const send = async ({ constructor: { name }, input }: { constructor: { name: string }; input: { TableName?: string; Limit?: number; ExclusiveStartKey?: { pk: { S: string } }; RequestItems?: Record<string, { DeleteRequest: { Key: { pk: { S: string } } } }[]> } }) => {
    if (name === 'BatchWriteItemCommand') {
      const requests = Object.values(input.RequestItems!)[0]!;
      const done = isFirst ? requests.slice(0, 1) : requests;
      isFirst = false;
      for (const { DeleteRequest: { Key } } of done) items.delete(Key.pk.S);
      return { UnprocessedItems: done.length < requests.length ? { online: requests.slice(done.length) } : {} };
    }
    if (input.TableName === 'missing') throw Object.assign(new Error('none'), { name: 'ResourceNotFoundException' });
    const keys = [...items.keys()].sort().filter((key) => key > (input.ExclusiveStartKey?.pk.S ?? ''));
    const page = keys.slice(0, 3);
    return { Items: page.map((key) => itemOf({ key, value: items.get(key)!, version: 1, expiresAt: undefined })), ...(keys.length > 3 ? { LastEvaluatedKey: { pk: { S: page.at(-1)! } } } : {}) };
  };
  return { send } as unknown as DynamoDBClient;
}

let features: FeatureSet;
beforeAll(async () => {
  features = await loadFeatures(path.join(ROOT, 'features'), await loadContracts(path.join(ROOT, 'contracts')));
});

interface Place { open: OpenStore; keys(): Promise<string[]>; close(): Promise<void> }

async function inHome(): Promise<Place> {
  const folder = await mkdtemp(path.join(tmpdir(), 'millrace-forget-stores-'));
  const store = await openLmdbStore({ folder, clock: systemClock });
  await store.write(Object.entries(ITEMS).map(([key, value]) => ({ key, value, expected: undefined, expiresAt: undefined })));
  return {
    open: async () => ({ ...itemsOf(store, systemClock.now()), close: async () => undefined }),
    keys: async () => [...store.entries(0)].map(({ key }) => key),
    close: async () => {
      await store.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function inAccount(): Promise<Place> {
  const items = new Map(Object.entries(ITEMS));
  const client = fakeDynamo(items);
  return {
    open: async () => ({ ...(await itemTable({ client, table: 'online', clock: { ...systemClock, sleep: async () => undefined } }))!, close: async () => undefined }),
    keys: async () => [...items.keys()],
    close: async () => undefined,
  };
}

describe.each([['a home', inHome], ['an account', inAccount]])('in the stores of %s', (_, make) => {
  let place: Place;
  beforeAll(async () => { place = await make(); });
  afterAll(() => place.close());
  const gone = async () => { const left = new Set(await place.keys()); return Object.keys(ITEMS).filter((key) => !left.has(key)); };
  const who = { source: 'events', values: new Map([['visitorid', ['anna', LONG]]]) };

  it('online features of the person are counted, then deleted, by every part of their key; others that count them are told', async () => {
    const beside = onlineFeatures(place.open, features.views, project, 'a backfill');
    const told = { items: 4, left: expect.stringMatching(/^1 online features of others hold .*: a backfill makes them anew$/) as string };
    expect([await beside.forget(who, { dryRun: true }), await gone()]).toEqual([told, []]);
    expect(await beside.forget(who, { dryRun: false })).toEqual(told);
    expect((await gone()).sort()).toEqual([stateKey('visitor', 'anna', 0), stateKey('visitor', LONG, 0), stateKey('interest', 'anna\u001fi/1', 0), 'e/events/=e1'].sort());
    expect(await beside.forget(who, { dryRun: false })).toMatchObject({ items: 0 });
  });

  it('answers about the person go, with what was kept to be answered again; of another source nothing does', async () => {
    const before = await gone();
    const beside = rememberedAnswers(place.open);
    expect(await beside.forget({ source: 'events', values: new Map([['customer_id', ['anna']]]) }, { dryRun: false })).toEqual({ items: 0 });
    expect(await beside.forget(who, { dryRun: false })).toEqual({ items: 2 });
    expect((await gone()).filter((key) => !before.includes(key)).sort()).toEqual(['idempotency:1', 'prediction:01a1fe58-caf0-7d77-b06c-d1204dad934b']);
  });
});

it('a store that there is not has nothing; one that cannot be had is told', async () => {
  expect(await itemTable({ client: fakeDynamo(new Map()), table: 'missing', clock: systemClock })).toBeUndefined();
  const person = { source: 'events', values: new Map([['visitorid', ['anna']]]) };
  expect(await rememberedAnswers(async () => undefined).forget(person, { dryRun: false })).toEqual({ items: 0 });
  expect(await rememberedAnswers(async () => 'somebody has it').forget(person, { dryRun: false })).toEqual({ items: 0, left: 'somebody has it' });
});
