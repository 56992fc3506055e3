// The 128-bit space of hash keys, as 32 hexadecimal digits inside (they compare like numbers) and as decimal text outside.
import { hash } from 'node:crypto';

export const HIGHEST_KEY = 'f'.repeat(32);
const SIZE = 1n << 128n;

/** Both ends belong to the range. */
export interface HashRange {
  from: string;
  to: string;
}

/** MD5 of the UTF-8 bytes, as on AWS. */
export function hashOfPartitionKey(partitionKey: string): string {
  return hash('md5', partitionKey, 'hex');
}

/** Undefined unless it is a decimal number from 0 to 2^128 − 1 without leading zeros. */
export function parseHashKey(decimal: string): string | undefined {
  if (!/^(0|[1-9]\d{0,38})$/.test(decimal)) return undefined;
  const value = BigInt(decimal);
  return value < SIZE ? toKey(value) : undefined;
}

export function formatHashKey(key: string): string {
  return BigInt(`0x${key}`).toString();
}

/** The key just below; there must be one. */
export function keyBefore(key: string): string {
  return toKey(BigInt(`0x${key}`) - 1n);
}

/** First keys of `count` ranges of the same size that cover the space. */
export function uniformStarts(count: number): string[] {
  return Array.from({ length: count }, (_, at) => toKey((SIZE * BigInt(at)) / BigInt(count)));
}

/** Position of the range that holds the key; `starts` are the first keys of ranges that cover the space, in order. */
export function findRange(starts: readonly string[], key: string): number {
  let low = 0;
  let high = starts.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((starts[middle] as string) <= key) low = middle;
    else high = middle - 1;
  }
  return low;
}

function toKey(value: bigint): string {
  return value.toString(16).padStart(32, '0');
}
