// What a CSV body is like, before anybody believes a reader's count of it.
import { MillraceError } from '../../base/index.ts';
import type { Content } from '../bytes/content.ts';
import { guessEncoding } from '../bytes/sniff.ts';
import { ExactCsvReader } from './exact-reader.ts';
import { bytesOf, type RecordSink } from './record.ts';
import type { CsvHeader } from './header.ts';
import { CsvScan, type CsvScanResult } from './scan.ts';
import { copyOf } from '../bytes/copy.ts';

/** DuckDB holds some of its longest lines at once. */
const LONGEST_FOR_DUCKDB = 1024 * 1024;
const MOST_LINES_FOR_DUCKDB = 16;
/** From this share of records on, bytes that are not UTF-8 are not a defect of a row but the file's encoding. */
const WRONG_ENCODING_SHARE = 0.05;

export async function scanBody(content: Content, header: CsvHeader, delimiter: string, signal?: AbortSignal): Promise<CsvScanResult> {
  const scan = new CsvScan({ delimiter, fields: header.names.length, start: header.body, listAtMost: 0 });
  for await (const chunk of content.chunks(header.body.offset)) {
    signal?.throwIfAborted();
    scan.push(chunk);
  }
  return scan.end();
}

/** Whether its quotes leave nothing to interpret: every way of counting the records must then agree. */
export function isUnambiguous(scan: CsvScanResult): boolean {
  return scan.irregularQuotes === 0 && !scan.unclosedQuote && scan.longestRecord <= LONGEST_FOR_DUCKDB && scan.mostLines < MOST_LINES_FOR_DUCKDB;
}

/** Whether a strict reader can be trusted with it: every record is well formed, all lines end alike. */
export function isPlain(scan: CsvScanResult): boolean {
  return isUnambiguous(scan) && scan.nulBytes === 0 && scan.validUtf8 && scan.miscountedTotal === 0
    && scan.blankLines === 0 && scan.lineEnds.cr === 0 && (scan.lineEnds.lf === 0 || scan.lineEnds.crlf === 0);
}

/** Throws `bad_input` where so many records are not UTF-8 that the file must have been written in another encoding. */
export async function refuseOtherEncoding(content: Content, header: CsvHeader, delimiter: string, where: string): Promise<void> {
  const reader = new ExactCsvReader({ delimiter, fields: header.names.length, start: { ...header.body, row: 1 } });
  let records = 0;
  let invalid = 0;
  let first: { line: number; bytes: Uint8Array } | undefined;
  const sink: RecordSink = (record) => {
    records++;
    if (!record.problems.includes('invalid_utf8')) return;
    invalid++;
    first ??= { line: record.line, bytes: copyOf(bytesOf(record)) };
  };
  for await (const chunk of content.chunks(header.body.offset)) reader.push(chunk, sink);
  reader.finish(sink);
  if (first === undefined || invalid < records * WRONG_ENCODING_SHARE) return;
  const encoding = guessEncoding(first.bytes);
  throw new MillraceError('bad_input', `the file is not UTF-8; it looks like ${encoding} (first at line ${first.line.toLocaleString('en-US')}, in ${invalid.toLocaleString('en-US')} of ${records.toLocaleString('en-US')} rows)`, {
    where, todo: `Nothing of it was kept. Export it again as UTF-8, or convert it: iconv -f ${encoding === 'Windows-1252' ? 'WINDOWS-1252' : 'ISO-8859-1'} -t UTF-8 in.csv > out.csv.`,
  });
}
