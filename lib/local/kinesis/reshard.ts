// What may be split, merged or scaled, and the service's words where it may not.
import { KinesisError } from './errors.ts';
import { findRange, keyBefore, parseHashKey } from './hash-keys.ts';
import { ACCOUNT } from './names.ts';
import { describeShard, mergeShards, openShards, scaleShards, shardNumber, splitShard, type LastIndex, type Shard } from './shards.ts';

/** A stream as it is when its shards are about to change. */
export interface Resharding {
  stream: string;
  shards: readonly Shard[];
  lastIndex: LastIndex;
  now: number;
}

/** @throws KinesisError where there is no such open shard, or the key does not lie inside it. */
export function planSplit(before: Resharding, shardId: string, newStartingHashKey: string): Shard[] {
  const { stream, shards, lastIndex, now } = before;
  const shard = openShard(before, shardId);
  const middle = parseHashKey(newStartingHashKey);
  if (middle === undefined || middle <= shard.from || middle >= shard.to || keyBefore(middle) === shard.from) {
    const { startingHashKey, endingHashKey } = describeShard(shard, new Map());
    throw new KinesisError(
      'InvalidArgumentException',
      `NewStartingHashKey ${newStartingHashKey} used in SplitShard() on shard ${shardId} in stream ${stream} under account ${ACCOUNT} ` +
        `is not both greater than one plus the shard's StartingHashKey ${startingHashKey} and less than the shard's EndingHashKey ${endingHashKey}.`,
    );
  }
  return splitShard(shards, shard.number, middle, lastIndex, now);
}

/** @throws KinesisError where they are not two open shards whose ranges touch. */
export function planMerge(before: Resharding, shardId: string, adjacentShardId: string): Shard[] {
  const { stream, shards, lastIndex, now } = before;
  const [one, other] = [openShard(before, shardId), openShard(before, adjacentShardId)];
  const starts = openShards(shards).map(({ from }) => from);
  if (Math.abs(findRange(starts, one.from) - findRange(starts, other.from)) !== 1) {
    throw new KinesisError(
      'InvalidArgumentException',
      `Shards ${shardId} and ${adjacentShardId} in stream ${stream} under account ${ACCOUNT} are not an adjacent pair of shards eligible for merging`,
    );
  }
  return mergeShards(shards, one.number, other.number, lastIndex, now);
}

/** @throws KinesisError where that is more than double or less than half of what there is. */
export function planScale({ shards, lastIndex, now }: Resharding, target: number): Shard[] {
  const open = openShards(shards).length;
  const refused = (direction: string) =>
    new KinesisError(
      'InvalidArgumentException',
      `UpdateShardCount cannot scale ${direction} your current open shard count. Current open shard count: ${open} Target shard count: ${target}`,
    );
  if (target > 2 * open) throw refused('up over double');
  if (target * 2 < open) throw refused('down below half');
  return scaleShards(shards, target, lastIndex, now);
}

export function shardNotFound(shardId: string, stream: string): KinesisError {
  return new KinesisError('ResourceNotFoundException', `Shard ${shardId} in stream ${stream} under account ${ACCOUNT} does not exist`);
}

function openShard({ stream, shards }: Resharding, shardId: string): Shard {
  const number = shardNumber(shardId);
  const shard = shards.find((one) => one.number === number);
  if (shard === undefined) throw shardNotFound(shardId, stream);
  if (shard.closed !== undefined) {
    const words = `Shard ${shardId} in stream ${stream} under account ${ACCOUNT} is closed and cannot be split or merged.`;
    throw new KinesisError('ResourceNotFoundException', words);
  }
  return shard;
}
