// From a CSV body to the spool, by the exact reader: well-formed records byte by byte, the others to the quarantine.
import { MillraceError } from '../../base/index.ts';
import { parseMessage, parseReason, unexpectedColumns } from '../load/problems.ts';
import type { RejectedRows } from '../load/rejected-rows.ts';
import type { Spool } from '../load/spool.ts';
import type { Content } from '../bytes/content.ts';
import type { PreparedCsv } from '../prepared.ts';
import { ExactCsvReader } from './exact-reader.ts';
import { bytesOf, type RecordSink } from './record.ts';
import { isUnambiguous } from './inspect.ts';
import type { RecordMark } from './scan.ts';

const MARK_EVERY = 1024;

export interface SpoolOptions {
  /** Called between chunks; may put another spool in place of a full one. */
  afterChunk(): Promise<void>;
  signal?: AbortSignal;
}

/**
 * Reads a body into the spool as file number `file`. Every record ends in a spool or among the rejected. `marks` fills up with where
 * every so many-th record starts. Gives the number of records.
 *
 * Throws `internal` where the quotes leave nothing to interpret and yet the scan, which counts by other means, counts differently.
 */
export async function spoolCsv(
  source: string, file: number, content: Content, csv: PreparedCsv, target: { spool: Spool }, rejected: RejectedRows, marks: RecordMark[], options: SpoolOptions,
): Promise<number> {
  const { header, delimiter, shape, scan } = csv;
  const wanted = header.names.length;
  const reader = new ExactCsvReader({ delimiter, fields: wanted, start: { ...header.body, row: 1 } });
  let records = 0;
  const unexpected = shape.unexpected.length === 0 ? undefined : {
    reasons: [unexpectedColumns(source)], message: `the contract does not know ${shape.unexpected.join(', ')}`,
  };
  const sink: RecordSink = (record) => {
    if (records++ % MARK_EVERY === 0) marks.push({ row: record.row, offset: record.offset, line: record.line });
    const [problem] = record.problems;
    if (problem !== undefined) {
      rejected.add({
        file, row: record.row, line: record.line, offset: record.offset, raw: bytesOf(record),
        reasons: record.problems.map((each) => parseReason(source, each)), message: parseMessage(problem, { fields: record.fields, wanted, length: record.length }),
      });
    } else if (unexpected !== undefined) {
      rejected.add({ file, row: record.row, line: record.line, offset: record.offset, raw: bytesOf(record), ...unexpected });
    } else if (record.strayQuote) {
      target.spool.appendRequoted(file, record.row, bytesOf(record));
    } else {
      target.spool.append(file, record.row, record.window, record.from, record.to);
    }
  };
  for await (const chunk of content.chunks(header.body.offset)) {
    options.signal?.throwIfAborted();
    reader.push(chunk, sink);
    await options.afterChunk();
  }
  reader.finish(sink);
  await options.afterChunk();
  if (isUnambiguous(scan) && records !== scan.records) {
    throw new MillraceError('internal', `the exact reader found ${records} records where the scan counts ${scan.records}`, {
      todo: 'This is a defect of Millrace; nothing of the file was kept. Please report it with the file.',
    });
  }
  return records;
}
