// The best split of one node by one feature, read from its histogram: XGBoost's gain, with a learned direction for missing values.
import { MISSING_BIN } from './cuts.ts';

/** What decides whether and where a node splits. */
export interface SplitRules {
  /** L2 and L1 penalties on what a leaf says. */
  lambda: number;
  alpha: number;
  /** Least sum of hessians (of weights, in forests) on each side. */
  minChildWeight: number;
  /** Categories up to which each is tried alone against the rest, rather than in sorted groups. */
  oneHotUpTo: number;
  /** Categories whose hessians sum to less stand at 0 in that order: the mean of a few rows would put them at an end by chance. */
  leastCategory: number;
}

/** A node's sums, and the bounds that monotone constraints above it put on what it may say. */
export interface NodeSums {
  gradient: number;
  hessian: number;
  lower: number;
  upper: number;
}

/** Doubles of a candidate: gain, last bin that goes left (or -1: by categories), missing goes left, sums of the left side. */
export const CANDIDATE_DOUBLES = 5;
/** 32-bit words of the set of bins that go right, in a split by categories. */
export const SET_WORDS = 8;

/** Where the best candidate is written, and read by all threads. */
export interface CandidateBuffer {
  values: Float64Array;
  sets: Uint32Array;
}

function shrink(gradient: number, alpha: number): number {
  if (alpha === 0) return gradient;
  return gradient > alpha ? gradient - alpha : gradient < -alpha ? gradient + alpha : 0;
}

/** What a leaf with these sums says, before the learning rate. */
export function leafWeight(gradient: number, hessian: number, lower: number, upper: number, rules: SplitRules): number {
  const denominator = hessian + rules.lambda;
  if (!(denominator > 0)) return 0;
  const weight = -shrink(gradient, rules.alpha) / denominator;
  return weight < lower ? lower : weight > upper ? upper : weight;
}

/** How much a node with these sums lowers the objective if it says its (bounded) weight. */
function nodeGain(gradient: number, hessian: number, lower: number, upper: number, rules: SplitRules): number {
  const { lambda, alpha } = rules;
  if (!(hessian + lambda > 0)) return 0;
  if (lower === -Infinity && upper === Infinity) {
    const shrunk = shrink(gradient, alpha);
    return (shrunk * shrunk) / (hessian + lambda);
  }
  const weight = leafWeight(gradient, hessian, lower, upper, rules);
  return -(2 * gradient * weight + (hessian + lambda) * weight * weight + 2 * alpha * Math.abs(weight));
}

/** One evaluation's running best. Kept outside the loops, so that they stay free of allocations. */
class Best {
  gain = 0;
  bin = -1;
  missingLeft = false;
  gradient = 0;
  hessian = 0;
  readonly #node: NodeSums;
  readonly #rules: SplitRules;
  readonly #constraint: number;
  readonly #parentGain: number;
  readonly #isPlain: boolean;

  constructor(node: NodeSums, rules: SplitRules, constraint: number) {
    this.#node = node;
    this.#rules = rules;
    this.#constraint = constraint;
    this.#parentGain = nodeGain(node.gradient, node.hessian, node.lower, node.upper, rules);
    this.#isPlain = constraint === 0 && node.lower === -Infinity && node.upper === Infinity && rules.alpha === 0;
  }

