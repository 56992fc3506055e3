// The independent scan: counts the records of a CSV body by its quotes and line ends alone (RFC 4180), and notices
// everything that would make another reader's count doubtful. It never looks at values and never allocates per record.
import { byteClasses, CR, endsField, IS_CR, IS_DELIMITER, IS_LF, IS_NUL, IS_QUOTE, LF, QUOTE } from './bytes.ts';
import { Utf8Check } from './utf8-check.ts';

/** What comes after the last byte of a chunk, where one byte alone does not decide. */
type Pending = 'none' | 'cr' | 'cr_in_quotes' | 'closing_quote' | 'after_quoted';

export interface ScanOptions {
  delimiter: string;
  /** Fields of the header; records with another number of them are listed. */
  fields: number;
  /** Where the body starts: byte offset and physical line of the first record after the header. */
  start?: { offset: number; line: number };
  /** A mark is kept every so many records, to find a record again without reading the whole file. */
  markEvery?: number;
  /** No more than so many records with another number of fields are listed; the rest is only counted. */
  listAtMost?: number;
}

/** Where a record starts. Records count from 1, the header not counted; lines from 1, the header counted. */
export interface RecordMark { row: number; offset: number; line: number }

/** A record that has not the header's number of fields. */
export interface MiscountedRecord extends RecordMark { length: number; fields: number }

export interface CsvScanResult {
  records: number;
  /** Bytes of the body. */
  bytes: number;
  /** Line ends of each kind outside quotes. */
  lineEnds: { lf: number; crlf: number; cr: number };
  blankLines: number;
  /** The first records with another number of fields than the header. */
  miscounted: MiscountedRecord[];
  miscountedTotal: number;
  /** Quotes that RFC 4180 does not know: inside an unquoted field, or followed by text after closing one. */
  irregularQuotes: number;
  /** The text ended inside quotes. */
  unclosedQuote: boolean;
  nulBytes: number;
  validUtf8: boolean;
  /** Bytes of all values together: of the body without delimiters, line ends and the quotes that are syntax. */
  valueBytes: number;
  longestRecord: number;
  /** Most physical lines that one record runs over. */
  mostLines: number;
  marks: RecordMark[];
}

/** Feed it the body chunk by chunk, then ask for the result. Chunks may be reused after `push` returns. */
export class CsvScan {
  private readonly classes: Uint8Array;
  private readonly fields: number;
  private readonly markEvery: number;
  private readonly listAtMost: number;

  private base: number;
  private readonly start: number;
  private line: number;
  private quoted = false;
  private pending: Pending = 'none';
  private recordStart: number;
  private recordLine: number;
  private fieldStart: number;
  private delimiters = 0;

  private records = 0;
  private readonly lineEnds = { lf: 0, crlf: 0, cr: 0 };
  private blankLines = 0;
  private readonly miscounted: MiscountedRecord[] = [];
  private miscountedTotal = 0;
  private irregularQuotes = 0;
  private unclosedQuote = false;
  private nulBytes = 0;
  /** Bytes that belong to no value. */
  private syntaxBytes = 0;
  private readonly utf8 = new Utf8Check();
  private longestRecord = 0;
  private mostLines = 0;
  private readonly marks: RecordMark[] = [];

  constructor(options: ScanOptions) {
    this.classes = byteClasses(options.delimiter);
    this.fields = options.fields;
    this.markEvery = options.markEvery ?? 1024;
    this.listAtMost = options.listAtMost ?? 10_000;
    this.start = options.start?.offset ?? 0;
    this.line = options.start?.line ?? 1;
    this.base = this.start;
    this.recordStart = this.start;
    this.recordLine = this.line;
    this.fieldStart = this.start;
  }

  push(chunk: Uint8Array): void {
    if (chunk.length === 0) return;
    this.utf8.push(chunk, false);
    let i = this.settle(chunk[0]!);
    const n = chunk.length;
    const classes = this.classes;
    const base = this.base;
    // The two that change most often live in locals while the loop runs.
    let fieldStart = this.fieldStart - base;
    let delimiters = this.delimiters;
    while (i < n) {
      if (this.quoted) {
        i = this.throughQuoted(chunk, i);
        continue;
      }
      const kind = classes[chunk[i]!]!;
      if (kind === 0) {
        i++;
      } else if (kind === IS_DELIMITER) {
        delimiters++;
        fieldStart = ++i;
      } else if (kind === IS_QUOTE) {
        if (i === fieldStart) {
          this.quoted = true;
          this.syntaxBytes++;
        } else {
          this.irregularQuotes++;
        }
        i++;
      } else if (kind === IS_NUL) {
        this.nulBytes++;
        i++;
      } else if (kind === IS_CR && i + 1 === n) {
        this.pending = 'cr';
        i++;
      } else {
        const end = i++;
        if (kind === IS_LF) {
          this.lineEnds.lf++;
        } else if (chunk[i] === LF) {
          this.lineEnds.crlf++;
          i++;
        } else {
          this.lineEnds.cr++;
        }
        this.delimiters = delimiters;
        this.endRecord(base + end, base + i);
        delimiters = 0;
        fieldStart = i;
      }
    }
    this.base += n;
    this.fieldStart = base + fieldStart;
    this.delimiters = delimiters;
  }

