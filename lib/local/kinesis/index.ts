// Streams on one machine: a durable log with the Kinesis API.
export { KinesisError, isKinesisError, type KinesisErrorType } from './errors.ts';
export type {
  IteratorStart, LocalStreams, PutOptions, PutOutcome, PutRefusal, ReadOptions, ReadResult, RecordInput, ShardDescription, ShardStatus, StreamDescription, StreamMode,
  StreamSettings, StreamSource, StreamStatus,
} from './types.ts';
