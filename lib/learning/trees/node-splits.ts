// Splits the nodes of one growing tree: each feature's best split from its histogram, the best of all of them, and the node's rows moved to its
// children. Every way of growing a tree (see grow.ts, grow-drawn.ts) splits its nodes here.
import { shareOf, type Team } from '../threads/team.ts';
import { CANDIDATE_DOUBLES, evaluateCategorical, evaluateNumeric, SET_WORDS, type NodeSums, type SplitRules } from './best-split.ts';
import { MISSING_BIN } from './cuts.ts';
import { GrowingTree } from './growing-tree.ts';
import type { GrowthMemory } from './growth-memory.ts';
import { partition } from './histogram.ts';
import type { SharedBinning } from './shared-data.ts';

export interface GrowthRules extends SplitRules {
  maxDepth: number;
  /** Least gain of a split, as it was asked for, and what is but rounding. */
  gamma: number;
  leastGain: number;
  /** +1, 0 or -1 a feature: what it says may only rise, or only fall, with its value. */
  monotone: Int8Array | undefined;
}

/** Which features a node may split by; must give every thread the same answer. */
export type FeatureChoice = (node: number, feature: number) => boolean;

export interface Binned {
  rows: number;
  width: number;
  bins: Uint8Array;
}

/** Above every finite value: splits what is there from what is missing. */
const ABOVE_ALL = 3.402_823_466_385_288_6e38;

export class NodeSplits {
  readonly tree: GrowingTree;
  readonly #data: Binned;
  readonly #binning: SharedBinning;
  readonly #rules: GrowthRules;
  readonly #memory: GrowthMemory;
  readonly #team: Team;
  readonly #scratch: Uint32Array;

  constructor(data: Binned, binning: SharedBinning, rules: GrowthRules, memory: GrowthMemory, team: Team) {
    this.#data = data;
    this.#binning = binning;
    this.#rules = rules;
    this.#memory = memory;
    this.#team = team;
    const { begin, end } = shareOf(data.rows, team);
    this.#scratch = new Uint32Array(end - begin);
    this.tree = new GrowingTree(memory.maxNodes);
  }

  /** Where a thread's rows of a node lie in the memory's `order`. */
  range(thread: number, node: number): { begin: number; end: number } {
    const at = (thread * this.#memory.maxNodes + node) * 2;
    return { begin: this.#memory.ranges[at]!, end: this.#memory.ranges[at + 1]! };
  }

  /** This thread's rows of a node lie there in the memory's `order`. */
  setRange(node: number, begin: number, end: number): void {
    const at = (this.#team.index * this.#memory.maxNodes + node) * 2;
    this.#memory.ranges[at] = begin;
    this.#memory.ranges[at + 1] = end;
  }

  /** Rows of a node, of all threads. */
  countOf(node: number): number {
    let rows = 0;
    for (let thread = 0; thread < this.#team.size; thread += 1) {
      const { begin, end } = this.range(thread, node);
      rows += end - begin;
    }
    return rows;
  }

  /** The same rows, ascending. */
  rowsOf(node: number): Uint32Array {
    const rows = new Uint32Array(this.countOf(node));
    let at = 0;
    for (let thread = 0; thread < this.#team.size; thread += 1) {
      const { begin, end } = this.range(thread, node);
      rows.set(this.#memory.order.subarray(begin, end), at);
      at += end - begin;
    }
    return rows;
  }

  /** Writes a feature's best split of a node, whose histogram begins at `at`, as a candidate at the node's `place`; none where the node may not use it. */
  evaluate(node: number, feature: number, at: number, place: number, mayUse: FeatureChoice | undefined): void {
    const { histograms, candidates, sets } = this.#memory;
    const candidate = place * this.#data.width + feature;
    if (mayUse !== undefined && !mayUse(node, feature)) {
      candidates[candidate * CANDIDATE_DOUBLES] = 0;
      return;
    }
    const sums: NodeSums = { gradient: this.tree.gradient[node]!, hessian: this.tree.hessian[node]!, lower: this.tree.lower[node]!, upper: this.tree.upper[node]! };
    const into = { values: candidates, sets };
    const size = this.#binning.sizes[feature]!;
    if (this.#binning.categorical[feature]) evaluateCategorical(histograms, at, size, sums, this.#rules, into, candidate);
    else evaluateNumeric(histograms, at, size, sums, this.#rules, this.#rules.monotone?.[feature] ?? 0, into, candidate);
  }

  /** Splits a node by the best of the candidates at its place, if that gains enough; tells whether it did. */
  split(node: number, place: number): boolean {
    const { candidates } = this.#memory;
    const { width } = this.#data;
    let feature = -1;
    let gain = Math.max(this.#rules.leastGain, this.#rules.gamma === 0 ? 0 : this.#rules.gamma * (1 - 1e-12));
    for (let other = 0; other < width; other += 1) {
      const offered = candidates[(place * width + other) * CANDIDATE_DOUBLES]!;
      if (offered > gain) {
        gain = offered;
        feature = other;
      }
    }
    if (feature < 0) return false;
    const candidate = place * width + feature;
    const at = candidate * CANDIDATE_DOUBLES;
    const bin = candidates[at + 1]!;
    const missingLeft = candidates[at + 2]!;
    const goesLeft = new Uint8Array(256);
    goesLeft[MISSING_BIN] = missingLeft;
    const size = this.#binning.sizes[feature]!;
    let threshold = 0;
    let categories: Int32Array | undefined;
    if (bin >= 0) {
      goesLeft.fill(1, 0, bin + 1);
      threshold = bin < size - 1 ? this.#binning.cuts[feature * 256 + bin]! : ABOVE_ALL;
    } else {
      const set = candidate * SET_WORDS;
      for (let code = 0; code < MISSING_BIN; code += 1) goesLeft[code] = 1 - ((this.#memory.sets[set + (code >> 5)]! >>> (code & 31)) & 1);
      categories = Int32Array.from(goesLeft.keys()).filter((code) => code < MISSING_BIN && goesLeft[code] === 0);
    }
    this.tree.split(node, {
      feature, threshold, defaultLeft: missingLeft, gain, goesLeft, ...(categories === undefined ? {} : { categories }), leftGradient: candidates[at + 3]!, leftHessian: candidates[at + 4]!,
    }, this.#rules.monotone?.[feature] ?? 0, this.#rules);
    const { begin, end } = this.range(this.#team.index, node);
    const middle = partition(this.#memory.order, begin, end, this.#data.bins, width, feature, goesLeft, this.#scratch);
    this.setRange(this.tree.left[node]!, begin, middle);
    this.setRange(this.tree.right[node]!, middle, end);
    return true;
  }
}
