// How far predicted numbers are from what came.
import { checkLengths } from './classification.ts';

type Numbers = ArrayLike<number>;

function meanOf(predictions: Numbers, labels: Numbers, weights: Numbers | undefined, loss: (error: number) => number): number {
  checkLengths(predictions, labels);
  let sum = 0;
  let total = 0;
  for (let row = 0; row < labels.length; row += 1) {
    const weight = weights === undefined ? 1 : weights[row]!;
    sum += weight * loss(labels[row]! - predictions[row]!);
    total += weight;
  }
  return sum / total;
}

/** Root of the mean squared error, in the unit of the labels. */
export function rootMeanSquaredError(predictions: Numbers, labels: Numbers, weights?: Numbers): number {
  return Math.sqrt(meanOf(predictions, labels, weights, (error) => error * error));
}

export function meanAbsoluteError(predictions: Numbers, labels: Numbers, weights?: Numbers): number {
  return meanOf(predictions, labels, weights, Math.abs);
}

/** Mean pinball loss of a predicted quantile: the least is reached by the true one (Koenker and Bassett 1978). */
export function pinballLoss(predictions: Numbers, labels: Numbers, quantile: number, weights?: Numbers): number {
  return meanOf(predictions, labels, weights, (error) => (error >= 0 ? quantile * error : (quantile - 1) * error));
}

/** Share of the variance that is explained; 0 is as good as the mean, below 0 worse. */
export function rSquared(predictions: Numbers, labels: Numbers): number {
  let mean = 0;
  for (let row = 0; row < labels.length; row += 1) mean += labels[row]! / labels.length;
  return 1 - meanOf(predictions, labels, undefined, (error) => error * error) / meanOf(new Float64Array(labels.length).fill(mean), labels, undefined, (error) => error * error);
}
