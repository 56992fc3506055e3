// The producer against the endpoint: whatever the endpoint does to it, every record arrives, and its truth says what the check finds.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { systemClock } from '../../../lib/base/index.ts';
import { loadContracts } from '../../../lib/contracts/index.ts';
import { KinesisProducer } from '../../../lib/ingest/aws/index.ts';
import { deaggregate, eventPlans, openEventChecker, type StreamRecord } from '../../../lib/ingest/events/index.ts';
import { localStreamSource, openLocalStreams, serveKinesis, type LocalStreams } from '../../../lib/local/kinesis/index.ts';
import { addToTruth, emptyTruth, liveEvents, type LiveEvent } from '../../../samples/live/index.ts';
import { KEY } from './support.ts';

let folder: string;
let streams: LocalStreams;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'millrace-producer-'));
  streams = await openLocalStreams(folder);
  for (const name of ['events', 'transactions']) await streams.createStream(name);
});
afterAll(async () => {
  await streams.close();
  await rm(folder, { recursive: true, force: true });
});

async function allRecords(stream: string): Promise<StreamRecord[]> {
  const source = localStreamSource(streams);
  const found: StreamRecord[] = [];
  for (const { shardId } of await source.listShards(stream)) {
    let iterator: string | undefined = await source.iterator(stream, shardId, { type: 'TRIM_HORIZON' });
    for (let behind = 1; behind > 0 && iterator !== undefined;) {
      const result: Awaited<ReturnType<typeof source.read>> = await source.read(iterator);
      found.push(...result.records.flatMap(deaggregate));
      iterator = result.next;
      behind = result.records.length === 0 ? result.millisBehindLatest : 1;
    }
  }
  return found;
}

test('throttles, failures, refused records and lost answers: every event arrives, some more than once under the same id', async () => {
  const endpoint = await serveKinesis(streams, { port: 0, faults: { seed: 11, throttles: 0.1, failures: 0.1, duplicates: 0.05, partialFailures: 0.02 } });
  const producer = new KinesisProducer({ endpoint: endpoint.url, region: 'eu-central-1', clock: systemClock, random: () => 0, attempts: 30 });
  const events = liveEvents({ startAt: Date.now() - 5000, rate: 400, defects: 0.1, scale: 0.05 });
  const truth = emptyTruth(7);
  const sent: LiveEvent[] = [];
  for (let batch = 0; batch < 10; batch++) {
    const some = Array.from({ length: 150 }, () => events.next().value as LiveEvent);
    const results = await producer.put(some.map(({ source, partitionKey, data }) => ({ stream: source, partitionKey, data })));
    expect(results.every(({ ok }) => ok)).toBe(true);
    for (const event of some) addToTruth(truth, event);
    sent.push(...some);
  }
  producer.close();
  await endpoint.close();
  expect(producer.retries).toBeGreaterThan(0);

  const plans = eventPlans((await loadContracts(path.resolve(import.meta.dirname, '../../../contracts'))).values());
  for (const source of ['events', 'transactions'] as const) {
    const checker = openEventChecker({ plans, defaultType: source, key: KEY });
    const records = await allRecords(source);
    const contents = new Set(records.map(({ data }) => Buffer.from(data).toString('latin1')));
    expect(sent.filter((event) => event.source === source && !contents.has(Buffer.from(event.data).toString('latin1')))).toEqual([]);
    expect(records.length).toBeGreaterThanOrEqual(truth.sources[source].records);
    // By id each good event is there; retries and planted duplicates fall together.
    const idColumn = source === 'events' ? 'event_id' : 'transaction_id';
    const accepted = records.map((record) => checker.check(record)).filter((verdict) => verdict.fate === 'accepted');
    const distinct = Object.values(truth.sources[source].distinct).reduce((sum, one) => sum + one, 0);
    expect(new Set(accepted.map(({ values }) => values[idColumn])).size).toBe(distinct);
  }
}, 30_000);

test('a stream that is not there is told, after the last try', async () => {
  const endpoint = await serveKinesis(streams, { port: 0 });
  const producer = new KinesisProducer({ endpoint: endpoint.url, region: 'eu-central-1', clock: systemClock, random: () => 0, attempts: 2 });
  const [result] = await producer.put([{ stream: 'nowhere', partitionKey: 'a', data: Buffer.from('{}') }]);
  expect(result).toMatchObject({ ok: false, error: expect.stringContaining('ResourceNotFoundException') as unknown });
  producer.close();
  await endpoint.close();
});
