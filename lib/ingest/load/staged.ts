// Rows in DuckDB, each with its verdict: what a file's text becomes before it is written anywhere.
import { MillraceError } from '../../base/index.ts';
import { columnsOf, validationSql, type Contract } from '../../contracts/index.ts';
import { quoteName, quoteText, type Session } from '../../lake/duckdb/index.ts';
import type { Table } from '../../lake/index.ts';
import { pseudonymSql } from '../privacy/pseudonym.ts';
import { extraName } from '../shape/resolve.ts';

/** Number of the file in the job, number of the record in the file, and a JSON object of members that the contract does not know. */
export const FILE = '"$file"';
export const ROW = '"$row"';
const EXTRAS = '"$extras"';
const STAGED = '"$staged"';

/** What the columns of a row are read from. */
export interface StageColumns {
  /** Table names of the contract's columns that the relation has. */
  present: ReadonlySet<string>;
  /** Table names of further columns that it has. */
  extras: readonly string[];
  /** The relation has `"$extras"`. */
  jsonExtras: boolean;
}

export interface Staged {
  columns: StageColumns;
  /** To be used as `FROM …`: `"$file"`, `"$row"`, all columns of the contract, extras, `_failures`. */
  relation: string;
}

/**
 * Reads a relation into a temporary table of the session, with the failures of each row. `relation` gives VARCHAR columns under their table
 * names. `numbering`: the relation has no `"$file"` and `"$row"`, its rows come in the order of the file and start with this number.
 */
export async function stageRows(
  session: Session, contract: Contract, relation: string, columns: StageColumns, numbering: { file: number; firstRow: number } | undefined, signal?: AbortSignal,
): Promise<Staged> {
  const missing = columnsOf(contract).filter(({ name }) => !columns.present.has(name)).map(({ name }) => `NULL::VARCHAR AS ${quoteName(name)}`);
  const complete = missing.length === 0 ? relation : `(SELECT *, ${missing.join(', ')} FROM ${relation})`;
  await session.run(`CREATE OR REPLACE TEMP TABLE ${STAGED} AS ${validationSql(contract, complete)}`, { signal, where: contract.name });
  return {
    columns,
    relation: numbering === undefined ? STAGED : `(SELECT ${numbering.file} AS ${FILE}, rowid + ${numbering.firstRow} AS ${ROW}, * FROM ${STAGED})`,
  };
}

/** Gives every row that is staged the one failure. */
export async function failAll(session: Session, reason: string): Promise<void> {
  await session.run(`UPDATE ${STAGED} SET _failures = [${quoteText(reason)}]`);
}

export async function dropStaged(session: Session): Promise<void> {
  await session.run(`DROP TABLE IF EXISTS ${STAGED}`);
}

export interface StagedCounts { rows: number; failed: number; /** Bytes of all values together. */ valueBytes: number }

/** Rows, and bytes in the columns that came with the file. */
export async function countStaged(session: Session, staged: Staged, signal?: AbortSignal): Promise<StagedCounts> {
  const lengths = [...staged.columns.present, ...staged.columns.extras].map((name) => `coalesce(sum(strlen(${quoteName(name)})), 0)`);
  const [row] = await session.rows(`SELECT count(*) AS rows, count(_failures) AS failed, ${lengths.join(' + ') || '0'} AS bytes FROM ${STAGED}`, { signal });
  return { rows: Number(row?.['rows']), failed: Number(row?.['failed']), valueBytes: Number(row?.['bytes']) };
}

/** Good and bad rows of each file. */
export async function countByFile(session: Session, staged: Staged, signal?: AbortSignal): Promise<Map<number, { accepted: number; failed: number }>> {
  const rows = await session.rows(`SELECT ${FILE} AS file, count(*) - count(_failures) AS accepted, count(_failures) AS failed FROM ${staged.relation} GROUP BY 1`, { signal });
  return new Map(rows.map((row) => [Number(row['file']), { accepted: Number(row['accepted']), failed: Number(row['failed']) }]));
}

/** What the origin columns of a file's rows say. */
export interface Origin { file: string; fileId: string; ingestedAt: bigint; contractVersion: string }

