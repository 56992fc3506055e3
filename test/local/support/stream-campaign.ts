// The stream's processes killed at random while a producer goes on: endpoint, delivery and features each by itself, shards split and merged
// meanwhile. In the end every acknowledged record is in one place, silver is the truth, and the online features are what SQL says.
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { messageOf, systemClock } from '../../../lib/base/index.ts';
import { featuresAtSql, fromSql, isSameValue, loadFeatures, readFeatures, readOnlineHome } from '../../../lib/features/index.ts';
import { quoteText, scanSql, type Database, type Session } from '../../../lib/lake/duckdb/index.ts';
import { openRuntime, runningServices, type DeliverStatus, type FeaturesStatus, type Runtime } from '../../../lib/local/index.ts';
import { openKinesisClient, openLocalStreams, type KinesisClient } from '../../../lib/local/kinesis/index.ts';
import { liveEvents, type LiveEvent } from '../../../samples/live/index.ts';
import { randomOf } from '../../faults/support/random.ts';

export interface StreamCampaignOptions {
  events: number;
  kills: number;
  seed: number;
  database: Database;
  /** After so long no more is killed, and what is sent is sent as fast as it goes. */
  budgetMilliseconds: number;
  /** A process lives so long between two kills, at most. */
  longestLifeMilliseconds: number;
}

export interface StreamCampaignReport {
  kills: Record<string, number>;
  acknowledged: number;
  /** Records sent again, once or many times, since no answer came, or a refusal. */
  retried: number;
  /** Records in the tables that nobody was told of: their answers were lost. */
  unacknowledged: number;
  reshardings: number;
  comparedFeatures: number;
  milliseconds: number;
  /** What must not be. */
  wrong: string[];
  /** Kept where something was wrong. */
  home?: string;
}

const PROJECT = path.resolve(import.meta.dirname, '../../..');
const CLI = path.join(PROJECT, 'bin/millrace-cli.mjs');
const PARTS = 3;
const RECORDS_A_PUT = 400;
/** All events lie within this time before now, which the contracts allow. */
const SPAN_S = 3000;

/** One of the stream's processes: started again whenever it is killed. */
class Part {
  readonly name: string;
  readonly #arguments: readonly string[];
  #child: ChildProcess | undefined;
  words = '';

  constructor(name: string, args: readonly string[]) {
    this.name = name;
    this.#arguments = args;
  }

  start(): void {
    this.#child = spawn(process.execPath, [CLI, 'stream', this.name, ...this.#arguments], { cwd: PROJECT, stdio: ['ignore', 'ignore', 'pipe'], env: { ...process.env, CI: 'true' } });
    this.#child.stderr?.on('data', (text: Buffer) => (this.words = (this.words + text.toString()).slice(-2000)));
  }

  get hasEnded(): boolean {
    return this.#child?.exitCode !== null || this.#child.signalCode !== null;
  }

  async end(signal: 'SIGKILL' | 'SIGINT'): Promise<void> {
    const child = this.#child;
    if (child === undefined || this.hasEnded) return;
    const ended = new Promise((resolve) => {
      child.once('exit', resolve);
    });
    child.kill(signal);
    await ended;
  }
}

