// Growing byte buffer and cursor for Avro's binary encoding: zig-zag varints, length-prefixed bytes, little-endian floats.

const MAX_HIGH = 2 ** 25; // above 28 low bits, so that a value stays a safe integer

/** Writes Avro's primitive types into one growing buffer. */
export class ByteWriter {
  private buffer: Buffer;
  private length = 0;

  constructor(initialSize = 4096) {
    this.buffer = Buffer.allocUnsafe(initialSize);
  }

  private reserve(extra: number): void {
    const wanted = this.length + extra;
    if (wanted <= this.buffer.length) return;
    const grown = Buffer.allocUnsafe(Math.max(wanted, this.buffer.length * 2));
    this.buffer.copy(grown, 0, 0, this.length);
    this.buffer = grown;
  }

  /** int or long; zig-zag, then seven bits a byte. */
  long(value: number | bigint): void {
    this.reserve(10);
    if (typeof value === 'number' && value >= -0x40000000 && value <= 0x3fffffff) {
      let zigzag = ((value << 1) ^ (value >> 31)) >>> 0;
      while (zigzag > 0x7f) {
        this.buffer[this.length++] = (zigzag & 0x7f) | 0x80;
        zigzag >>>= 7;
      }
      this.buffer[this.length++] = zigzag;
      return;
    }
    const wide = BigInt(value);
    let zigzag = BigInt.asUintN(64, (wide << 1n) ^ (wide >> 63n));
    while (zigzag > 0x7fn) {
      this.buffer[this.length++] = Number(zigzag & 0x7fn) | 0x80;
      zigzag >>= 7n;
    }
    this.buffer[this.length++] = Number(zigzag);
  }

  byte(value: number): void {
    this.reserve(1);
    this.buffer[this.length++] = value;
  }

  boolean(value: boolean): void {
    this.byte(value ? 1 : 0);
  }

  float(value: number): void {
    this.reserve(4);
    this.length = this.buffer.writeFloatLE(value, this.length);
  }

  double(value: number): void {
    this.reserve(8);
    this.length = this.buffer.writeDoubleLE(value, this.length);
  }

  /** Bytes as they are, without a length: Avro's fixed. */
  raw(bytes: Uint8Array): void {
    this.reserve(bytes.length);
    this.buffer.set(bytes, this.length);
    this.length += bytes.length;
  }

  bytes(bytes: Uint8Array): void {
    this.long(bytes.length);
    this.raw(bytes);
  }

  string(text: string): void {
    const size = Buffer.byteLength(text);
    this.long(size);
    this.reserve(size);
    this.buffer.write(text, this.length, size, 'utf8');
    this.length += size;
  }

  finish(): Buffer {
    return this.buffer.subarray(0, this.length);
  }
}

/** Reads Avro's primitive types; a read past the end throws a RangeError. */
export class ByteReader {
  readonly buffer: Buffer;
  position: number;

  constructor(bytes: Uint8Array, position = 0) {
    this.buffer = Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.position = position;
  }

  get done(): boolean {
    return this.position >= this.buffer.length;
  }

  byte(): number {
    const value = this.buffer[this.position++];
    if (value === undefined) throw new RangeError('the Avro data end in the middle of a value');
    return value;
  }

  /** A long of at most 52 bits and its sign: lengths, counts, ints. */
  int(): number {
    const first = this.byte();
    if (first < 0x80) return (first >>> 1) ^ -(first & 1);
    let low = first & 0x7f;
    let shift = 7;
    for (;;) {
      const next = this.byte();
      if (shift === 28) {
        const high = this.wideTail(next);
        const zigzag = high * 0x10000000 + low;
        return zigzag % 2 === 0 ? zigzag / 2 : -(zigzag + 1) / 2;
      }
      low |= (next & 0x7f) << shift;
      if (next < 0x80) return (low >>> 1) ^ -(low & 1);
      shift += 7;
    }
  }

  private wideTail(first: number): number {
    let high = first & 0x7f;
    let scale = 0x80;
    let next = first;
    while (next >= 0x80) {
      next = this.byte();
      high += (next & 0x7f) * scale;
      scale *= 0x80;
    }
    if (high >= MAX_HIGH) throw new RangeError('an Avro int or length is out of range');
    return high;
  }

  long(): bigint {
    const start = this.position;
    let end = start;
    while (end - start < 10 && (this.buffer[end] ?? 0) >= 0x80) end++;
    if (end - start < 7) return BigInt(this.int());
    let zigzag = 0n;
    for (let at = end; at >= start; at--) zigzag = (zigzag << 7n) | BigInt((this.buffer[at] ?? 0) & 0x7f);
    if (end >= this.buffer.length || end - start >= 10) throw new RangeError('an Avro long is malformed');
    this.position = end + 1;
    zigzag = BigInt.asUintN(64, zigzag);
    return BigInt.asIntN(64, (zigzag >> 1n) ^ -(zigzag & 1n));
  }

  boolean(): boolean {
    return this.byte() !== 0;
  }

  float(): number {
    const value = this.buffer.readFloatLE(this.position);
    this.position += 4;
    return value;
  }

  double(): number {
    const value = this.buffer.readDoubleLE(this.position);
    this.position += 8;
    return value;
  }

  /** Passes over bytes. */
  skip(size: number): void {
    const end = this.position + size;
    if (size < 0 || end > this.buffer.length) throw new RangeError('the Avro data end in the middle of a value');
    this.position = end;
  }

  raw(size: number): Buffer {
    const end = this.position + size;
    if (size < 0 || end > this.buffer.length) throw new RangeError('the Avro data end in the middle of a value');
    const bytes = this.buffer.subarray(this.position, end);
    this.position = end;
    return bytes;
  }

  bytes(): Buffer {
    return this.raw(this.int());
  }

  string(): string {
    const size = this.int();
    const end = this.position + size;
    if (size < 0 || end > this.buffer.length) throw new RangeError('the Avro data end in the middle of a value');
    const text = this.buffer.toString('utf8', this.position, end);
    this.position = end;
    return text;
  }
}
