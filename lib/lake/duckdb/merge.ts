// Merge: rows of a SELECT take the place of the table's rows with the same key, and new ones are added.
import { MillraceError } from '../../base/index.ts';
import type { Table } from '../table.ts';
import { fieldByName } from '../format/schema.ts';
import type { Field, Predicate, PrimitiveType, Value } from '../types.ts';
import { rewriteWithRetry, type PreparedRewrite, type RewriteResult } from './attempt.ts';
import { castColumns } from './columns.ts';
import type { Session } from './database.ts';
import { filesOf, nameOf, type RowChangeOptions } from './rows.ts';
import { quoteName } from './sql-text.ts';
import { Stage } from './stage.ts';
import { partitionKey } from './transform-sql.ts';

export interface MergeOptions extends RowChangeOptions {
  /** `replace` (default): a row with the same key is replaced. `keep`: it stays, and the new one is left out. */
  whenMatched?: 'replace' | 'keep';
  /** SQL over the new rows: where it is true the row with that key is deleted, and nothing is added. */
  deleteWhen?: string;
  /** Holds for every row of the table that may be touched; prunes further than the keys can. */
  within?: Predicate;
}

/** So many different values of a key column are looked for one by one; of more, only the range. */
const MOST_LISTED_VALUES = 500;

/**
 * Merges the rows of a SELECT into a table by its key columns, at file level: the files that hold a touched key are found (by bounds,
 * then by reading their keys), and replaced by files with their other rows and the new ones, in one commit. Where another
 * writer changes the same keys meanwhile, it is computed again.
 *
 * Throws `bad_input` where a key is NULL or comes twice.
 */
export async function mergeRows(
  session: Session, table: Table, keyColumns: readonly string[], select: string, options: MergeOptions = {},
): Promise<RewriteResult> {
  const stage = new Stage(session, table, options);
  const source = quoteName(`$merge_${nextMerge++}`);
  const where = nameOf(table);
  const keys = keyColumns.map((name) => fieldByName(table.schema, name));
  if (keys.length === 0) throw new MillraceError('usage', 'a merge needs a key', { where });
  const projection = await castColumns(session, table.schema, options.deleteWhen === undefined ? select : columnsOnly(table, select), options);
  const marker = options.deleteWhen === undefined ? 'FALSE' : `(${options.deleteWhen}) IS TRUE`;
  await session.run(`CREATE TEMPORARY TABLE ${source} AS SELECT ${projection}, ${marker} AS "$delete" FROM (${select}\n)`, { where, signal: options.signal });
  try {
    await checkKeys(session, source, keys, where);
    const job: MergeJob = { session, table, stage, source, keys, options };
    return await rewriteWithRetry(table, stage, () => prepare(job), options);
  } finally {
    await session.run(`DROP TABLE IF EXISTS ${source}`);
    await stage.clear();
  }
}

let nextMerge = 0;

/** With a condition for deletes the new rows may have columns that only it looks at. */
function columnsOnly(table: Table, select: string): string {
  return `SELECT ${table.schema.fields.map((field) => quoteName(field.name)).join(', ')} FROM (${select}\n)`;
}

async function checkKeys(session: Session, source: string, keys: readonly Field[], where: string): Promise<void> {
  const names = keys.map((key) => quoteName(key.name)).join(', ');
  const isNull = keys.map((key) => `${quoteName(key.name)} IS NULL`).join(' OR ');
  const [found] = await session.rows<{ nulls: bigint; twice: string | null }>(
    `SELECT (SELECT count(*) FROM ${source} WHERE ${isNull}) AS nulls,
      (SELECT (${names.includes(',') ? `(${names})` : names})::VARCHAR FROM ${source} GROUP BY ${names} HAVING count(*) > 1 LIMIT 1) AS twice`,
  );
  const key = keys.map((each) => each.name).join(', ');
  if (found !== undefined && found.nulls > 0n) throw new MillraceError('bad_input', `the key ${key} is NULL in ${found.nulls} rows to be merged`, { where });
  if (found !== undefined && found.twice !== null) {
    throw new MillraceError('bad_input', `the key ${key} comes more than once in the rows to be merged: ${found.twice}`, { where, todo: 'Keep one row a key.' });
  }
}

