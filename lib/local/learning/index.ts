// Learning on one machine: training sets from the lake, versions in the home's registry, batch predictions, and models for the API.
export { noteForMlflow, sendRegistryToMlflow, sendToMlflow, type SentReport } from './tracking.ts';
export { checkNoCanary } from './beside-canary.ts';
export { canaryOutcomes } from './canary-outcomes.ts';
export { canaryFile } from './canary-counts.ts';
export { CanaryKeeper, type CanaryStatus } from './canary-keeper.ts';
export { compareVersions, type ComparedVersions } from './compare.ts';
export { lookThrough } from './look.ts';
export { predictInHome, type BatchPredictions } from './predict.ts';
export { featuresOf, predictorNamed, predictorsOf, prepareTraining, registryOf, trainInHome, trainPrepared, type PreparedTraining, type TrainingReport, type TrainPredictorOptions } from './train.ts';
export { trainingDate } from './training-date.ts';
export { sourcesBehind } from './training-tables.ts';
