// Freshness: from the put of an event to its row in a table that anybody may read, and to the feature that it changes in the online store. Events
// go through the real endpoint; rows and features are looked for by another process than the one that writes them. Beside it a plain DuckDB file
// that takes the same events with a commit a second. Prints figures; never fails on them.
//   npx tsx bench/stream/freshness.ts [--rate 2000] [--seconds 30]
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { DuckDBInstance } from '@duckdb/node-api';
import { systemClock } from '../../lib/base/index.ts';
import { loadFeatures, readFeatures, readOnlineHome } from '../../lib/features/index.ts';
import { openFolderLake } from '../../lib/lake/index.ts';
import { Database, quoteText } from '../../lib/lake/duckdb/index.ts';
import { loadProject, type FeaturesStatus } from '../../lib/local/index.ts';
import { openKinesisClient } from '../../lib/local/kinesis/index.ts';

const { values } = parseArgs({ options: { rate: { type: 'string', default: '2000' }, seconds: { type: 'string', default: '30' } } });
const RATE = Number(values.rate);
const SECONDS = Number(values.seconds);
const WARM_UP_S = 5;
/** Events of visitors of their own, whose feature is waited for. */
const PROBES_A_SECOND = 20;
const PUTS_A_SECOND = 20;
const BRONZE_TARGET_MS = 5000;
const FEATURE_TARGET_MS = 100;

const root = mkdtempSync(path.join(tmpdir(), 'millrace-bench-freshness-'));
const project = path.resolve(import.meta.dirname, '../..');
const quantile = (times: readonly number[], q: number) => times.toSorted((a, b) => a - b)[Math.min(times.length - 1, Math.floor(q * times.length))] ?? Number.NaN;

function report(what: string, times: readonly number[], target?: number): void {
  const p99 = quantile(times, 0.99);
  const met = target === undefined ? '' : `${p99 < target ? 'met' : 'MISSED'}: p99 under ${target.toLocaleString('en')} ms`;
  console.log(`${what.padEnd(52)} ${times.length.toLocaleString('en').padStart(8)} events   p50 ${quantile(times, 0.5).toFixed(0)} ms, p99 ${p99.toFixed(0)} ms, most ${Math.max(...times).toFixed(0)} ms   ${met}`);
}

let serial = 0;
const event = (visitor: string) => ({
  id: `e${++serial}`, visitor, text: JSON.stringify({ timestamp: Date.now(), visitorid: visitor, event: 'view', itemid: String(serial % 20_000), event_id: `e${serial}`, device_type: 'mobile' }),
});

/** Calls `put` at an even pace with the events of each twentieth of a second. */
async function atRate(put: (events: ReturnType<typeof event>[]) => Promise<void>): Promise<void> {
  const began = performance.now();
  for (let call = 0; call < PUTS_A_SECOND * (SECONDS + WARM_UP_S); call++) {
    await sleep(Math.max(0, began + (call * 1000) / PUTS_A_SECOND - performance.now()));
    const probes = PROBES_A_SECOND / PUTS_A_SECOND;
    await put(Array.from({ length: Math.round(RATE / PUTS_A_SECOND) }, (_, at) => event(at < probes ? `probe-${call}-${at}` : `visitor-${(serial * 7919) % 50_000}`)));
  }
}

async function millrace(): Promise<{ bronze: number[]; features: number[] }> {
  const server = spawn(process.execPath, ['--import', import.meta.resolve('tsx'), path.join(import.meta.dirname, 'freshness-home.ts'), root], { stdio: ['pipe', 'pipe', 'inherit'] });
  const lines = createInterface({ input: server.stdout })[Symbol.asyncIterator]();
  const url = String((await lines.next()).value);
  const client = openKinesisClient({ endpoint: url });
  const putAt = new Map<string, number>();
  const bronze: number[] = [];
  const features: number[] = [];
  const measureFrom = Date.now() + WARM_UP_S * 1000;
  const end = new AbortController();
  const watching = watchBronze(end.signal, (id, at) => {
    const put = putAt.get(id);
    if (put !== undefined && put >= measureFrom) bronze.push(at - put);
    putAt.delete(id);
  });
  const watchFeature = await featureWatcher();
  const probing = new Set<Promise<void>>();
  await atRate(async (events) => {
    const at = Date.now();
    for (const { id } of events) putAt.set(id, at);
    for (const { visitor } of events.filter((one) => one.visitor.startsWith('probe'))) {
      const probe: Promise<void> = watchFeature(visitor).then((seenAt) => void (at >= measureFrom && features.push(seenAt - at))).finally(() => probing.delete(probe));
      probing.add(probe);
    }
    const outcomes = await client.put('events', events.map(({ visitor, text }) => ({ partitionKey: visitor, data: Buffer.from(text) })));
    if (outcomes.some(({ ok }) => !ok)) throw new Error('a record was refused');
  });
  await Promise.all(probing);
  for (let i = 0; i < 200 && putAt.size > 0; i++) await sleep(50);
  end.abort();
  await watching;
  server.stdin.end();
  const said = JSON.parse(String((await lines.next()).value)) as { cpu: NodeJS.CpuUsage; rss: number; features: FeaturesStatus };
  console.log(`one process for endpoint, delivery and features: ${((said.cpu.user + said.cpu.system) / 1e6 / (SECONDS + WARM_UP_S)).toFixed(2)} of a core, ${Math.round(said.rss / 1e6)} MB`);
  const own = said.features.streams.find(({ stream }) => stream === 'events')?.freshness;
  console.log(`as the features' own clock has it: p50 ${own?.p50} ms, p99 ${own?.p99} ms from arrival to the disk`);
  if (putAt.size > 0) console.log(`${putAt.size} events never came`);
  client.close();
  return { bronze, features };
}

