// What a producer's record becomes, and where its shard's mark is: each record once in bronze or in the quarantine, whatever ends the process when.
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { Database } from '../../../lib/lake/duckdb/index.ts';
import { deliveryTables, type FailedRecord } from '../../../lib/local/delivery/index.ts';
import { MemoryStream } from '../support/memory-stream.ts';
import { CONTRACTS, deliveryHome, positionsIn, StepClock, view, type DeliveryHome } from './support.ts';

let database: Database;
let clock: StepClock;
let home: DeliveryHome;
let stream: MemoryStream;

beforeAll(async () => {
  database = await Database.open({ memoryLimit: '256MB', threads: 1 });
});
afterAll(() => database.close());
beforeEach(() => {
  clock = new StepClock();
  home = deliveryHome(database, clock);
  stream = new MemoryStream('events', 2, clock);
});
afterEach(() => home.remove());

const placesOf = () => stream.records.map(({ position }) => `${position.shard}/${position.sequence}/${position.subsequence}`).sort();

test('valid events are in bronze, invalid ones in the quarantine, and the marks of all shards in both', async () => {
  stream.put('a', view(clock, 'a', 'e1'));
  stream.put('b', view(clock, 'b', 'e2'));
  stream.put('b', JSON.stringify({ type: 'transactions', transaction_id: 't1', user_id: 'b', product_id: 'p', quantity: 1, price: '9.90', timestamp: '2026-01-04 12:00:00' }));
  stream.put('c', 'not json');
  const delivery = home.delivery(stream);
  expect(await delivery.poll()).toBe(4);
  await delivery.flush();
  expect(await home.rows('events', 'SELECT visitorid, event_id, _stream, _file FROM t ORDER BY event_id')).toEqual([
    { visitorid: 'a', event_id: 'e1', _stream: 'events', _file: null }, { visitorid: 'b', event_id: 'e2', _stream: 'events', _file: null },
  ]);
  expect(await home.rows('transactions', 'SELECT transaction_id, price FROM t')).toEqual([{ transaction_id: 't1', price: '9.90' }]);
  expect(await home.rows('rejected', 'SELECT source, reason, decode(raw) AS raw FROM t')).toEqual([{ source: 'events', reason: 'events.parse.not_json', raw: 'not json' }]);
  expect(await positionsIn(home)).toEqual(placesOf());

  const table = await home.lake().loadTable({ namespace: 'bronze', name: 'events' });
  const marks = Object.entries(table.properties).filter(([key]) => key.startsWith('millrace.checkpoint.events.'));
  expect(marks).toHaveLength(2);
  expect(table.currentSnapshot?.summary).toMatchObject(Object.fromEntries(marks));
  expect(delivery.status()).toMatchObject({ records: 4, rows: { events: 2, transactions: 1, rejected: 1 }, commits: 3 });
  delivery.close();
});

test('a new process goes on where the tables are, each table from its own mark', async () => {
  const first = home.delivery(stream);
  stream.put('a', view(clock, 'a', 'e1'));
  stream.put('a', 'bad');
  await first.poll();
  await first.flush();
  stream.put('a', view(clock, 'a', 'e2'));
  await first.poll();
  await first.flush(); // the quarantine's mark stays behind
  stream.put('a', view(clock, 'a', 'e3'));
  await first.poll(); // read, never committed: the process dies here
  const second = home.delivery(stream);
  expect(await second.poll()).toBe(4); // from the mark that is furthest behind
  await second.flush();
  expect(await positionsIn(home)).toEqual(placesOf());
  first.close();
  second.close();
});

test('of two deliveries at once one is refused, and nothing is doubled', async () => {
  const [one, two] = [home.delivery(stream), home.delivery(stream)];
  stream.put('a', view(clock, 'a', 'e1'));
  await one.poll();
  await two.poll();
  await one.flush();
  await expect(two.flush()).rejects.toMatchObject({ code: 'conflict', message: expect.stringContaining('another delivery moved the mark') as string });
  two.close();
  stream.put('a', view(clock, 'a', 'e2'));
  await two.poll();
  await two.flush();
  expect(await positionsIn(home)).toEqual(placesOf());
  one.close();
  two.close();
});

test('a rollback takes the position back, and the rows come again', async () => {
  const delivery = home.delivery(stream);
  const put = async (id: string) => {
    stream.put('a', view(clock, 'a', id));
    await delivery.poll();
    await delivery.flush();
  };
  await put('e1');
  const then = (await home.lake().loadTable({ namespace: 'bronze', name: 'events' })).currentSnapshot?.['snapshot-id'] as bigint;
  await put('e2');
  await (await home.lake().loadTable({ namespace: 'bronze', name: 'events' })).rollback(then);
  expect(await home.rows('events', 'SELECT event_id FROM t')).toEqual([{ event_id: 'e1' }]);
  await expect(put('e3')).rejects.toMatchObject({ code: 'conflict' });
  delivery.close();
  await delivery.poll();
  await delivery.flush();
  expect(await positionsIn(home)).toEqual(placesOf());
  delivery.close();
});

