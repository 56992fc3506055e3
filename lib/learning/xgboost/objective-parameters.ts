// What XGBoost's format says of an objective beside its name. Scoring needs none of it, but XGBoost loads some objectives only with their parameters.
import { OUTPUTS, type TreeModel } from '../tree-model.ts';
import { floatText } from './float-text.ts';

export type ObjectiveParameters = Readonly<Record<string, Readonly<Record<string, string>>>>;

/** Of a model that we trained, or whose file says no more: XGBoost's defaults. */
export function usualParameters({ objective, quantile }: Pick<TreeModel, 'objective' | 'quantile'>): ObjectiveParameters {
  switch (objective) {
    case 'reg:quantileerror': return { quantile_loss_param: { quantile_alpha: `[${floatText(quantile ?? 0.5)}]` } };
    case 'count:poisson': return { poisson_regression_param: { max_delta_step: '0.7' } };
    case 'reg:tweedie': return { tweedie_regression_param: { tweedie_variance_power: '1.5' } };
    case 'reg:pseudohubererror': return { pseudo_huber_param: { huber_slope: '1' } };
    case 'reg:absoluteerror': return {};
  }
  return objective.startsWith('rank:') || OUTPUTS[objective] === 'exponential' ? {} : { reg_loss_param: { scale_pos_weight: '1' } };
}

/** Whether a file says these, or nothing. */
export function areUsual(said: ObjectiveParameters, usual: ObjectiveParameters): boolean {
  const sorted = (of: ObjectiveParameters): string => JSON.stringify(Object.entries(of).sort().map(([name, values]) => [name, Object.entries(values).sort()]));
  return Object.keys(said).length === 0 || sorted(said) === sorted(usual);
}
