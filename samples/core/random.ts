// Pseudo-random numbers: sfc32 (Chris Doty-Humphrey, PractRand) with a substream for every purpose, and hashes of an index.
import { exp, log, normalQuantile } from './numbers.ts';

const TWO_32 = 4294967296;

/** Finaliser of MurmurHash3: a bijection of 32-bit words. */
export function mix(word: number): number {
  let h = word | 0;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

/** A 32-bit hash of a seed and a name: the root of a substream. */
export function keyOf(seed: number, name: string): number {
  let h = mix(seed ^ 0x9e3779b9) ^ mix(Math.floor(seed / TWO_32) + 0x632be5ab);
  for (let i = 0; i < name.length; i++) h = Math.imul(h ^ name.charCodeAt(i), 0x01000193);
  return mix(h);
}

/** A 32-bit hash of (key, index): attributes that need no storage. */
export function hashAt(key: number, index: number): number {
  return mix(mix(index + 0x9e3779b9) ^ Math.imul(key, 0x2c1b3c6d) ^ key);
}

/** The same as a number in [0, 1). */
export function realAt(key: number, index: number): number {
  return hashAt(key, index) / TWO_32;
}

export class Random {
  #a: number;
  #b: number;
  #c: number;
  #counter = 1;

  /** A substream of its own for every (seed, name). */
  constructor(seed: number, name: string) {
    const key = keyOf(seed, name);
    this.#a = mix(key ^ 0x243f6a88) | 0;
    this.#b = mix(key ^ 0x85a308d3) | 0;
    this.#c = mix(key ^ 0x13198a2e) | 0;
    for (let i = 0; i < 12; i++) this.uint();
  }

  /** 32 uniform bits. */
  uint(): number {
    const t = (((this.#a + this.#b) | 0) + this.#counter) | 0;
    this.#counter = (this.#counter + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + t) | 0;
    return t >>> 0;
  }

  /** Uniform in [0, 1). */
  real(): number {
    return this.uint() / TWO_32;
  }

  /** Uniform integer in [0, n). */
  below(n: number): number {
    return Math.floor((this.uint() / TWO_32) * n);
  }

  /** Uniform integer in [low, high]. */
  between(low: number, high: number): number {
    return low + this.below(high - low + 1);
  }

  chance(probability: number): boolean {
    return this.uint() < probability * TWO_32;
  }

  pick<T>(values: ArrayLike<T>): T {
    return values[this.below(values.length)]!;
  }

  /** Standard normal. */
  normal(): number {
    return normalQuantile((this.uint() + 0.5) / TWO_32);
  }

  /** exp(N(ln median, sigma)). */
  logNormal(median: number, sigma: number): number {
    return median * exp(sigma * this.normal());
  }

  /** Exponential with mean 1. */
  exponential(): number {
    return -log((this.uint() + 0.5) / TWO_32);
  }

  /** Standard logistic. */
  logistic(): number {
    const p = (this.uint() + 0.5) / TWO_32;
    return log(p / (1 - p));
  }

  /** Fisher-Yates, in place. */
  shuffle(values: Uint32Array): Uint32Array {
    for (let i = values.length - 1; i > 0; i--) {
      const j = this.below(i + 1);
      const kept = values[i]!;
      values[i] = values[j]!;
      values[j] = kept;
    }
    return values;
  }
}

/** Draws an index with the probability of its weight in constant time (Walker and Vose's alias method). */
export class WeightedChoice {
  readonly #threshold: Float64Array;
  readonly #alias: Uint32Array;

  constructor(weights: ArrayLike<number>) {
    const n = weights.length;
    let sum = 0;
    for (let i = 0; i < n; i++) sum += weights[i]!;
    this.#threshold = new Float64Array(n);
    this.#alias = new Uint32Array(n);
    const small: number[] = [];
    const large: number[] = [];
    for (let i = 0; i < n; i++) {
      this.#threshold[i] = (weights[i]! * n) / sum;
      this.#alias[i] = i;
      (this.#threshold[i]! < 1 ? small : large).push(i);
    }
    while (small.length > 0 && large.length > 0) {
      const less = small.pop()!;
      const more = large.pop()!;
      this.#alias[less] = more;
      this.#threshold[more] = this.#threshold[more]! - (1 - this.#threshold[less]!);
      (this.#threshold[more]! < 1 ? small : large).push(more);
    }
    for (const rest of [...small, ...large]) this.#threshold[rest] = 1;
  }

  draw(random: Random): number {
    const i = random.below(this.#threshold.length);
    return random.real() < this.#threshold[i]! ? i : this.#alias[i]!;
  }
}