test('children of a shard are read when it is read to its end, and its mark goes when the stream has forgotten it', async () => {
  const delivery = home.delivery(stream, { settings: { recordsARead: 2, idleMilliseconds: 0 } });
  const shardId = stream.openShards[0]?.shardId ?? '';
  for (let i = 0; i < 12; i++) stream.put(`visitor ${i}`, view(clock, `visitor ${i}`, `e${i}`));
  stream.split(shardId);
  for (let i = 0; i < 12; i++) stream.put(`visitor ${i}`, view(clock, `visitor ${i}`, `f${i}`));
  while (await delivery.poll() > 0) await delivery.flush();
  stream.put('visitor 1', view(clock, 'visitor 1', 'last'));
  await delivery.poll();
  await delivery.flush();
  expect(await positionsIn(home)).toEqual(placesOf());
  const markOf = async () => (await home.lake().loadTable({ namespace: 'bronze', name: 'rejected' })).properties[`millrace.checkpoint.events.${shardId}`];
  expect(await markOf()).toMatch(/^\d+ end$/);
  delivery.close();

  const places = placesOf();
  stream.forget(shardId);
  const next = home.delivery(stream, { settings: { idleMilliseconds: 0 } });
  stream.put('visitor 2', view(clock, 'visitor 2', 'very last'));
  await next.poll();
  await next.flush();
  expect(await markOf()).toBeUndefined();
  expect(await positionsIn(home)).toHaveLength(places.length + 1);
  next.close();
});

test('a type whose contract is new begins where the quarantine is: what was refused before is in one place only', async () => {
  const only = home.delivery(stream, {
    tables: async () => new Map([...await deliveryTables(home.lake(), CONTRACTS)].filter(([name]) => name !== 'transactions')),
    transform: async (records) => records.map(({ position }) => ({
      fate: 'rejected' as const, table: 'rejected', values: { source: 'events', _stream: 'events', _shard: position.shard, _sequence: position.sequence, _subsequence: '0' },
    })),
  });
  const sale = (id: string) => JSON.stringify({ type: 'transactions', transaction_id: id, user_id: 'b', product_id: 'p', quantity: 1, price: '9.90', timestamp: '2026-01-04 12:00:00' });
  stream.put('b', sale('t1'));
  await only.poll();
  await only.flush();
  only.close();
  stream.put('b', sale('t2'));
  const all = home.delivery(stream);
  await all.poll();
  await all.flush();
  expect(await home.rows('transactions', 'SELECT transaction_id FROM t')).toEqual([{ transaction_id: 't2' }]);
  expect(await positionsIn(home)).toEqual(placesOf());
  all.close();
});

test('a record that cannot be transformed goes to the error output alone; those beside it are delivered', async () => {
  const failed: FailedRecord[] = [];
  const delivery = home.delivery(stream, { failed, poison: 'poison' });
  for (let i = 0; i < 9; i++) stream.put('a', view(clock, 'a', i === 5 ? 'poison' : `e${i}`));
  await delivery.poll();
  await delivery.flush();
  expect(failed).toMatchObject([{ message: 'poisoned', attempts: 4 }]);
  expect(await home.rows('events', 'SELECT count(*)::INTEGER AS n FROM t')).toEqual([{ n: 8 }]);
  delivery.close();
});

test('a table that takes nothing in moves its marks now and then, so that a restart reads little again', async () => {
  const delivery = home.delivery(stream, { settings: { idleMilliseconds: 10_000 } });
  for (let i = 0; i < 5; i++) {
    stream.put('a', view(clock, 'a', `e${i}`));
    await delivery.poll();
    await delivery.flush();
    clock.milliseconds += 4000;
  }
  delivery.close();
  const next = home.delivery(stream);
  expect(await next.poll()).toBeLessThanOrEqual(2);
  next.close();
});

test('throttles and expired iterators are waited out; it says how far behind it is', async () => {
  let seed = 1;
  const random = () => (seed = (seed * 48_271) % 2_147_483_647) / 2_147_483_647;
  const moody = new MemoryStream('events', 3, clock, { random, throttled: 0.3, expired: 0.2, broken: 0.2 });
  for (let i = 0; i < 200; i++) moody.put(`v${i}`, view(clock, `v${i}`, `e${i}`));
  const delivery = home.delivery(moody, { settings: { recordsARead: 20 } });
  const stop = new AbortController();
  const running = delivery.run(stop.signal);
  while ((delivery.status().rows['events'] ?? 0) < 200) await new Promise((resolve) => setTimeout(resolve, 5));
  expect(delivery.status().throttles).toBeGreaterThan(0);
  expect(delivery.status().freshness).toMatchObject({ records: 200 });
  stop.abort();
  await running;
  expect(await positionsIn(home)).toHaveLength(200);
});
