// Which intervals or keys of a model the changed rows of its inputs touch, as SQL over exactly the files that changed.
import { MillraceError } from '../../base/index.ts';
import type { Table } from '../../lake/index.ts';
import { quoteName, quoteString, rewriteTables } from '../dialect/index.ts';
import { typedSourceSql } from '../models/sources.ts';
import type { Model } from '../types.ts';
import { fileChanges, type ChangedInput, type FileChanges } from './changed-inputs.ts';
import type { RunContext } from './context.ts';
import { replacedColumns } from './replacement.ts';
import { isFoundById, isKeyedByText } from './narrow.ts';
import { EVERYTHING, intervalsOf, NOTHING, union, type Intervals } from './intervals.ts';

/** More pieces than this are computed as one, from the first to the last. */
const MOST_RANGES = 200;

/** The intervals in which the model's rows can differ. */
export async function touchedIntervals(
  context: RunContext, model: Model, changed: readonly ChangedInput[], tables: ReadonlyMap<string, Table>,
): Promise<Intervals> {
  if (model.time === undefined) return EVERYTHING;
  let touched: Intervals = NOTHING;
  for (const input of changed) {
    const rows = await touchedValues(context, input, tables.get(input.table));
    if (rows === undefined) continue;
    const [column = ''] = columnsOf(input);
    const found = await context.engine.query(`SELECT DISTINCT CAST(${quoteName(column)} AS DATE) AS day FROM (${rows}) AS changed`, { signal: context.signal });
    touched = union(touched, intervalsOf(found.rows.map(([day]) => (day === null || day === undefined ? null : String(day))), model.time.grain));
  }
  const [first, last] = [touched.ranges[0], touched.ranges.at(-1)];
  return touched.ranges.length > MOST_RANGES && first !== undefined && last !== undefined
    ? { ranges: [{ from: first.from, to: last.to }], withoutTime: touched.withoutTime }
    : touched;
}

/** A SELECT of the keys (or their first columns, as `changes` maps them), in the model's columns, whose rows can differ; undefined where no file of the inputs differs. */
export async function touchedKeys(
  context: RunContext, model: Model, changed: readonly ChangedInput[], tables: ReadonlyMap<string, Table>,
): Promise<string | undefined> {
  const touched: string[] = [];
  for (const input of changed) {
    const rows = await touchedValues(context, input, tables.get(input.table));
    const items = columnsOf(input).map((column, index) => `${quoteName(column)} AS ${quoteName(model.key[index] ?? '')}`);
    if (rows !== undefined) touched.push(`SELECT ${items.join(', ')} FROM (${rows}) AS changed`);
  }
  return touched.length === 0 ? undefined : `SELECT DISTINCT ${replacedColumns(model).map(quoteName).join(', ')} FROM (${touched.join(' UNION ALL ')}) AS touched`;
}

/**
 * For a merge: each input that `changes` maps in place of itself, without the rows whose key nothing touches. The model's SELECT over
 * them gives exactly the rows of the touched keys, since by `changes` a row comes only from input rows of its own key.
 */
export function keyOverlays(context: RunContext, model: Model, keys: string, versions: Readonly<Record<string, string | null>>): Record<string, string> {
  const mapped = Object.entries(model.changes).filter((entry): entry is [string, readonly string[]] => entry[1] !== 'ignore');
  return Object.fromEntries(mapped.map(([relation, columns]) => {
    const all = relationAt(context, relation, versions[relation.replace(/^source\./, 'bronze.')] ?? null);
    const on = columns.map((column, index) => `input_rows.${quoteName(column)} = touched_keys.${quoteName(model.key[index] ?? '')}`).join(' AND ');
    return [relation, `SELECT input_rows.* FROM (${all}) AS input_rows INNER JOIN (${keys}) AS touched_keys ON ${on}`];
  }));
}

/** The mapped columns of every row that may have come, gone or changed; undefined where no file differs. */
async function touchedValues(context: RunContext, input: ChangedInput, table: Table | undefined): Promise<string | undefined> {
  if (table === undefined) return undefined;
  const changes = await fileChanges(table, input);
  if (changes.added.length === 0 && changes.removed.length === 0) return undefined;
  const columns = columnsOf(input).map(quoteName).join(', ');
  if (!input.relation.startsWith('source.')) return `SELECT ${columns} FROM (${changedRows(table, input, changes)}) AS changed_rows`;
  return touchedSourceValues(context, input, table, changes);
}

/**
 * Rows of a source go through its typed SELECT, in which one row of a key wins: a new row also touches whatever the row that it
 * takes the place of touched.
 */
