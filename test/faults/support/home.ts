// A home to do harm to, and what a reader finds in it: the values of every table, and whether all that metadata refers to is there.
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { openFolderLake, type Lake, type Table } from '../../../lib/lake/index.ts';
import { quoteName, scanSql, type Database } from '../../../lib/lake/duckdb/index.ts';
import { generateSample } from '../../../samples/index.ts';

export interface FaultHome {
  root: string;
  /** Puts files of the sample into the landing folder: those whose path below it passes. */
  land(passes?: (file: string) => boolean): void;
  remove(): void;
}

/** A small coherent shop, generated once a test file. */
export async function makeSample(scale: number): Promise<{ folder: string; remove(): void }> {
  const folder = mkdtempSync(path.join(tmpdir(), 'millrace-fault-sample-'));
  const out = path.join(folder, 'files');
  await generateSample({ profile: 'shop', seed: 11, scale, out });
  rmSync(path.join(out, 'truth.json'));
  return { folder: out, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

export function newHome(sample: string): FaultHome {
  const root = mkdtempSync(path.join(tmpdir(), 'millrace-fault-'));
  const landing = path.join(root, 'landing');
  mkdirSync(landing);
  return {
    root,
    land(passes = () => true) {
      for (const source of readdirSync(sample)) {
        for (const file of readdirSync(path.join(sample, source))) {
          const relative = `${source}/${file}`;
          if (passes(relative)) cpSync(path.join(sample, relative), path.join(landing, relative), { recursive: true });
        }
      }
    },
    remove: () => rmSync(root, { recursive: true, force: true }),
  };
}

/** Differ between two runs over the same files: times, ids of runs, places, ciphertexts, and the reader of a file whose record a kill cut off. */
const VOLATILE = new Set(['_ingested_at', 'ingested_at', 'run_id', 'reader', 'path', 'stamp', 'started_at', 'ended_at', 'audited_at', 'proved_at', 'raw', 'raw_encoding']);
/** One row a run, however many runs there were. Looked at in another way. */
const BY_RUN = new Set(['ops.runs', 'ops.audits', 'ops.ledger']);

/** A number of rows and a digest of their values, a table. Doubles to nine figures: sums of doubles depend on the order. */
export async function valuesOf(root: string, database: Database): Promise<Record<string, string>> {
  const lake = openFolderLake(path.join(root, 'lake'));
  const values: Record<string, string> = {};
  for (const name of await lake.listTables()) {
    const label = `${name.namespace}.${name.name}`;
    if (BY_RUN.has(label)) continue;
    const table = await lake.loadTable(name);
    const columns = table.schema.fields.filter((field) => !VOLATILE.has(field.name)).map(({ name: column, type }) => comparable(quoteName(column), type));
    const { rows: [row] } = await rowsOf(table, database, `SELECT count(*) AS n, coalesce(sum(hash(${columns.join(', ')})), 0)::VARCHAR AS digest FROM t`);
    values[label] = `${String(row?.['n'])} rows, ${String(row?.['digest'])}`;
  }
  return values;
}

function comparable(column: string, type: unknown): string {
  if (type === 'double' || type === 'float') return `printf('%.9g', ${column})`;
  // The key of pseudonyms is another one in each home.
  if (type === 'string') return `regexp_replace(${column}, '^[^:]+:[0-9a-f]{64}$', 'pseudonym')`;
  return column;
}

async function rowsOf(table: Table, database: Database, sql: string): Promise<{ rows: Record<string, unknown>[] }> {
  const { files } = await table.scan();
  const t = scanSql({ schema: table.schema, specs: table.metadata['partition-specs'], files });
  return { rows: await database.use((session) => session.rows(`WITH t AS (${t}) ${sql}`)) };
}

/** Rows of one table, by SQL over the relation `t`; none where there is no such table. */
export async function rowsIn(root: string, name: string, database: Database, sql: string): Promise<Record<string, unknown>[]> {
  const [namespace = '', table = ''] = name.split('.');
  const found = await openFolderLake(path.join(root, 'lake')).findTable({ namespace, name: table });
  return found === undefined ? [] : (await rowsOf(found, database, sql)).rows;
}

/** What is not there though some snapshot of some table refers to it, or cannot be read. */
export async function brokenReferences(root: string): Promise<string[]> {
  const lake: Lake = openFolderLake(path.join(root, 'lake'));
  const broken: string[] = [];
  for (const name of await lake.listTables()) {
    const table = await lake.loadTable(name);
    const { problems } = await table.verify({ allSnapshots: true });
    broken.push(...problems.map((one) => `${name.namespace}.${name.name}: ${one.problem} (${one.path})`));
  }
  return broken;
}

/** Ids of the keys by which values were made pseudonyms: two would part a customer from itself. */
export async function keyIdsOf(root: string, database: Database): Promise<string[]> {
  const sql = `SELECT DISTINCT split_part(email, ':', 1) AS id FROM t WHERE email IS NOT NULL`;
  return (await rowsIn(root, 'bronze.crm_customers', database, sql)).map(({ id }) => String(id));
}
