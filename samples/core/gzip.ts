// gzip of our own, because zlib's output depends on its build and the processor: LZ77 with one hash table and fixed
// Huffman codes (RFC 1951, RFC 1952).
import { crc32 } from 'node:zlib';

const WINDOW = 32768;
const MAX_MATCH = 258;
const HASH_BITS = 15;

const LENGTH_BASE = [
  3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258,
];
const LENGTH_EXTRA = [0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0];
const DISTANCE_BASE = [
  1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537, 2049, 3073, 4097, 6145, 8193, 12289,
  16385, 24577,
];
const DISTANCE_EXTRA = [0, 0, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 9, 9, 10, 10, 11, 11, 12, 12, 13, 13];

class BitWriter {
  readonly bytes: Buffer;
  at = 0;
  #bits = 0;
  #count = 0;

  constructor(capacity: number) {
    this.bytes = Buffer.allocUnsafe(capacity);
  }

  /** Low bit first. */
  put(value: number, width: number): void {
    this.#bits |= value << this.#count;
    this.#count += width;
    while (this.#count >= 8) {
      this.bytes[this.at++] = this.#bits & 0xff;
      this.#bits >>>= 8;
      this.#count -= 8;
    }
  }

  /** Huffman codes go in high bit first. */
  putCode(code: number, width: number): void {
    let reversed = 0;
    for (let i = 0; i < width; i++) reversed |= ((code >>> i) & 1) << (width - 1 - i);
    this.put(reversed, width);
  }

  finish(): void {
    if (this.#count > 0) this.put(0, 8 - this.#count);
  }
}

function putSymbol(out: BitWriter, symbol: number): void {
  if (symbol < 144) out.putCode(0x30 + symbol, 8);
  else if (symbol < 256) out.putCode(0x190 + symbol - 144, 9);
  else if (symbol < 280) out.putCode(symbol - 256, 7);
  else out.putCode(0xc0 + symbol - 280, 8);
}

function lastNotAbove(bases: readonly number[], value: number): number {
  let i = bases.length - 1;
  while (bases[i]! > value) i--;
  return i;
}

function putMatch(out: BitWriter, length: number, distance: number): void {
  const l = lastNotAbove(LENGTH_BASE, length);
  putSymbol(out, 257 + l);
  out.put(length - LENGTH_BASE[l]!, LENGTH_EXTRA[l]!);
  const d = lastNotAbove(DISTANCE_BASE, distance);
  out.putCode(d, 5);
  out.put(distance - DISTANCE_BASE[d]!, DISTANCE_EXTRA[d]!);
}

/** One gzip member without name or time; the same bytes on every machine. */
export function gzip(data: Uint8Array): Buffer {
  const out = new BitWriter(data.length + (data.length >>> 3) + 64);
  for (const byte of [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255]) out.bytes[out.at++] = byte;
  out.put(1, 1);
  out.put(1, 2);
  const seen = new Int32Array(1 << HASH_BITS).fill(-1);
  const hashOf = (i: number) => Math.imul(data[i]! | (data[i + 1]! << 8) | (data[i + 2]! << 16), 0x9e3779b1) >>> (32 - HASH_BITS);
  let i = 0;
  while (i < data.length) {
    let length = 0;
    let from = -1;
    if (i + 3 <= data.length) {
      const hash = hashOf(i);
      from = seen[hash]!;
      seen[hash] = i;
      if (from >= 0 && i - from <= WINDOW) {
        const most = Math.min(MAX_MATCH, data.length - i);
        while (length < most && data[from + length] === data[i + length]) length++;
      }
    }
    if (length < 3) {
      putSymbol(out, data[i++]!);
      continue;
    }
    putMatch(out, length, i - from);
    const end = i + length;
    for (i++; i < end; i++) if (i + 3 <= data.length) seen[hashOf(i)] = i;
  }
  putSymbol(out, 256);
  out.finish();
  out.bytes.writeUInt32LE(crc32(data), out.at);
  out.bytes.writeUInt32LE(data.length >>> 0, out.at + 4);
  return out.bytes.subarray(0, out.at + 8);
}