/** Members of JSON objects that the contract does not know, by the column they go to. Only those of good rows count. */
export async function extraKeys(session: Session, staged: Staged, contract: Contract, signal?: AbortSignal): Promise<Map<string, string[]>> {
  const found = new Map<string, string[]>();
  if (!staged.columns.jsonExtras) return found;
  const rows = await session.rows(`SELECT DISTINCT unnest(json_keys(${EXTRAS})) AS key FROM ${STAGED} WHERE ${EXTRAS} IS NOT NULL AND _failures IS NULL ORDER BY 1`, { signal });
  const taken = new Set(columnsOf(contract).map(({ name }) => name));
  for (const [at, row] of rows.entries()) {
    const key = String(row['key']);
    const plain = extraName(key, at);
    const name = taken.has(plain) || plain.startsWith('_') ? `extra_${plain}` : plain;
    found.set(name, [...(found.get(name) ?? []), key]);
  }
  return found;
}

/** A SELECT of the good rows as bronze has them, for all columns of the table. */
export function bronzeSelect(
  table: Table, contract: Contract, staged: Staged, origins: readonly Origin[], jsonExtras: ReadonlyMap<string, readonly string[]>, without: ReadonlySet<number> = new Set(),
): string {
  const declared = new Map(columnsOf(contract).map(({ name, column }) => [name, column]));
  const expressions = table.schema.fields.map(({ name }) => `${columnSql(name)} AS ${quoteName(name)}`);
  const left = without.size === 0 ? '' : ` AND ${FILE} NOT IN (${[...without].join(', ')})`;
  return `SELECT ${expressions.join(', ')} FROM ${staged.relation} WHERE _failures IS NULL${left}`;

  function columnSql(name: string): string {
    const column = declared.get(name);
    if (column !== undefined) return column.pii === undefined ? quoteName(name) : pseudonymSql(column.pii, quoteName(name));
    switch (name) {
      case '_row': return ROW;
      case '_file': return perFile(origins.map(({ file }) => quoteText(file)));
      case '_file_id': return perFile(origins.map(({ fileId }) => quoteText(fileId)));
      case '_ingested_at': return `make_timestamp(${perFile(origins.map(({ ingestedAt }) => `${ingestedAt}::BIGINT`))})`;
      case '_contract_version': return perFile(origins.map(({ contractVersion }) => quoteText(contractVersion)));
    }
    if (staged.columns.extras.includes(name)) return quoteName(name);
    const keys = jsonExtras.get(name);
    if (keys === undefined) return 'NULL::VARCHAR';
    const values = keys.map((key) => `json_extract_string(${EXTRAS}, ${quoteText(`/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`)})`);
    return values.length === 1 ? values[0]! : `coalesce(${values.join(', ')})`;
  }
}

/** One value a file of the job; the same for all where they do not differ. */
function perFile(values: readonly string[]): string {
  const [first] = values;
  if (first === undefined) throw new MillraceError('internal', 'a job without files');
  return values.every((value) => value === first) ? first : `[${values.join(', ')}][${FILE} + 1]`;
}

/** A row that conforms to nothing: number, failures, and for formats without lines its values as a JSON object. */
export interface FailedRow { file: number; row: number; failures: string[]; values?: string }

/** The bad rows in the order of their files and numbers, some thousand at a time. */
export async function* failedRows(session: Session, staged: Staged, withValues: boolean, signal?: AbortSignal): AsyncGenerator<FailedRow[]> {
  const names = [...staged.columns.present, ...staged.columns.extras];
  const values = withValues ? `to_json({${names.map((name) => `${quoteText(name)}: ${quoteName(name)}`).join(', ')}})::VARCHAR` : 'NULL';
  const sql = `SELECT ${FILE}, ${ROW}, _failures, ${values} FROM ${staged.relation} WHERE _failures IS NOT NULL ORDER BY 1, 2`;
  for await (const rows of session.stream(sql, { signal })) {
    yield rows.map(([file, row, failures, text]) => ({
      file: Number(file), row: Number(row), failures: failures as string[], ...(typeof text === 'string' ? { values: text } : {}),
    }));
  }
}
