// The smallest version of a model there is, for tests of the registry.
import type { FittedModel, ModelCard } from '../../../lib/learning/index.ts';

export const STUMP: FittedModel = {
  kind: 'trees', model: { objective: 'binary:logistic', baseScore: 0.5, featureNames: ['a'], featureKinds: ['numeric'], trees: [], attributes: {} },
};

export const CARD: Omit<ModelCard, 'version'> = {
  predictor: 'rain', question: 'Will it rain?', entities: ['place'], features: ['a'], output: 'probability', algorithm: 'gradient_boosting', parameters: {}, metrics: {}, reliability: [], importance: [],
  rows: { train: 1, validate: 0, test: 1 }, baseRate: 0.5, asOf: '2018-01-01', snapshots: {}, trainingSet: '', codeVersion: '0', trainedAt: 0, seconds: 0,
};