function touchedSourceValues(context: RunContext, input: ChangedInput, table: Table, changes: FileChanges): string {
  const contract = context.project.sources.get(input.relation.slice('source.'.length));
  if (contract === undefined) throw new MillraceError('not_found', `there is no contract of ${input.relation}`);
  const columns = columnsOf(input).map(quoteName).join(', ');
  const typedOver = (bronze: string) => rewriteTables(typedSourceSql(contract), ({ name }) => (name === input.table ? `(${bronze})` : undefined));
  const sides = fileSelects(table, input, changes).map(({ sql }) => typedOver(sql));
  const parts = sides.map((typed) => `SELECT ${columns} FROM (${typed}) AS changed_rows`);
  const versions = changes.removed.length > 0 ? [input.before, input.after] : [input.before];
  if (isKeyedByText(contract)) {
    const [id = ''] = contract.key.map(quoteName);
    const ids = fileSelects(table, input, changes).map(({ sql }) => `SELECT ${id} FROM (${sql}) AS one_side`).join(' UNION ALL ');
    const rowsOfIds = versions.filter((version) => version !== null).map((version) => typedOver(`SELECT * FROM ${input.table} FOR VERSION AS OF ${version} WHERE ${id} IN (${ids})`));
    return [...parts, ...rowsOfIds.map((typed) => `SELECT ${columns} FROM (${typed}) AS rows_of_ids`)].join(' UNION ALL ');
  }
  if (contract.key.length > 0 && (contract.duplicates === 'key' || contract.duplicates === 'first')) {
    const key = contract.key.map(quoteName);
    const keysOfSides = sides.map((typed) => `SELECT ${key.join(', ')} FROM (${typed}) AS one_side`).join(' UNION ALL ');
    const keys = `SELECT DISTINCT ${key.join(', ')} FROM (${keysOfSides}) AS both_sides`;
    const on = key.map((name) => `typed_rows.${name} = keys.${name}`).join(' AND ');
    const qualified = columnsOf(input).map((column) => `typed_rows.${quoteName(column)}`).join(', ');
    for (const version of versions) {
      if (version === null) continue;
      const [id = ''] = key;
      const typed = isFoundById(contract)
        ? typedOver(`SELECT * FROM ${input.table} FOR VERSION AS OF ${version} WHERE ${id} IN (SELECT ${id} FROM (${keys}) AS changed_ids)`)
        : relationAt(context, input.relation, version);
      parts.push(`SELECT ${qualified} FROM (${typed}) AS typed_rows INNER JOIN (${keys}) AS keys ON ${on}`);
    }
  }
  return parts.join(' UNION ALL ');
}

/** Rows of the files that changed; of files that were rewritten only the rows that differ. */
function changedRows(table: Table, input: ChangedInput, changes: FileChanges): string {
  const sides = fileSelects(table, input, changes);
  if (sides.length === 1) return sides[0]?.sql ?? '';
  const columns = table.schema.fields.map(({ name }) => quoteName(name)).join(', ');
  const signed = sides.map(({ sql, sign }) => `SELECT ${columns}, ${sign} AS copies FROM (${sql}) AS one_side`).join(' UNION ALL ');
  return `SELECT ${columns} FROM (${signed}) AS both_sides GROUP BY ${columns} HAVING sum(copies) <> 0`;
}

function fileSelects(table: Table, { table: name, before, after }: ChangedInput, { added, removed }: FileChanges): { sql: string; sign: 1 | -1 }[] {
  const columns = table.schema.fields.map((field) => quoteName(field.name)).join(', ');
  const select = (version: string | null, paths: readonly string[]) =>
    `SELECT ${columns} FROM ${name} FOR VERSION AS OF ${version} WHERE "$path" IN (${paths.map(quoteString).join(', ')})`;
  return [
    ...(added.length === 0 ? [] : [{ sql: select(after, added), sign: 1 as const }]),
    ...(removed.length === 0 ? [] : [{ sql: select(before, removed), sign: -1 as const }]),
  ];
}

/** A relation as it was at a snapshot of the table behind it. */
function relationAt(context: RunContext, relation: string, version: string | null): string {
  const travel = version === null ? '' : ` FOR VERSION AS OF ${version}`;
  if (!relation.startsWith('source.')) return `SELECT * FROM ${relation}${travel}`;
  const contract = context.project.sources.get(relation.slice('source.'.length));
  if (contract === undefined) throw new MillraceError('not_found', `there is no contract of ${relation}`);
  const bronze = relation.replace('source.', 'bronze.');
  return rewriteTables(typedSourceSql(contract), ({ name }) => (name === bronze ? `${bronze}${travel}` : undefined));
}

function columnsOf({ columns }: ChangedInput): readonly string[] {
  return columns === undefined || columns === 'ignore' ? [] : columns;
}
