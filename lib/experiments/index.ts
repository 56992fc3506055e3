// Experiments: who gets what, how many it takes, and what came of it. This file is what others may import.
export type * from './types.ts';
export { assign, bucketOf } from './assign.ts';
export { checkLayers, experiment, type ExperimentDeclaration, type MetricDeclaration } from './declaration.ts';
export { unitsNeeded, type PowerAnswer, type PowerQuestion } from './power.ts';
export { compare, MINIMUM_UNITS, type Difference } from './sequential.ts';
export { ratioMismatch } from './ratio-mismatch.ts';
export { reportOn, type Comparison, type ExperimentReport, type Observed, type ReportOptions, type Verdict } from './report.ts';
