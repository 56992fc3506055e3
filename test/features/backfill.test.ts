// From the lake to the stream without a gap and without a double: whatever the consumer had done before, and wherever delivery stands.
import { mkdtempSync, rmSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { featuresAtSql, fillOnlineHome, fromSql, loadFeatures, pinsOf, readFeatures, readOnlineHome, replayDay, openLmdbStore, type FeatureSet } from '../../lib/features/index.ts';
import { localStreamSource, openLocalStreams, type LocalStreams } from '../../lib/local/kinesis/index.ts';
import { ingestNow, localFileIngest, openRuntime, runBatch, type Runtime } from '../../lib/local/index.ts';
import { openFeatures, type StreamService } from '../../lib/local/streaming/index.ts';
import { expandSources, type Engine } from '../../lib/warehouse/index.ts';
import { deliver as deliverTo, ENTITIES, produce as produceTo } from './visited-shop.ts';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 60_000 });

const ROOT = join(import.meta.dirname, '../..');
let folder: string;
let runtime: Runtime;
let streams: LocalStreams;
let features: FeatureSet;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'millrace-backfill-'));
  runtime = await openRuntime({ home: folder, project: ROOT, create: true });
  streams = await openLocalStreams(runtime.home.streams);
  for (const name of ['events', 'transactions']) await streams.ensureStream(name, { shardCount: 2 });
  features = await loadFeatures(join(ROOT, 'features'), (await runtime.project()).sources);
});
afterEach(async () => {
  await streams.close();
  await runtime.close();
  rmSync(folder, { recursive: true, force: true });
});

/** Late in the day two hours ago: the events, of the two hours that began a day before, shall all be of one day. */
const now = Date.now() - (new Date().getUTCHours() >= 22 ? 7_200_000 : 0);
const produce = (from: number, count: number) => produceTo(streams, now, from, count);
const deliver = (expected: number) => deliverTo(runtime, streams, expected);

/** Runs a service until its status says so. */
async function runUntil<Status>(service: StreamService<Status>, isDone: (status: Status) => boolean): Promise<void> {
  const stop = new AbortController();
  const running = service.run(stop.signal);
  for (let tries = 0; !isDone(await service.status()); tries++) {
    if (tries > 2000) throw new Error(`the service did not get there: ${JSON.stringify(await service.status())}`);
    await sleep(20);
  }
  stop.abort();
  await running;
}

const consume = async (events: number) => runUntil(await openFeatures(runtime, localStreamSource(streams)), ({ counters }) => counters.folded + counters.again >= events);

/** Every feature of every visitor and item, online and by SQL over all that was ingested and delivered. */
async function expectEqual(): Promise<void> {
  const engine = await runtime.engine();
  const { sources } = await runtime.project();
  const online = await readOnlineHome({ folder: runtime.home.online, clock: runtime.clock });
  const at = now + 60_000;
  try {
    for (const [name, entities] of ENTITIES) {
      const view = features.views.get(name)!;
      const sql = expandSources(featuresAtSql(view, at, { relation: '(SELECT timestamp__time AS event_time, visitorid, event, itemid, transactionid, device_type, query FROM source.events)' }), sources);
      const { rows } = await engine.query(sql);
      const expected = new Map(rows.map((row) => [row[0], Object.fromEntries(view.features.map((feature, index) => [feature.name, fromSql(row[1 + index], feature.type)]))]));
      const found = await readFeatures(online.store, view, entities, at);
      entities.forEach((entity, index) => expect({ entity, ...found[index] }).toEqual({ entity, ...expected.get(entity) }));
    }
  } finally {
    await online.close();
  }
}

const fill = async () => fillOnlineHome({ folder: runtime.home.online, features, lake: runtime.lake, engine: await runtime.engine(), clock: runtime.clock });

