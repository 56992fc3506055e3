// A stream that commits every few seconds does not rot the home: little metadata, few files, and what others still read stays.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Database, verifyRows } from '../../../lib/lake/duckdb/index.ts';
import { Upkeep } from '../../../lib/local/delivery/index.ts';
import { MemoryStream } from '../support/memory-stream.ts';
import { longRun } from '../support/long-run.ts';
import { deliveryHome, StepClock, view } from './support.ts';

let database: Database;
beforeAll(async () => {
  database = await Database.open({ memoryLimit: '256MB', threads: 1 });
});
afterAll(() => database.close());

test('minutes of ten events a second leave under a megabyte of metadata a table, and few files', async () => {
  const { tables, records, failures } = await longRun(database, { hours: 0.05, eventsASecond: 10, everyMilliseconds: 2000 });
  expect(failures).toEqual([]);
  expect((tables['events']?.rows ?? 0) + (tables['rejected']?.rows ?? 0)).toBe(records);
  for (const table of Object.values(tables)) {
    expect(table.metadataBytes).toBeLessThan(1_000_000);
    expect(table.liveFiles).toBeLessThan(40);
    expect(table.dataFiles).toBeLessThan(200);
    expect(table.snapshots).toBeLessThan(40);
  }
}, 60_000);

test('the snapshot that a model computed from stays while the model stands on it, and its files with it', async () => {
  const clock = new StepClock();
  const home = deliveryHome(database, clock);
  const stream = new MemoryStream('events', 1, clock);
  const lake = home.lake();
  const held = new Map<string, bigint>();
  const upkeep = new Upkeep({ lake, database, clock, readers: async () => held, settings: { commits: 5, snapshots: 2, keepMilliseconds: 0, readableMilliseconds: 0 } });
  const delivery = home.delivery(stream, { afterCommit: upkeep.afterCommit });
  const name = { namespace: 'bronze', name: 'events' };
  const flush = async (times: number) => {
    for (let i = 0; i < times; i++) {
      stream.put('a', view(clock, 'a', `e${clock.now()}`));
      clock.milliseconds += 1000;
      await delivery.poll();
      await delivery.flush();
      await upkeep.idle();
    }
  };
  await flush(3);
  const read = (await lake.loadTable(name)).currentSnapshot?.['snapshot-id'] as bigint;
  held.set('silver.events', read);
  await flush(20);
  let table = await lake.loadTable(name);
  expect(table.metadata.snapshots.map((snapshot) => snapshot['snapshot-id'])).toContain(read);
  expect((await table.scan({ snapshotId: read })).files.reduce((sum, { file }) => sum + file.recordCount, 0n)).toBe(3n);
  expect((await table.verify({ allSnapshots: true })).problems).toEqual([]);

  held.clear();
  await flush(10);
  table = await lake.loadTable(name);
  expect(table.metadata.snapshots.map((snapshot) => snapshot['snapshot-id'])).not.toContain(read);
  expect((await table.verify({ allSnapshots: true })).problems).toEqual([]);
  expect(await database.use((session) => verifyRows(session, table))).toMatchObject({ rows: 33n, problems: [] });
  delivery.close();
  home.remove();
});

test('files of days that are over become one', async () => {
  const clock = new StepClock();
  const home = deliveryHome(database, clock);
  const stream = new MemoryStream('events', 1, clock);
  const upkeep = new Upkeep({ lake: home.lake(), database, clock, settings: { commits: 4 } });
  const delivery = home.delivery(stream, { afterCommit: upkeep.afterCommit });
  for (let day = 0; day < 3; day++) {
    for (let i = 0; i < 5; i++) {
      stream.put('a', view(clock, 'a', `d${day} e${i}`));
      await delivery.poll();
      await delivery.flush();
      await upkeep.idle();
      clock.milliseconds += 1000;
    }
    clock.milliseconds += 86_400_000;
  }
  const table = await home.lake().loadTable({ namespace: 'bronze', name: 'events' });
  const byDay = new Map<string, number>();
  for (const { file } of (await table.scan()).files) byDay.set(String(file.partition[0]), (byDay.get(String(file.partition[0])) ?? 0) + 1);
  expect([...byDay.values()]).toEqual(expect.arrayContaining([1, 1]));
  delivery.close();
  home.remove();
});
