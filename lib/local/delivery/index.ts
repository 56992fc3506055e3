// Delivery of streams into the lake, as Firehose does it on AWS.
export { Delivery, QUARANTINE, type DeliveryOptions, type DeliverySettings, type DeliveryStatus, type ShardLag, type Transform } from './delivery.ts';
export { errorOutputTo } from './error-output.ts';
export { Freshness, type FreshnessSummary } from '../freshness.ts';
export { deliveryTables } from './tables.ts';
export { batchesOf, transformInBatches, type FailedRecord, type TransformBatchesOptions } from './transform-batches.ts';
export { Upkeep, type UpkeepOptions, type UpkeepSettings } from './upkeep.ts';
