// What one shard takes and gives in a second, as on AWS; calls above it are turned away.
import { KinesisError } from '../errors.ts';
import { ACCOUNT } from '../names.ts';
import type { PutRefusal } from '../types.ts';

export interface ShardLimits {
  writeBytes: number;
  writeRecords: number;
  readBytes: number;
  reads: number;
}

/** A second of one shard. */
export const AWS_SHARD_LIMITS: ShardLimits = Object.freeze({ writeBytes: 1024 * 1024, writeRecords: 1000, readBytes: 2 * 1024 * 1024, reads: 5 });

/** Holds a second's worth; one amount above that is let through when it is full, and has to be earned back. */
class Bucket {
  readonly #perSecond: number;
  #level: number;
  #at: number;

  constructor(perSecond: number, now: number) {
    this.#perSecond = perSecond;
    this.#level = perSecond;
    this.#at = now;
  }

  has(amount: number, now: number): boolean {
    this.#level = Math.min(this.#perSecond, this.#level + (Math.max(0, now - this.#at) / 1000) * this.#perSecond);
    this.#at = now;
    return this.#level >= Math.min(amount, this.#perSecond);
  }

  take(amount: number): void {
    this.#level -= amount;
  }
}

export interface Limiter {
  /** Counts a record, or says why it is not taken. */
  admit(stream: string, shardId: string, bytes: number): PutRefusal | undefined;
  /** Counts a read. @throws KinesisError `ProvisionedThroughputExceededException` */
  admitRead(stream: string, shardId: string): void;
  countRead(stream: string, shardId: string, bytes: number): void;
}

export function shardLimiter(limits: ShardLimits, now: () => number): Limiter {
  const buckets = new Map<string, Bucket>();
  const bucket = (stream: string, shardId: string, what: keyof ShardLimits): Bucket => {
    const key = `${stream} ${shardId} ${what}`;
    const known = buckets.get(key) ?? new Bucket(limits[what], now());
    buckets.set(key, known);
    return known;
  };
  const words = (stream: string, shardId: string) => `Rate exceeded for shard ${shardId} in stream ${stream} under account ${ACCOUNT}.`;
  return {
    admit(stream, shardId, bytes) {
      const [size, count] = [bucket(stream, shardId, 'writeBytes'), bucket(stream, shardId, 'writeRecords')];
      if (!size.has(bytes, now()) || !count.has(1, now()))
        return { errorCode: 'ProvisionedThroughputExceededException', message: words(stream, shardId) };
      size.take(bytes);
      count.take(1);
      return undefined;
    },
    admitRead(stream, shardId) {
      const calls = bucket(stream, shardId, 'reads');
      if (!calls.has(1, now()) || !bucket(stream, shardId, 'readBytes').has(0, now()))
        throw new KinesisError('ProvisionedThroughputExceededException', words(stream, shardId));
      calls.take(1);
    },
    countRead: (stream, shardId, bytes) => bucket(stream, shardId, 'readBytes').take(bytes),
  };
}
