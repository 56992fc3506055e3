// Experiments: who gets what, how many it takes, and what came of it. This file is what others may import.
export type * from './types.ts';
export { assign, bucketOf } from './assign.ts';
export { exposureOf, SEGMENT_ATTRIBUTES, segmentsOf, type Exposure, type Segments, type Subject } from './exposure.ts';
export { ATTRIBUTION_HOURS, checkLayers, experiment, OUTCOMES, type ExperimentDeclaration, type MetricDeclaration } from './declaration.ts';
export { unitsNeeded, type PowerAnswer, type PowerQuestion } from './power.ts';
export { compare, MINIMUM_OCCASIONS, MINIMUM_UNITS, type Difference } from './sequential.ts';
export { ratioMismatch } from './ratio-mismatch.ts';
export { reportOn, type Comparison, type ExperimentReport, type Observed, type ReportOptions, type Verdict } from './report.ts';
