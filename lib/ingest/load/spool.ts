// The spool: rows of one or more files, made so plain that a strict reader has nothing to interpret, each with the number of its file and
// of its record in front. It is DuckDB's input wherever a file cannot be read as it lies.
import { rm, type FileHandle } from 'node:fs/promises';
import { diskError } from '../bytes/disk-error.ts';
import { openPrivate } from '../bytes/material.ts';
import { quoteField, splitFields } from '../csv/fields.ts';

const BUFFER_BYTES = 1024 * 1024;
const LF = 0x0a;
/** Below this a loop is faster than a call. */
const SHORT = 96;

export class Spool {
  readonly path: string;
  readonly delimiter: string;
  rows = 0;
  /** Bytes appended so far. */
  bytes = 0;
  longestRow = 0;
  private readonly delimiterByte: number;
  private buffer = Buffer.allocUnsafe(BUFFER_BYTES);
  private used = 0;
  private full: Buffer[] = [];
  private handle: FileHandle | undefined;

  constructor(path: string, delimiter: string) {
    this.path = path;
    this.delimiter = delimiter;
    this.delimiterByte = delimiter.charCodeAt(0);
  }

  /** A well-formed CSV record, byte by byte as it came. */
  append(file: number, row: number, window: Uint8Array, from: number, to: number): void {
    const length = to - from;
    this.begin(file, row, length);
    let at = this.used;
    if (length < SHORT) {
      const { buffer } = this;
      for (let i = from; i < to; i++) buffer[at++] = window[i]!;
    } else {
      this.buffer.set(window.subarray(from, to), at);
      at += length;
    }
    this.used = at;
    this.end(length);
  }

  /** A record with quotes inside unquoted fields: those fields are quoted anew. */
  appendRequoted(file: number, row: number, record: Uint8Array): void {
    const fields = splitFields(record, this.delimiter).map(({ text, quoted }) => (quoted || text.includes('"') ? quoteField(text) : text));
    this.appendText(file, row, fields.join(this.delimiter));
  }

  /** Values of any text; null is an empty field. */
  appendValues(file: number, row: number, values: readonly (string | null)[]): void {
    this.appendText(file, row, values.map((value) => (value === null ? '' : quoteField(value))).join(this.delimiter));
  }

  private appendText(file: number, row: number, text: string): void {
    const length = Buffer.byteLength(text);
    this.begin(file, row, length);
    this.used += this.buffer.write(text, this.used, 'utf8');
    this.end(length);
  }

  private begin(file: number, row: number, length: number): void {
    const needed = length + 40;
    if (this.used + needed > this.buffer.length) {
      this.full.push(this.buffer.subarray(0, this.used));
      this.buffer = Buffer.allocUnsafe(Math.max(BUFFER_BYTES, needed));
      this.used = 0;
    }
    this.number(file);
    this.number(row);
  }

  private number(value: number): void {
    const { buffer } = this;
    let digits = 1;
    for (let limit = 10; value >= limit; limit *= 10) digits++;
    let rest = value;
    for (let at = this.used + digits - 1; at >= this.used; at--) {
      const next = Math.floor(rest / 10);
      buffer[at] = 0x30 + (rest - next * 10);
      rest = next;
    }
    this.used += digits;
    buffer[this.used++] = this.delimiterByte;
  }

  private end(length: number): void {
    this.buffer[this.used++] = LF;
    this.rows++;
    this.bytes += length + 1;
    if (length > this.longestRow) this.longestRow = length;
  }

  /** Writes out what has been appended since the last time; to be awaited between chunks, so that memory stays bounded. */
  async flush(final = false): Promise<void> {
    if (this.full.length === 0 && !final) return;
    try {
      this.handle ??= await openPrivate(this.path);
      const { full } = this;
      this.full = [];
      for (const each of full) await this.handle.writeFile(each);
      if (final && this.used > 0) {
        await this.handle.writeFile(this.buffer.subarray(0, this.used));
        this.used = 0;
      }
    } catch (thrown) {
      throw diskError(thrown, this.path);
    }
  }

  async close(): Promise<void> {
    await this.flush(true);
    await this.handle?.close();
    this.handle = undefined;
  }

  async remove(): Promise<void> {
    await this.handle?.close().catch(() => {});
    this.handle = undefined;
    await rm(this.path, { force: true });
  }
}

