// Shard iterators: opaque text that says where reading goes on and when it was given out; nothing of them is kept.
import { crc32 } from 'node:zlib';
import { KinesisError } from './errors.ts';

export const ITERATOR_LIFE_MILLISECONDS = 300_000;

export interface IteratorPosition {
  stream: string;
  /** Tells a stream from a later one of the same name. */
  createdAt: number;
  shard: number;
  /** Index of the next record. */
  next: number;
  issuedAt: number;
}

export function formatIterator({ stream, createdAt, shard, next, issuedAt }: IteratorPosition): string {
  const text = JSON.stringify([stream, createdAt, shard, next, issuedAt]);
  return Buffer.from(`${crc32(text).toString(16).padStart(8, '0')}${text}`).toString('base64');
}

/** @throws KinesisError `InvalidArgumentException` where it is none of ours, `ExpiredIteratorException` after five minutes. */
export function parseIterator(iterator: string, now: number): IteratorPosition {
  const position = decode(iterator);
  if (position === undefined) throw new KinesisError('InvalidArgumentException', 'Invalid ShardIterator.');
  if (now - position.issuedAt > ITERATOR_LIFE_MILLISECONDS) {
    throw new KinesisError(
      'ExpiredIteratorException',
      `Iterator expired. The iterator was created at time ${atTime(position.issuedAt)} while right now it is ${atTime(now)} ` +
        `which is further in the future than the tolerated delay of ${ITERATOR_LIFE_MILLISECONDS} milliseconds.`,
    );
  }
  return position;
}

function decode(iterator: string): IteratorPosition | undefined {
  const whole = Buffer.from(iterator, 'base64').toString('utf8');
  const text = whole.slice(8);
  if (whole.slice(0, 8) !== crc32(text).toString(16).padStart(8, '0')) return undefined;
  const [stream, createdAt, shard, next, issuedAt] = JSON.parse(text) as [string, number, number, number, number];
  return { stream, createdAt, shard, next, issuedAt };
}

/** As the service writes times in messages. */
function atTime(milliseconds: number): string {
  return new Date(milliseconds).toUTCString().replace(/^(\w+), (\d+) (\w+) (\d+) ([\d:]+) GMT$/, '$1 $3 $2 $5 UTC $4');
}
