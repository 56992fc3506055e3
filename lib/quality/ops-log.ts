// Appends rows to the operation's own tables, and makes the tables where they are not there yet.
import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { ensureTable, type DataFile, type Lake, type PrimitiveType, type Table, type TableDefinition, type Value } from '../lake/index.ts';
import { quoteName, valueLiteral, writeRows, type Database } from '../lake/duckdb/index.ts';
import { OPS_AUDITS, OPS_FORGOTTEN, OPS_LEDGER, OPS_RUNS } from './ops-tables.ts';

const TABLES: Readonly<Record<'runs' | 'audits' | 'ledger' | 'forgotten', TableDefinition>> = {
  runs: OPS_RUNS, audits: OPS_AUDITS, ledger: OPS_LEDGER, forgotten: OPS_FORGOTTEN,
};

export type OpsRow = Readonly<Record<string, Value | null>>;

/** Moves data files written to a local folder to where the table's data belongs; gives them with their new paths. */
export type Upload = (files: DataFile[], folder: string) => Promise<DataFile[]>;

export interface OpsLogOptions {
  lake: Lake;
  /** Opened when the first row is written. */
  database: () => Promise<Database>;
  /** Where the lake is not a local folder: a local folder to write to first, and how to move files from there. */
  remote?: { scratch: string; upload: Upload };
}

export class OpsLog {
  readonly #options: OpsLogOptions;

  constructor(options: OpsLogOptions) {
    this.#options = options;
  }

  /** Appends rows by one commit. `once` names what they are: a second append of the same name into the table changes nothing. */
  async append(name: keyof typeof TABLES, rows: readonly OpsRow[], once: string): Promise<void> {
    if (rows.length === 0) return;
    const table = await ensureOpsTable(this.#options.lake, name);
    const files = await this.#write(table, rows);
    await table.append(files, { wapId: `${name}:${once}` });
  }

  async #write(table: Table, rows: readonly OpsRow[]): Promise<DataFile[]> {
    const { database, remote } = this.#options;
    const select = rowsAsSelect(table, rows);
    const opened = await database();
    const write = (folder: string) => opened.use((session) =>
      writeRows(session, { schema: table.schema, spec: table.spec, sortOrder: table.sortOrder, folder, select, where: `ops.${table.name.name}` }));
    if (remote === undefined) return write(table.dataLocation);
    const folder = await mkdtemp(join(remote.scratch, 'ops-'));
    try {
      return await remote.upload(await write(folder), table.dataLocation);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }
}

/** Makes the tables of the operation that are not there yet. */
export async function ensureOpsTables(lake: Lake): Promise<void> {
  for (const name of Object.keys(TABLES)) await ensureOpsTable(lake, name as keyof typeof TABLES);
}

function ensureOpsTable(lake: Lake, name: keyof typeof TABLES): Promise<Table> {
  return ensureTable(lake, { namespace: 'ops', name }, TABLES[name]);
}

/** Rows as a SELECT of literals with the table's exact types. */
export function rowsAsSelect(table: Table, rows: readonly OpsRow[]): string {
  const fields = table.schema.fields;
  const literal = (type: PrimitiveType, value: Value | null | undefined) => (value === null || value === undefined ? 'NULL' : valueLiteral(type, value));
  const tuples = rows.map((row) => `(${fields.map(({ name, type }) => literal(type as PrimitiveType, row[name])).join(', ')})`);
  return `SELECT * FROM (VALUES ${tuples.join(', ')}) AS rows(${fields.map(({ name }) => quoteName(name)).join(', ')})`;
}
