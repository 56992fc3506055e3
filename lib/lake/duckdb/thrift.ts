// A reader of Thrift's compact protocol, as far as the start of a Parquet footer needs it
// (https://github.com/apache/thrift/blob/master/doc/specs/thrift-compact-protocol.md).

/** Types as they stand in field and list headers. */
const BOOLEAN_TRUE = 1;
const BOOLEAN_FALSE = 2;
const BYTE = 3;
const I16 = 4;
const I32 = 5;
const I64 = 6;
const DOUBLE = 7;
const BINARY = 8;
const LIST = 9;
const SET = 10;
const MAP = 11;
const STRUCT = 12;

/** What was done about a field: it was read, it is to be skipped, or nothing after it is wanted. */
export type FieldVisit = 'read' | 'skip' | 'stop';

/** Reads from the start of some bytes; throws a RangeError where they end early. */
export class ThriftReader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  /** How many bytes have been read. */
  get position(): number {
    return this.#at;
  }

  /** Goes on at a place further on. */
  skipTo(position: number): void {
    this.#advance(position - this.#at);
  }

  /** Calls back for each field of a struct, by its number. */
  readStruct(visit: (field: number) => FieldVisit): void {
    let field = 0;
    for (let header = this.#byte(); header !== 0; header = this.#byte()) {
      field = header >> 4 === 0 ? this.readInteger() : field + (header >> 4);
      const visited = visit(field);
      if (visited === 'stop') return;
      if (visited === 'skip') this.#skip(header & 0x0f);
    }
  }

  /** Elements of a list, each read by `read`. */
  readList<Element>(read: () => Element): Element[] {
    return Array.from({ length: this.#listLength(this.#byte()) }, read);
  }

  /** i16, i32 and i64 alike; exact up to 2⁵³. */
  readInteger(): number {
    const raw = this.#varint();
    return raw % 2 === 0 ? raw / 2 : -(raw + 1) / 2;
  }

  readText(): string {
    const length = this.#varint();
    const start = this.#at;
    this.#advance(length);
    return this.#bytes.toString('utf8', start, this.#at);
  }

  #skip(type: number): void {
    switch (type) {
      case BOOLEAN_TRUE: case BOOLEAN_FALSE: return;
      case BYTE: return this.#advance(1);
      case I16: case I32: case I64: this.#varint(); return;
      case DOUBLE: return this.#advance(8);
      case BINARY: return this.#advance(this.#varint());
      case STRUCT: return this.readStruct(() => 'skip');
      case LIST: case SET: return this.#skipList();
      case MAP: return this.#skipMap();
      default: throw new RangeError(`Thrift has no type ${type}`);
    }
  }

  #skipList(): void {
    const header = this.#byte();
    const length = this.#listLength(header);
    for (let index = 0; index < length; index++) this.#skipElement(header & 0x0f);
  }

  #skipMap(): void {
    const length = this.#varint();
    const types = length === 0 ? 0 : this.#byte();
    for (let index = 0; index < length; index++) {
      this.#skipElement(types >> 4);
      this.#skipElement(types & 0x0f);
    }
  }

  /** A boolean takes a byte in a list or map, and none in a struct. */
  #skipElement(type: number): void {
    if (type === BOOLEAN_TRUE || type === BOOLEAN_FALSE) this.#advance(1);
    else this.#skip(type);
  }

  #listLength(header: number): number {
    return header >> 4 === 15 ? this.#varint() : header >> 4;
  }

  #varint(): number {
    let value = 0;
    for (let weight = 1; ; weight *= 128) {
      const byte = this.#byte();
      value += (byte & 0x7f) * weight;
      if (byte < 0x80) return value;
    }
  }

  #byte(): number {
    const byte = this.#bytes[this.#at];
    if (byte === undefined) throw new RangeError('the bytes end early');
    this.#at += 1;
    return byte;
  }

  #advance(count: number): void {
    if (this.#at + count > this.#bytes.length) throw new RangeError('the bytes end early');
    this.#at += count;
  }
}
