// Seeded randomness: a hash that gives the same draw for the same place whatever the order of work, and a generator for sequences.

/** A well-mixed unsigned 32-bit number of a seed and two coordinates (MurmurHash3's finaliser over their mix). */
export function hash32(seed: number, a: number, b: number): number {
  let h = Math.imul(seed ^ 0x9e37_79b9, 0x85eb_ca6b) ^ Math.imul(a + 0x7f4a_7c15, 0xc2b2_ae35);
  h = Math.imul(h ^ (h >>> 15), 0x2c1b_3c6d) ^ Math.imul(b + 0x1656_67b1, 0x2712_1c93);
  h = Math.imul(h ^ (h >>> 16), 0x85eb_ca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2_ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

/** A number in [0, 1) of a seed and two coordinates. */
export function hashUniform(seed: number, a: number, b: number): number {
  return hash32(seed, a, b) / 4_294_967_296;
}

export interface Random {
  /** A number in [0, 1). */
  uniform(): number;
  /** A whole number in [0, below). */
  integer(below: number): number;
  /** A draw from the standard normal distribution (Box and Muller). */
  normal(): number;
}

/** A generator of its own for a seed (xoshiro128**, Blackman and Vigna), equal on every machine. */
export function seededRandom(seed: number): Random {
  let a = hash32(seed, 1, 0);
  let b = hash32(seed, 2, 0);
  let c = hash32(seed, 3, 0);
  let d = hash32(seed, 4, 0) | 1;
  const next = (): number => {
    const rotated = Math.imul(b, 5);
    const result = Math.imul((rotated << 7) | (rotated >>> 25), 9) >>> 0;
    const t = b << 9;
    c ^= a;
    d ^= b;
    b ^= c;
    a ^= d;
    c ^= t;
    d = (d << 11) | (d >>> 21);
    return result;
  };
  const uniform = (): number => next() / 4_294_967_296;
  return {
    uniform,
    integer: (below) => Math.floor(uniform() * below),
    normal: () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform()),
  };
}

/** The numbers 0 to count - 1 in a seeded order (Fisher and Yates). */
export function shuffled(count: number, random: Random): Uint32Array {
  const order = Uint32Array.from({ length: count }, (_, index) => index);
  for (let last = count - 1; last > 0; last -= 1) {
    const other = random.integer(last + 1);
    const kept = order[last]!;
    order[last] = order[other]!;
    order[other] = kept;
  }
  return order;
}
