// Making, deleting, describing and changing streams.
import { KinesisError } from '../../errors.ts';
import type { ShardDescription, StreamDescription, StreamMode } from '../../types.ts';
import { aStream, integer, streamArn, streamName, structure, text, type Rules } from '../fields.ts';
import { ON_DEMAND_STREAM_LIMIT, refuseOverLimit, SHARD_LIMIT, usedShards } from './account.ts';
import { streamOf, type Operation } from './operation.ts';
import { page } from './page.ts';
import { shardOut } from './shards.ts';
import { checkTags } from './tags.ts';

const mode: Rules = { StreamMode: text({ required: true, oneOf: ['PROVISIONED', 'ON_DEMAND'] }) };

const createStream: Operation = {
  fields: {
    StreamName: streamName({ required: true }),
    ShardCount: integer({ min: 1, max: 100_000 }),
    StreamModeDetails: structure(mode),
    Tags: { kind: 'map' },
    MaxRecordSizeInKiB: integer({ min: 1024, max: 10_240 }),
    WarmThroughputMiBps: integer({ min: 0 }),
  },
  async run(service, { input }) {
    const { StreamName, ShardCount, StreamModeDetails, Tags, MaxRecordSizeInKiB } = input as {
      StreamName: string;
      ShardCount?: number;
      StreamModeDetails?: { StreamMode: StreamMode };
      Tags?: Record<string, unknown>;
      MaxRecordSizeInKiB?: number;
    };
    const wanted = StreamModeDetails?.StreamMode ?? 'PROVISIONED';
    if (wanted === 'PROVISIONED' && ShardCount === undefined)
      throw new KinesisError('InvalidArgumentException', 'ShardCount must be specified for a stream in PROVISIONED mode.');
    if (wanted === 'ON_DEMAND' && ShardCount !== undefined)
      throw new KinesisError('InvalidArgumentException', 'ShardCount must not be specified for a stream in ON_DEMAND mode.');
    if (ShardCount !== undefined) refuseOverLimit(service, ShardCount);
    await service.streams.createStream(StreamName, {
      mode: wanted,
      ...(ShardCount === undefined ? {} : { shardCount: ShardCount }),
      ...(MaxRecordSizeInKiB === undefined ? {} : { maxRecordKiB: MaxRecordSizeInKiB }),
      ...(Tags === undefined ? {} : { tags: checkTags(Tags) }),
    });
    return undefined;
  },
};

const deleteStream: Operation = {
  fields: { ...aStream, EnforceConsumerDeletion: { kind: 'boolean' } },
  async run({ streams }, { input }) {
    await streams.deleteStream(streamOf(input));
    return undefined;
  },
};

function common({ name, arn, status, mode, retentionHours, createdAt }: StreamDescription, time: (milliseconds: number) => unknown): object {
  return {
    StreamName: name,
    StreamARN: arn,
    StreamStatus: status,
    StreamModeDetails: { StreamMode: mode },
    RetentionPeriodHours: retentionHours,
    StreamCreationTimestamp: time(createdAt),
    EnhancedMonitoring: [{ ShardLevelMetrics: [] }],
    EncryptionType: 'NONE',
  };
}

const describeStream: Operation = {
  fields: { ...aStream, Limit: integer({ min: 1, max: 10_000 }), ExclusiveStartShardId: text({ min: 1, max: 128, pattern: '[a-zA-Z0-9_.-]+' }) },
  run({ streams }, { input, codec }) {
    const { Limit = 100, ExclusiveStartShardId: after } = input as { Limit?: number; ExclusiveStartShardId?: string };
    const stream = streams.describe(streamOf(input));
    const { items, hasMore } = page(streams.shards(stream.name), ({ shardId }: ShardDescription) => after === undefined || shardId > after, Limit);
    return { StreamDescription: { ...common(stream, codec.time), Shards: items.map(shardOut), HasMoreShards: hasMore } };
  },
};

const describeStreamSummary: Operation = {
  fields: aStream,
  run({ streams }, { input, codec }) {
    const stream = streams.describe(streamOf(input));
    return {
      StreamDescriptionSummary: {
        ...common(stream, codec.time),
        OpenShardCount: stream.openShards,
        ConsumerCount: 0,
        MaxRecordSizeInKiB: stream.maxRecordKiB,
      },
    };
  },
};