export async function streamCampaign(options: StreamCampaignOptions): Promise<StreamCampaignReport> {
  const { database, seed, budgetMilliseconds } = options;
  const began = performance.now();
  const root = mkdtempSync(path.join(tmpdir(), 'millrace-stream-'));
  const port = await freePort();
  const parts = [
    new Part('endpoint', ['--home', root, '--port', String(port)]), new Part('deliver', ['--home', root, '--interval', '300']), new Part('features', ['--home', root]),
  ];
  const report: StreamCampaignReport = { kills: {}, acknowledged: 0, retried: 0, unacknowledged: 0, reshardings: 0, comparedFeatures: 0, milliseconds: 0, wrong: [] };
  const session = await database.connect();
  await session.run('CREATE OR REPLACE TEMP TABLE acked (stream VARCHAR, shard VARCHAR, sequence VARCHAR, fate VARCHAR, reason VARCHAR, id VARCHAR)');
  await session.run('CREATE OR REPLACE TEMP TABLE sent (source VARCHAR, fate VARCHAR, id VARCHAR)');
  const runtime = await openRuntime({ home: root, project: PROJECT, create: true, memoryLimit: '1GB' });
  // Only shards of a provisioned stream may be split and merged by hand.
  const streams = await openLocalStreams(runtime.home.streams);
  await streams.createStream('events', { mode: 'PROVISIONED', shardCount: 3 });
  await streams.close();
  const client = openKinesisClient({ endpoint: `http://127.0.0.1:${port}` });
  const deadline = began + budgetMilliseconds;
  const done = new AbortController();
  try {
    for (const part of parts) part.start();
    const killing = parts.map((part, at) => killNowAndThen(part, report, options, randomOf(seed * 31 + at), deadline, done.signal));
    await produce(client, session, report, options, deadline);
    await Promise.all(killing);
    await waitUntilDone(runtime, parts, report);
    done.abort();
    for (const part of parts.toReversed()) await part.end('SIGINT');
    if (report.wrong.length === 0) await check(runtime, session, report);
  } catch (thrown) {
    report.wrong.push(messageOf(thrown));
  } finally {
    done.abort();
    for (const part of parts) await part.end('SIGKILL');
    client.close();
    session.close();
    await runtime.close();
  }
  report.milliseconds = Math.round(performance.now() - began);
  if (report.wrong.length === 0) rmSync(root, { recursive: true, force: true });
  else report.home = root;
  return report;
}

async function killNowAndThen(part: Part, report: StreamCampaignReport, options: StreamCampaignOptions, random: () => number, deadline: number, signal: AbortSignal): Promise<void> {
  const { longestLifeMilliseconds } = options;
  while (!signal.aborted && killsOf(report) < options.kills && performance.now() < deadline) {
    await sleep(longestLifeMilliseconds * (0.1 + 0.9 * random()));
    if (killsOf(report) >= options.kills) return;
    if (part.hasEnded) report.wrong.push(`${part.name} ended by itself: ${part.words}`);
    report.kills[part.name] = (report.kills[part.name] ?? 0) + 1;
    await part.end('SIGKILL');
    part.start();
  }
}

function killsOf({ kills }: StreamCampaignReport): number {
  return Object.values(kills).reduce((sum, count) => sum + count, 0);
}

/** Sends every event until it is acknowledged, not faster than the kills go on. */
async function produce(client: KinesisClient, session: Session, report: StreamCampaignReport, { events, kills, seed, longestLifeMilliseconds }: StreamCampaignOptions, deadline: number): Promise<void> {
  // Spread evenly between the kills, so that some fall into a put.
  const putsAKill = Math.max(1, events / (kills + 1) / RECORDS_A_PUT);
  const pause = (longestLifeMilliseconds * 0.55) / PARTS / putsAKill;
  const live = liveEvents({ seed, startAt: Date.now() - (SPAN_S + 300) * 1000, rate: events / SPAN_S, defects: 0.02 });
  const reshardAt = [0.3, 0.5, 0.7].map((share) => Math.floor(share * events));
  for (let sent = 0; sent < events;) {
    const isEarly = (): boolean => sent / events > (killsOf(report) + 1) / (kills + 1) && performance.now() < deadline;
    if (performance.now() < deadline) await sleep(Math.min(500, pause));
    while (isEarly()) await sleep(10);
    const batch = Array.from({ length: Math.min(RECORDS_A_PUT, events - sent) }, () => live.next().value);
    sent += batch.length;
    await keep(session, 'sent', batch.map(({ source, fate, id }) => [source, fate, id]));
    for (const stream of ['events', 'transactions'] as const) await putAll(client, session, report, stream, batch.filter(({ source }) => source === stream));
    while (reshardAt[0] !== undefined && sent >= reshardAt[0]) {
      reshardAt.shift();
      await reshard(client, report);
    }
  }
}

async function putAll(client: KinesisClient, session: Session, report: StreamCampaignReport, stream: string, batch: readonly LiveEvent[]): Promise<void> {
  let isFirst = true;
  for (let waiting = batch; waiting.length > 0;) {
    const outcomes = await client.put(stream, waiting.map(({ partitionKey, data }) => ({ partitionKey, data }))).catch(() => undefined);
    const acked = waiting.flatMap((event, at) => {
      const outcome = outcomes?.[at];
      return outcome?.ok === true ? [[stream, outcome.shardId, outcome.sequence, event.fate, event.reason ?? '', event.id]] : [];
    });
    await keep(session, 'acked', acked);
    report.acknowledged += acked.length;
    waiting = waiting.filter((_, at) => outcomes?.[at]?.ok !== true);
    if (isFirst) report.retried += waiting.length;
    isFirst = false;
    if (waiting.length > 0) await sleep(50);
  }
}

