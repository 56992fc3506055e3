// Event source mappings on one machine: a stream's records to a function as Lambda brings them.
export { checkpointsIn, type CheckpointStore } from './checkpoints.ts';
export { failuresTo, invocationRecord, type FailedBatch, type FailureDestination } from './failure-destination.ts';
export { batchLength, firstFailure, kinesisEvent, streamArn } from './kinesis-event.ts';
export { Mapping, type Handler, type MappingOptions, type MappingStatus } from './mapping.ts';
export { MAPPING_DEFAULTS, type MappingSettings } from './settings.ts';
