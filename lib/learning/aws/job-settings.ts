// Settings of gradient boosting as hyperparameters of SageMaker's XGBoost container, which takes texts, and not all that XGBoost knows.
import { MillraceError } from '../../base/index.ts';
import { completeBoosting, floatText, type Predictor } from '../index.ts';

/** Objectives that the container takes, with the losses that it can watch. */
const OBJECTIVES: Readonly<Record<string, readonly string[]>> = { 'binary:logistic': ['logloss', 'auc'], 'reg:squarederror': ['rmse', 'mae'] };

/**
 * The hyperparameters with which a job trains what the function would have trained. `weighted`: the second column of its rows is their weight.
 * @throws `unsupported` by name for what only the function trains: other kinds, and objectives that the container does not take.
 */
export function jobHyperparameters(predictor: Predictor, { weighted }: { weighted: boolean }): Record<string, string> {
  const { name, algorithm, features } = predictor;
  if (algorithm.kind !== 'gradient_boosting') throw only(name, `kind ${algorithm.kind}`, 'Only gradient boosting is trained by a job.');
  const settings = completeBoosting(algorithm.settings, features.map((feature) => ({ name: feature, values: new Float32Array(0) })));
  const metrics = OBJECTIVES[settings.objective];
  if (metrics === undefined) throw only(name, `objective ${settings.objective}`, `The container is given ${Object.keys(OBJECTIVES).join(' or ')}; or sample the training set in its SELECT.`);
  if (settings.earlyStopping > 0 && !metrics.includes(settings.metric)) throw only(name, `metric ${settings.metric}`, `With ${settings.objective} it is ${metrics.join(' or ')}.`);
  return {
    booster: 'gbtree', tree_method: 'hist', objective: settings.objective, num_round: String(settings.trees), max_depth: String(settings.depth), eta: floatText(settings.learningRate),
    min_child_weight: floatText(settings.minChildWeight), lambda: floatText(settings.lambda), alpha: floatText(settings.alpha), gamma: floatText(settings.gamma), max_bin: String(settings.maxBins),
    subsample: floatText(settings.subsample), colsample_bytree: floatText(settings.featuresPerTree), seed: String(settings.seed),
    ...(settings.objective === 'binary:logistic' && settings.positiveWeight !== 1 ? { scale_pos_weight: floatText(settings.positiveWeight) } : {}),
    // It is read as a tuple of Python's, of which one of one element is `(1,)`.
    ...(settings.monotone === undefined ? {} : { monotone_constraints: `(${settings.monotone.join(',')}${settings.monotone.length === 1 ? ',' : ''})` }),
    ...(settings.earlyStopping > 0 ? { early_stopping_rounds: String(settings.earlyStopping), eval_metric: settings.metric } : {}),
    ...(weighted ? { csv_weights: '1' } : {}),
  };
}

function only(predictor: string, what: string, todo: string): MillraceError {
  return new MillraceError('unsupported', `${predictor} has the ${what}, which no training job takes`, { where: `predictors/${predictor}.ts`, todo });
}
