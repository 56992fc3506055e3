// Streams on one machine: a durable log with the Kinesis API.
export { openKinesisClient, type CallOptions, type KinesisClient, type KinesisClientOptions } from './client.ts';
export { KinesisError, isKinesisError, type KinesisErrorType } from './errors.ts';
export { openLocalStreams, type LocalStreamsOptions } from './local-streams.ts';
export { serveKinesis, type KinesisEndpoint, type ServeOptions } from './server/serve.ts';
export type { FaultPlan } from './server/faults.ts';
export { recordsBetween } from './sequence.ts';
export type { Refusals, StreamRefusals } from './server/refusals.ts';
export { AWS_SHARD_LIMITS, type ShardLimits } from './server/limits.ts';
export { localStreamSource } from './source.ts';
export type * from './types.ts';