/** Reads the ids out of each data file that comes into bronze.events, as a query would. */
async function watchBronze(signal: AbortSignal, seen: (id: string, at: number) => void): Promise<void> {
  const lake = openFolderLake(path.join(root, 'lake'));
  const database = await Database.open({ threads: 1, memoryLimit: '256MB' });
  const known = new Set<string>();
  while (!signal.aborted) {
    const table = await lake.findTable({ namespace: 'bronze', name: 'events' });
    const files = table === undefined ? [] : (await table.scan()).files.map(({ file }) => file.path).filter((file) => !known.has(file));
    if (files.length > 0) {
      const rows = await database.use((session) => session.table(`SELECT event_id FROM read_parquet([${files.map(quoteText).join(', ')}])`));
      const at = Date.now();
      for (const [id] of rows.rows) seen(String(id), at);
      for (const file of files) known.add(file);
    }
    await sleep(25);
  }
  database.close();
}

/** Resolves when the visitor's count of views is there, with the time. */
async function featureWatcher(): Promise<(visitor: string) => Promise<number>> {
  const { sources } = await loadProject(project);
  const view = (await loadFeatures(path.join(project, 'features'), sources)).views.get('visitor');
  if (view === undefined) throw new Error('there is no view of visitors');
  const online = await readOnlineHome({ folder: path.join(root, 'online'), clock: systemClock });
  return async (visitor) => {
    for (;;) {
      const [found] = await readFeatures(online.store, view, [visitor], Date.now());
      if (found?.['last_item'] !== null) return Date.now();
      await sleep(2);
    }
  };
}

/** The same events into a table of a DuckDB file, committed each second: what waiting a second costs at least. */
async function plainDuckDb(): Promise<number[]> {
  const instance = await DuckDBInstance.create(path.join(root, 'peer.duckdb'), { threads: '1' });
  const connection = await instance.connect();
  await connection.run('CREATE TABLE events (event_id VARCHAR, visitorid VARCHAR, event VARCHAR, itemid VARCHAR, "timestamp" VARCHAR, device_type VARCHAR)');
  let waiting: { at: number; text: string }[] = [];
  const times: number[] = [];
  const measureFrom = Date.now() + WARM_UP_S * 1000;
  const flush = async (): Promise<void> => {
    const taken = waiting;
    waiting = [];
    if (taken.length === 0) return;
    const to = await connection.createAppender('events');
    for (const { text } of taken) {
      const one = JSON.parse(text) as Record<string, string | number>;
      for (const name of ['event_id', 'visitorid', 'event', 'itemid', 'timestamp', 'device_type']) to.appendVarchar(String(one[name]));
      to.endRow();
    }
    to.closeSync();
    const at = Date.now();
    for (const one of taken) if (one.at >= measureFrom) times.push(at - one.at);
  };
  const timer = setInterval(() => void flush(), 1000);
  await atRate(async (events) => {
    const at = Date.now();
    for (const { text } of events) waiting.push({ at, text });
  });
  clearInterval(timer);
  await flush();
  connection.closeSync();
  instance.closeSync();
  return times;
}

try {
  console.log(`${RATE.toLocaleString('en')} events a second for ${SECONDS} s, after ${WARM_UP_S} s of warming up\n`);
  const { bronze, features } = await millrace();
  report('millrace: put to queryable in bronze.events', bronze, BRONZE_TARGET_MS);
  report('millrace: put to an online feature', features, FEATURE_TARGET_MS);
  report('plain DuckDB file, appended in process each second', await plainDuckDb());
} finally {
  rmSync(root, { recursive: true, force: true });
}
