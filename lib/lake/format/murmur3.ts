// 32-bit Murmur3, x86 variant, seed 0: the hash of the bucket transform (Iceberg specification, appendix B).

/** The hash as a signed 32-bit integer. */
export function murmur3(bytes: Uint8Array): number {
  const whole = bytes.length & ~3;
  let hash = 0;
  for (let at = 0; at < whole; at += 4) {
    const word = byteAt(bytes, at) | (byteAt(bytes, at + 1) << 8) | (byteAt(bytes, at + 2) << 16) | (byteAt(bytes, at + 3) << 24);
    hash ^= scramble(word);
    hash = Math.imul((hash << 13) | (hash >>> 19), 5) + 0xe6546b64 | 0;
  }
  let tail = 0;
  for (let at = bytes.length - 1; at >= whole; at--) tail = (tail << 8) | byteAt(bytes, at);
  hash ^= scramble(tail);
  hash ^= bytes.length;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return hash ^ (hash >>> 16);
}

function scramble(word: number): number {
  const mixed = Math.imul(word, 0xcc9e2d51);
  return Math.imul((mixed << 15) | (mixed >>> 17), 0x1b873593);
}

function byteAt(bytes: Uint8Array, at: number): number {
  return bytes[at] as number;
}
