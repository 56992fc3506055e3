// 128-bit ids that are a function of (table, index): unique, and no storage.
import { createHash } from 'node:crypto';
import { keyOf, mix } from '../core/random.ts';
import type { Bytes } from '../core/bytes.ts';

export class Ids {
  readonly #a: number;
  readonly #b: number;
  readonly #c: number;
  readonly #d: number;
  /** Ids that are given, four words each, by index. */
  readonly #given = new Map<number, Uint32Array>();

  constructor(seed: number, table: string) {
    this.#a = keyOf(seed, `${table}.a`);
    this.#b = keyOf(seed, `${table}.b`);
    this.#c = keyOf(seed, `${table}.c`);
    this.#d = keyOf(seed, `${table}.d`);
  }

  /** First 32 bits: a bijection of the index, so ids never collide. */
  first(index: number): number {
    return mix((index ^ this.#a) >>> 0);
  }

  /** The id of that index is the MD5 of a text, so that SQL can derive it. */
  giveMd5(index: number, of: string): void {
    const digest = createHash('md5').update(of).digest();
    this.#given.set(
      index,
      Uint32Array.from({ length: 4 }, (_, i) => digest.readUInt32BE(i * 4)),
    );
  }

  write(bytes: Bytes, index: number): void {
    const given = this.#given.size === 0 ? undefined : this.#given.get(index);
    if (given !== undefined) return bytes.id(given[0]!, given[1]!, given[2]!, given[3]!);
    const a = this.first(index);
    bytes.id(a, mix(a + this.#b), mix(a ^ this.#c), mix((index + this.#d) | 0));
  }

  text(index: number): string {
    const a = this.first(index);
    const words = this.#given.get(index) ?? [a, mix(a + this.#b), mix(a ^ this.#c), mix((index + this.#d) | 0)];
    return Array.from(words, (word) => word.toString(16).padStart(8, '0')).join('');
  }
}

/** The ids of one marketplace. */
export class MarketIds {
  readonly order: Ids;
  readonly customer: Ids;
  readonly person: Ids;
  readonly product: Ids;
  readonly seller: Ids;
  readonly review: Ids;

  constructor(seed: number) {
    this.order = new Ids(seed, 'orders');
    this.customer = new Ids(seed, 'customers');
    this.person = new Ids(seed, 'persons');
    this.product = new Ids(seed, 'products');
    this.seller = new Ids(seed, 'sellers');
    this.review = new Ids(seed, 'reviews');
  }
}
