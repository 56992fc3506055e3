// What a stream is to those who use one: administration, records in, records out.
import type { StreamRecord } from '../../ingest/events/index.ts';

export type StreamMode = 'ON_DEMAND' | 'PROVISIONED';
export type StreamStatus = 'CREATING' | 'ACTIVE' | 'UPDATING';

export interface StreamSettings {
  /** Default `ON_DEMAND` where no number of shards is given, else `PROVISIONED`, as on AWS. */
  mode?: StreamMode;
  /** Default 4 on demand, as on AWS; must be given for a provisioned stream. */
  shardCount?: number;
  /** 24 to 8,760; default 24. */
  retentionHours?: number;
  /** Partition key and data together, 1,024 to 10,240 KiB; default 1,024. */
  maxRecordKiB?: number;
  tags?: Readonly<Record<string, string>>;
}

export interface StreamDescription {
  name: string;
  arn: string;
  status: StreamStatus;
  mode: StreamMode;
  /** Milliseconds since 1970. */
  createdAt: number;
  retentionHours: number;
  maxRecordKiB: number;
  openShards: number;
  tags: Readonly<Record<string, string>>;
}

export interface ShardDescription {
  shardId: string;
  parentShardId?: string;
  adjacentParentShardId?: string;
  /** Both ends belong to the shard; decimal, 0 to 2^128 − 1. */
  startingHashKey: string;
  endingHashKey: string;
  startingSequence: string;
  /** Only of a closed shard: beyond the sequence number of its last record. */
  endingSequence?: string;
}

export interface ChildShard {
  shardId: string;
  parents: string[];
  startingHashKey: string;
  endingHashKey: string;
}

/** What `stream status` shows of a shard. */
export interface ShardStatus {
  shardId: string;
  open: boolean;
  /** Milliseconds since 1970. */
  openedAt: number;
  closedAt?: number;
  /** Records that are still kept. */
  records: number;
  /** Of the last record ever taken; undefined before the first. */
  lastSequence?: string;
  /** Arrival of the oldest segment's first and of the last record, milliseconds since 1970; undefined without records. */
  oldestArrival?: number;
  newestArrival?: number;
}

/** Where reading begins. Times are milliseconds since 1970. */
export type IteratorStart =
  | { type: 'TRIM_HORIZON' }
  | { type: 'LATEST' }
  | { type: 'AT_SEQUENCE_NUMBER' | 'AFTER_SEQUENCE_NUMBER'; sequence: string }
  | { type: 'AT_TIMESTAMP'; timestamp: number };

export interface RecordInput {
  /** 1 to 256 characters. */
  partitionKey: string;
  /** The bytes, or the same as base64 text. */
  data: Uint8Array | string;
  /** Decimal, instead of the MD5 of the partition key. */
  explicitHashKey?: string;
}

/** Why one record of a call was not taken, in the service's words. */
export interface PutRefusal {
  errorCode: 'ProvisionedThroughputExceededException' | 'InternalFailure';
  message: string;
}

export type PutOutcome = { ok: true; sequence: string; shardId: string } | ({ ok: false } & PutRefusal);

export interface PutOptions {
  /** Asked for each record once its shard is known; a refusal keeps that record out. */
  admit?: (shardId: string, bytes: number) => PutRefusal | undefined;
}

export interface ReadOptions {
  /** Up to 10,000; the records of one answer also stay below 10 MiB, but for the first. */
  limit?: number;
  /** How long to wait where nothing new is there, so that a record is seen the moment it is durable; default 0. */
  waitMilliseconds?: number;
  signal?: AbortSignal;
}

export interface ReadResult {
  records: StreamRecord[];
  /** Goes on from here, for five minutes; undefined at the end of a closed shard. */
  next?: string;
  /** 0 where nothing is left to read. */
  millisBehindLatest: number;
  /** At the end of a closed shard: what it was split or merged into. */
  children?: ChildShard[];
}

/** What a consumer needs, whether the log is in its own process or behind the endpoint. Failures are `KinesisError`s. */
export interface StreamSource {
  /** All shards that may hold records, closed ones too. */
  listShards(stream: string): Promise<ShardDescription[]>;
  iterator(stream: string, shardId: string, from: IteratorStart): Promise<string>;
  read(iterator: string, options?: ReadOptions): Promise<ReadResult>;
}

/**
 * The durable log of all streams of a home, and their administration; one process owns it. Every write is on the disk before its promise
 * resolves. Failures are `KinesisError`s named as the service names them.
 */
export interface LocalStreams {
  readonly folder: string;
  /** Names of the streams in order. */
  names(): string[];
  createStream(name: string, settings?: StreamSettings): Promise<StreamDescription>;
  /** Makes the stream unless it is there. */
  ensureStream(name: string, settings?: StreamSettings): Promise<StreamDescription>;
  deleteStream(name: string): Promise<void>;
  describe(name: string): StreamDescription;
  /** All shards that are still kept, by number, closed ones too. */
  shards(name: string): ShardDescription[];
  status(name: string): ShardStatus[];
  put(name: string, records: readonly RecordInput[], options?: PutOptions): Promise<PutOutcome[]>;
  iterator(name: string, shardId: string, from: IteratorStart): Promise<string>;
  read(iterator: string, options?: ReadOptions): Promise<ReadResult>;
  /** `newStartingHashKey` becomes the first hash key of the upper half. */
  splitShard(name: string, shardId: string, newStartingHashKey: string): Promise<void>;
  mergeShards(name: string, shardId: string, adjacentShardId: string): Promise<void>;
  /** Splits and merges until there are `target` open shards of the same size. */
  updateShardCount(name: string, target: number): Promise<void>;
  updateSettings(
    name: string,
    change: { mode?: StreamMode; retentionHours?: number; maxRecordKiB?: number; tags?: Readonly<Record<string, string>> },
  ): Promise<void>;
  /** Deletes what retention lets go; runs by itself once a minute too. */
  sweep(): Promise<void>;
  /** Ends what is under way and lets go of the folder. */
  close(): Promise<void>;
}
