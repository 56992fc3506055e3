// Commits and plans of the lake on one disk, beside PyIceberg where it can be installed. Prints figures; never fails on them.
//   npx tsx bench/commit/index.ts [--peer] [--snapshots 1000] [--commits 200]
import { execFile } from 'node:child_process';
import { readdirSync, rmSync, statSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs, promisify } from 'node:util';
import { openFolderLake, type DataFile, type Table } from '../../lib/lake/index.ts';
import { Database, writeRows } from '../../lib/lake/duckdb/index.ts';
import { measurePyIceberg } from './pyiceberg.ts';

const { values } = parseArgs({ options: { peer: { type: 'boolean', default: false }, snapshots: { type: 'string', default: '1000' }, commits: { type: 'string', default: '200' } } });
const SNAPSHOTS = Number(values.snapshots);
const COMMITS = Number(values.commits);
const ROWS = 1000;

const root = mkdtempSync(join(tmpdir(), 'millrace-bench-commit-'));
const report = (what: string, figure: string, target = '') => console.log(`${what.padEnd(66)} ${figure.padStart(16)}   ${target}`);
const milliseconds = (value: number) => `${value.toFixed(2)} ms`;
const quantile = (times: readonly number[], q: number) => times.toSorted((a, b) => a - b)[Math.min(times.length - 1, Math.floor(q * times.length))] as number;
const met = (isMet: boolean, target: string) => `${isMet ? 'met' : 'MISSED'}: ${target}`;

async function timed<T>(times: number[], work: () => Promise<T>): Promise<T> {
  const began = performance.now();
  const result = await work();
  times.push(performance.now() - began);
  return result;
}

function folderSize(folder: string): { bytes: number; files: number } {
  const names = readdirSync(folder);
  return { bytes: names.reduce((sum, name) => sum + statSync(join(folder, name)).size, 0), files: names.length };
}

const COLUMNS = [
  { name: 'id', type: 'long' as const }, { name: 'event', type: 'string' as const }, { name: 'visitor', type: 'long' as const }, { name: 'price', type: 'decimal(18,4)' as const },
  { name: 'event_time', type: 'timestamp' as const },
];
const EVENTS = `SELECT i AS id, 'view' AS event, i % 97 AS visitor, (i * 0.25)::DECIMAL(18,4) AS price, TIMESTAMP '2024-01-01' + INTERVAL (i) SECOND AS event_time FROM range(${ROWS}) t(i)`;

/** One real Parquet file of a thousand rows; appended under many names, since what is measured is the commit. */
async function writeSample(table: Table): Promise<DataFile> {
  const database = await Database.open();
  const session = await database.connect();
  const [file] = await writeRows(session, { schema: table.schema, spec: table.spec, folder: table.dataLocation, select: EVENTS });
  await database.close();
  return file as DataFile;
}

const named = (file: DataFile, index: number | string, firstId = 0): DataFile => ({
  ...file, path: `${file.path}?${index}`,
  metrics: { ...file.metrics, lowerBounds: { ...file.metrics.lowerBounds, 1: BigInt(firstId) }, upperBounds: { ...file.metrics.upperBounds, 1: BigInt(firstId + ROWS - 1) } },
});

async function appends(): Promise<void> {
  const lake = openFolderLake(root);
  const table = await lake.createTable({ namespace: 'bench', name: 'appends' }, { columns: COLUMNS });
  const file = await writeSample(table);
  const first: number[] = [];
  for (let index = 0; index < SNAPSHOTS; index++) await timed(first, () => table.append([named(file, index, index * ROWS)]));
  report(`append, fsync, snapshots 1 to 100, p50`, milliseconds(quantile(first.slice(0, 100), 0.5)));

  const warm: number[] = [];
  for (let index = 0; index < COMMITS; index++) await timed(warm, () => table.append([named(file, `w${index}`)]));
  const p50 = quantile(warm, 0.5);
  report(`append, fsync, after ${SNAPSHOTS} snapshots, p50`, milliseconds(p50), met(p50 < 10, 'under 10 ms'));
  report(`append, fsync, after ${SNAPSHOTS} snapshots, p99`, milliseconds(quantile(warm, 0.99)));

  const cold: number[] = [];
  for (let index = 0; index < 30; index++) {
    await timed(cold, async () => (await openFolderLake(root).loadTable(table.name)).append([named(file, `c${index}`)]));
  }
  report(`the same by a process that knows nothing of the table yet, p50`, milliseconds(quantile(cold, 0.5)));
  const metadata = folderSize(join(table.location, 'metadata'));
  report('metadata on disk, without upkeep of snapshots', `${(metadata.bytes / 1e6).toFixed(1)} MB`, `${metadata.files} files`);

  await table.setProperties({ set: { 'write.metadata.previous-versions-max': '10' } });
  const expiry: number[] = [];
  await timed(expiry, () => table.expireSnapshots({ olderThanMilliseconds: 0, keepAtLeast: 10 }));
  for (let index = 0; index < 20; index++) await table.append([named(file, `e${index}`)]);
  const after = folderSize(join(table.location, 'metadata'));
  report(`expiry of ${SNAPSHOTS + COMMITS + 20} snapshots`, milliseconds(expiry[0] as number));
  report('metadata on disk, after upkeep', `${(after.bytes / 1e6).toFixed(1)} MB`, `${after.files} files`);
}

