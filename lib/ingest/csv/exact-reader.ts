// The exact reader: slower than DuckDB's, but it gives every record a fate and takes up again behind a bad one.
//
// A record is well formed when it has the header's number of fields and its quotes are RFC 4180's. What is not:
//   - Text behind a closing quote (`"a"b`): the physical line is set aside, reading goes on with the next line.
//   - A quoted field that runs over line ends and then is not closed properly (the file ends, text follows the closing
//     quote, a later field of the record holds a stray quote, the record grows over the limit, or most of the lines inside
//     would be whole records by themselves): nobody closed it. Its first physical line alone is set aside, and reading goes
//     on with the next one, so an unclosed quote costs one row and not the rest of the file.
//   - Too few or too many fields, a NUL byte, bytes that are not UTF-8: the record is set aside as it stands.
//   - A line over the limit: its first bytes are set aside, the rest of the line is skipped and counted.
// A quote inside an unquoted field (`5" pipe`) is text. A line without any byte is not a record.
import { isUtf8 } from 'node:buffer';
import { CR, LF } from './bytes.ts';
import { copyOf } from '../bytes/copy.ts';
import { linesThatAreRecords } from './lines-as-records.ts';
import type { CsvProblem, CsvRecord, RecordSink } from './record.ts';
import { RecordScan } from './record-scan.ts';

export interface ExactReaderOptions {
  delimiter: string;
  /** Fields of the header. */
  fields: number;
  start?: { offset: number; line: number; row: number };
  /** A longer record is set aside. */
  maxRecordBytes?: number;
}

export const MAX_RECORD_BYTES = 16 * 2 ** 20;
/** What is kept of a line that is too long. */
export const KEPT_OF_TOO_LONG = 64 * 1024;
/** From so many lines on a quoted field has to explain itself. */
const SUSPICIOUS_LINES = 16;

const NO_BYTES = new Uint8Array(0);
const NONE: readonly CsvProblem[] = Object.freeze([]);
const TOO_LONG: readonly CsvProblem[] = Object.freeze(['too_long' as const]);

export class ExactCsvReader {
  private readonly found: RecordScan;
  private readonly fields: number;
  private readonly maxRecordBytes: number;
  private readonly kept: number;

  private window: Uint8Array = NO_BYTES;
  /** Byte offset of the window in the file. */
  private base: number;
  private line: number;
  private row: number;
  /** A record that is not complete is tried again only when its bytes have doubled, so that long ones stay linear. */
  private retryAt = 0;
  /** The line that was skipped ended in a CR at the end of a chunk: an LF right behind it belongs to that line end. */
  private swallowLf = false;
  private skipping: { offset: number; line: number; head: Uint8Array; length: number } | undefined;

  /** One object for all records: a sink that keeps something copies it. */
  private readonly record: CsvRecord = {
    row: 0, line: 0, offset: 0, window: this.window, from: 0, to: 0, length: 0, fields: 0, strayQuote: false, problems: NONE,
  };

  constructor(options: ExactReaderOptions) {
    this.found = new RecordScan(options.delimiter);
    this.fields = options.fields;
    this.maxRecordBytes = options.maxRecordBytes ?? MAX_RECORD_BYTES;
    this.kept = Math.min(KEPT_OF_TOO_LONG, this.maxRecordBytes);
    this.base = options.start?.offset ?? 0;
    this.line = options.start?.line ?? 1;
    this.row = options.start?.row ?? 1;
  }

  /** Gives the sink every record that is complete by now. The chunk may be reused afterwards. */
  push(chunk: Uint8Array, sink: RecordSink): void {
    if (chunk.length === 0) return;
    if (this.swallowLf) {
      this.swallowLf = false;
      if (chunk[0] === LF) {
        this.base++;
        return this.push(chunk.subarray(1), sink);
      }
    }
    if (this.skipping !== undefined) {
      const rest = this.skip(chunk, sink);
      if (rest !== undefined) this.push(rest, sink);
      return;
    }
    const held = this.window.length;
    if (held === 0) {
      this.window = chunk;
    } else {
      const joined = new Uint8Array(held + chunk.length);
      joined.set(this.window);
      joined.set(chunk, held);
      this.window = joined;
    }
    if (this.window.length >= this.retryAt) this.drain(false, sink);
    // What is left belongs to the caller's chunk: keep a copy.
    if (this.window.buffer === chunk.buffer) this.window = copyOf(this.window);
  }

  /** The file has ended: gives the sink what is left. */
  finish(sink: RecordSink): void {
    if (this.skipping !== undefined) this.endSkipping(sink);
    this.drain(true, sink);
  }

