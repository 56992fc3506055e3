// A growing run of bytes that rows are written into, digit by digit, because strings would cost most of the time.
import { dateText, DAY } from './time.ts';

const QUOTE = 34;
const COMMA = 44;
const ZERO = 48;

const HEX = new Uint8Array(512);
for (let i = 0; i < 256; i++) {
  HEX[i * 2] = '0123456789abcdef'.charCodeAt(i >>> 4);
  HEX[i * 2 + 1] = '0123456789abcdef'.charCodeAt(i & 15);
}

/** Texts of days, ten bytes each, made once. */
const FIRST_DAY = 14_245; // 2009-01-01
const DAYS = new Uint8Array(10 * 4500);
for (let i = 0; i < 4500; i++) DAYS.set(Buffer.from(dateText(FIRST_DAY + i), 'latin1'), i * 10);

export class Bytes {
  readonly buffer: Buffer;
  at = 0;

  /** @param capacity bytes; the caller drains before it is full. */
  constructor(capacity: number) {
    this.buffer = Buffer.allocUnsafe(capacity);
  }

  byte(value: number): void {
    this.buffer[this.at++] = value;
  }

  comma(): void {
    this.buffer[this.at++] = COMMA;
  }

  /** Text of ASCII characters alone. */
  ascii(text: string): void {
    const { buffer } = this;
    let at = this.at;
    for (let i = 0; i < text.length; i++) buffer[at++] = text.charCodeAt(i);
    this.at = at;
  }

  utf8(text: string): void {
    this.at += this.buffer.write(text, this.at, 'utf8');
  }

  /** Bytes as they are. */
  raw(bytes: Uint8Array): void {
    this.buffer.set(bytes, this.at);
    this.at += bytes.length;
  }

  /** Text as a CSV field: quoted where it must be, and where it starts with a digit, as the marketplace's exports do. */
  field(text: string): void {
    const first = text.charCodeAt(0);
    if ((first >= ZERO && first < 58) || /[",\r\n]/.test(text)) this.utf8(`"${text.replaceAll('"', '""')}"`);
    else this.utf8(text);
  }

  /** An integer of at most 2^53 in size. */
  integer(value: number): void {
    let rest = value;
    if (rest < 0) {
      this.buffer[this.at++] = 45;
      rest = -rest;
    }
    if (rest >= 4_294_967_296) {
      const high = Math.floor(rest / 1_000_000);
      this.integer(high);
      this.padded(rest - high * 1_000_000, 6);
      return;
    }
    let width = 1;
    for (let bound = 10; rest >= bound; bound *= 10) width++;
    this.padded(rest, width);
  }

  /** A number below 2^32 with zeros in front. */
  padded(value: number, width: number): void {
    const { buffer } = this;
    let rest = value >>> 0;
    for (let at = this.at + width - 1; at >= this.at; at--) {
      const next = (rest / 10) >>> 0;
      buffer[at] = ZERO + rest - next * 10;
      rest = next;
    }
    this.at += width;
  }

  /** Hundredths as `12.34`. */
  cents(value: number): void {
    let rest = value;
    if (rest < 0) {
      this.buffer[this.at++] = 45;
      rest = -rest;
    }
    const whole = Math.floor(rest / 100);
    this.integer(whole);
    this.buffer[this.at++] = 46;
    this.padded(rest - whole * 100, 2);
  }

  /** 128 bits in hexadecimal, in quotes if it starts with a digit. */
  id(a: number, b: number, c: number, d: number): void {
    const quoted = a >>> 28 < 10;
    if (quoted) this.buffer[this.at++] = QUOTE;
    this.hex(a);
    this.hex(b);
    this.hex(c);
    this.hex(d);
    if (quoted) this.buffer[this.at++] = QUOTE;
  }

  /** 32 bits as eight hexadecimal digits. */
  hex(word: number): void {
    const { buffer } = this;
    let at = this.at;
    for (let shift = 24; shift >= 0; shift -= 8) {
      const pair = ((word >>> shift) & 0xff) * 2;
      buffer[at++] = HEX[pair]!;
      buffer[at++] = HEX[pair + 1]!;
    }
    this.at = at;
  }

  /** `2018-10-17`. */
  date(epochDay: number): void {
    const from = (epochDay - FIRST_DAY) * 10;
    const { buffer } = this;
    const at = this.at;
    for (let i = 0; i < 10; i++) buffer[at + i] = DAYS[from + i]!;
    this.at = at + 10;
  }

  /** `2018-10-17 17:30:18`, of local seconds since 1970. */
  time(second: number): void {
    const day = Math.floor(second / DAY);
    this.date(day);
    const rest = second - day * DAY;
    const hour = (rest / 3600) | 0;
    const minute = ((rest - hour * 3600) / 60) | 0;
    this.buffer[this.at++] = 32;
    this.padded(hour, 2);
    this.buffer[this.at++] = 58;
    this.padded(minute, 2);
    this.buffer[this.at++] = 58;
    this.padded(rest - hour * 3600 - minute * 60, 2);
  }
}
