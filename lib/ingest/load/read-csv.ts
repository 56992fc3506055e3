// The call of DuckDB's CSV reader: strict, every option said, nothing guessed, nothing skipped.
import { quoteName, quoteText } from '../../lake/duckdb/index.ts';

export interface ReadCsv {
  path: string;
  delimiter: string;
  /** Names for the columns of the file, in its order. */
  columns: readonly string[];
  hasHeader: boolean;
  /** Line ends outside quotes. */
  lineEnd: 'lf' | 'crlf';
  /** Bytes of the longest record. */
  longest: number;
  /** By several threads; default true. */
  parallel?: boolean;
}

const SMALLEST_LINE = 2 * 1024 * 1024;
const SMALLEST_BUFFER = 32 * 1024 * 1024;

/** A table function's call: all columns VARCHAR, an empty field is NULL, in quotes or not. */
export function readCsvSql({ path, delimiter, columns, hasHeader, lineEnd, longest, parallel = true }: ReadCsv): string {
  const line = Math.max(SMALLEST_LINE, 2 * longest);
  const options = [
    'auto_detect = false',
    `columns = {${columns.map((name) => `${quoteText(name)}: 'VARCHAR'`).join(', ')}}`,
    `delim = ${quoteText(delimiter)}`, `quote = '"'`, `escape = '"'`, `comment = ''`, 'strict_mode = true',
    `header = ${hasHeader}`, `nullstr = ''`, 'allow_quoted_nulls = true', 'null_padding = false', `parallel = ${parallel}`,
    `max_line_size = ${line}`, `buffer_size = ${Math.max(SMALLEST_BUFFER, 2 * line)}`,
    // CRLF cannot be named (DuckDB then finds no row at all): it is found by the first line end, which the header has.
    ...(lineEnd === 'lf' ? [`new_line = '\\n'`] : []),
  ];
  return `read_csv(${quoteText(path)}, ${options.join(', ')})`;
}

/** `"a", "b"` */
export function nameList(names: readonly string[]): string {
  return names.map(quoteName).join(', ');
}
