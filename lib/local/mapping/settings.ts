// What an event source mapping can be told, with Lambda's own names and defaults where nothing better is known.
import type { IteratorStart } from '../kinesis/index.ts';

export interface MappingSettings {
  /** Records a call, at most; default 100. */
  batchSize: number;
  /** How long a batch waits to become full; default 0. */
  maximumBatchingWindowMilliseconds: number;
  /** Batches of one shard at a time, told apart by partition key, 1 to 10; default 1. */
  parallelizationFactor: number;
  /** How often a batch that failed is tried again; −1, the default: until its records expire. */
  maximumRetryAttempts: number;
  /** Older records go to the failure destination without being tried; −1, the default: never. */
  maximumRecordAgeMilliseconds: number;
  /** A failed batch is tried again in halves, which uses up no attempt; default false. */
  bisectBatchOnFunctionError: boolean;
  /** The function says which records failed; default false. */
  reportBatchItemFailures: boolean;
  /** Where a shard begins that nothing is known of; default `TRIM_HORIZON`. For `LATEST` give the time: it is the same after a restart. */
  startingPosition: Extract<IteratorStart, { type: 'TRIM_HORIZON' | 'AT_TIMESTAMP' }>;
  /** Before a batch is tried again, growing to thirty times as much; default 100 ms. */
  retryPauseMilliseconds: number;
  /** Records of a shard that are read and not done with, at most; default 10,000. */
  readAhead: number;
}

export const MAPPING_DEFAULTS: MappingSettings = Object.freeze<MappingSettings>({
  batchSize: 100, maximumBatchingWindowMilliseconds: 0, parallelizationFactor: 1, maximumRetryAttempts: -1, maximumRecordAgeMilliseconds: -1,
  bisectBatchOnFunctionError: false, reportBatchItemFailures: false, startingPosition: { type: 'TRIM_HORIZON' }, retryPauseMilliseconds: 100, readAhead: 10_000,
});
