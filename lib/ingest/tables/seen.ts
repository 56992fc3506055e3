// Which files have been landed before. The rows in bronze decide; for files that left no row there, the list of files does.
import type { DataFile, Lake, Predicate, ScanFile, Snapshot, Table } from '../../lake/index.ts';
import { quoteText, scanSql, type Database, type SqlRow } from '../../lake/duckdb/index.ts';
import { bronzeTable, FILES } from './definitions.ts';
import { withLocalFiles, type LocalFiles } from './storage.ts';

export interface SeenFile {
  fileId: string;
  /** The name under which it landed. */
  file: string;
  /** Rows in bronze; undefined where only the list of files knows it. */
  accepted: number | undefined;
  /** Whether the list of files has it. */
  listed: boolean;
}

export interface Lookup { lake: Lake; database: Database; temporaryFolder: string; signal?: AbortSignal }

export interface SeenFiles {
  byId: Map<string, SeenFile>;
  /** The snapshot of the bronze table in which they were looked for; undefined: it has none. */
  snapshot: Snapshot | undefined;
}

/** Those of the files that have landed. One that the list calls landed and bronze does not have (after a rollback) has not. */
export async function findSeen(lookup: Lookup, source: string, fileIds: readonly string[]): Promise<SeenFiles> {
  const [{ counts: inBronze, snapshot }, listed] = await Promise.all([countInBronze(lookup, source, fileIds), findListed(lookup, source, fileIds)]);
  const seen = new Map<string, SeenFile>();
  for (const fileId of fileIds) {
    const rows = inBronze.get(fileId);
    const entry = listed.get(fileId);
    if (rows !== undefined) seen.set(fileId, { fileId, ...rows, listed: entry !== undefined });
    else if (entry !== undefined && entry.status !== 'landed') seen.set(fileId, { fileId, file: entry.file, accepted: undefined, listed: true });
  }
  return { byId: seen, snapshot };
}

type RowCounts = Map<string, { file: string; accepted: number }>;

async function countInBronze(lookup: Lookup, source: string, fileIds: readonly string[]): Promise<{ counts: RowCounts; snapshot: Snapshot | undefined }> {
  const table = await lookup.lake.findTable(bronzeTable(source));
  if (table === undefined) return { counts: new Map(), snapshot: undefined };
  const { files, snapshot } = await table.scan({ filter: { op: 'in', column: '_file_id', values: [...fileIds] } });
  return { counts: await countRows(lookup, table, files, fileIds), snapshot };
}

/** Rows of these files in these data files of a bronze table. */
export async function countRows(lookup: Lookup, table: Table, files: readonly ScanFile[], fileIds: readonly string[]): Promise<RowCounts> {
  if (files.length === 0) return new Map();
  const rows = await query(lookup, table, files, ['_file_id', '_file'], (relation) =>
    `SELECT _file_id, min(_file) AS file, count(*) AS accepted FROM ${relation} WHERE _file_id IN (${list(fileIds)}) GROUP BY _file_id`);
  return new Map(rows.map((row) => [String(row['_file_id']), { file: String(row['file']), accepted: Number(row['accepted']) }]));
}

/** Whether the bounds of a data file leave room for rows of one of the files. */
export function mayHold(table: Table, file: DataFile, fileIds: readonly string[]): boolean {
  const id = table.schema.fields.find(({ name }) => name === '_file_id')?.id;
  const lower = id === undefined ? undefined : file.metrics.lowerBounds[id];
  const upper = id === undefined ? undefined : file.metrics.upperBounds[id];
  return fileIds.some((fileId) => (typeof lower !== 'string' || lower <= fileId) && (typeof upper !== 'string' || fileId <= upper));
}

interface ListedFile { file: string; status: string }

async function findListed(lookup: Lookup, source: string, fileIds: readonly string[]): Promise<Map<string, ListedFile>> {
  const table = await lookup.lake.findTable(FILES);
  if (table === undefined) return new Map();
  const filter: Predicate = { op: 'and', of: [{ op: 'eq', column: 'source', value: source }, { op: 'in', column: '_file_id', values: [...fileIds] }] };
  const { files } = await table.scan({ filter });
  if (files.length === 0) return new Map();
  const rows = await query(lookup, table, files, ['source', '_file', '_file_id', 'status', 'ingested_at'], (relation) =>
    `SELECT _file_id, arg_max(_file, ingested_at) AS file, arg_max(status, ingested_at) AS status FROM ${relation} `
    + `WHERE source = ${quoteText(source)} AND _file_id IN (${list(fileIds)}) GROUP BY _file_id`);
  return new Map(rows.map((row) => [String(row['_file_id']), { file: String(row['file']), status: String(row['status']) }]));
}

/** Runs a query over some columns of data files. */
export async function query(
  lookup: Lookup, table: Table, files: readonly ScanFile[], columns: readonly string[], sql: (relation: string) => string,
): Promise<SqlRow[]> {
  return withLocalFiles(lookup.lake, files, lookup.temporaryFolder, (local) => lookup.database.use(async (session) =>
    session.rows(sql(relationOf(table, local, columns)), { signal: lookup.signal })));
}

/** Some columns of data files on this machine as a relation in SQL. */
export function relationOf(table: Table, files: LocalFiles, columns: readonly string[]): string {
  const { schema, properties, metadata } = table;
  return `(${scanSql({ schema, specs: metadata['partition-specs'], properties, files: files.files, locate: files.locate }, { columns })})`;
}

function list(values: readonly string[]): string {
  return values.map(quoteText).join(', ');
}