  /** From inside quotes to just behind the closing quote, or to the end of the chunk. */
  private throughQuoted(chunk: Uint8Array, from: number): number {
    const n = chunk.length;
    let i = from;
    while (i < n) {
      const c = chunk[i++]!;
      if (c > QUOTE) continue;
      if (c === QUOTE) {
        // The closing one, or the first of two that stand for one.
        this.syntaxBytes++;
        if (i === n) {
          this.pending = 'closing_quote';
          return i;
        }
        const next = chunk[i]!;
        if (next === QUOTE) {
          i++;
          continue;
        }
        this.quoted = false;
        this.checkAfterQuoted(next);
        return i;
      }
      if (c === LF) {
        this.line++;
      } else if (c === CR) {
        if (i === n) this.pending = 'cr_in_quotes';
        else if (chunk[i] !== LF) this.line++;
      } else if (c === 0) {
        this.nulBytes++;
      }
    }
    return i;
  }

  /** Decides what the last byte of the chunk before meant; returns how many bytes of the new chunk that used up. */
  private settle(first: number): number {
    const pending = this.pending;
    this.pending = 'none';
    switch (pending) {
      case 'none':
      case 'after_quoted':
        return 0;
      case 'cr':
        if (first === LF) {
          this.lineEnds.crlf++;
          this.endRecord(this.base - 1, this.base + 1);
          return 1;
        }
        this.lineEnds.cr++;
        this.endRecord(this.base - 1, this.base);
        return 0;
      case 'cr_in_quotes':
        if (first !== LF) this.line++;
        return 0;
      case 'closing_quote':
        if (first === QUOTE) return 1;
        this.quoted = false;
        this.checkAfterQuoted(first);
        return 0;
    }
  }

  private checkAfterQuoted(next: number): void {
    if (!endsField(this.classes[next]!)) this.irregularQuotes++;
  }

  private endRecord(end: number, next: number): void {
    const length = end - this.recordStart;
    this.syntaxBytes += this.delimiters + next - end;
    if (length === 0) {
      this.blankLines++;
    } else {
      this.records++;
      if (length > this.longestRecord) this.longestRecord = length;
      const lines = this.line - this.recordLine + 1;
      if (lines > this.mostLines) this.mostLines = lines;
      const mark = this.records % this.markEvery === 1 || this.markEvery === 1;
      if (mark) this.marks.push({ row: this.records, offset: this.recordStart, line: this.recordLine });
      if (this.delimiters + 1 !== this.fields) {
        this.miscountedTotal++;
        if (this.miscounted.length < this.listAtMost) {
          this.miscounted.push({ row: this.records, offset: this.recordStart, line: this.recordLine, length, fields: this.delimiters + 1 });
        }
      }
    }
    this.line++;
    this.recordStart = next;
    this.recordLine = this.line;
    this.fieldStart = next;
    this.delimiters = 0;
  }

  end(): CsvScanResult {
    this.utf8.push(new Uint8Array(0), true);
    if (this.pending === 'cr') {
      this.lineEnds.cr++;
      this.endRecord(this.base - 1, this.base);
    } else {
      if (this.pending === 'closing_quote') this.quoted = false;
      if (this.pending === 'cr_in_quotes') this.line++;
      if (this.quoted) this.unclosedQuote = true;
      if (this.base > this.recordStart) this.endRecord(this.base, this.base);
    }
    return {
      records: this.records,
      bytes: this.base - this.start,
      lineEnds: this.lineEnds,
      blankLines: this.blankLines,
      miscounted: this.miscounted,
      miscountedTotal: this.miscountedTotal,
      irregularQuotes: this.irregularQuotes,
      unclosedQuote: this.unclosedQuote,
      nulBytes: this.nulBytes,
      valueBytes: this.base - this.start - this.syntaxBytes,
      validUtf8: this.utf8.valid,
      longestRecord: this.longestRecord,
      mostLines: this.mostLines,
      marks: this.marks,
    };
  }
}
