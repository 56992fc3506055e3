// The function of the event source mapping: no record fails a batch, what validation refuses is skipped, a store that fails is met again.
import { createHash } from 'node:crypto';
import type { KinesisStreamEvent } from 'aws-lambda';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { MillraceError } from '../../lib/base/index.ts';
import { featureSince, featuresHandler, keptSince, noteNewSeries, readFeatures, type FeatureCounters, type OnlineStore } from '../../lib/features/index.ts';
import type { LmdbStore } from '../../lib/features/lmdb/store.ts';
import { eventPlans, openEventChecker } from '../../lib/ingest/events/index.ts';
import { buyerView, CONTRACTS, featuresOf, itemView, temporaryStore, testClock, visitorView } from './support.ts';

const NOW = Date.UTC(2026, 0, 30, 12);
const features = featuresOf([visitorView, itemView, buyerView]);
const checker = openEventChecker({ plans: eventPlans(CONTRACTS.values()), defaultType: 'clicks' });

let store: LmdbStore;
beforeEach(async () => {
  store = await temporaryStore();
});
afterEach(() => store.close());

let sequence = 100;
const record = (data: string | Uint8Array, partitionKey = 'v1', shard = 'shardId-000000000000') => ({ data, partitionKey, shard, sequence: String(sequence++) });
const click = (over: object = {}) => JSON.stringify({ timestamp: NOW - 60_000, visitorid: 'v1', event: 'view', itemid: 'i1', ...over });
const eventOf = (records: readonly ReturnType<typeof record>[], stream = 'clicks'): KinesisStreamEvent => ({
  Records: records.map((one) => ({
    awsRegion: 'local', eventID: `${one.shard}:${one.sequence}`, eventName: 'aws:kinesis:record', eventSource: 'aws:kinesis', eventVersion: '1.0', invokeIdentityArn: '', eventSourceARN: `arn:aws:kinesis:local:0:stream/${stream}`,
    kinesis: { kinesisSchemaVersion: '1.0', partitionKey: one.partitionKey, sequenceNumber: one.sequence, approximateArrivalTimestamp: NOW / 1000, data: Buffer.from(one.data).toString('base64') },
  })),
});
const handlerOver = (over: OnlineStore = store) => {
  const batches: FeatureCounters[] = [];
  const handler = featuresHandler({ store: over, features, checkerOf: () => checker, clock: testClock(NOW), random: () => 0.5, onBatch: (counters) => batches.push(counters) });
  return { handler, batches };
};
const visitor = async (id: string, at = NOW + 1000) => (await readFeatures(store, features.views.get('visitor')!, [id], at))[0]!;

