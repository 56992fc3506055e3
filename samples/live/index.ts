// The shop's live events: what a producer sends, and the truth about it.
export { liveEvents, type LiveEvent, type LiveOptions, type LiveSource } from './events.ts';
export { addToTruth, emptyTruth, type LiveCounts, type LiveTruth } from './truth.ts';