  /** Takes the split with these sums on its left side if it beats all before; says whether it did. */
  offer(gradient: number, hessian: number, bin: number, missingLeft: boolean): boolean {
    const node = this.#node;
    const { minChildWeight, lambda } = this.#rules;
    const rightHessian = node.hessian - hessian;
    if (!(hessian >= minChildWeight && rightHessian >= minChildWeight && hessian > 0 && rightHessian > 0)) return false;
    const rightGradient = node.gradient - gradient;
    let gain: number;
    if (this.#isPlain) {
      gain = (gradient * gradient) / (hessian + lambda) + (rightGradient * rightGradient) / (rightHessian + lambda) - this.#parentGain;
    } else {
      const { lower, upper } = node;
      if (this.#constraint !== 0) {
        const left = leafWeight(gradient, hessian, lower, upper, this.#rules);
        const right = leafWeight(rightGradient, rightHessian, lower, upper, this.#rules);
        if (this.#constraint > 0 ? left > right : left < right) return false;
      }
      gain = nodeGain(gradient, hessian, lower, upper, this.#rules) + nodeGain(rightGradient, rightHessian, lower, upper, this.#rules) - this.#parentGain;
    }
    if (!(gain > this.gain)) return false;
    this.gain = gain;
    this.bin = bin;
    this.missingLeft = missingLeft;
    this.gradient = gradient;
    this.hessian = hessian;
    return true;
  }

  write(into: CandidateBuffer, candidate: number): void {
    const at = candidate * CANDIDATE_DOUBLES;
    into.values[at] = this.gain;
    into.values[at + 1] = this.bin;
    into.values[at + 2] = this.missingLeft ? 1 : 0;
    into.values[at + 3] = this.gradient;
    into.values[at + 4] = this.hessian;
  }
}

/** Evaluates a numeric feature with `size` bins, whose histogram begins at `at`; writes the best split as candidate `candidate`. */
export function evaluateNumeric(
  histogram: Float64Array, at: number, size: number, node: NodeSums, rules: SplitRules, constraint: number, into: CandidateBuffer, candidate: number,
): void {
  const best = new Best(node, rules, constraint);
  const missingGradient = histogram[at + 2 * MISSING_BIN]!;
  const missingHessian = histogram[at + 2 * MISSING_BIN + 1]!;
  const hasMissing = missingHessian > 0 || missingGradient !== 0;
  let gradient = 0;
  let hessian = 0;
  // The last bin splits only what is there from what is missing.
  const last = hasMissing ? size : size - 1;
  for (let bin = 0; bin < last; bin += 1) {
    const binHessian = histogram[at + 2 * bin + 1]!;
    const binGradient = histogram[at + 2 * bin]!;
    // An empty bin repeats the split before it.
    if (binHessian === 0 && binGradient === 0) continue;
    gradient += binGradient;
    hessian += binHessian;
    // Where nothing is missing, a value that is missing later goes with the heavier side.
    best.offer(gradient, hessian, bin, hasMissing ? false : 2 * hessian >= node.hessian);
    if (hasMissing && bin < size - 1) best.offer(gradient + missingGradient, hessian + missingHessian, bin, true);
  }
  best.write(into, candidate);
}

/** Bins of the categories that a node has rows of. */
const PRESENT = new Uint8Array(256);
const KEYS = new Float64Array(256);
const KEY_WORDS = new Uint32Array(KEYS.buffer);
/** Which of a double's two words holds its last bits. */
const LOW = new Uint8Array(Uint32Array.of(1).buffer)[0] === 1 ? 0 : 1;

/** Sorts the first `count` of PRESENT by mean gradient, as far as they have one. The bin stands in the last eight bits of what is sorted, so that no comparison need be called. */
function sortByMean(histogram: Float64Array, at: number, count: number, { lambda, leastCategory }: SplitRules): void {
  for (let place = 0; place < count; place += 1) {
    const bin = PRESENT[place]!;
    const hessian = histogram[at + 2 * bin + 1]!;
    KEYS[place] = hessian < leastCategory ? 0 : histogram[at + 2 * bin]! / (hessian + lambda);
    KEY_WORDS[2 * place + LOW] = (KEY_WORDS[2 * place + LOW]! & ~0xff) | bin;
  }
  KEYS.subarray(0, count).sort();
  for (let place = 0; place < count; place += 1) PRESENT[place] = KEY_WORDS[2 * place + LOW]! & 0xff;
}

/**
 * Evaluates a feature of categories: each against the rest where they are few, else groups in the order of their mean gradient, which holds the best
 * of all groups (Fisher 1958), those of a few rows apart. The lighter side is the one that is named, so a category never seen goes with the heavier.
 */
export function evaluateCategorical(
  histogram: Float64Array, at: number, size: number, node: NodeSums, rules: SplitRules, into: CandidateBuffer, candidate: number,
): void {
  const best = new Best(node, rules, 0);
  const missingGradient = histogram[at + 2 * MISSING_BIN]!;
  const missingHessian = histogram[at + 2 * MISSING_BIN + 1]!;
  const hasMissing = missingHessian > 0 || missingGradient !== 0;
  let count = 0;
  for (let bin = 0; bin < size; bin += 1) {
    if (!(histogram[at + 2 * bin + 1]! > 0)) continue;
    PRESENT[count] = bin;
    count += 1;
  }
  const single = size <= rules.oneHotUpTo;
  if (!single) sortByMean(histogram, at, count, rules);
  let chosen = -1;
  let namesChosen = false;
  let gradient = 0;
  let hessian = 0;
  const presentHessian = node.hessian - missingHessian;
  for (let place = 0; place < count; place += 1) {
    const bin = PRESENT[place]!;
    gradient = (single ? 0 : gradient) + histogram[at + 2 * bin]!;
    hessian = (single ? 0 : hessian) + histogram[at + 2 * bin + 1]!;
    const isAll = single ? count === 1 : place === count - 1;
    if (isAll && !hasMissing) continue;
    const namesGroup = isAll || 2 * hessian <= presentHessian;
    const leftGradient = namesGroup ? node.gradient - missingGradient - gradient : gradient;
    const leftHessian = namesGroup ? presentHessian - hessian : hessian;
    let taken = best.offer(leftGradient + missingGradient, leftHessian + missingHessian, -1, true);
    if (hasMissing && best.offer(leftGradient, leftHessian, -1, false)) taken = true;
    if (!taken) continue;
    chosen = place;
    namesChosen = namesGroup;
  }
  best.write(into, candidate);
  const set = candidate * SET_WORDS;
  into.sets.fill(0, set, set + SET_WORDS);
  if (chosen < 0) return;
  for (let place = 0; place < count; place += 1) {
    const bin = PRESENT[place]!;
    const isInGroup = single ? place === chosen : place <= chosen;
    if (isInGroup === namesChosen) into.sets[set + (bin >> 5)]! |= 1 << (bin & 31);
  }
}
