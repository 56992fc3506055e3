// Experiments: who gets what, how many it takes, and what came of it. This file is what others may import.
export type * from './types.ts';
export { assign, bucketOf } from './assign.ts';
export { exposureOf, segmentsOf, type Segments, type Subject } from './exposure.ts';
export { ATTRIBUTION_HOURS, checkLayers, experiment, OUTCOMES, type ExperimentDeclaration } from './declaration.ts';
export { unitsNeeded, type PowerAnswer } from './power.ts';
export { compare, MINIMUM_UNITS } from './sequential.ts';
export { ratioMismatch } from './ratio-mismatch.ts';
export { reportOn, type Comparison, type ExperimentReport, type Observed } from './report.ts';
