// Settings of gradient boosting, with XGBoost's meanings and defaults, under names that say what they do.
import { MillraceError } from '../../base/index.ts';
import type { FeatureColumn } from '../training-set.ts';
import { MAX_BINS } from './cuts.ts';
import type { BoostingObjective } from './objectives.ts';

export type EvaluationMetric = 'logloss' | 'auc' | 'rmse' | 'mae' | 'pinball';

export interface BoostingSettings {
  /** Default binary:logistic. */
  objective?: BoostingObjective;
  /** For reg:quantileerror: which quantile, between 0 and 1. Default 0.5. */
  quantile?: number;
  /** Greatest number of trees. Default 100. */
  trees?: number;
  /** Greatest depth of a tree, 1 to 16. Default 6. */
  depth?: number;
  /** XGBoost's eta. Default 0.3. */
  learningRate?: number;
  /** XGBoost's min_child_weight. Default 1. */
  minChildWeight?: number;
  /** L2 penalty. Default 1. */
  lambda?: number;
  /** L1 penalty. Default 0. */
  alpha?: number;
  /** Least gain of a split. Default 0. */
  gamma?: number;
  /** Bins a numeric feature, 2 to 255; one more is for missing values. Default 255. */
  maxBins?: number;
  /** Share of the rows that each tree sees. Default 1. */
  subsample?: number;
  /** Share of the features that each tree sees. Default 1. */
  featuresPerTree?: number;
  /** Features, by name, with which the answer may only rise (1) or only fall (-1). */
  monotone?: Readonly<Record<string, 1 | -1>>;
  /** Categories up to which each is tried alone against the rest. Default 4. */
  oneHotUpTo?: number;
  /** Weight of the rows with label 1 (binary:logistic). Default 1. */
  positiveWeight?: number;
  /** Rounds without a better validation score after which training stops; needs validation rows. Default: never. */
  earlyStopping?: number;
  /** What the validation rows are scored by. Default: the objective's own loss. */
  metric?: EvaluationMetric;
  /** Default 0. */
  seed?: number;
}

export type CompleteBoostingSettings = Required<Omit<BoostingSettings, 'monotone'>> & { monotone: Int8Array | undefined };

const OWN_METRICS: Readonly<Record<BoostingObjective, EvaluationMetric>> = {
  'binary:logistic': 'logloss', 'reg:squarederror': 'rmse', 'reg:absoluteerror': 'mae', 'reg:quantileerror': 'pinball',
};

/** Fills in the defaults, and refuses by name what cannot be. */
export function completeBoosting(settings: BoostingSettings, features: readonly FeatureColumn[]): CompleteBoostingSettings {
  const objective = settings.objective ?? 'binary:logistic';
  const complete: CompleteBoostingSettings = {
    quantile: 0.5, trees: 100, depth: 6, learningRate: 0.3, minChildWeight: 1, lambda: 1, alpha: 0, gamma: 0, maxBins: MAX_BINS, subsample: 1, featuresPerTree: 1,
    oneHotUpTo: 4, positiveWeight: 1, earlyStopping: 0, seed: 0, metric: OWN_METRICS[objective], ...settings, objective, monotone: monotoneOf(settings.monotone, features),
  };
  if (OWN_METRICS[objective] === undefined) {
    throw new MillraceError('unsupported', `there is no training for the objective ${objective}`, { where: 'objective', todo: `use one of ${Object.keys(OWN_METRICS).join(', ')}` });
  }
  const { quantile, trees, depth, learningRate, minChildWeight, lambda, alpha, gamma, maxBins, subsample, featuresPerTree, positiveWeight, earlyStopping, oneHotUpTo } = complete;
  const ranges: [string, number, number, number, boolean][] = [
    ['quantile', quantile, 1e-6, 1 - 1e-6, false], ['trees', trees, 1, 100_000, true], ['depth', depth, 1, 16, true], ['learningRate', learningRate, 1e-9, 1, false],
    ['minChildWeight', minChildWeight, 0, Infinity, false], ['lambda', lambda, 0, Infinity, false], ['alpha', alpha, 0, Infinity, false], ['gamma', gamma, 0, Infinity, false],
    ['maxBins', maxBins, 2, MAX_BINS, true], ['subsample', subsample, 1e-6, 1, false], ['featuresPerTree', featuresPerTree, 1e-6, 1, false],
    ['positiveWeight', positiveWeight, 1e-9, 1e9, false], ['earlyStopping', earlyStopping, 0, 100_000, true], ['oneHotUpTo', oneHotUpTo, 0, 254, true],
  ];
  for (const [name, value, least, greatest, whole] of ranges) checkRange(name, value, least, greatest, whole);
  return complete;
}

/** Refuses a setting outside its range, by name. */
export function checkRange(name: string, value: number, least: number, greatest: number, whole: boolean): void {
  if (value >= least && value <= greatest && (!whole || Number.isInteger(value))) return;
  const kind = whole ? 'a whole number' : 'a number';
  throw new MillraceError('bad_input', `${name} is ${value}`, { where: name, todo: `give ${kind} from ${least} ${greatest === Infinity ? 'on' : `to ${greatest}`}` });
}

function monotoneOf(named: BoostingSettings['monotone'], features: readonly FeatureColumn[]): Int8Array | undefined {
  if (named === undefined || Object.keys(named).length === 0) return undefined;
  const directions = new Int8Array(features.length);
  for (const [name, direction] of Object.entries(named)) {
    const index = features.findIndex((feature) => feature.name === name);
    if (index < 0) throw new MillraceError('bad_input', `there is no feature ${name}`, { where: 'monotone', todo: `the features are ${features.map(({ name }) => name).join(', ')}` });
    if (features[index]!.kind === 'categorical') throw new MillraceError('bad_input', `feature ${name} is categorical`, { where: 'monotone', todo: 'only a numeric feature has a direction' });
    if (direction !== 1 && direction !== -1) throw new MillraceError('bad_input', `the direction of ${name} is ${String(direction)}`, { where: 'monotone', todo: 'give 1 or -1' });
    directions[index] = direction;
  }
  return directions;
}