interface MergeJob { session: Session; table: Table; stage: Stage; source: string; keys: readonly Field[]; options: MergeOptions }

async function prepare({ session, table, stage, source, keys, options }: MergeJob): Promise<PreparedRewrite> {
  const within: Predicate = { op: 'and', of: [...await keyPredicates(session, source, keys), ...(options.within === undefined ? [] : [options.within])] };
  const scan = await table.scan({ filter: within });
  const names = keys.map((key) => key.name);
  const using = names.map(quoteName).join(', ');
  const columns = table.schema.fields.map((field) => quoteName(field.name)).join(', ');
  const keyRows = await stage.rowsOf(scan.files, { columns: names, withPosition: true });
  const query = { signal: options.signal, where: nameOf(table) };

  if (options.whenMatched === 'keep') {
    const add = await stage.write(`SELECT ${columns} FROM ${source} ANTI JOIN (${keyRows}) USING (${using}) WHERE NOT "$delete"`);
    const inserted = add.reduce((sum, file) => sum + file.recordCount, 0n);
    return { remove: [], add, scan, reads: within, rows: { deleted: 0n, inserted, updated: 0n } };
  }
  const touched = await session.rows<{ path: string; updated: bigint; deleted: bigint }>(
    `SELECT "$path" AS path, count(*) FILTER (WHERE NOT "$delete") AS updated, count(*) FILTER (WHERE "$delete") AS deleted
     FROM (${keyRows}) JOIN (SELECT ${using}, "$delete" FROM ${source}) USING (${using}) GROUP BY ALL`, query,
  );
  const files = filesOf(scan, touched.map((each) => each.path));
  const isUseless = files.length === 0 && await session.value(`SELECT count(*) FROM ${source} WHERE NOT "$delete"`) === 0n;
  const survivors = `SELECT ${columns} FROM (${await stage.rowsOf(files)}) ANTI JOIN ${source} USING (${using})`;
  const add = isUseless ? [] : await stage.write(`${survivors} UNION ALL SELECT ${columns} FROM ${source} WHERE NOT "$delete"`);
  const updated = touched.reduce((sum, each) => sum + each.updated, 0n);
  const added = await session.value(`SELECT count(*) FROM ${source} WHERE NOT "$delete"`) as bigint;
  const deleted = touched.reduce((sum, each) => sum + each.deleted, 0n);
  return { remove: files.map(({ file }) => file), add, scan, reads: within, rows: { deleted, inserted: added - updated, updated } };
}

/** What the keys of the new rows have in common, column by column: a list of values, or a range. */
async function keyPredicates(session: Session, source: string, keys: readonly Field[]): Promise<Predicate[]> {
  const predicates: Predicate[] = [];
  for (const key of keys) {
    // Engines order floats and UUIDs differently, and nobody should use the former as a key.
    if (typeof key.type !== 'string' || key.type === 'float' || key.type === 'double' || key.type === 'uuid' || key.type.startsWith('fixed')) continue;
    predicates.push(await keyPredicate(session, source, key.name, key.type));
  }
  return predicates;
}

async function keyPredicate(session: Session, source: string, column: string, type: PrimitiveType): Promise<Predicate> {
  const values = async (expression: string): Promise<Value[]> => {
    const key = partitionKey('identity', type, expression);
    const found = await session.rows<{ key: string }>(`SELECT DISTINCT (${key.sql})::VARCHAR AS key FROM ${source} LIMIT ${MOST_LISTED_VALUES + 1}`);
    return found.map((each) => key.parse(each.key));
  };
  const listed = await values(quoteName(column));
  if (listed.length <= MOST_LISTED_VALUES) return { op: 'in', column, values: listed };
  const [least, most] = [...await values(`min(${quoteName(column)})`), ...await values(`max(${quoteName(column)})`)] as [Value, Value];
  return { op: 'and', of: [{ op: 'ge', column, value: least }, { op: 'le', column, value: most }] };
}
