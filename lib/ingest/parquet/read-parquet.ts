// Parquet files: typed values become text, always the same text for the same value, so that a contract reads them like any other file.
import { MillraceError } from '../../base/index.ts';
import type { Contract } from '../../contracts/index.ts';
import { quoteName, quoteText, type Session } from '../../lake/duckdb/index.ts';
import type { PreparedParquet } from '../prepared.ts';
import { resolveShape } from '../shape/resolve.ts';

/** Reads the footer. Throws `bad_input` where the file is damaged or its columns do not match the contract. */
export async function prepareParquet(session: Session, path: string, contract: Contract, where: string, others: Iterable<Contract>): Promise<PreparedParquet> {
  try {
    const columns = (await session.describe(`SELECT * FROM ${readParquet(path)}`)).map(({ name, type }) => ({ name, type }));
    const rows = Number(await session.value(`SELECT coalesce(sum(num_rows), 0)::BIGINT FROM parquet_file_metadata(${quoteText(path)})`));
    return { format: 'parquet', columns, rows, shape: resolveShape(contract, columns.map(({ name }) => name), where, others) };
  } catch (cause) {
    if (cause instanceof MillraceError && cause.where === where) throw cause;
    throw new MillraceError('bad_input', `the Parquet file cannot be read: ${(cause as Error).message}`, { where, todo: 'Nothing of it was kept; write it again.', cause });
  }
}

/** A relation of `"$file"`, `"$row"` and the columns as VARCHAR under their table names. */
export function parquetSelect(path: string, file: number, { columns, shape }: PreparedParquet): string {
  const values = shape.columns.flatMap(({ header, target }, at) =>
    (target === undefined ? [] : [`${textSql(quoteName(header), columns[at]?.type ?? 'VARCHAR')} AS ${quoteName(target)}`]));
  return `(SELECT ${file} AS "$file", file_row_number + 1 AS "$row", ${values.join(', ')} FROM ${readParquet(path)})`;
}

function readParquet(path: string): string {
  return `read_parquet(${quoteText(path)}, binary_as_string = true)`;
}

/**
 * Times in ISO 8601, with a Z where the type says UTC; decimals with all their digits; doubles as the shortest text that reads back
 * alike; bytes in hexadecimal digits; nested values as JSON. The empty string is NULL.
 */
function textSql(column: string, type: string): string {
  switch (type) {
    case 'VARCHAR': return `nullif(${column}, '')`;
    case 'TIMESTAMP WITH TIME ZONE': return `strftime(${column} AT TIME ZONE 'UTC', '%Y-%m-%dT%H:%M:%S.%fZ')`;
    case 'TIMESTAMP_NS': return `${column}::TIMESTAMP::VARCHAR`;
    case 'BLOB': return `lower(hex(${column}))`;
  }
  if (/^(STRUCT|MAP|UNION)\b|\]$/.test(type)) return `to_json(${column})::VARCHAR`;
  return `${column}::VARCHAR`;
}
