// Listing, splitting and merging shards.
import { KinesisError } from '../../errors.ts';
import type { ShardDescription, ShardStatus } from '../../types.ts';
import { aStream, integer, shardId, structure, text } from '../fields.ts';
import { refuseOverLimit } from './account.ts';
import { streamOf, type Operation } from './operation.ts';
import { page } from './page.ts';

const TOKEN_LIFE_MILLISECONDS = 300_000;
const FILTERS = ['AFTER_SHARD_ID', 'AT_TRIM_HORIZON', 'FROM_TRIM_HORIZON', 'AT_LATEST', 'AT_TIMESTAMP', 'FROM_TIMESTAMP'] as const;

interface ShardFilter {
  Type: (typeof FILTERS)[number];
  ShardId?: string;
  Timestamp?: number;
}

/** Where a list goes on; the filter stays the same from page to page. */
interface Token {
  stream: string;
  after: string;
  filter?: ShardFilter;
  issuedAt: number;
}

/** A shard as answers show it. */
export function shardOut(shard: ShardDescription): object {
  const { parentShardId, adjacentParentShardId, endingSequence } = shard;
  return {
    ShardId: shard.shardId,
    ...(parentShardId === undefined ? {} : { ParentShardId: parentShardId }),
    ...(adjacentParentShardId === undefined ? {} : { AdjacentParentShardId: adjacentParentShardId }),
    HashKeyRange: { StartingHashKey: shard.startingHashKey, EndingHashKey: shard.endingHashKey },
    SequenceNumberRange: {
      StartingSequenceNumber: shard.startingSequence,
      ...(endingSequence === undefined ? {} : { EndingSequenceNumber: endingSequence }),
    },
  };
}

const listShards: Operation = {
  fields: {
    ...aStream,
    NextToken: text({ min: 1, max: 1_048_576 }),
    ExclusiveStartShardId: shardId(),
    MaxResults: integer({ min: 1, max: 10_000 }),
    StreamCreationTimestamp: { kind: 'time' },
    ShardFilter: structure({ Type: text({ required: true, oneOf: FILTERS }), ShardId: shardId(), Timestamp: { kind: 'time' } }),
  },
  run({ streams, clock }, { input }) {
    const {
      NextToken,
      ExclusiveStartShardId,
      MaxResults = 1000,
      StreamCreationTimestamp,
      ShardFilter,
    } = input as {
      NextToken?: string;
      ExclusiveStartShardId?: string;
      MaxResults?: number;
      StreamCreationTimestamp?: number;
      ShardFilter?: ShardFilter;
    };
    if (NextToken !== undefined && (input['StreamName'] !== undefined || input['StreamARN'] !== undefined))
      throw new KinesisError('InvalidArgumentException', 'NextToken and StreamName cannot be provided together.');
    if (NextToken !== undefined && ExclusiveStartShardId !== undefined)
      throw new KinesisError('InvalidArgumentException', 'NextToken and ExclusiveStartShardId cannot be provided together.');
    const now = clock.now();
    const from: Token =
      NextToken === undefined
        ? { stream: streamOf(input), after: ExclusiveStartShardId ?? '', filter: ShardFilter, issuedAt: now }
        : readToken(NextToken, now);
    const { name, createdAt } = streams.describe(from.stream);
    if (StreamCreationTimestamp !== undefined && Math.floor(StreamCreationTimestamp / 1000) !== Math.floor(createdAt / 1000)) {
      throw new KinesisError('ResourceNotFoundException', `Stream ${name} made at that time not found.`);
    }
    const isWanted = shardFilter(from.filter, new Map(streams.status(name).map((one) => [one.shardId, one])));
    const { items, hasMore } = page(streams.shards(name), (shard) => shard.shardId > from.after && isWanted(shard), MaxResults);
    return {
      Shards: items.map(shardOut),
      ...(hasMore ? { NextToken: writeToken({ ...from, after: items.at(-1)?.shardId ?? '', issuedAt: now }) } : {}),
    };
  },
};