async function plans(): Promise<void> {
  const lake = openFolderLake(root);
  const table = await lake.createTable({ namespace: 'bench', name: 'plans' }, { columns: COLUMNS });
  const file = await writeSample(table);
  await table.append(Array.from({ length: 1000 }, (_, index) => named(file, index, index * ROWS)));
  const lookUp = async (from: Table) => {
    const scan = await from.scan({ filter: { op: 'eq', column: 'id', value: 555_555n } });
    if (scan.files.length !== 1) throw new Error(`${scan.files.length} files`);
  };
  const cold: number[] = [];
  for (let index = 0; index < 20; index++) {
    const fresh = await openFolderLake(root).loadTable(table.name);
    await timed(cold, () => lookUp(fresh));
  }
  const warm: number[] = [];
  for (let index = 0; index < 100; index++) await timed(warm, () => lookUp(table));
  const p50 = quantile(cold, 0.5);
  report('plan of a point lookup over 1,000 files, nothing cached, first', milliseconds(cold[0] as number));
  report('plan of a point lookup over 1,000 files, nothing cached, p50', milliseconds(p50), met(p50 < 10, 'under 10 ms'));
  report('plan of a point lookup over 1,000 files, manifests cached, p50', milliseconds(quantile(warm, 0.5)));

  const scattered = await lake.createTable({ namespace: 'bench', name: 'scattered' }, { columns: COLUMNS });
  for (let index = 0; index < 1000; index++) await scattered.append([named(file, index, index * ROWS)]);
  const many: number[] = [];
  for (let index = 0; index < 10; index++) {
    const fresh = await openFolderLake(root).loadTable(scattered.name);
    await timed(many, () => lookUp(fresh));
  }
  report('the same after 1,000 single appends, nothing cached, p50', milliseconds(quantile(many, 0.5)), met(quantile(many, 0.5) < 10, 'under 10 ms'));
}

async function contended(processes: number, each: number): Promise<void> {
  const lake = openFolderLake(root);
  const name = { namespace: 'bench', name: 'contended' };
  if (await lake.tableExists(name)) rmSync(join(root, 'bench', 'contended'), { recursive: true });
  const table = await lake.createTable(name, { columns: COLUMNS });
  const file = JSON.stringify(await writeSample(table), (_key, value: unknown) => (typeof value === 'bigint' ? `${value}n` : value));
  const start = Date.now() + 2000 + processes * 300;
  const worker = join(import.meta.dirname, 'commit-worker.ts');
  const outputs = await Promise.all(Array.from({ length: processes }, (_, writer) =>
    promisify(execFile)(process.execPath, ['--import', 'tsx', worker, root, file, String(writer), String(each), String(start)], { maxBuffer: 1e8 })));
  const results = outputs.map(({ stdout }) => JSON.parse(stdout) as { times: number[]; ended: number });
  const seconds = (Math.max(...results.map((result) => result.ended)) - start) / 1000;
  const rate = (processes * each) / seconds;
  await table.refresh();
  const paths = new Set((await table.scan()).files.map((entry) => entry.file.path));
  report(`${processes} processes, ${each} appends each, one table: commits a second in all`, rate.toFixed(0), processes === 4 ? met(rate >= 100, '100 or more') : '');
  report(`   every commit present exactly once`, paths.size === processes * each && table.metadata.snapshots.length === paths.size ? 'yes' : 'NO',
    `p50 ${milliseconds(quantile(results.flatMap((result) => result.times), 0.5))}, slowest ${milliseconds(Math.max(...results.flatMap((result) => result.times)))}`);
}

try {
  await appends();
  await plans();
  await contended(4, 250);
  await contended(16, 25);
  if (values.peer) await measurePyIceberg(root, { snapshots: Math.min(SNAPSHOTS, 1000), report });
  else console.log('PyIceberg was not measured: give --peer to install it below .verify and run it too.');
} finally {
  rmSync(root, { recursive: true, force: true });
}
