// Deletes, updates and overwrites of rows by copy on write: files that hold matching rows are replaced by files without, or with others.
import { MillraceError } from '../../base/index.ts';
import type { ChangeOptions } from '../commit/options.ts';
import type { Table } from '../table.ts';
import type { TableScan } from '../scan/plan.ts';
import { fieldByName } from '../format/schema.ts';
import type { Predicate, ScanFile } from '../types.ts';
import { rewriteWithRetry, type PreparedRewrite, type RewriteResult } from './attempt.ts';
import { castColumns } from './columns.ts';
import type { Session } from './database.ts';
import { predicateSql } from './predicate.ts';
import { duckType, quoteName } from './sql-text.ts';
import { Stage, type StageOptions } from './stage.ts';

export interface RowChangeOptions extends StageOptions, Omit<ChangeOptions, 'basedOn' | 'reads' | 'signal'> {}

/** Which rows are meant: a predicate, or SQL over the table's columns with a predicate that holds for all of them, to prune by. */
export type RowFilter = Predicate | { sql: string; within?: Predicate };

/** Deletes the rows for which the filter is true. */
export async function deleteRows(session: Session, table: Table, filter: RowFilter, options: RowChangeOptions = {}): Promise<RewriteResult> {
  return await change(session, table, filter, options, async (stage, matching) => ({ add: await stage.write(matching.kept), inserted: 0n }));
}

/** Replaces the rows for which the filter is true by the rows of a SELECT. */
export async function overwriteRows(
  session: Session, table: Table, filter: RowFilter, select: string, options: RowChangeOptions = {},
): Promise<RewriteResult> {
  return await change(session, table, filter, options, async (stage, matching) => {
    const projection = await castColumns(session, table.schema, select, { where: nameOf(table), signal: options.signal });
    const add = await stage.write(`SELECT * FROM (${matching.kept}) UNION ALL SELECT ${projection} FROM (${select}\n)`);
    const count = add.reduce((sum, file) => sum + file.recordCount, 0n);
    return { add, inserted: count - matching.keptCount };
  }, true);
}

/** Sets columns, to SQL over the row as it was, where the filter is true. */
export async function updateRows(
  session: Session, table: Table, filter: RowFilter, assignments: Readonly<Record<string, string>>, options: RowChangeOptions = {},
): Promise<RewriteResult> {
  const values = new Map(Object.entries(assignments).map(([column, sql]) => [fieldByName(table.schema, column).name, sql]));
  const result = await change(session, table, filter, options, async (stage, matching) => {
    const columns = table.schema.fields.map(({ name, type }) => {
      const sql = values.get(name);
      const column = quoteName(name);
      return sql === undefined ? column : `CASE WHEN ${matching.condition} THEN CAST((${sql}) AS ${duckType(type)}) ELSE ${column} END AS ${column}`;
    });
    return { add: await stage.write(`SELECT ${columns.join(', ')} FROM (${matching.all})`), inserted: 0n };
  });
  return { ...result, rows: { inserted: 0n, deleted: 0n, updated: result.rows.deleted } };
}

/** The files that hold matching rows, as rows. */
interface Matching {
  /** All rows of these files, matching or not. */
  all: string;
  /** Those that do not match. */
  kept: string;
  keptCount: bigint;
  condition: string;
}

type Replace = (stage: Stage, matching: Matching) => Promise<{ add: PreparedRewrite['add']; inserted: bigint }>;

async function change(
  session: Session, table: Table, filter: RowFilter, options: RowChangeOptions, replace: Replace, alsoWithoutMatch = false,
): Promise<RewriteResult> {
  const stage = new Stage(session, table, options);
  const within: Predicate = 'sql' in filter ? filter.within ?? { op: 'true' } : filter;
  const prepare = async (): Promise<PreparedRewrite> => {
    const condition = 'sql' in filter ? `(${filter.sql})` : predicateSql(filter, table.schema);
    const scan = await table.scan({ filter: within });
    const { files, matchingCount, rowCount } = await filesWithMatches(session, stage, scan, condition, options.signal);
    const nothing: PreparedRewrite = { remove: [], add: [], scan, reads: within, rows: { deleted: 0n, inserted: 0n, updated: 0n } };
    if (files.length === 0 && !alsoWithoutMatch) return nothing;
    const all = await stage.rowsOf(files);
    const kept = `SELECT * FROM (${all}) WHERE (${condition}) IS NOT TRUE`;
    const { add, inserted } = await replace(stage, { all, kept, keptCount: rowCount - matchingCount, condition });
    return { ...nothing, remove: files.map(({ file }) => file), add, rows: { deleted: matchingCount, inserted, updated: 0n } };
  };
  try {
    return await rewriteWithRetry(table, stage, prepare, options);
  } finally {
    await stage.clear();
  }
}

async function filesWithMatches(
  session: Session, stage: Stage, scan: TableScan, condition: string, signal: AbortSignal | undefined,
): Promise<{ files: ScanFile[]; matchingCount: bigint; rowCount: bigint }> {
  const rows = await stage.rowsOf(scan.files, { withPosition: true });
  const found = await session.rows<{ path: string; matching: bigint; total: bigint }>(
    `SELECT "$path" AS path, count(*) FILTER (WHERE ${condition}) AS matching, count(*) AS total FROM (${rows}) GROUP BY ALL HAVING matching > 0`, { signal },
  );
  const files = filesOf(scan, found.map((each) => each.path));
  return { files, matchingCount: sum(found.map((each) => each.matching)), rowCount: sum(found.map((each) => each.total)) };
}

/** The files of a scan with these paths. */
export function filesOf(scan: TableScan, paths: readonly string[]): ScanFile[] {
  const wanted = new Set(paths);
  const files = scan.files.filter(({ file }) => wanted.has(file.path));
  if (files.length !== wanted.size) throw new MillraceError('internal', `${wanted.size - files.length} files are not in the scan that found them`);
  return files;
}

export function nameOf(table: Table): string {
  return `${table.name.namespace}.${table.name.name}`;
}

function sum(numbers: readonly bigint[]): bigint {
  return numbers.reduce((total, each) => total + each, 0n);
}