describe('a backfill', () => {
  it('takes what was delivered, files included, and the stream goes on behind it', async () => {
    const landing = join(runtime.home.landing, 'events');
    await mkdir(landing, { recursive: true });
    await writeFile(join(landing, 'events.csv'), `timestamp,visitorid,event,itemid,transactionid\n${now - 2 * 86_400_000},v1,view,i1,\n${now - 3 * 86_400_000},v2,addtocart,i2,\n`);
    await ingestNow(runtime, [join(landing, 'events.csv')]);
    await produce(0, 60);
    await deliver(62);
    await produce(60, 40);
    const report = await fill();
    expect(report.sources[0]).toMatchObject({ source: 'events', events: 62, counts: { folded: 62 } });
    expect([...report.resume.keys()]).toContain('events');
    await consume(40);
    await deliver(102);
    await expectEqual();
  });

  it('loses nothing where the consumer was ahead of delivery, and doubles nothing where it was behind', async () => {
    await produce(0, 30);
    await consume(30);
    await deliver(30);
    await produce(30, 30);
    await consume(30); // ahead of delivery
    await fill(); // the lake has thirty
    await consume(30);
    await produce(60, 30);
    await deliver(90);
    await fill(); // the lake has more than the consumer has seen
    await produce(90, 5);
    await consume(5);
    await deliver(95);
    await expectEqual();
  });
});

describe('a replay of a day', () => {
  it('finds no difference, and finds one where silver is not what bronze says', async () => {
    await produce(0, 40);
    await deliver(40);
    const engine = await runtime.engine();
    const { sources } = await runtime.project();
    const store = await openLmdbStore({ folder: join(folder, 'replay'), clock: runtime.clock });
    const day = new Date(now - 86_400_000).toISOString().slice(0, 10);
    const over = (where: string): Engine => Object.assign(Object.create(engine) as Engine, { query: (sql: string) => engine.query(expandSources(sql.replaceAll('FROM silver.events', `FROM (SELECT timestamp__time AS event_time, CAST(NULL AS varchar) AS duplicate_of, visitorid, event, itemid, transactionid, device_type, query FROM source.events WHERE ${where})`), sources)) });
    const clicks: FeatureSet = { ...features, sources: new Map([...features.sources].filter(([name]) => name === 'events')) };
    const equal = await replayDay({ features: clicks, engine: over('true'), store, clock: runtime.clock, day });
    expect(equal).toMatchObject({ differences: [], views: expect.arrayContaining([expect.objectContaining({ view: 'visitor', differences: 0 })]) as unknown });
    expect(equal.events).toBeGreaterThan(0);
    await store.close();
    const other = await openLmdbStore({ folder: join(folder, 'replay2'), clock: runtime.clock });
    const { differences } = await replayDay({ features: clicks, engine: over("visitorid <> 'v1'"), store: other, clock: runtime.clock, day });
    expect(differences.map(({ view, entity }) => `${view} ${entity[0]!}`)).toContain('visitor v1');
    await other.close();
  });

  it('compares silver with the bronze that it was made from, and counts what came since', async () => {
    await produce(0, 40);
    await deliver(40);
    await runBatch(runtime, { options: { select: ['silver.events'] }, files: await localFileIngest(runtime) });
    await produce(40, 20);
    await deliver(60);
    const clicks: FeatureSet = { ...features, sources: new Map([...features.sources].filter(([name]) => name === 'events')) };
    const { snapshots, newer } = await pinsOf({ project: await runtime.project(), lake: runtime.lake, features: clicks });
    expect(newer).toEqual({ 'bronze.events': 20 });
    const day = new Date(now - 86_400_000).toISOString().slice(0, 10);
    const replayed = async (name: string, pinned: Readonly<Record<string, bigint>>) => {
      const store = await openLmdbStore({ folder: join(folder, name), clock: runtime.clock });
      try {
        return await replayDay({ features: clicks, engine: await runtime.engine(), store, clock: runtime.clock, day, snapshots: pinned });
      } finally {
        await store.close();
      }
    };
    expect(await replayed('pinned', snapshots)).toMatchObject({ events: expect.any(Number) as number, differences: [] });
    expect((await replayed('loose', {})).differences.length).toBeGreaterThan(0);
  });
});