const listStreams: Operation = {
  fields: { Limit: integer({ min: 1, max: 10_000 }), ExclusiveStartStreamName: streamName(), NextToken: text({ min: 1, max: 1_048_576 }) },
  run({ streams }, { input, codec }) {
    const { Limit = 100, ExclusiveStartStreamName, NextToken } = input as { Limit?: number; ExclusiveStartStreamName?: string; NextToken?: string };
    const after = NextToken === undefined ? ExclusiveStartStreamName : Buffer.from(NextToken, 'base64').toString();
    const { items, hasMore } = page(streams.names(), (name) => after === undefined || name > after, Limit);
    return {
      StreamNames: items,
      HasMoreStreams: hasMore,
      StreamSummaries: items
        .map((name) => streams.describe(name))
        .map(({ name, arn, status, mode, createdAt }) => ({
          StreamName: name,
          StreamARN: arn,
          StreamStatus: status,
          StreamModeDetails: { StreamMode: mode },
          StreamCreationTimestamp: codec.time(createdAt),
        })),
      ...(hasMore ? { NextToken: Buffer.from(items.at(-1) as string).toString('base64') } : {}),
    };
  },
};

function retention(direction: 'Increase' | 'Decrease'): Operation {
  return {
    fields: { ...aStream, RetentionPeriodHours: integer({ required: true }) },
    async run({ streams }, { input }) {
      const name = streamOf(input);
      const hours = input['RetentionPeriodHours'] as number;
      const { retentionHours } = streams.describe(name);
      const of = `Requested retention period (${hours} hours) for stream ${name}`;
      if (hours < 24) throw new KinesisError('InvalidArgumentException', `Minimum allowed retention period is 24 hours. ${of} is too short.`);
      if (hours > 8760) throw new KinesisError('InvalidArgumentException', `Maximum allowed retention period is 8760 hours. ${of} is too long.`);
      if (direction === 'Increase' && hours < retentionHours)
        throw new KinesisError(
          'InvalidArgumentException',
          `${of} can not be shorter than existing retention period (${retentionHours} hours). Use DecreaseRetentionPeriod API.`,
        );
      if (direction === 'Decrease' && hours > retentionHours)
        throw new KinesisError(
          'InvalidArgumentException',
          `${of} can not be longer than existing retention period (${retentionHours} hours). Use IncreaseRetentionPeriod API.`,
        );
      await streams.updateSettings(name, { retentionHours: hours });
      return undefined;
    },
  };
}

const updateStreamMode: Operation = {
  fields: {
    StreamARN: streamArn({ required: true }),
    StreamModeDetails: structure(mode, { required: true }),
    WarmThroughputMiBps: integer({ min: 0 }),
  },
  async run({ streams }, { input }) {
    await streams.updateSettings(streamOf(input), { mode: (input['StreamModeDetails'] as { StreamMode: StreamMode }).StreamMode });
    return undefined;
  },
};

const updateMaxRecordSize: Operation = {
  fields: { StreamARN: streamArn({ required: true }), MaxRecordSizeInKiB: integer({ required: true, min: 1024, max: 10_240 }) },
  async run({ streams }, { input }) {
    await streams.updateSettings(streamOf(input), { maxRecordKiB: input['MaxRecordSizeInKiB'] as number });
    return undefined;
  },
};

const describeLimits: Operation = {
  fields: {},
  run: (service) => ({
    ShardLimit: SHARD_LIMIT,
    OpenShardCount: usedShards(service),
    OnDemandStreamCountLimit: ON_DEMAND_STREAM_LIMIT,
    OnDemandStreamCount: service.streams.names().filter((name) => service.streams.describe(name).mode === 'ON_DEMAND').length,
  }),
};

export const streamOperations: Readonly<Record<string, Operation>> = {
  CreateStream: createStream,
  DeleteStream: deleteStream,
  DescribeStream: describeStream,
  DescribeStreamSummary: describeStreamSummary,
  ListStreams: listStreams,
  IncreaseStreamRetentionPeriod: retention('Increase'),
  DecreaseStreamRetentionPeriod: retention('Decrease'),
  UpdateStreamMode: updateStreamMode,
  UpdateMaxRecordSize: updateMaxRecordSize,
  DescribeLimits: describeLimits,
};
