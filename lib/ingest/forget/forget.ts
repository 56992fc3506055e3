// A person's rows of one source leave bronze and the quarantine: the files that hold them are written again without them.
import { MillraceError, uuidv7 } from '../../base/index.ts';
import type { Contract } from '../../contracts/index.ts';
import { deleteRows, quoteText, type RowFilter, type Session } from '../../lake/duckdb/index.ts';
import type { Table } from '../../lake/index.ts';
import { payloadPlace } from '../events/rows.ts';
import { openPayload } from '../privacy/payload.ts';
import { recount } from '../quarantine/recount.ts';
import { bronzeTable, FILES, REJECTED } from '../tables/definitions.ts';
import { query } from '../tables/seen.ts';
import type { IngestContext } from '../types.ts';
import { bronzeCondition, checkIdentifiers, keyIdsSelect, namesPerson, valuesCondition, type Identifier, type PersonValues } from './person.ts';

export interface ForgetOptions { dryRun?: boolean; signal?: AbortSignal }

export interface ForgottenRows {
  source: string;
  bronze: number;
  rejected: number;
  /** Rejected records that cannot be opened, since their key is gone: nobody can read them. */
  unreadable: number;
  /** Files that brought the rows, as they lay when they were read. */
  files: string[];
  /** Of the keys by which pseudonyms in the columns of the identifiers were made. */
  keyIds: string[];
}

/**
 * Deletes the rows in which any of the identifiers stands, by copy on write. Older snapshots still hold them until they expire. Cut short, it
 * is run again; the list of files is counted anew each time, so that the ledger goes on reconciling.
 */
export async function forgetRows(context: IngestContext, source: string, identifiers: readonly Identifier[], options: ForgetOptions = {}): Promise<ForgottenRows> {
  const contract = context.contracts.get(source);
  if (contract === undefined) throw new MillraceError('not_found', `there is no source ${source}`, { todo: `The sources are ${[...context.contracts.keys()].join(', ')}.` });
  checkIdentifiers(contract, identifiers);
  const { dryRun = false, signal } = options;
  const bronze = await matchesInBronze(context, contract, identifiers, signal);
  const rejected = await matchesInQuarantine(context, contract, identifiers, signal);
  const result: ForgottenRows = {
    source, bronze: bronze.rows, rejected: rejected.rows, unreadable: rejected.unreadable, keyIds: bronze.keyIds,
    files: [...await pathsOf(context, source, [...bronze.fileIds, ...rejected.fileIds], signal)],
  };
  if (dryRun) return result;
  await context.database.use(async (session) => {
    if (bronze.table !== undefined && bronze.rows > 0) await erase(context, session, bronze.table, { sql: bronze.condition }, signal);
    if (rejected.table !== undefined) {
      for (const condition of rejected.conditions) {
        await erase(context, session, rejected.table, { sql: condition, within: { op: 'eq', column: 'source', value: source } }, signal);
      }
    }
    await recount(context, session, source, await listedFiles(context, source, signal), uuidv7(context.clock.now()), signal);
  });
  return result;
}

async function erase(context: IngestContext, session: Session, table: Table, filter: RowFilter, signal?: AbortSignal): Promise<void> {
  await deleteRows(session, table, filter, { isolation: 'snapshot', temporaryFolder: context.temporaryFolder, summary: { 'millrace.forgotten': 'true' }, ...(signal === undefined ? {} : { signal }) });
}

/**
 * Rows of a table that no model computes (predictions, training sets) in whose columns of these names the person stands: deleted, or only counted.
 * undefined where the table has no such column.
 */
export async function forgetInTable(context: IngestContext, table: Table, values: PersonValues, { dryRun = false, signal }: ForgetOptions = {}): Promise<number | undefined> {
  const columns = table.schema.fields.map(({ name }) => name).filter((name) => values.has(name));
  const condition = valuesCondition(values, columns);
  if (condition === undefined) return undefined;
  const { files } = await table.scan();
  const [row] = files.length === 0 ? [] : await query({ ...context, signal }, table, files, columns, (relation) => `SELECT count(*) AS n FROM ${relation} WHERE ${condition}`);
  const rows = Number(row?.['n'] ?? 0);
  if (rows > 0 && !dryRun) await context.database.use((session) => erase(context, session, table, { sql: condition }, signal));
  return rows;
}

interface InBronze { table: Table | undefined; condition: string; rows: number; fileIds: string[]; keyIds: string[] }

