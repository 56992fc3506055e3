// Events: records of a stream, taken apart, checked by their contracts, and made into rows of bronze. It knows no DuckDB, no lake and no AWS.
export type {
  AcceptedEvent, BronzeRow, EventVerdict, RejectedEvent, RowValue, StreamPosition, StreamRecord, TransformCounters,
} from './types.ts';
export { eventPlans, type EventPlan } from './plans.ts';
export { openEventChecker, type EventChecker, type EventCheckerOptions } from './checker.ts';
export { deaggregate } from './deaggregate.ts';
export { parseEvent, type EventProblem, type ParsedEvent } from './parse.ts';
export { acceptedRow, payloadPlace, rejectedRow, REJECTED_TABLE, type Refusal, type RowContext } from './rows.ts';
export { addCounts, noCounts } from './counters.ts';
export { transform, type TransformOptions } from './transform.ts';
export { transformFirehose, type FirehoseTransform, type FirehoseTransformOptions, type RoutedRecord } from './firehose.ts';
export { keysFromSecret, type PrivacyKey, type PrivacyKeys } from '../privacy/keys.ts';
