// JSON lines: one object a line. A line that is not one is set aside with its bytes, the next one is read as if nothing had been.
import { isUtf8 } from 'node:buffer';
import { objectText, type JsonProblem } from './object-text.ts';
import { copyOf } from '../bytes/copy.ts';

export interface JsonRecord {
  /** 1 for the first line that is not blank. */
  row: number;
  /** Physical line, from 1. */
  line: number;
  /** Where it starts in the decompressed bytes. */
  offset: number;
  /** The line without its end; of a too long one the first bytes. Valid until the sink returns. */
  bytes: Uint8Array;
  length: number;
  /** By key; empty where there is a problem. */
  values: ReadonlyMap<string, string | null>;
  problem?: JsonProblem;
  /** What exactly is wrong. */
  detail?: string;
}

export interface JsonLinesOptions {
  start?: { offset: number; line: number; row: number };
  maxRecordBytes: number;
  /** What is kept of a line that is too long. */
  keptOfTooLong: number;
}

const LF = 0x0a;
const CR = 0x0d;
const NO_VALUES: ReadonlyMap<string, string | null> = new Map();

export class JsonLinesReader {
  private readonly options: JsonLinesOptions;
  private base: number;
  private line: number;
  private row: number;
  /** Bytes of the line that has not ended yet; of one that is too long only its head. */
  private held: Uint8Array[] = [];
  private heldBytes = 0;
  private lineLength = 0;

  constructor(options: JsonLinesOptions) {
    this.options = options;
    this.base = options.start?.offset ?? 0;
    this.line = options.start?.line ?? 1;
    this.row = options.start?.row ?? 1;
  }

  /** Gives the sink every line that is complete by now. The chunk may be reused afterwards. */
  push(chunk: Uint8Array, sink: (record: JsonRecord) => void): void {
    let at = 0;
    for (;;) {
      const end = chunk.indexOf(LF, at);
      if (end === -1) break;
      this.hold(chunk.subarray(at, end));
      this.endLine(sink, 1);
      at = end + 1;
    }
    if (at < chunk.length) this.hold(copyOf(chunk.subarray(at)));
  }

  finish(sink: (record: JsonRecord) => void): void {
    if (this.lineLength > 0) this.endLine(sink, 0);
  }

  private hold(bytes: Uint8Array): void {
    this.lineLength += bytes.length;
    if (this.heldBytes > this.options.maxRecordBytes) return;
    this.held.push(bytes);
    this.heldBytes += bytes.length;
  }

  private endLine(sink: (record: JsonRecord) => void, lineEnd: number): void {
    const whole = this.held.length === 1 ? this.held[0]! : Buffer.concat(this.held);
    const length = this.lineLength;
    const offset = this.base;
    this.held = [];
    this.heldBytes = 0;
    this.lineLength = 0;
    this.base += length + lineEnd;
    const line = this.line++;
    const bytes = whole[whole.length - 1] === CR && whole.length === length ? whole.subarray(0, -1) : whole;
    if (isBlank(bytes)) return;
    const place = { row: this.row++, line, offset, bytes, length: length - (whole.length - bytes.length) };
    if (length > this.options.maxRecordBytes) {
      sink({ ...place, bytes: bytes.subarray(0, this.options.keptOfTooLong), values: NO_VALUES, problem: 'too_long', detail: `${length} bytes` });
    } else if (!isUtf8(bytes)) {
      sink({ ...place, values: NO_VALUES, problem: 'invalid_utf8', detail: 'its bytes are not UTF-8' });
    } else {
      const found = objectText(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8'));
      sink(found.ok ? { ...place, values: found.values } : { ...place, values: NO_VALUES, problem: found.problem, detail: found.detail });
    }
  }
}

function isBlank(bytes: Uint8Array): boolean {
  return bytes.every((byte) => byte === 0x20 || byte === 0x09 || byte === CR);
}
