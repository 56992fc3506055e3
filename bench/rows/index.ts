// Writing, reading and rewriting a million rows through the lake, beside bare DuckDB in the same run. `npx tsx bench/rows/index.ts [--rows N]`
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { openFolderLake, type Table } from '../../lib/lake/index.ts';
import { compactTable, Database, mergeRows, quoteText, scanSql, verifyRows, writeRows, type Session } from '../../lib/lake/duckdb/index.ts';

const { values } = parseArgs({ options: { rows: { type: 'string', default: '1000000' }, repeat: { type: 'string', default: '5' } } });
const count = Number(values.rows);
const repeat = Number(values.repeat);

const COLUMNS = [
  { name: 'id', type: 'long' as const, required: true }, { name: 'customer', type: 'string' as const }, { name: 'zone', type: 'string' as const },
  { name: 'ordered_at', type: 'timestamp' as const }, { name: 'price', type: 'decimal(18,4)' as const }, { name: 'quantity', type: 'int' as const }, { name: 'comment', type: 'string' as const },
];

const folder = mkdtempSync(join(tmpdir(), 'bench-rows-'));
const database = await Database.open({ memoryLimit: '1GB', temporaryFolder: join(folder, 'spill') });
const session = await database.connect();
try {
  await session.run(`CREATE TABLE source AS SELECT i AS id, md5((i % 100000)::VARCHAR) AS customer, 'zone ' || (i % 8) AS zone,
    TIMESTAMP '2017-01-01' + INTERVAL (hash(i) % 31536000) SECOND AS ordered_at, (hash(i + 1) % 1000000 / 100)::DECIMAL(18,4) AS price, (i % 7)::INTEGER AS quantity,
    CASE WHEN i % 3 = 0 THEN 'delivered as promised, number ' || (i % 1000) END AS comment FROM range(${count}) r(i)`);
  await run(session);
} finally {
  database.close();
  rmSync(folder, { recursive: true, force: true });
}

async function run(session: Session): Promise<void> {
  const lake = openFolderLake(join(folder, 'lake'));
  const create = async (name: string, partitionBy: string[]): Promise<Table> => await lake.createTable({ namespace: 'bench', name }, { columns: COLUMNS, partitionBy });
  const tables = { whole: await create('whole', []), zones: await create('zones', ['zone']), buckets: await create('buckets', ['bucket(16, customer)']), days: await create('days', ['day(ordered_at)']) };
  const writeTo = (table: Table, written: number) => async (): Promise<void> => {
    await writeRows(session, { schema: table.schema, spec: table.spec, folder: join(folder, `${table.name.name}-${written}`), select: 'FROM source' });
  };
  let copies = 0;
  const copy = (options: string, select = 'FROM source') => async (): Promise<void> => {
    copies += 1;
    await session.run(`COPY (${select}) TO ${quoteText(join(folder, `copy-${copies}${options.includes('PARTITION') ? '' : '.parquet'}`))} (FORMAT parquet, COMPRESSION zstd${options})`);
  };
  await compare('write, one file', writeTo(tables.whole, 0), copy(''));
  await compare('write, 8 partitions by identity', writeTo(tables.zones, 0), copy(', PARTITION_BY (zone), WRITE_PARTITION_COLUMNS'));
  await compare('write, 16 partitions by bucket of a text', writeTo(tables.buckets, 0), copy(', PARTITION_BY (b)', 'SELECT *, hash(customer) % 16 AS b FROM source'));
  await compare('write, 365 partitions by day', writeTo(tables.days, 0), copy(', PARTITION_BY (d)', 'SELECT *, ordered_at::DATE AS d FROM source'));

  const { whole, zones } = tables;
  for (const table of [whole, zones]) await table.append(await writeRows(session, { schema: table.schema, spec: table.spec, folder: table.dataLocation, select: 'FROM source' }));
  const scanned = async (table: Table): Promise<string> => {
    const { schema, files } = await table.scan();
    return scanSql({ schema, files });
  };
  const bare = async (table: Table): Promise<string> => `SELECT * FROM read_parquet([${(await table.scan()).files.map(({ file }) => quoteText(file.path)).join(', ')}])`;
  const questions: [string, string][] = [
    ['sum over a filter', `SELECT sum(price) FROM (ROWS) WHERE quantity = 3`], ['all columns', `SELECT sum(hash(COLUMNS(*))) FROM (ROWS)`],
    ['group by a text', `SELECT count(*) FROM (SELECT customer, count(*) FROM (ROWS) GROUP BY ALL)`],
  ];
  for (const [name, question] of questions) {
    await compare(`read, ${name}`, async () => void await session.rows(question.replace('ROWS', await scanned(zones))), async () => void await session.rows(question.replace('ROWS', await bare(zones))));
  }
  await alone('merge of 10,000 rows into 8 partitions', async () => void await mergeRows(session, zones, ['id'], 'SELECT * FROM source WHERE id % 100 = 7'));
  await alone('compaction by Z-order of two columns', async () => void await compactTable(session, whole, { strategy: 'z-order', columns: ['ordered_at', 'customer'] }));
  await alone('verification of every row', async () => void await verifyRows(session, whole));
  say(`peak resident memory ${(process.resourceUsage().maxRSS / 1024).toFixed(0)} MiB`);
}

/** Median times of ours and of the peer, by turns. */
async function compare(name: string, ours: () => Promise<void>, peer: () => Promise<void>): Promise<void> {
  const times: [Cost[], Cost[]] = [[], []];
  for (let round = 0; round <= repeat; round++) {
    for (const [at, work] of [ours, peer].entries()) {
      const cost = await timed(work);
      if (round > 0) times[at]?.push(cost);
    }
  }
  const [mine, theirs] = times.map((costs) => ({ wall: median(costs.map((cost) => cost.wall)), cpu: median(costs.map((cost) => cost.cpu)) })) as [Cost, Cost];
  const ratio = (of: 'wall' | 'cpu'): string => `${(mine[of] / theirs[of]).toFixed(2)}×`;
  say(`${name.padEnd(44)} ${milliseconds(mine.wall)}   DuckDB alone ${milliseconds(theirs.wall)}   ${ratio('wall')}   processor time ${ratio('cpu')}`);
}

async function alone(name: string, work: () => Promise<void>): Promise<void> {
  say(`${name.padEnd(44)} ${milliseconds((await timed(work)).wall)}`);
}

interface Cost { wall: number; cpu: number }

async function timed(work: () => Promise<void>): Promise<Cost> {
  const started = performance.now();
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return { wall: performance.now() - started, cpu: (user + system) / 1000 };
}

function milliseconds(time: number): string {
  return `${time.toFixed(0).padStart(6)} ms`;
}

function median(numbers: readonly number[]): number {
  return numbers.toSorted((left, right) => left - right)[Math.floor(numbers.length / 2)] ?? 0;
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