async function keep(session: Session, table: string, rows: readonly (readonly string[])[]): Promise<void> {
  if (rows.length === 0) return;
  const to = await session.connection.createAppender(table, 'main', 'temp');
  for (const row of rows) {
    for (const value of row) to.appendVarchar(value);
    to.endRow();
  }
  to.closeSync();
}

/** Splits a shard, or puts two neighbours together, whichever comes next. */
async function reshard(client: KinesisClient, report: StreamCampaignReport): Promise<void> {
  let last = '';
  for (const limit = performance.now() + 60_000; performance.now() < limit;) {
    try {
      const open = (await client.listShards('events')).filter(({ endingSequence }) => endingSequence === undefined).sort((a, b) => (BigInt(a.startingHashKey) < BigInt(b.startingHashKey) ? -1 : 1));
      const [first, second] = open;
      if (first === undefined || second === undefined) throw new Error('the stream has fewer than two open shards');
      if (report.reshardings % 2 === 0) {
        const middle = (BigInt(first.startingHashKey) + BigInt(first.endingHashKey)) / 2n;
        await client.call('SplitShard', { StreamName: 'events', ShardToSplit: first.shardId, NewStartingHashKey: String(middle) });
      } else {
        await client.call('MergeShards', { StreamName: 'events', ShardToMerge: first.shardId, AdjacentShardToMerge: second.shardId });
      }
      report.reshardings += 1;
      return;
    } catch (thrown) {
      last = messageOf(thrown); // the endpoint may be down at the moment
      await sleep(100);
    }
  }
  report.wrong.push(`the stream could not be resharded: ${last}`);
}

/** Until delivery and features say that they have nothing left to read. */
async function waitUntilDone({ home }: Runtime, parts: readonly Part[], report: StreamCampaignReport): Promise<void> {
  const since = Date.now();
  const limit = since + 180_000;
  let said = '';
  while (Date.now() < limit) {
    await sleep(250);
    const ended = parts.find((part) => part.hasEnded);
    if (ended !== undefined) {
      report.wrong.push(`${ended.name} ended by itself: ${ended.words}`);
      return;
    }
    const services = (await runningServices(home)).filter(({ at }) => at > since + 1500);
    const deliver = services.find(({ service }) => service === 'deliver')?.status as DeliverStatus | undefined;
    const features = services.find(({ service }) => service === 'features')?.status as FeaturesStatus | undefined;
    said = JSON.stringify({ deliver: deliver?.streams, features: features?.streams });
    const isRead = (shards: readonly { millisBehindLatest?: number; ended: boolean }[]): boolean => shards.length > 0 && shards.every(({ ended, millisBehindLatest }) => ended || millisBehindLatest === 0);
    if (deliver?.streams.every(({ shards, failure }) => failure === undefined && isRead(shards)) !== true) continue;
    if (features?.streams.every(({ shards, failure }) => failure === undefined && isRead(shards) && shards.every(({ pending }) => pending === 0)) === true) return;
  }
  report.wrong.push(`delivery and features have not come to the end in three minutes: ${said.slice(-3000)}`);
}

