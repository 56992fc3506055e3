// The endpoint beside kinesis-local, which others wrote: records of 1 KB a second, each acknowledged once it is on the disk. The server,
// and the lean client that drives it, have a process of their own each. Prints figures; never fails on them.
//   npx tsx bench/stream/endpoint.ts [--seconds 5] [--no-peer]
import { execFile, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { parseArgs, promisify } from 'node:util';
import { openKinesisClient } from '../../lib/local/kinesis/index.ts';
import { kinesisLocal } from '../../test/verify/support/kinesis-local.ts';

const { values } = parseArgs({ options: { seconds: { type: 'string', default: '5' }, 'no-peer': { type: 'boolean', default: false } } });
const TARGET = 50_000;
const STREAM = 'bench';

interface Measured {
  acknowledged: number;
  refused: number;
  recordsASecond: number;
  p50: number;
  p99: number;
  microsecondsARecord?: number;
}

const here = import.meta.dirname;
const tsx = (file: string) => ['--import', import.meta.resolve('tsx'), path.join(here, file)];

async function drive(url: string, operation: string, connections: number, recordsACall: number): Promise<Measured> {
  const { stdout } = await promisify(execFile)(process.execPath, [
    ...tsx('endpoint-client.ts'),
    url,
    STREAM,
    operation,
    String(connections),
    values.seconds,
    String(recordsACall),
  ]);
  return JSON.parse(stdout) as Measured;
}

/** A second a line; acknowledged records only. */
function report(what: string, { recordsASecond, refused, p50, p99, microsecondsARecord }: Measured, target = ''): void {
  const processor = microsecondsARecord === undefined ? '' : `, ${microsecondsARecord.toFixed(1)} µs of processor a record`;
  const rate = `${Math.round(recordsASecond).toLocaleString('en')} records/s`;
  console.log(
    `${what.padEnd(58)} ${rate.padStart(20)}   p50 ${p50.toFixed(1)} ms, p99 ${p99.toFixed(1)} ms${processor}` +
      `${refused > 0 ? `, ${refused} refused` : ''}   ${target}`,
  );
}

async function measureEndpoint(folder: string): Promise<Measured> {
  const server = spawn(process.execPath, [...tsx('endpoint-server.ts'), folder], { stdio: ['pipe', 'pipe', 'inherit'] });
  const lines = createInterface({ input: server.stdout as NodeJS.ReadableStream })[Symbol.asyncIterator]();
  const nextLine = async () => (await lines.next()).value as string;
  const url = await nextLine();
  /** All threads, the kernel's part included: what tells how fast it would be on a machine with nothing else to do. */
  const processor = async () => {
    server.stdin.write('\n');
    const { user, system } = JSON.parse(await nextLine()) as NodeJS.CpuUsage;
    return user + system;
  };
  const measure = async (...[operation, connections, recordsACall]: [string, number, number]): Promise<Measured> => {
    const before = await processor();
    const measured = await drive(url, operation, connections, recordsACall);
    return { ...measured, microsecondsARecord: ((await processor()) - before) / Math.max(1, measured.acknowledged) };
  };
  const client = openKinesisClient({ endpoint: url });
  await client.call('CreateStream', { StreamName: STREAM, ShardCount: 4 });
  await drive(url, 'PutRecords', 8, 500);
  const bulk = await measure('PutRecords', 8, 500);
  report(
    'millrace, PutRecords of 500, 8 connections, fsync',
    bulk,
    `${bulk.recordsASecond >= TARGET ? 'met' : 'MISSED'}: at least ${TARGET.toLocaleString('en')}`,
  );
  report('millrace, PutRecords of 25, 32 connections, fsync', await measure('PutRecords', 32, 25));
  report('millrace, PutRecord, 64 connections, fsync', await measure('PutRecord', 64, 1));
  await measureReads(client);
  client.close();
  server.stdin.end();
  await new Promise((resolve) => {
    server.once('exit', resolve);
  });
  return bulk;
}

/** How fast what was written is read back, over HTTP and with its JSON taken apart. */
async function measureReads(client: ReturnType<typeof openKinesisClient>): Promise<void> {
  const [shard] = await client.listShards(STREAM);
  let iterator: string | undefined = await client.iterator(STREAM, shard?.shardId ?? '', { type: 'TRIM_HORIZON' });
  let records = 0;
  const began = performance.now();
  while (iterator !== undefined && performance.now() - began < Number(values.seconds) * 1000) {
    const answer = await client.read(iterator);
    records += answer.records.length;
    if (answer.millisBehindLatest === 0) break;
    iterator = answer.next;
  }
  const rate = Math.round(records / ((performance.now() - began) / 1000));
  console.log(`${'millrace, GetRecords by one consumer of one shard of four'.padEnd(58)} ${`${rate.toLocaleString('en')} records/s`.padStart(20)}`);
}

async function measurePeer(): Promise<Measured> {
  const peer = await kinesisLocal();
  try {
    await peer.createStream(STREAM, 4);
    const measured = await drive(peer.url, 'PutRecords', 8, 500);
    report('kinesis-local, PutRecords of 500, 8 connections, in memory', measured);
    return measured;
  } finally {
    await peer.stop();
  }
}

const folder = mkdtempSync(path.join(tmpdir(), 'millrace-bench-endpoint-'));
try {
  const ours = await measureEndpoint(folder);
  if (!values['no-peer']) {
    const peer = await measurePeer();
    console.log(`${(ours.recordsASecond / Math.max(1, peer.recordsASecond)).toFixed(0)} times kinesis-local`);
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
