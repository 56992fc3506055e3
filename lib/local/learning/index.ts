// Learning on one machine: training sets from the lake, versions in the home's registry, batch predictions, and models for the API.
export { trainingSql, viewOf } from './dataset.ts';
export { explainInHome, reproduceInHome, type Explanation, type Reproduction } from './explain.ts';
export { homeModels, type HomeModels } from './models.ts';
export { predictInHome, type BatchPredictions } from './predict.ts';
export { predictorNamed, predictorsOf, registryOf, trainInHome, type TrainingReport, type TrainPredictorOptions } from './train.ts';