describe('a batch', () => {
  it('skips what is no event, or none that its contract takes, and folds the rest', async () => {
    const { handler, batches } = handlerOver();
    const poison = ['not json', '[]', '{"visitorid":"v1"}', click({ timestamp: NOW - 9 * 86_400_000 }), click({ timestamp: 'soon' }), '{"type":"unheard of"}', new Uint8Array([0xff, 0xfe]), '{"__proto__":{"a":1}}', '{"a":'.repeat(500)];
    expect(await handler(eventOf([record(click({ event_id: 'a' })), ...poison.map((data) => record(data)), record(click({ event_id: 'b', event: 'cart' }))]))).toEqual({ batchItemFailures: [] });
    expect(batches).toMatchObject([{ stream: 'clicks', records: poison.length + 2, rejected: poison.length, folded: 2, failed: 0, lateness: 0 }]);
    expect(await visitor('v1')).toMatchObject({ events_ever: 2, views_1h: 1, carts_7d: 1, last_item: 'i1' });
  });

  it('takes records of the Kinesis Producer Library apart, and counts each event in them once', async () => {
    const { handler } = handlerOver();
    const packed = record(aggregate(['v1', 'v2'], [[0, click({ event_id: 'a' })], [1, click({ visitorid: 'v2', event_id: 'b' })], [0, click({ event_id: 'c', itemid: 'i2' })]]));
    await handler(eventOf([packed]));
    await handler(eventOf([packed]));
    expect([await visitor('v1'), await visitor('v2')]).toMatchObject([{ events_ever: 2, items_ever: 2 }, { events_ever: 1 }]);
  });

  it('takes events of another contract that name it', async () => {
    const { handler, batches } = handlerOver();
    await handler(eventOf([record(JSON.stringify({ type: 'purchases', purchase_id: 'p', user_id: 'u', product_id: 'x', quantity: 2, price: 10.5, timestamp: new Date(NOW - 5000).toISOString() }))]));
    expect(batches[0]).toMatchObject({ folded: 1, rejected: 0 });
    expect((await readFeatures(store, features.views.get('buyer')!, ['u'], NOW))[0]).toMatchObject({ spend_30d: '21.0000', last_at: '2026-01-30 11:59:55.000000' });
  });

  it('does not trust a sequence number where the record was not sent with the entity as its partition key', async () => {
    const { handler } = handlerOver();
    const [early, late] = [record(click({ event_id: 'early' }), 'somebody else'), record(click({ event_id: 'late' }))];
    await handler(eventOf([late]));
    await handler(eventOf([early]));
    expect(await visitor('v1')).toMatchObject({ events_ever: 1 }); // the same content within a day
    await handler(eventOf([{ ...early, data: click({ event_id: 'early too', itemid: 'other' }) }]));
    expect(await visitor('v1')).toMatchObject({ events_ever: 2 });
  });

  it('counts an event that is ahead of the clock from its time on', async () => {
    const { handler } = handlerOver();
    await handler(eventOf([record(click({ timestamp: NOW + 10 * 60_000 }))]));
    expect(await visitor('v1', NOW + 5 * 60_000)).toMatchObject({ events_ever: 0 });
    expect(await visitor('v1', NOW + 10 * 60_000)).toMatchObject({ events_ever: 0 });
    expect(await visitor('v1', NOW + 10 * 60_000 + 1)).toMatchObject({ events_ever: 1 });
  });

  it('that meets a broken store names the first record that is not done, and is whole when it comes again', async () => {
    let writes = 0;
    const broken: OnlineStore = { ...store, mostChanges: 30, write: async (changes) => {
      if (changes.some(({ key }) => key.startsWith('e/')) && ++writes === 3) throw new MillraceError('io', 'the disk is full');
      return store.write(changes);
    } };
    const { handler, batches } = handlerOver(broken);
    const records = Array.from({ length: 40 }, (_, index) => record(click({ event_id: `e${index}`, visitorid: `v${index}`, itemid: `i${index}` }), `v${index}`));
    const { batchItemFailures: [failed] } = await handler(eventOf(records));
    const from = records.findIndex((one) => one.sequence === failed?.itemIdentifier);
    expect(from).toBeGreaterThan(0);
    expect(batches[0]).toMatchObject({ failed: 40 - from, folded: from });
    expect(await visitor(`v${from}`)).toMatchObject({ events_ever: 0 });
    expect(await handler(eventOf(records.slice(from)))).toEqual({ batchItemFailures: [] });
    expect(await handler(eventOf(records))).toEqual({ batchItemFailures: [] });
    for (const index of [0, from - 1, from, 39]) expect(await visitor(`v${index}`)).toMatchObject({ events_ever: 1 });
    expect((await readFeatures(store, features.views.get('item')!, ['i0', 'i39'], NOW)).map((item) => item['events_30d'])).toEqual([1, 1]);
  });
});

describe('a feature that is declared later', () => {
  it('is known since then, and the others stay as they are', async () => {
    const before = featuresOf([{ ...visitorView }]);
    await noteNewSeries(store, before, 1000);
    await noteNewSeries(store, features, 2000);
    await noteNewSeries(store, features, 3000);
    const [old, young] = [features.views.get('visitor')!, features.views.get('item')!];
    expect([featureSince(old, 'cart_rate', await keptSince(store, old)), featureSince(young, 'views_1h', await keptSince(store, young))]).toEqual([1000, 2000]);
  });
});

/** A record as the Kinesis Producer Library packs it. */
function aggregate(keys: readonly string[], events: readonly (readonly [key: number, data: string])[]): Uint8Array {
  const field = (number: number, bytes: Uint8Array) => Buffer.concat([Buffer.from([(number << 3) | 2]), varint(bytes.length), bytes]);
  const message = Buffer.concat([...keys.map((key) => field(1, Buffer.from(key))), ...events.map(([key, data]) => field(3, Buffer.concat([Buffer.from([8, key]), field(3, Buffer.from(data))])))]);
  return Buffer.concat([Buffer.from([0xf3, 0x89, 0x9a, 0xc2]), message, createHash('md5').update(message).digest()]);
}

function varint(value: number): Buffer {
  return value < 128 ? Buffer.from([value]) : Buffer.concat([Buffer.from([(value & 127) | 128]), varint(value >> 7)]);
}
