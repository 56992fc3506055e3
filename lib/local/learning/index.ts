// Learning on one machine: training sets from the lake, versions in the home's registry, batch predictions, and models for the API.
export { noteForMlflow, sendRegistryToMlflow, sendToMlflow, type SentReport } from './tracking.ts';
export { timestampText } from './as-it-stood.ts';
export { checkNoCanary } from './beside-canary.ts';
export { canaryOutcomes } from './canary-outcomes.ts';
export { canaryFile } from './canary-counts.ts';
export { CanaryKeeper, type CanaryStatus } from './canary-keeper.ts';
export { compareVersions, type ComparedVersions } from './compare.ts';
export { openRows, readDataset, rowsAbout, trainingSql, viewOf } from './dataset.ts';
export { homeModels, loadVersion, type HomeModels } from './models.ts';
export { lookThrough } from './look.ts';
export { batchSources, predictInHome, type BatchPredictions, type BatchSource } from './predict.ts';
export { featuresOf, predictorNamed, predictorsOf, prepareTraining, registryOf, trainInHome, trainPrepared, type PreparedTraining, type TrainingReport, type TrainPredictorOptions } from './train.ts';
export { textHash } from './text-hash.ts';
export { trainingDate } from './training-date.ts';
export { currentSnapshots, MODEL_TAG, sourcesBehind, tableNameOf, tablesOf, TRAINING_KEPT_MS, UNUSED_KEPT_MS } from './training-tables.ts';
