// Records that were put aside, by delivery or by a function's mapping, are in the one quarantine after the sweep, once, whatever is repeated.
import path from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { openKeyFolder, sweepFolder, type IngestContext } from '../../../lib/ingest/index.ts';
import { LocalFiles } from '../../../lib/lake/index.ts';
import { Database } from '../../../lib/lake/duckdb/index.ts';
import { errorOutputTo } from '../../../lib/local/delivery/index.ts';
import { failuresTo } from '../../../lib/local/mapping/index.ts';
import { MemoryStream } from '../support/memory-stream.ts';
import { CONTRACTS, deliveryHome, StepClock, view, type DeliveryHome } from './support.ts';

let database: Database;
let clock: StepClock;
let home: DeliveryHome;
let context: IngestContext;
let failed: string;

beforeAll(async () => {
  database = await Database.open({ memoryLimit: '256MB', threads: 1 });
});
afterAll(() => database.close());
beforeEach(() => {
  clock = new StepClock();
  home = deliveryHome(database, clock);
  failed = path.join(home.root, 'failed');
  context = {
    lake: home.lake(), database, contracts: new Map(CONTRACTS.map((contract) => [contract.name, contract])), keys: openKeyFolder(path.join(home.root, 'keys')), clock,
    temporaryFolder: path.join(home.root, 'tmp'),
  };
});
afterEach(() => home.remove());

const quarantined = () => home.rows('rejected', 'SELECT source, reason, _stream, _shard, _sequence, decode(raw) AS raw FROM t ORDER BY _sequence');

test('a record that could not be transformed', async () => {
  const stream = new MemoryStream('events', 1, clock);
  const { position, data, partitionKey } = stream.put('a', view(clock, 'a', 'poison'));
  const write = errorOutputTo(new LocalFiles(), path.join(failed, 'firehose'), clock);
  for (let again = 0; again < 2; again++) await write({ record: { position, data, partitionKey, arrivedAt: clock.now() }, attempts: 4, message: 'poisoned' });
  expect(await sweepFolder(context, failed)).toMatchObject({ objects: 1, records: 1 });
  expect(await quarantined()).toEqual([
    { source: 'events', reason: 'events.delivery.not_transformed', _stream: 'events', _shard: position.shard, _sequence: position.sequence, raw: Buffer.from(data).toString() },
  ]);
  expect(await sweepFolder(context, failed)).toMatchObject({ objects: 0 });
});

test('a batch that a function did not take, with its whole records', async () => {
  const stream = new MemoryStream('events', 1, clock);
  const records = ['e1', 'e2'].map((id) => stream.put('a', view(clock, 'a', id)));
  const write = failuresTo(new LocalFiles(), failed, 'features', clock);
  await write({ stream: 'events', shard: records[0]?.position.shard ?? '', records, condition: 'RetryAttemptsExhausted', attempts: 9, message: 'no' });
  expect(await sweepFolder(context, failed)).toMatchObject({ objects: 1, records: 2 });
  expect(await quarantined()).toMatchObject(records.map(({ position, data }) => ({ reason: 'events.features.not_folded', _sequence: position.sequence, raw: Buffer.from(data).toString() })));
});
