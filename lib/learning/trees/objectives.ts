// What boosting minimises: gradients and hessians of a row's loss, where it starts, and what a leaf says where a Newton step is not the answer.
import { MillraceError } from '../../base/index.ts';
import { quantileOf } from './quantiles.ts';

export type BoostingObjective = 'binary:logistic' | 'reg:squarederror' | 'reg:absoluteerror' | 'reg:quantileerror';

/** Writes gradient and hessian of the rows from begin to end; returns the greatest gradient without its sign. */
export type Gradients = (margins: Float32Array, labels: Float32Array, weights: Float32Array | undefined, begin: number, end: number, into: Float32Array) => number;

export function gradientsOf(objective: BoostingObjective, quantile: number, positiveWeight: number): Gradients {
  switch (objective) {
    case 'binary:logistic': return logisticGradients(positiveWeight);
    case 'reg:squarederror': return squaredGradients;
    case 'reg:absoluteerror': return absoluteGradients;
    case 'reg:quantileerror': return pinballGradients(quantile);
  }
}

function logisticGradients(positiveWeight: number): Gradients {
  return (margins, labels, weights, begin, end, into) => {
    let greatest = 0;
    for (let row = begin; row < end; row += 1) {
      const label = labels[row]!;
      const probability = 1 / (1 + Math.exp(-margins[row]!));
      const weight = (weights === undefined ? 1 : weights[row]!) * (label === 1 ? positiveWeight : 1);
      const gradient = (probability - label) * weight;
      const size = gradient < 0 ? -gradient : gradient;
      if (size > greatest) greatest = size;
      into[2 * row] = gradient;
      // XGBoost's least hessian, so that certain rows still count.
      const hessian = probability * (1 - probability);
      into[2 * row + 1] = (hessian < 1e-16 ? 1e-16 : hessian) * weight;
    }
    return greatest;
  };
}

const squaredGradients: Gradients = (margins, labels, weights, begin, end, into) => {
  let greatest = 0;
  for (let row = begin; row < end; row += 1) {
    const weight = weights === undefined ? 1 : weights[row]!;
    const gradient = (margins[row]! - labels[row]!) * weight;
    const size = gradient < 0 ? -gradient : gradient;
    if (size > greatest) greatest = size;
    into[2 * row] = gradient;
    into[2 * row + 1] = weight;
  }
  return greatest;
};

/** The sign of what is off: a row that is answered exactly, as many are where labels are clipped, pulls to neither side. */
const absoluteGradients: Gradients = (margins, labels, weights, begin, end, into) => {
  let greatest = 0;
  for (let row = begin; row < end; row += 1) {
    const weight = weights === undefined ? 1 : weights[row]!;
    into[2 * row] = Math.sign(margins[row]! - labels[row]!) * weight;
    into[2 * row + 1] = weight;
    if (weight > greatest) greatest = weight;
  }
  return greatest;
};

function pinballGradients(quantile: number): Gradients {
  return (margins, labels, weights, begin, end, into) => {
    let greatest = 0;
    for (let row = begin; row < end; row += 1) {
      const weight = weights === undefined ? 1 : weights[row]!;
      into[2 * row] = (margins[row]! >= labels[row]! ? 1 - quantile : -quantile) * weight;
      into[2 * row + 1] = weight;
      if (weight > greatest) greatest = weight;
    }
    return greatest;
  };
}

/**
 * Rounds gradients (part 0) or hessians (part 1) to a grid on which the sum of any of them, in any order, is exact in double precision. So the same
 * seed gives the same trees whatever the number of threads. A float32 is off the grid only if it is tiny beside the greatest.
 */
export function roundToGrid(gradients: Float32Array, part: 0 | 1, begin: number, end: number, rows: number, greatest: number): void {
  if (!(greatest > 0)) return;
  const bound = 2 ** Math.ceil(Math.log2(greatest) + Math.log2(rows) + 1);
  // Adding and subtracting this number rounds a double to a multiple of bound / 2^52.
  const magic = bound * 1.5;
  for (let i = 2 * begin + part; i < 2 * end; i += 2) gradients[i] = gradients[i]! + magic - magic;
}

/** The quantile of its rows' residuals that a leaf says; undefined where it takes a Newton step instead. */
export function leafQuantileOf(objective: BoostingObjective, quantile: number): number | undefined {
  return objective === 'reg:quantileerror' ? quantile : objective === 'reg:absoluteerror' ? 0.5 : undefined;
}

/** No row's hessian is greater. */
export function hessianBound(objective: BoostingObjective, positiveWeight: number, weights: Float32Array | undefined): number {
  let greatest = weights === undefined ? 1 : 0;
  for (const weight of weights ?? []) if (weight > greatest) greatest = weight;
  return objective === 'binary:logistic' ? greatest * Math.max(1, positiveWeight) : greatest;
}

/**
 * The value of all rows together that the objective would say first: on the scale of the answer, as float32. Of rare positives with a weight of their own it
 * is what they are with that weight, or the first trees would be spent on coming there.
 */
export function startingScore(objective: BoostingObjective, quantile: number, labels: Float32Array, weights: Float32Array | undefined, positiveWeight = 1): number {
  const leafQuantile = leafQuantileOf(objective, quantile);
  if (leafQuantile !== undefined) return quantileOf(labels, weights, leafQuantile);
  let sum = 0;
  let total = 0;
  for (let row = 0; row < labels.length; row += 1) {
    const weight = (weights === undefined ? 1 : weights[row]!) * (objective === 'binary:logistic' && labels[row] === 1 ? positiveWeight : 1);
    sum += labels[row]! * weight;
    total += weight;
  }
  const mean = sum / total;
  return Math.fround(objective === 'binary:logistic' ? Math.min(Math.max(mean, 1e-6), 1 - 1e-6) : mean);
}

/** XGBoost's: what is smaller is rounding. */
const LEAST_GAIN = 1e-6;

/**
 * The least gain of a split. Gains of a squared error are in the square of the labels' unit: where the labels are as small as rates are, an absolute bound would leave
 * trees without a split, so it shrinks with their variance. It stays as it is where they do not differ but by rounding.
 */
export function leastGain(isSquared: boolean, labels: Float32Array, weights: Float32Array | undefined): number {
  if (!isSquared) return LEAST_GAIN;
  let total = 0;
  let sum = 0;
  labels.forEach((label, row) => {
    const weight = weights?.[row] ?? 1;
    total += weight;
    sum += weight * label;
  });
  const mean = sum / total;
  const variance = labels.reduce((squares, label, row) => squares + (weights?.[row] ?? 1) * (label - mean) ** 2, 0) / total;
  return variance > 1e-12 * mean * mean ? LEAST_GAIN * Math.min(1, variance) : LEAST_GAIN;
}

/** Refuses labels that the objective has no use for; of rows with weight 0 there might as well be none. */
export function checkLabels(objective: BoostingObjective, labels: Float32Array, weights?: Float32Array): void {
  if (objective !== 'binary:logistic') return;
  let rows = 0;
  let ones = 0;
  labels.forEach((label, row) => {
    if (label !== 0 && label !== 1) {
      throw new MillraceError('bad_input', `the label of row ${row} is ${label}`, { where: 'the training set', todo: 'labels of a binary model are 0 and 1' });
    }
    if (weights?.[row] === 0) return;
    rows += 1;
    ones += label;
  });
  if (ones === 0 || ones === rows) {
    throw new MillraceError('bad_input', `all ${rows} labels are ${ones === 0 ? 0 : 1}`, {
      where: 'the training set', todo: 'there is nothing to tell apart: widen the time range, or look at how the label is made',
    });
  }
}