async function check(runtime: Runtime, session: Session, report: StreamCampaignReport): Promise<void> {
  const relation = async (namespace: string, name: string): Promise<string> => {
    const table = await runtime.lake.loadTable({ namespace, name });
    return `(${scanSql({ schema: table.schema, specs: table.metadata['partition-specs'], properties: table.properties, files: (await table.scan()).files })})`;
  };
  const number = async (sql: string): Promise<number> => Number(await session.value(`SELECT count(*) FROM (${sql})`));
  const expectNone = async (what: string, sql: string): Promise<void> => {
    const rows = await session.rows(`${sql} LIMIT 3`);
    if (rows.length > 0) report.wrong.push(`${await number(sql)} ${what}: ${JSON.stringify(rows)}`);
  };
  const place = '_stream AS stream, _shard AS shard, _sequence AS sequence';
  await session.run(`CREATE OR REPLACE TEMP TABLE found AS
    SELECT ${place}, 'events' AS t, '' AS reason FROM ${await relation('bronze', 'events')} UNION ALL
    SELECT ${place}, 'transactions', '' FROM ${await relation('bronze', 'transactions')} UNION ALL
    SELECT ${place}, 'rejected', reason FROM ${await relation('bronze', 'rejected')}`);
  await expectNone('records are lost', 'SELECT * FROM acked ANTI JOIN found USING (stream, shard, sequence)');
  await expectNone('records are there twice', 'SELECT stream, shard, sequence, list(t) AS t FROM found GROUP BY ALL HAVING count(*) > 1');
  await expectNone('acknowledged places are told twice', 'SELECT stream, shard, sequence FROM acked GROUP BY ALL HAVING count(*) > 1');
  await expectNone('records are in the wrong place', `SELECT * FROM acked JOIN found USING (stream, shard, sequence) WHERE found.t <> CASE acked.fate WHEN 'rejected' THEN 'rejected' ELSE acked.stream END OR found.reason <> acked.reason`);
  report.unacknowledged = await number('SELECT * FROM found ANTI JOIN acked USING (stream, shard, sequence)');

  const ran = await millrace(['run', 'batch', '--home', runtime.home.root, '--select', '+silver.events', '+silver.transactions']);
  if (ran.code !== 0) {
    report.wrong.push(`the models' run ended with ${ran.code}: ${ran.words}`);
    return;
  }
  const truth = (source: string): string => `SELECT DISTINCT id FROM sent WHERE source = ${quoteText(source)} AND fate <> 'rejected'`;
  for (const [source, id, table] of [['events', 'event_id', await relation('silver', 'events')], ['transactions', 'transaction_id', await relation('silver', 'transactions')]] as const) {
    await expectNone(`${source} are not in silver`, `${truth(source)} EXCEPT SELECT ${id} FROM ${table}`);
    await expectNone(`rows of silver.${source} are no event`, `SELECT ${id} FROM ${table} EXCEPT (${truth(source)})`);
    await expectNone(`rows of silver.${source} are there twice`, `SELECT ${id} FROM ${table} GROUP BY 1 HAVING count(*) > 1`);
  }
  const repeats = await number(`SELECT DISTINCT id FROM sent WHERE fate = 'repeat'`);
  const marked = await number(`SELECT * FROM ${await relation('silver', 'events')} WHERE duplicate_of IS NOT NULL`);
  if (repeats !== marked) report.wrong.push(`${repeats} events repeat the content of another, silver has marked ${marked}`);
  await checkFeatures(runtime, report);
}

/** Every entity's features online are those of the SQL. */
async function checkFeatures(runtime: Runtime, report: StreamCampaignReport): Promise<void> {
  const { sources } = await runtime.project();
  const features = await loadFeatures(path.join(PROJECT, 'features'), sources);
  const engine = await runtime.engine();
  const online = await readOnlineHome({ folder: runtime.home.online, clock: systemClock });
  const at = Date.now();
  try {
    for (const view of features.views.values()) {
      const { columns, rows } = await engine.query(featuresAtSql(view, at));
      const place = new Map(columns.map(({ name }, index) => [name, index]));
      const idOf = (row: (typeof rows)[number]): string[] => view.entity.map((column) => String(row[place.get(column) ?? -1]));
      for (let from = 0; from < rows.length; from += 500) {
        const some = rows.slice(from, from + 500);
        const values = await readFeatures(online.store, view, some.map(idOf), at);
        for (const [index, row] of some.entries()) {
          for (const { name, type } of view.features) {
            report.comparedFeatures += 1;
            const [offline, live] = [fromSql(row[place.get(name) ?? -1] as never, type), values[index]?.[name]];
            if (!isSameValue(offline, live as never, type)) report.wrong.push(`${view.name}.${name} of ${idOf(row).join(', ')} is ${String(live)} online, ${String(offline)} in SQL`);
            if (report.wrong.length > 10) return;
          }
        }
      }
    }
  } finally {
    await online.close();
  }
}

function millrace(args: readonly string[]): Promise<{ code: number | null; words: string }> {
  const child = spawn(process.execPath, [CLI, ...args], { cwd: PROJECT, stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, CI: 'true' } });
  let words = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (text: Buffer) => (words = (words + text.toString()).slice(-3000)));
  return new Promise((resolve) => {
    child.once('close', (code) => resolve({ code, words }));
  });
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => {
    server.close(resolve);
  });
  return port;
}
