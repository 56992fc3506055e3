// The online table of an account filled anew from lake and stream: DynamoDB Local as the table, the Kinesis endpoint read by AWS's SDK, the function
// folding before and after. Nothing is missing and nothing counts twice, wherever delivery and the function stand.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { KinesisClient } from '@aws-sdk/client-kinesis';
import { afterAll, afterEach, beforeEach, expect, it, vi } from 'vitest';
import { systemClock } from '../../lib/base/index.ts';
import { catchUp, openDynamoDbStore, putItems, refillFeatures, removeOthers, sdkDynamoDb } from '../../lib/features/aws/index.ts';
import { featuresHandler, loadFeatures, openLmdbStore, readFeatures, type FeatureSet, type OnlineStore } from '../../lib/features/index.ts';
import { eventPlans, openEventChecker } from '../../lib/ingest/events/index.ts';
import type { Lake, TableName } from '../../lib/lake/index.ts';
import { localStreamSource, openLocalStreams, serveKinesis, type KinesisEndpoint, type LocalStreams } from '../../lib/local/kinesis/index.ts';
import { openRuntime, type Runtime } from '../../lib/local/index.ts';
import { Mapping } from '../../lib/local/mapping/index.ts';
import { deliver as deliverTo, ENTITIES, produce as produceTo } from '../features/visited-shop.ts';
import { startDynamoDbLocal, type DynamoDbLocal } from './support/dynamodb-local.ts';

vi.setConfig({ testTimeout: 300_000, hookTimeout: 120_000 });

const ROOT = join(import.meta.dirname, '../..');
let dynamo: Promise<DynamoDbLocal> | undefined;
afterAll(async () => (await dynamo)?.stop());
let folder: string;
let runtime: Runtime;
let streams: LocalStreams;
let endpoint: KinesisEndpoint;
let features: FeatureSet;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'millrace-refill-'));
  runtime = await openRuntime({ home: join(folder, 'home'), project: ROOT, create: true });
  streams = await openLocalStreams(runtime.home.streams);
  await streams.ensureStream('events', { shardCount: 3 });
  endpoint = await serveKinesis(streams, { port: 0 });
  features = await loadFeatures(join(ROOT, 'features'), (await runtime.project()).sources);
});
afterEach(async () => {
  await endpoint.close();
  await streams.close();
  await runtime.close();
  rmSync(folder, { recursive: true, force: true });
});

const now = Date.now();
const produce = (from: number, count: number) => produceTo(streams, now, from, count);
const deliver = (expected: number) => deliverTo(runtime, streams, expected);
const read = async (store: OnlineStore) => Promise.all(ENTITIES.map(([view, entities]) => readFeatures(store, features.views.get(view)!, entities, now + 60_000)));

/** Firehose keeps no marks in the tables: only its id tells that an event is known. */
function withoutMarks(lake: Lake): Lake {
  return Object.assign(Object.create(lake) as Lake, {
    loadTable: async (name: TableName) => {
      const table = await lake.loadTable(name);
      return Object.defineProperty(Object.create(table) as typeof table, 'metadata', { value: { ...table.metadata, properties: {} } });
    },
  });
}

it('holds every event once when it has been filled, and the function goes on behind it', async () => {
  const { client, createTable } = await (dynamo ??= startDynamoDbLocal());
  await createTable('refilled');
  const table = { client, table: 'refilled', clock: systemClock };
  const online = openDynamoDbStore({ calls: sdkDynamoDb(client), ...table });
  const checker = openEventChecker({ plans: eventPlans((await runtime.project()).sources.values()), defaultType: 'events' });
  const handlerOver = (store: OnlineStore) => featuresHandler({ store, features, checkerOf: () => checker, clock: systemClock });
  const checkpoints = new Map<string, { sequence: string; ended: boolean }>();
  let running: { stop: AbortController; done: Promise<void>; mapping: Mapping } | undefined;
  const consumer = {
    streams: async () => ['events'],
    pause: async () => {
      running?.stop.abort();
      await running?.done;
      running = undefined;
    },
    resume: async () => {
      const stop = new AbortController();
      const mapping = new Mapping({
        source: localStreamSource(streams), stream: 'events', handler: handlerOver(online), clock: systemClock, onFailure: async () => { throw new Error('given up'); },
        checkpoints: { load: async () => new Map(checkpoints), save: async (positions) => positions.forEach((position, shard) => checkpoints.set(shard, position)) },
        settings: { batchSize: 50, reportBatchItemFailures: true },
      });
      running = { stop, mapping, done: mapping.run(stop.signal) };
    },
  };
  const folded = async (records: number) => {
    for (let tries = 0; (running?.mapping.status().records ?? 0) < records; tries++) {
      if (tries > 3000) throw new Error(`the function is at ${JSON.stringify(running?.mapping.status())}`);
      await sleep(20);
    }
  };

  await produce(0, 150);
  await deliver(150);
  await produce(150, 50); // in the stream, not yet in the lake
  await consumer.resume();
  await folded(200);
  // What nobody folds any more, and an entity that is wrong.
  await online.write([{ key: 's/=nobody/visitor/0', value: '{"f":1,"s":{}}', expected: undefined, expiresAt: undefined }]);
  const [wrong] = await online.get(['s/=v1/visitor/0']);
  await online.write([{ key: 's/=v1/visitor/0', value: '{"f":1,"s":{}}', expected: wrong!.version, expiresAt: undefined }]);
  await consumer.pause();
  await produce(200, 30); // neither folded nor delivered
  await consumer.resume();

  const kinesis = new KinesisClient({ endpoint: endpoint.url, region: 'eu-central-1', credentials: { accessKeyId: 'any', secretAccessKey: 'any' } });
  const report = await refillFeatures({
    features, lake: withoutMarks(runtime.lake), engine: await runtime.engine(), clock: systemClock, folder: join(folder, 'refill'), consumer, overlapMilliseconds: 3_600_000,
    catchUp: (stream, since, store) => catchUp({ client: kinesis, stream, since, clock: systemClock, handler: handlerOver(store) }),
    upload: async (store) => ({ items: await putItems(store.entries(Date.now()), table), removed: await removeOthers((key) => store.getNow([key])[0] !== undefined, table) }),
  });
  expect(report.sources[0]).toMatchObject({ source: 'events', events: 150 });
  expect(report.caughtUp).toEqual({ events: 230 });
  expect(report.removed).toBe(1);
  await produce(230, 20);
  await folded(20);
  await sleep(500);
  await consumer.pause();

  const truth = await openLmdbStore({ folder: join(folder, 'truth'), clock: systemClock });
  await catchUp({ client: kinesis, stream: 'events', since: 0, clock: systemClock, handler: handlerOver(truth) });
  expect(await read(online)).toEqual(await read(truth));
  expect((await read(online))[0]![1]).not.toMatchObject({ views_7d: 0 });
  await truth.close();
  kinesis.destroy();
});
