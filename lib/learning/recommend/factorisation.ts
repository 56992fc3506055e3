// Matrix factorisation for implicit feedback by alternating least squares (Hu, Koren and Volinsky 2008): tastes and items as short vectors.
import { MillraceError } from '../../base/index.ts';
import { choleskyFactor, choleskySolve } from '../linear/cholesky.ts';
import { seededRandom } from '../random.ts';
import { best, checkInteractions, groupBy, type Grouped, type Interactions } from './interactions.ts';

export interface Factorisation {
  factors: number;
  items: number;
  /** `factors` numbers an item. */
  itemFactors: Float64Array;
  /** Of all items together: what every solution for a user needs. */
  gram: Float64Array;
  lambda: number;
  alpha: number;
}

export interface FactorisationSettings {
  /** Numbers a user and an item. Default 16. */
  factors?: number;
  /** Default 10. */
  iterations?: number;
  /** L2 penalty. Default 0.1. */
  lambda?: number;
  /** How much surer than of nothing one is of an interaction of weight 1. Default 10. */
  alpha?: number;
  /** Default 0. */
  seed?: number;
}

const LAMBDA = 0.1;
const ALPHA = 10;

export function trainFactorisation(interactions: Interactions, { factors = 16, iterations = 10, lambda = LAMBDA, alpha = ALPHA, seed = 0 }: FactorisationSettings = {}): Factorisation {
  checkInteractions(interactions);
  if (!(Number.isInteger(factors) && factors >= 1 && factors <= 256)) throw new MillraceError('bad_input', `${factors} factors`, { where: 'factors', todo: 'give a whole number from 1 to 256' });
  if (!(lambda > 0)) throw new MillraceError('bad_input', `lambda is ${lambda}`, { where: 'lambda', todo: 'give a number above 0' });
  const { users, items, user, item, weight } = interactions;
  const byUser = groupBy(users, user, item, weight);
  const byItem = groupBy(items, item, user, weight);
  const random = seededRandom(seed);
  const itemFactors = Float64Array.from({ length: items * factors }, () => 0.1 * random.normal());
  const userFactors = new Float64Array(users * factors);
  for (let iteration = 0; iteration < iterations; iteration += 1) {
    solveAll(byUser, users, userFactors, itemFactors, items, factors, lambda, alpha);
    solveAll(byItem, items, itemFactors, userFactors, users, factors, lambda, alpha);
  }
  return { factors, items, itemFactors, gram: gramOf(itemFactors, items, factors), lambda, alpha };
}

/** Fᵀ F: row by row. */
function gramOf(fixed: Float64Array, count: number, factors: number): Float64Array {
  const gram = new Float64Array(factors * factors);
  for (let n = 0; n < count; n += 1) {
    for (let i = 0; i < factors; i += 1) for (let j = 0; j < factors; j += 1) gram[i * factors + j]! += fixed[n * factors + i]! * fixed[n * factors + j]!;
  }
  return gram;
}

function solveAll(entries: Grouped, count: number, solved: Float64Array, fixed: Float64Array, fixedCount: number, factors: number, lambda: number, alpha: number): void {
  const gram = gramOf(fixed, fixedCount, factors);
  for (let n = 0; n < count; n += 1) {
    const begin = entries.begins[n]!;
    const end = entries.begins[n + 1]!;
    solved.set(solveOne(gram, fixed, entries.other.subarray(begin, end), entries.weight.subarray(begin, end), factors, lambda, alpha), n * factors);
  }
}

/** The vector that best explains having met these, with these weights, and nothing else. */
function solveOne(gram: Float64Array, fixed: Float64Array, met: ArrayLike<number>, weights: ArrayLike<number>, factors: number, lambda: number, alpha: number): Float64Array {
  const matrix = gram.slice();
  const right = new Float64Array(factors);
  for (let i = 0; i < factors; i += 1) matrix[i * factors + i]! += lambda;
  for (let entry = 0; entry < met.length; entry += 1) {
    const at = met[entry]! * factors;
    const extra = alpha * weights[entry]!;
    for (let i = 0; i < factors; i += 1) {
      const x = fixed[at + i]!;
      right[i]! += (1 + extra) * x;
      for (let j = 0; j <= i; j += 1) matrix[i * factors + j]! += extra * x * fixed[at + j]!;
    }
  }
  choleskyFactor(matrix, factors);
  choleskySolve(matrix, factors, right);
  return right;
}

/** A factorisation from its items' factors, as a model's file keeps them. */
export function factorisationOf(factors: number, items: number, itemFactors: Float64Array): Factorisation {
  return { factors, items, itemFactors, gram: gramOf(itemFactors, items, factors), lambda: LAMBDA, alpha: ALPHA };
}

/** Items for someone who met these, best first, known to training or not. Items met are left out. */
export function recommendByFactors(model: Factorisation, history: readonly { item: number; weight: number }[], count: number): number[] {
  return best(tasteFor(model, history), count, new Set(history.map(({ item }) => item)));
}

/** How much each of these items (default: all) is to the taste of someone who met those. */
export function tasteFor({ factors, items, itemFactors, gram, lambda, alpha }: Factorisation, history: readonly { item: number; weight: number }[], of?: ArrayLike<number>): Float64Array {
  const taste = solveOne(gram, itemFactors, history.map(({ item }) => item), history.map(({ weight }) => weight), factors, lambda, alpha);
  return Float64Array.from({ length: of?.length ?? items }, (_, at) => {
    const item = of?.[at] ?? at;
    let score = 0;
    for (let i = 0; i < factors; i += 1) score += taste[i]! * itemFactors[item * factors + i]!;
    return score;
  });
}
