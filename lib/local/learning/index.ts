// Learning on one machine: training sets from the lake, versions in the home's registry, batch predictions, and models for the API.
export { noteForMlflow, sendToMlflow, waitingForMlflow, type SentReport } from './tracking.ts';
export { canaryOutcomes } from './canary-outcomes.ts';
export { canaryCountsOf, canaryFile, CanaryKeeper, type CanaryStatus } from './canary-keeper.ts';
export { trainingSql, viewOf } from './dataset.ts';
export { explainInHome, reproduceInHome, type Explanation, type Reproduction } from './explain.ts';
export { homeModels, type HomeModels } from './models.ts';
export { predictInHome, type BatchPredictions } from './predict.ts';
export { featuresOf, predictorNamed, predictorsOf, prepareTraining, registryOf, trainInHome, trainPrepared, type PreparedTraining, type TrainingReport, type TrainPredictorOptions } from './train.ts';
export { trainingDate } from './training-date.ts';
export { sourcesBehind, tablesOf } from './training-tables.ts';