function shardFilter(filter: ShardFilter | undefined, states: ReadonlyMap<string, ShardStatus>): (shard: ShardDescription) => boolean {
  if (filter === undefined) return () => true;
  const { Type, ShardId, Timestamp } = filter;
  if ((Type === 'AFTER_SHARD_ID') !== (ShardId !== undefined))
    throw new KinesisError('InvalidArgumentException', 'ShardFilter needs a ShardId with the type AFTER_SHARD_ID, and only with it.');
  if ((Type === 'AT_TIMESTAMP' || Type === 'FROM_TIMESTAMP') !== (Timestamp !== undefined))
    throw new KinesisError(
      'InvalidArgumentException',
      'ShardFilter needs a Timestamp with the types AT_TIMESTAMP and FROM_TIMESTAMP, and only with them.',
    );
  const closedAt = ({ shardId }: ShardDescription) => states.get(shardId)?.closedAt ?? Infinity;
  const openedAt = ({ shardId }: ShardDescription) => states.get(shardId)?.openedAt ?? 0;
  switch (Type) {
    case 'AFTER_SHARD_ID':
      return ({ shardId }) => shardId > (ShardId as string);
    case 'AT_LATEST':
      return (shard) => shard.endingSequence === undefined;
    case 'AT_TIMESTAMP':
      return (shard) => openedAt(shard) <= (Timestamp as number) && closedAt(shard) > (Timestamp as number);
    case 'FROM_TIMESTAMP':
      return (shard) => closedAt(shard) > (Timestamp as number);
    case 'AT_TRIM_HORIZON':
      return ({ parentShardId, adjacentParentShardId }) => parentShardId === undefined && adjacentParentShardId === undefined;
    default:
      return () => true;
  }
}

function writeToken(token: Token): string {
  return Buffer.from(JSON.stringify(token)).toString('base64');
}

function readToken(text: string, now: number): Token {
  const invalid = (cause?: unknown) => new KinesisError('InvalidArgumentException', 'NextToken is invalid.', cause);
  let token: Partial<Token> | null;
  try {
    token = JSON.parse(Buffer.from(text, 'base64').toString()) as Partial<Token> | null;
  } catch (error) {
    throw invalid(error);
  }
  const { stream, after, filter, issuedAt } = token ?? {};
  if (
    typeof stream !== 'string' ||
    typeof after !== 'string' ||
    typeof issuedAt !== 'number' ||
    (filter !== undefined && !FILTERS.includes(filter?.Type))
  )
    throw invalid();
  if (now - issuedAt > TOKEN_LIFE_MILLISECONDS) throw new KinesisError('ExpiredNextTokenException', 'NextToken has expired.');
  return { stream, after, filter, issuedAt };
}

const splitShard: Operation = {
  fields: {
    ...aStream,
    ShardToSplit: shardId({ required: true }),
    NewStartingHashKey: text({ required: true, pattern: String.raw`0|([1-9]\d{0,38})` }),
  },
  async run(service, { input }) {
    const { ShardToSplit, NewStartingHashKey } = input as { ShardToSplit: string; NewStartingHashKey: string };
    refuseOverLimit(service, 1);
    await service.streams.splitShard(streamOf(input), ShardToSplit, NewStartingHashKey);
    return undefined;
  },
};

const mergeShards: Operation = {
  fields: { ...aStream, ShardToMerge: shardId({ required: true }), AdjacentShardToMerge: shardId({ required: true }) },
  async run({ streams }, { input }) {
    const { ShardToMerge, AdjacentShardToMerge } = input as { ShardToMerge: string; AdjacentShardToMerge: string };
    await streams.mergeShards(streamOf(input), ShardToMerge, AdjacentShardToMerge);
    return undefined;
  },
};

const updateShardCount: Operation = {
  fields: { ...aStream, TargetShardCount: integer({ required: true, min: 1 }), ScalingType: text({ required: true, oneOf: ['UNIFORM_SCALING'] }) },
  async run(service, { input }) {
    const target = input['TargetShardCount'] as number;
    const { name, arn, openShards } = service.streams.describe(streamOf(input));
    refuseOverLimit(service, target - openShards);
    await service.streams.updateShardCount(name, target);
    return { StreamName: name, StreamARN: arn, CurrentShardCount: openShards, TargetShardCount: target };
  },
};

export const shardOperations: Readonly<Record<string, Operation>> = {
  ListShards: listShards,
  SplitShard: splitShard,
  MergeShards: mergeShards,
  UpdateShardCount: updateShardCount,
};
