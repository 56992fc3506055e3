// The shards of a stream as data, and what splitting and merging make of them.
import { findRange, formatHashKey, HIGHEST_KEY, keyBefore, uniformStarts, type HashRange } from './hash-keys.ts';
import { formatSequence, type ShardIdentity } from './sequence.ts';
import type { ChildShard, ShardDescription } from './types.ts';

export interface Shard extends ShardIdentity, HashRange {
  /** Milliseconds since 1970. */
  openedAt: number;
  /** Numbers of the shards it was made of. */
  parent?: number;
  adjacentParent?: number;
  /** Index of its last record, and when it was closed, milliseconds since 1970. */
  closed?: { last: number; at: number };
}

/** Index of a shard's last record so far. */
export type LastIndex = (shard: number) => number;

export function shardName(number: number): string {
  return `shardId-${number.toString().padStart(12, '0')}`;
}

/** Undefined where the text is no shard's name. */
export function shardNumber(name: string): number | undefined {
  return /^shardId-\d{12}$/.test(name) ? Number(name.slice(8)) : undefined;
}

export function firstShards(count: number, now: number): Shard[] {
  return rangesOf(uniformStarts(count)).map((range, number) => ({ number, madeAt: Math.floor(now / 1000), openedAt: now, ...range }));
}

function rangesOf(starts: readonly string[]): HashRange[] {
  return starts.map((from, at) => ({ from, to: at + 1 < starts.length ? keyBefore(starts[at + 1] as string) : HIGHEST_KEY }));
}

/** Open shards in the order of their ranges, which cover the whole space. */
export function openShards(shards: readonly Shard[]): Shard[] {
  return shards.filter((shard) => shard.closed === undefined).sort((a, b) => (a.from < b.from ? -1 : 1));
}

/** Closes the shard and makes two; `middle` is the first key of the second and lies inside the shard, behind its first key. */
export function splitShard(shards: readonly Shard[], number: number, middle: string, lastIndex: LastIndex, now: number): Shard[] {
  const parent = shards.find((shard) => shard.number === number) as Shard;
  const made = nextIdentity(shards, now);
  return [
    ...closing(shards, [number], lastIndex, now),
    { ...made, from: parent.from, to: keyBefore(middle), parent: number },
    { ...made, number: made.number + 1, from: middle, to: parent.to, parent: number },
  ];
}

/** Closes two shards whose ranges touch and makes one. */
export function mergeShards(shards: readonly Shard[], number: number, adjacent: number, lastIndex: LastIndex, now: number): Shard[] {
  const parents = shards.filter((shard) => shard.number === number || shard.number === adjacent).sort((a, b) => (a.from < b.from ? -1 : 1));
  const [low, high] = parents as [Shard, Shard];
  return [
    ...closing(shards, [number, adjacent], lastIndex, now),
    { ...nextIdentity(shards, now), from: low.from, to: high.to, parent: number, adjacentParent: adjacent },
  ];
}

/** Splits at every border that is wanted and merges at every border that is not, as the service does. */
export function scaleShards(shards: readonly Shard[], count: number, lastIndex: LastIndex, now: number): Shard[] {
  const wanted = uniformStarts(count);
  let result: Shard[] = [...shards];
  for (const border of wanted) {
    const open = openShards(result);
    const holder = open[
      findRange(
        open.map(({ from }) => from),
        border,
      )
    ] as Shard;
    if (holder.from !== border) result = splitShard(result, holder.number, border, lastIndex, now);
  }
  const kept = new Set(wanted);
  for (;;) {
    const open = openShards(result);
    const at = open.findIndex(({ from }) => !kept.has(from));
    if (at < 0) return result;
    result = mergeShards(result, (open[at - 1] as Shard).number, (open[at] as Shard).number, lastIndex, now);
  }
}

function closing(shards: readonly Shard[], numbers: readonly number[], lastIndex: LastIndex, now: number): Shard[] {
  return shards.map((shard) => (numbers.includes(shard.number) ? { ...shard, closed: { last: lastIndex(shard.number), at: now } } : shard));
}

/** A shard's second goes before its records' indexes in a sequence number: a child's must be later than its parents'. */
function nextIdentity(shards: readonly Shard[], now: number): ShardIdentity & { openedAt: number } {
  const newest = Math.max(...shards.map(({ madeAt }) => madeAt));
  return { number: Math.max(...shards.map(({ number }) => number)) + 1, madeAt: Math.max(Math.floor(now / 1000), newest + 1), openedAt: now };
}

/** As the service describes it. Parents that retention has let go are not named. */
export function describeShard(shard: Shard, shards: ReadonlyMap<number, Shard>): ShardDescription {
  const { parent, adjacentParent, closed } = shard;
  return {
    shardId: shardName(shard.number),
    ...(parent !== undefined && shards.has(parent) ? { parentShardId: shardName(parent) } : {}),
    ...(adjacentParent !== undefined && shards.has(adjacentParent) ? { adjacentParentShardId: shardName(adjacentParent) } : {}),
    startingHashKey: formatHashKey(shard.from),
    endingHashKey: formatHashKey(shard.to),
    startingSequence: formatSequence(shard, 0, shard.madeAt * 1000),
    ...(closed === undefined ? {} : { endingSequence: formatSequence(shard, closed.last + 1, closed.at) }),
  };
}

/** What the shard was split or merged into. */
export function childrenOf(number: number, shards: readonly Shard[]): ChildShard[] {
  return shards
    .filter(({ parent, adjacentParent }) => parent === number || adjacentParent === number)
    .map(({ number: child, parent, adjacentParent, from, to }) => ({
      shardId: shardName(child),
      parents: [parent, adjacentParent].flatMap((one) => (one === undefined ? [] : [shardName(one)])),
      startingHashKey: formatHashKey(from),
      endingHashKey: formatHashKey(to),
    }));
}
