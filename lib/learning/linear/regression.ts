// Linear and logistic regression with an L2 penalty, on standardised features: by Cholesky, and by Newton's method over it.
import { MillraceError } from '../../base/index.ts';
import { checkTrainingSet, type FeatureColumn, type TrainingSet } from '../training-set.ts';
import { checkRange } from '../trees/boosting-settings.ts';
import { checkLabels } from '../trees/objectives.ts';
import { choleskyFactor, choleskySolve } from './cholesky.ts';
import { standardisationOf, standardise, type Standardisation } from './standardise.ts';

export interface LinearModel extends Standardisation {
  kind: 'linear' | 'logistic';
  intercept: number;
  /** One a feature, for the standardised feature. */
  coefficients: number[];
}

export interface LinearSettings {
  /** L2 penalty on the standardised coefficients, never on the intercept: half of it times their squares is added to the summed loss. Default 1. */
  lambda?: number;
  /** Most steps of Newton's method. Default 50. */
  iterations?: number;
}

/** Ridge regression: least squares plus the penalty. */
export function trainLinear(training: TrainingSet, { lambda = 1 }: LinearSettings = {}): LinearModel {
  checkRange('lambda', lambda, 0, Infinity, false);
  const { rows, standardisation, width } = prepare(training);
  const { labels, weights } = training;
  const system = new NormalEquations(width);
  for (let row = 0; row < labels.length; row += 1) system.add(rows, row, weights?.[row] ?? 1, (weights?.[row] ?? 1) * labels[row]!);
  const solution = system.solve(lambda, undefined);
  return { kind: 'linear', ...standardisation, intercept: solution[width]!, coefficients: [...solution.subarray(0, width)] };
}

/** Logistic regression by Newton's method (iteratively reweighted least squares), halving steps that do not help. */
export function trainLogistic(training: TrainingSet, { lambda = 1, iterations = 50 }: LinearSettings = {}): LinearModel {
  checkRange('lambda', lambda, 0, Infinity, false);
  checkRange('iterations', iterations, 1, Infinity, true);
  checkLabels('binary:logistic', training.labels, training.weights);
  const { rows, standardisation, width } = prepare(training);
  const { labels, weights } = training;
  const coefficients = new Float64Array(width + 1);
  const margin = (of: Float64Array, row: number): number => {
    let sum = of[width]!;
    for (let feature = 0; feature < width; feature += 1) sum += of[feature]! * rows[row * width + feature]!;
    return sum;
  };
  const lossOf = (of: Float64Array): number => {
    let loss = 0;
    for (let feature = 0; feature < width; feature += 1) loss += (lambda / 2) * of[feature]! ** 2;
    for (let row = 0; row < labels.length; row += 1) {
      const m = margin(of, row);
      loss += (weights?.[row] ?? 1) * ((m > 0 ? m + Math.log1p(Math.exp(-m)) : Math.log1p(Math.exp(m))) - labels[row]! * m);
    }
    return loss;
  };
  let loss = lossOf(coefficients);
  for (let iteration = 0; iteration < iterations; iteration += 1) {
    const system = new NormalEquations(width);
    for (let row = 0; row < labels.length; row += 1) {
      const probability = 1 / (1 + Math.exp(-margin(coefficients, row)));
      const weight = weights?.[row] ?? 1;
      system.add(rows, row, weight * Math.max(probability * (1 - probability), 1e-12), weight * (labels[row]! - probability));
    }
    const step = system.solve(lambda, coefficients);
    let share = 1;
    let next = loss;
    let moved = coefficients;
    for (; share > 1e-8; share /= 2) {
      moved = coefficients.map((value, index) => value + share * step[index]!);
      next = lossOf(moved);
      if (next <= loss) break;
    }
    if (!(next <= loss)) break;
    const gain = loss - next;
    coefficients.set(moved);
    loss = next;
    if (gain <= 1e-12 * Math.max(1, loss)) break;
  }
  return { kind: 'logistic', ...standardisation, intercept: coefficients[width]!, coefficients: [...coefficients.subarray(0, width)] };
}

/** The model's answers to columns of features: probabilities of a logistic one, numbers of a linear one. */
export function predictLinear(model: LinearModel, features: readonly FeatureColumn[]): Float64Array {
  const names = features.map(({ name }) => name);
  if (names.join('\n') !== model.featureNames.join('\n')) {
    throw new MillraceError('bad_input', `the rows have the features ${names.join(', ')}`, { where: 'the rows to score', todo: `give ${model.featureNames.join(', ')}, in this order` });
  }
  const rows = standardise(features, model);
  const width = features.length;
  return Float64Array.from({ length: rows.length / width }, (_, row) => {
    let margin = model.intercept;
    for (let feature = 0; feature < width; feature += 1) margin += model.coefficients[feature]! * rows[row * width + feature]!;
    return model.kind === 'logistic' ? 1 / (1 + Math.exp(-margin)) : margin;
  });
}

function prepare(training: TrainingSet): { rows: Float64Array; standardisation: Standardisation; width: number } {
  checkTrainingSet(training);
  const standardisation = standardisationOf(training.features, training.weights);
  return { rows: standardise(training.features, standardisation), standardisation, width: training.features.length };
}

/** Xᵀ W X and Xᵀ r, the intercept last. */
class NormalEquations {
  readonly #width: number;
  readonly #matrix: Float64Array;
  readonly #right: Float64Array;

  constructor(width: number) {
    this.#width = width;
    this.#matrix = new Float64Array((width + 1) ** 2);
    this.#right = new Float64Array(width + 1);
  }

  add(rows: Float64Array, row: number, weight: number, residual: number): void {
    const width = this.#width;
    const size = width + 1;
    for (let i = 0; i <= width; i += 1) {
      const x = i === width ? 1 : rows[row * width + i]!;
      this.#right[i]! += x * residual;
      for (let j = 0; j <= i; j += 1) this.#matrix[i * size + j]! += weight * x * (j === width ? 1 : rows[row * width + j]!);
    }
  }

  /** Solves with the penalty; `from` is where a Newton step starts. */
  solve(lambda: number, from: Float64Array | undefined): Float64Array {
    const size = this.#width + 1;
    for (let feature = 0; feature < this.#width; feature += 1) {
      this.#matrix[feature * size + feature]! += lambda;
      if (from !== undefined) this.#right[feature]! -= lambda * from[feature]!;
    }
    if (!choleskyFactor(this.#matrix, size)) {
      throw new MillraceError('bad_input', 'some features say the same', { where: 'the training set', todo: 'give lambda more than 0, or leave out features that are sums of others or constant' });
    }
    choleskySolve(this.#matrix, size, this.#right);
    return this.#right;
  }
}