async function matchesInBronze(context: IngestContext, contract: Contract, identifiers: readonly Identifier[], signal?: AbortSignal): Promise<InBronze> {
  const table = await context.lake.findTable(bronzeTable(contract.name));
  const files = table === undefined ? [] : (await table.scan()).files;
  if (table === undefined || files.length === 0) return { table, condition: 'FALSE', rows: 0, fileIds: [], keyIds: [] };
  const lookup = { ...context, signal };
  const columns = [...new Set([...identifiers.map(({ column }) => column), '_file_id'])];
  const keyIds = keyIdsSelect(contract, identifiers, 'relation');
  const ids = keyIds === undefined ? [] : await query(lookup, table, files, columns, (relation) => `WITH relation AS (SELECT * FROM ${relation}) ${keyIds}`);
  const keyIdsFound = ids.map((row) => String(row['id']));
  const condition = await bronzeCondition(contract, identifiers, keyIdsFound, context.keys);
  const rows = await query(lookup, table, files, columns, (relation) => `SELECT _file_id AS id, count(*) AS n FROM ${relation} WHERE ${condition} GROUP BY 1`);
  return {
    table, condition, rows: rows.reduce((sum, row) => sum + Number(row['n']), 0),
    fileIds: rows.map((row) => row['id']).filter((id) => typeof id === 'string'), keyIds: keyIdsFound,
  };
}

interface InQuarantine { table: Table | undefined; conditions: string[]; rows: number; unreadable: number; fileIds: string[] }

/** Rows of one condition: a statement stays short. */
const AT_ONCE = 1000;

async function matchesInQuarantine(context: IngestContext, contract: Contract, identifiers: readonly Identifier[], signal?: AbortSignal): Promise<InQuarantine> {
  const result: InQuarantine = { table: await context.lake.findTable(REJECTED), conditions: [], rows: 0, unreadable: 0, fileIds: [] };
  if (result.table === undefined) return result;
  const { files } = await result.table.scan({ filter: { op: 'eq', column: 'source', value: contract.name } });
  if (files.length === 0) return result;
  const names = namesPerson(identifiers);
  const columns = ['source', '_file_id', '_row', '_stream', '_shard', '_sequence', '_subsequence', 'raw', 'raw_encoding'];
  const rows = await query({ ...context, signal }, result.table, files, columns, (relation) => `SELECT ${columns.join(', ')} FROM ${relation} WHERE source = ${quoteText(contract.name)}`);
  const found: string[] = [];
  const fileIds = new Set<string>();
  for (const row of rows) {
    const fileId = row['_file_id'];
    const position = { stream: String(row['_stream']), shard: String(row['_shard']), sequence: String(row['_sequence']), subsequence: Number(row['_subsequence'] ?? 0) };
    const place = typeof fileId === 'string' ? { source: contract.name, fileId, row: (row['_row'] ?? 0n) as bigint } : payloadPlace(contract.name, position);
    const raw = await openPayload(row['raw'] as Uint8Array, String(row['raw_encoding']), context.keys, place).catch(() => undefined);
    if (raw === undefined) result.unreadable += 1;
    else if (names(raw)) {
      if (typeof fileId === 'string') fileIds.add(fileId);
      found.push(['_file_id', '_row', '_stream', '_shard', '_sequence', '_subsequence'].map((name) => `${name} IS NOT DISTINCT FROM ${literal(row[name])}`).join(' AND '));
    }
  }
  for (let at = 0; at < found.length; at += AT_ONCE) {
    result.conditions.push(`source = ${quoteText(contract.name)} AND (${found.slice(at, at + AT_ONCE).map((one) => `(${one})`).join(' OR ')})`);
  }
  return { ...result, rows: found.length, fileIds: [...fileIds] };
}

function literal(value: unknown): string {
  if (value === null || value === undefined) return 'NULL';
  return typeof value === 'bigint' || typeof value === 'number' ? String(value) : quoteText(String(value));
}

async function listedFiles(context: IngestContext, source: string, signal?: AbortSignal): Promise<string[]> {
  return (await filesWhere(context, `source = ${quoteText(source)}`, signal)).map((row) => String(row['_file_id']));
}

async function pathsOf(context: IngestContext, source: string, fileIds: readonly string[], signal?: AbortSignal): Promise<Set<string>> {
  if (fileIds.length === 0) return new Set();
  const rows = await filesWhere(context, `source = ${quoteText(source)} AND _file_id IN (${fileIds.map(quoteText).join(', ')})`, signal);
  return new Set(rows.map((row) => row['path']).filter((path) => typeof path === 'string' && path !== '') as string[]);
}

async function filesWhere(context: IngestContext, where: string, signal?: AbortSignal) {
  const table = await context.lake.findTable(FILES);
  if (table === undefined) return [];
  const { files } = await table.scan();
  return files.length === 0 ? [] : query({ ...context, signal }, table, files, ['source', '_file_id', 'path'], (relation) => `SELECT DISTINCT _file_id, path FROM ${relation} WHERE ${where}`);
}
