// Universal Binary JSON, draft 12, as XGBoost writes it: the same tree of keys as its JSON, with typed arrays.
import { MillraceError } from '../../base/index.ts';

export type UbjsonValue = null | boolean | number | string | UbjsonValue[] | ArrayLike<number> | { [key: string]: UbjsonValue };

const GREATEST_DEPTH = 64;
const UTF8 = new TextDecoder('utf-8', { fatal: true });

/** Reads one value, which must be all there is. Strongly typed arrays of numbers come as typed arrays. 64-bit integers beyond 2^53 are refused. */
export function readUbjson(bytes: Uint8Array): UbjsonValue {
  const reader = new Reader(bytes);
  const value = reader.value(reader.marker(), 0);
  reader.expectEnd();
  return value;
}

class Reader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #at = 0;
  #withoutBytes = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  #refuse(message: string): never {
    throw new MillraceError('bad_input', message, { where: `byte ${this.#at} of the UBJSON`, todo: 'the file is damaged or no UBJSON; save the model again' });
  }

  #take(length: number): number {
    if (!(length >= 0 && this.#at + length <= this.#bytes.length)) this.#refuse(`it ends early: ${length} more bytes are announced`);
    const at = this.#at;
    this.#at += length;
    return at;
  }

  marker(): string {
    for (;;) {
      const marker = String.fromCharCode(this.#bytes[this.#take(1)]!);
      if (marker !== 'N') return marker;
    }
  }

  #peek(): string {
    return this.#at < this.#bytes.length ? String.fromCharCode(this.#bytes[this.#at]!) : '';
  }

  expectEnd(): void {
    if (this.#at !== this.#bytes.length) this.#refuse(`${this.#bytes.length - this.#at} bytes follow the value`);
  }

  value(marker: string, depth: number): UbjsonValue {
    if (depth > GREATEST_DEPTH) this.#refuse('it is nested too deeply');
    switch (marker) {
      case 'Z': return null;
      case 'T': return true;
      case 'F': return false;
      case 'S': case 'H': return this.#text();
      case 'C': return String.fromCharCode(this.#bytes[this.#take(1)]!);
      case '[': return this.#array(depth);
      case '{': return this.#object(depth);
      default: return this.#number(marker);
    }
  }

  #number(marker: string): number {
    const view = this.#view;
    switch (marker) {
      case 'i': return view.getInt8(this.#take(1));
      case 'U': return view.getUint8(this.#take(1));
      case 'I': return view.getInt16(this.#take(2));
      case 'l': return view.getInt32(this.#take(4));
      case 'd': return view.getFloat32(this.#take(4));
      case 'D': return view.getFloat64(this.#take(8));
      case 'L': {
        const value = view.getBigInt64(this.#take(8));
        if (value > Number.MAX_SAFE_INTEGER || value < Number.MIN_SAFE_INTEGER) this.#refuse(`the whole number ${value} is too great`);
        return Number(value);
      }
      default: return this.#refuse(`${JSON.stringify(marker)} begins no value`);
    }
  }

  #text(): string {
    const length = this.#length();
    const at = this.#take(length);
    try {
      return UTF8.decode(this.#bytes.subarray(at, at + length));
    } catch {
      return this.#refuse('a text is no UTF-8');
    }
  }

  #length(): number {
    const length = this.#number(this.marker());
    if (!(Number.isInteger(length) && length >= 0)) this.#refuse(`the length ${length}`);
    return length;
  }

  /** The optimised header of a container: one type for all values, and how many there are. */
  #header(): { type: string | undefined; count: number | undefined } {
    let type: string | undefined;
    if (this.#peek() === '$') {
      this.#take(1);
      type = this.marker();
      if (this.#peek() !== '#') this.#refuse('a typed container says no count');
    }
    if (this.#peek() !== '#') return { type, count: undefined };
    this.#take(1);
    const count = this.#length();
    // A value takes a byte at least, but for null, true and false in a typed container: of these there are at most as many as the file has bytes.
    const takesNone = type !== undefined && 'ZTF'.includes(type);
    if (takesNone) this.#withoutBytes += count;
    if (takesNone ? this.#withoutBytes > this.#bytes.length : count > this.#bytes.length - this.#at) this.#refuse(`it ends early: ${count} values are announced`);
    return { type, count };
  }

  #array(depth: number): UbjsonValue {
    const { type, count } = this.#header();
    if (type !== undefined && count !== undefined && 'iUIldDL'.includes(type)) return this.#numbers(type, count);
    const values: UbjsonValue[] = [];
    if (count !== undefined) {
      for (let i = 0; i < count; i += 1) values.push(this.value(type ?? this.marker(), depth + 1));
      return values;
    }
    for (let marker = this.marker(); marker !== ']'; marker = this.marker()) values.push(this.value(marker, depth + 1));
    return values;
  }

  #numbers(type: string, count: number): ArrayLike<number> {
    const numbers = type === 'd' ? new Float32Array(count) : type === 'D' || type === 'L' ? new Float64Array(count) : new Int32Array(count);
    for (let i = 0; i < count; i += 1) numbers[i] = this.#number(type);
    return numbers;
  }

  #object(depth: number): UbjsonValue {
    const { type, count } = this.#header();
    const object: { [key: string]: UbjsonValue } = Object.create(null) as { [key: string]: UbjsonValue };
    const isLast = count === undefined ? () => this.#peek() === '}' : (read: number) => read === count;
    for (let read = 0; !isLast(read); read += 1) {
      const key = this.#text();
      object[key] = this.value(type ?? this.marker(), depth + 1);
    }
    if (count === undefined) this.#take(1);
    return object;
  }
}
