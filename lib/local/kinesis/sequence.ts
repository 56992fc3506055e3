// Sequence numbers of AWS's shape: 56 decimal digits that grow along a shard, differ between shards, and grow from parent to child.
// 188 bits: 4 × version 2 | 36 × shard made (s) | 4 × shard number | 64 × index in the shard | 8 × 0 | 36 × arrival (s)
//   | 32 × shard number | 4 × version 2

const STEP = 1n << 80n;
const SHAPE = /^2([0-9a-f]{9})([0-9a-f])([0-9a-f]{16})00([0-9a-f]{9})([0-9a-f]{8})2$/;

export interface ShardIdentity {
  /** From 0, in the order in which the stream's shards were made. */
  number: number;
  /** Seconds since 1970; later than those of its parents. */
  madeAt: number;
}

/** The number of the record with that index, from 1 on; index 0 gives where the shard starts. */
export function formatSequence(shard: ShardIdentity, index: number, arrival: number): string {
  return sequenceValue(shard, index, arrival).toString();
}

/** The numbers of `count` records that arrived together. */
export function formatSequences(shard: ShardIdentity, first: number, count: number, arrival: number): string[] {
  const numbers = Array<string>(count);
  let value = sequenceValue(shard, first, arrival);
  for (let at = 0; at < count; at++, value += STEP) numbers[at] = value.toString();
  return numbers;
}

function sequenceValue({ number, madeAt }: ShardIdentity, index: number, arrival: number): bigint {
  const seconds = BigInt(Math.floor(arrival / 1000)) & 0xf_ffff_ffffn;
  return (
    (2n << 184n) |
    ((BigInt(madeAt) & 0xf_ffff_ffffn) << 148n) |
    (BigInt(number & 15) << 144n) |
    (BigInt(index) << 80n) |
    (seconds << 36n) |
    (BigInt(number) << 4n) |
    2n
  );
}

/** The index that a number tells, or undefined where it is not one of this shard's. */
export function parseSequence(text: string, shard: ShardIdentity): number | undefined {
  if (!/^(0|[1-9]\d{0,128})$/.test(text)) return undefined;
  const fields = SHAPE.exec(BigInt(text).toString(16));
  if (fields === null) return undefined;
  const [, madeAt = '', nibble = '', index = '', , number = ''] = fields;
  const isOurs =
    Number.parseInt(madeAt, 16) === shard.madeAt &&
    Number.parseInt(number, 16) === shard.number &&
    Number.parseInt(nibble, 16) === (shard.number & 15);
  const parsed = Number.parseInt(index, 16);
  return isOurs && Number.isSafeInteger(parsed) ? parsed : undefined;
}

/** How many records of the shard lie between two numbers of it, `0` being before the first; undefined where they are not numbers of one shard. */
export function recordsBetween(earlier: string, later: string): number | undefined {
  const [from, to] = [earlier, later].map((text) => (/^[1-9]\d{0,128}$/.test(text) ? SHAPE.exec(BigInt(text).toString(16)) : null));
  if (to == null || (earlier !== '0' && (from == null || from[1] !== to[1] || from[5] !== to[5]))) return undefined;
  return Math.max(0, Number.parseInt(to[3]!, 16) - (from == null ? 0 : Number.parseInt(from[3]!, 16)) - 1);
}