  private drain(final: boolean, sink: RecordSink): void {
    const window = this.window;
    let at = 0;
    this.retryAt = 0;
    while (at < window.length) {
      const outcome = this.found.read(window, at, final);
      const start = at;
      if (outcome === 'incomplete') {
        if (!this.isTooLong(at)) {
          this.retryAt = 2 * (window.length - at);
          break;
        }
        if (this.found.lineEnds === 0) return this.startSkipping(at, sink);
        at = this.setAsideFirstLine(at, sink);
      } else if (outcome === 'unclosed' && this.found.lineEnds > 0) {
        at = this.setAsideFirstLine(at, sink);
      } else if (outcome === 'unclosed') {
        this.found.end = window.length;
        this.found.next = window.length;
        at = this.setAside(start, ['unclosed_quote'], sink);
      } else if (outcome === 'text_after_quote') {
        if (this.found.lineEnds > 0) {
          at = this.setAsideFirstLine(at, sink);
          continue;
        }
        if (this.found.findLineEnd(window, this.found.end, final)) {
          at = this.setAside(start, ['text_after_quote'], sink);
        } else if (!this.isTooLong(at)) {
          this.retryAt = 2 * (window.length - at);
          break;
        } else {
          return this.startSkipping(at, sink);
        }
      } else if (this.found.end === start) {
        this.line++;
        at = this.found.next;
      } else if (this.found.lineEnds > 0 && this.nobodyClosedIt(start)) {
        at = this.setAsideFirstLine(at, sink);
      } else {
        at = this.deliver(start, sink);
      }
    }
    this.base += at;
    this.window = at === 0 ? window : window.subarray(at);
  }

  /** A field over several lines, closed in a way that a writer of CSV would not have meant. */
  private nobodyClosedIt(start: number): boolean {
    if (this.found.strayBehindLineEnd || this.found.end - start > this.maxRecordBytes) return true;
    if (this.found.lineEnds < SUSPICIOUS_LINES || this.fields < 2) return false;
    return linesThatAreRecords(this.window.subarray(this.found.firstLineNext, this.found.end), this.found.classes, this.fields) * 2 > this.found.lineEnds;
  }

  private deliver(start: number, sink: RecordSink): number {
    let problems: CsvProblem[] | undefined;
    if (this.found.end - start > this.maxRecordBytes) {
      this.emit(start, start + this.kept, 0, TOO_LONG, sink);
      this.line++;
      return this.found.next;
    }
    if (this.found.highBytes >= 0x80 && !isUtf8(this.window.subarray(start, this.found.end))) (problems ??= []).push('invalid_utf8');
    if (this.found.nul) (problems ??= []).push('nul_byte');
    if (this.found.delimiters + 1 < this.fields) (problems ??= []).push('too_few_fields');
    if (this.found.delimiters + 1 > this.fields) (problems ??= []).push('too_many_fields');
    this.emit(start, this.found.end, this.found.delimiters + 1, problems ?? NONE, sink);
    this.line += this.found.lineEnds + 1;
    return this.found.next;
  }

  private setAside(start: number, problems: readonly CsvProblem[], sink: RecordSink): number {
    const tooLong = this.found.end - start > this.maxRecordBytes;
    this.emit(start, tooLong ? start + this.kept : this.found.end, 0, tooLong ? TOO_LONG : problems, sink);
    this.line++;
    return this.found.next;
  }

  private setAsideFirstLine(start: number, sink: RecordSink): number {
    this.found.end = this.found.firstLineEnd;
    this.found.next = this.found.firstLineNext;
    return this.setAside(start, ['unclosed_quote'], sink);
  }

  private emit(from: number, to: number, fields: number, problems: readonly CsvProblem[], sink: RecordSink): void {
    const record = this.record;
    record.row = this.row++;
    record.line = this.line;
    record.offset = this.base + from;
    record.window = this.window;
    record.from = from;
    record.to = to;
    record.length = this.found.end - from;
    record.fields = fields;
    record.strayQuote = this.found.strayQuote;
    record.problems = problems;
    sink(record);
  }

  /** Whether a record that is not complete is over the limit already; its last byte may be half of a line end. */
  private isTooLong(at: number): boolean {
    return this.window.length - at > this.maxRecordBytes + 1;
  }

  private startSkipping(at: number, sink: RecordSink): void {
    const bytes = this.window.subarray(at);
    this.base += at;
    this.skipping = { offset: this.base, line: this.line, head: copyOf(bytes.subarray(0, this.kept)), length: 0 };
    this.window = NO_BYTES;
    const rest = this.skip(bytes, sink);
    if (rest !== undefined) {
      this.window = rest;
      this.drain(false, sink);
    }
  }

  /** Through the rest of a line that is too long; gives what follows it in the chunk. */
  private skip(chunk: Uint8Array, sink: RecordSink): Uint8Array | undefined {
    const skipping = this.skipping!;
    const lf = chunk.indexOf(LF);
    const cr = chunk.indexOf(CR);
    const end = lf === -1 ? cr : cr === -1 ? lf : Math.min(lf, cr);
    if (end === -1) {
      skipping.length += chunk.length;
      this.base += chunk.length;
      return undefined;
    }
    skipping.length += end;
    this.endSkipping(sink);
    const next = chunk[end] === CR && chunk[end + 1] === LF ? end + 2 : end + 1;
    this.swallowLf = chunk[end] === CR && end + 1 === chunk.length;
    this.base += next;
    return chunk.subarray(next);
  }

  private endSkipping(sink: RecordSink): void {
    const { offset, line, head, length } = this.skipping!;
    this.skipping = undefined;
    sink({ row: this.row++, line, offset, window: head, from: 0, to: Math.min(head.length, length), length, fields: 0, strayQuote: false, problems: TOO_LONG });
    this.line = line + 1;
  }
}
