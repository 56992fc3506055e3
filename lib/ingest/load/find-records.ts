// Records of a file by their numbers: the raw bytes of rows that were found wanting after they had been read.
import type { Content } from '../bytes/content.ts';
import { ExactCsvReader, KEPT_OF_TOO_LONG, MAX_RECORD_BYTES } from '../csv/exact-reader.ts';
import { bytesOf, type RecordSink } from '../csv/record.ts';
import type { RecordMark } from '../csv/scan.ts';
import { JsonLinesReader } from '../json/lines-reader.ts';
import { copyOf } from '../bytes/copy.ts';

/** How to read records from a place in the middle of a file. */
export type RecordFormat = { format: 'csv'; delimiter: string; fields: number } | { format: 'jsonl' };

export interface FoundRecord extends RecordMark { raw: Uint8Array }

/**
 * The records with these numbers (ascending), in their order. `marks` say where every so many-th record starts; from the nearest one
 * before a record the file is read as it was read the first time.
 */
export async function* findRecords(content: Content, format: RecordFormat, marks: readonly RecordMark[], rows: readonly number[]): AsyncGenerator<FoundRecord[]> {
  let at = 0;
  while (at < rows.length) {
    const index = markBefore(marks, rows[at]!);
    const from = marks[index];
    if (from === undefined) return;
    const next = marks[index + 1];
    const end = next?.row ?? Number.POSITIVE_INFINITY;
    const wanted = new Set<number>();
    for (; at < rows.length && rows[at]! < end; at++) wanted.add(rows[at]!);
    yield await readStretch(content, format, from, next?.offset ?? content.size, wanted);
  }
}

async function readStretch(content: Content, format: RecordFormat, from: RecordMark, to: number, wanted: ReadonlySet<number>): Promise<FoundRecord[]> {
  const found: FoundRecord[] = [];
  const keep = (row: number, offset: number, line: number, raw: () => Uint8Array): void => {
    if (wanted.has(row)) found.push({ row, offset, line, raw: copyOf(raw()) });
  };
  if (format.format === 'csv') {
    const reader = new ExactCsvReader({ delimiter: format.delimiter, fields: format.fields, start: from });
    const sink: RecordSink = (record) => keep(record.row, record.offset, record.line, () => bytesOf(record));
    for await (const chunk of content.chunks(from.offset, to)) reader.push(chunk, sink);
    reader.finish(sink);
  } else {
    const reader = new JsonLinesReader({ start: from, maxRecordBytes: MAX_RECORD_BYTES, keptOfTooLong: KEPT_OF_TOO_LONG });
    const sink: Parameters<JsonLinesReader['push']>[1] = (record) => keep(record.row, record.offset, record.line, () => record.bytes);
    for await (const chunk of content.chunks(from.offset, to)) reader.push(chunk, sink);
    reader.finish(sink);
  }
  return found;
}

/** Index of the last mark at or before a row. */
function markBefore(marks: readonly RecordMark[], row: number): number {
  let low = 0;
  let high = marks.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (marks[middle]!.row <= row) low = middle;
    else high = middle - 1;
  }
  return low;
}
