// Bodies as CSV (RFC 4180), as `DataFrame.to_csv` writes it: a header, then a row a line.
import { invalid } from './problem.ts';

export interface Csv { columns: string[]; data: string[][] }

/** A field in quotes, or one without; then what ends it. */
const FIELD = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n|\n|\r|$)/y;

/** A first column without a name, as the index is written, is left out. @throws Problem 400 that names the line. */
export function parseCsv(text: string): Csv {
  const rows: string[][] = [];
  let row: string[] = [];
  FIELD.lastIndex = 0;
  while (FIELD.lastIndex < text.length || row.length > 0) {
    const found = FIELD.exec(text);
    if (found === null) throw invalid(`the body is no CSV: a quote is out of place in row ${rows.length + 1}`);
    const [, quoted, plain = '', end] = found;
    row.push(quoted === undefined ? plain : quoted.replaceAll('""', '"'));
    if (end === ',') continue;
    // An empty line is none, as pandas reads it.
    if (row.length > 1 || row[0] !== '') rows.push(row);
    row = [];
    if (end === '') break;
  }
  const [columns, ...data] = rows;
  if (columns === undefined) throw invalid('the body is empty; send CSV with a header');
  return columns[0] === '' && columns.length > 1 ? { columns: columns.slice(1), data: data.map((one) => one.slice(1)) } : { columns, data };
}

/** As pandas reads them: nothing. */
const MISSING: ReadonlySet<string> = new Set(['', 'NaN', 'nan', 'NA', 'N/A', '<NA>', 'null', 'NULL', 'None']);

/** A number, true, false or nothing, where the text says so. */
export function valueOf(text: string): string | number | boolean | null {
  if (MISSING.has(text)) return null;
  if (text === 'True' || text === 'False') return text === 'True';
  const number = Number(text);
  return Number.isFinite(number) && text.trim() !== '' ? number : text;
}
