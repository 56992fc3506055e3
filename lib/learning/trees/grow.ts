// Grows one tree from binned rows: histograms of the smaller child, the larger by subtraction, best split of each node, rows moved, and again.
// Every thread of the team runs the same code on its share of the rows and comes to the same decisions, since all sums are exact (see roundToGrid).
import { shareOf, type Team } from '../threads/team.ts';
import { CANDIDATE_DOUBLES, evaluateCategorical, evaluateNumeric, SET_WORDS, type NodeSums, type SplitRules } from './best-split.ts';
import { MISSING_BIN } from './cuts.ts';
import { GrowingTree, type GrownTree } from './growing-tree.ts';
import type { GrowthMemory } from './growth-memory.ts';
import { addRows, addRowsOf, FEATURE_DOUBLES, partition } from './histogram.ts';
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

/** What a node of a forest's tree may split by. */
export interface NodeDraw {
  /** All features in an order of their own for the node; the first `count` are tried, and further ones until one of them can split. */
  order: (node: number) => Uint32Array;
  count: number;
  /** Whether a node with these sums has nothing left to tell apart. */
  isPure: (gradient: number, hessian: number) => boolean;
}

interface Binned {
  rows: number;
  width: number;
  bins: Uint8Array;
}

/** Above every finite value: splits what is there from what is missing. */
const ABOVE_ALL = 3.402_823_466_385_288_6e38;

export class TreeGrower {
  readonly #data: Binned;
  readonly #binning: SharedBinning;
  readonly #rules: GrowthRules;
  readonly #memory: GrowthMemory;
  readonly #team: Team;
  readonly #scratch: Uint32Array;
  readonly #size: number;

  readonly #tree: GrowingTree;
  /** Of each node, its place among the histograms. */
  readonly #slot: Int32Array;
  #freeSlots: number[] = [];

  constructor(data: Binned, binning: SharedBinning, rules: GrowthRules, memory: GrowthMemory, team: Team) {
    this.#data = data;
    this.#binning = binning;
    this.#rules = rules;
    this.#memory = memory;
    this.#team = team;
    const { begin, end } = shareOf(data.rows, team);
    this.#scratch = new Uint32Array(end - begin);
    this.#size = data.width * FEATURE_DOUBLES;
    this.#tree = new GrowingTree(memory.maxNodes);
    this.#slot = new Int32Array(memory.maxNodes);
  }

  /** The memory's `order`, in which each thread finds its rows of each leaf after `grow`. */
  range(thread: number, node: number): { begin: number; end: number } {
    const at = (thread * this.#memory.maxNodes + node) * 2;
    return { begin: this.#memory.ranges[at]!, end: this.#memory.ranges[at + 1]! };
  }

  /** All threads' rows of a node, ascending; after `grow`. */
  rowsOf(node: number): Uint32Array {
    const rows = new Uint32Array(this.#countOf(node));
    let at = 0;
    for (let thread = 0; thread < this.#team.size; thread += 1) {
      const { begin, end } = this.range(thread, node);
      rows.set(this.#memory.order.subarray(begin, end), at);
      at += end - begin;
    }
    return rows;
  }

  /**
   * Grows a tree over the rows that the caller has put at this thread's place in the memory's `order`, `taken` of them.
   * Leaves hold their weight times `scale`. Ends with a barrier behind it: all ranges may be read.
   */
  grow(gradients: Float32Array, taken: number, scale: number, mayUse: FeatureChoice | undefined): GrownTree {
    const { batch, slots } = this.#memory;
    this.#freeSlots = Array.from({ length: slots }, (_, index) => slots - 1 - index);
    const root = this.#tree.start();
    const { begin } = shareOf(this.#data.rows, this.#team);
    this.#setRange(root, begin, begin + taken);
    this.#slot[root] = this.#freeSlots.pop()!;
    const open: number[] = [];
    let split = this.#rootBatch(root, gradients, mayUse);
    for (;;) {
      for (const node of split) {
        if (this.#tree.depth[node]! + 1 < this.#rules.maxDepth) open.push(node);
        else this.#freeSlots.push(this.#slot[node]!);
      }
      if (open.length === 0) break;
      // From here on the rows that all threads moved may be counted.
      this.#team.barrier();
      split = this.#nextBatch(open.splice(Math.max(0, open.length - batch)), gradients, mayUse);
    }
    this.#team.barrier();
    return this.#tree.finish(scale, this.#rules);
  }

  /**
   * Grows a tree depth first, each node by a draw of features: where few are drawn, summing just these costs less than keeping the histograms of all
   * for subtraction. For a team of one.
   */
  growDrawn(gradients: Float32Array, taken: number, scale: number, draw: NodeDraw): GrownTree {
    const root = this.#tree.start();
    this.#setRange(root, 0, taken);
    let gradient = 0;
    let hessian = 0;
    for (let i = 0; i < taken; i += 1) {
      const row = this.#memory.order[i]!;
      gradient += gradients[2 * row]!;
      hessian += gradients[2 * row + 1]!;
    }
    this.#tree.gradient[root] = gradient;
    this.#tree.hessian[root] = hessian;
    const open = [root];
    for (let node = open.pop(); node !== undefined; node = open.pop()) {
      const cannotSplit = this.#tree.depth[node]! >= this.#rules.maxDepth || this.#tree.hessian[node]! < 2 * this.#rules.minChildWeight || draw.isPure(this.#tree.gradient[node]!, this.#tree.hessian[node]!);
      if (cannotSplit || !this.#tryDrawn(node, gradients, draw)) continue;
      open.push(this.#tree.right[node]!, this.#tree.left[node]!);
    }
    return this.#tree.finish(scale, this.#rules);
  }

  /** Splits a node by the best of the features drawn for it. */
  #tryDrawn(node: number, gradients: Float32Array, draw: NodeDraw): boolean {
    const { histograms, candidates, order } = this.#memory;
    const { width, bins } = this.#data;
    const features = draw.order(node);
    for (let feature = 0; feature < width; feature += 1) candidates[feature * CANDIDATE_DOUBLES] = 0;
    const { begin, end } = this.range(0, node);
    let last = draw.count;
    for (let first = 0; first < width; first = last, last = first + 1) {
      histograms.fill(0, first * FEATURE_DOUBLES, last * FEATURE_DOUBLES);
      addRowsOf(features, first, last, histograms, bins, width, gradients, order, begin, end);
      for (let n = first; n < last; n += 1) this.#evaluateOne(node, features[n]!, n * FEATURE_DOUBLES, 0, undefined);
      if (this.#splitNode(node, 0)) return true;
    }
    return false;
  }

  #setRange(node: number, begin: number, end: number): void {
    const at = (this.#team.index * this.#memory.maxNodes + node) * 2;
    this.#memory.ranges[at] = begin;
    this.#memory.ranges[at + 1] = end;
  }

  #countOf(node: number): number {
    let rows = 0;
    for (let thread = 0; thread < this.#team.size; thread += 1) {
      const { begin, end } = this.range(thread, node);
      rows += end - begin;
    }
    return rows;
  }

  /** Sums this thread's rows of a node, into its own part of the memory or, if it is alone, into the node's slot. */
  #sum(node: number, place: number, gradients: Float32Array): void {
    const { histograms, partial, batch, order } = this.#memory;
    const alone = this.#team.size === 1;
    const target = alone ? histograms : partial;
    const at = alone ? this.#slot[node]! * this.#size : (this.#team.index * batch + place) * this.#size;
    target.fill(0, at, at + this.#size);
    const { begin, end } = this.range(this.#team.index, node);
    addRows(target, at, this.#data.bins, this.#data.width, gradients, order, begin, end);
  }

  #rootBatch(root: number, gradients: Float32Array, mayUse: FeatureChoice | undefined): number[] {
    this.#sum(root, 0, gradients);
    this.#team.barrier();
    const alone = this.#team.size === 1;
    const { histograms, partial, batch } = this.#memory;
    let gradient = 0;
    let hessian = 0;
    for (let thread = 0; thread < this.#team.size; thread += 1) {
      const from = alone ? histograms : partial;
      const at = alone ? this.#slot[root]! * this.#size : thread * batch * this.#size;
      for (let i = 0; i < FEATURE_DOUBLES; i += 2) {
        gradient += from[at + i]!;
        hessian += from[at + i + 1]!;
      }
    }
    this.#tree.gradient[root] = gradient;
    this.#tree.hessian[root] = hessian;
    if (this.#rules.maxDepth === 0) return [];
    this.#evaluate([{ built: root, sibling: -1 }], mayUse);
    this.#team.barrier();
    return this.#split([{ built: root, sibling: -1 }]);
  }

  /** Evaluates the children of nodes that were split, and splits those that gain by it; gives the nodes that did. */
  #nextBatch(parents: readonly number[], gradients: Float32Array, mayUse: FeatureChoice | undefined): number[] {
    const pairs = parents.map((parent) => {
      const left = this.#tree.left[parent]!;
      const right = this.#tree.right[parent]!;
      const leftIsSmaller = this.#countOf(left) <= this.#countOf(right);
      const pair = leftIsSmaller ? { built: left, sibling: right } : { built: right, sibling: left };
      this.#slot[pair.built] = this.#freeSlots.pop()!;
      this.#slot[pair.sibling] = this.#slot[parent]!;
      return pair;
    });
    pairs.forEach(({ built }, place) => this.#sum(built, place, gradients));
    this.#team.barrier();
    this.#evaluate(pairs, mayUse);
    this.#team.barrier();
    return this.#split(pairs);
  }

  /** Adds the threads' sums up, subtracts the sibling's, and writes each feature's best split: this thread's share of pairs and features. */
  #evaluate(pairs: readonly { built: number; sibling: number }[], mayUse: FeatureChoice | undefined): void {
    const { histograms, partial, batch } = this.#memory;
    const { width } = this.#data;
    const { index, size } = this.#team;
    for (let unit = index; unit < pairs.length * width; unit += size) {
      const place = Math.floor(unit / width);
      const feature = unit % width;
      const { built, sibling } = pairs[place]!;
      const at = this.#slot[built]! * this.#size + feature * FEATURE_DOUBLES;
      if (size > 1) {
        for (let thread = 0; thread < size; thread += 1) {
          const from = (thread * batch + place) * this.#size + feature * FEATURE_DOUBLES;
          if (thread === 0) for (let i = 0; i < FEATURE_DOUBLES; i += 1) histograms[at + i] = partial[from + i]!;
          else for (let i = 0; i < FEATURE_DOUBLES; i += 1) histograms[at + i]! += partial[from + i]!;
        }
      }
      this.#evaluateOne(built, feature, at, 2 * place, mayUse);
      if (sibling < 0) continue;
      const other = this.#slot[sibling]! * this.#size + feature * FEATURE_DOUBLES;
      for (let i = 0; i < FEATURE_DOUBLES; i += 1) histograms[other + i]! -= histograms[at + i]!;
      this.#evaluateOne(sibling, feature, other, 2 * place + 1, mayUse);
    }
  }

  #evaluateOne(node: number, feature: number, at: number, place: number, mayUse: FeatureChoice | undefined): void {
    const { histograms, candidates, sets } = this.#memory;
    const candidate = place * this.#data.width + feature;
    if (mayUse !== undefined && !mayUse(node, feature)) {
      candidates[candidate * CANDIDATE_DOUBLES] = 0;
      return;
    }
    const sums: NodeSums = { gradient: this.#tree.gradient[node]!, hessian: this.#tree.hessian[node]!, lower: this.#tree.lower[node]!, upper: this.#tree.upper[node]! };
    const into = { values: candidates, sets };
    const size = this.#binning.sizes[feature]!;
    if (this.#binning.categorical[feature]) evaluateCategorical(histograms, at, size, sums, this.#rules, into, candidate);
    else evaluateNumeric(histograms, at, size, sums, this.#rules, this.#rules.monotone?.[feature] ?? 0, into, candidate);
  }

  #split(pairs: readonly { built: number; sibling: number }[]): number[] {
    const split: number[] = [];
    pairs.forEach(({ built, sibling }, place) => {
      for (const [node, offset] of [[built, 0], [sibling, 1]] as const) {
        if (node < 0) continue;
        if (this.#splitNode(node, 2 * place + offset)) split.push(node);
        else this.#freeSlots.push(this.#slot[node]!);
      }
    });
    return split;
  }

  /** Splits a node by the best feature's candidate, if that gains enough. */
  #splitNode(node: number, place: number): boolean {
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
    this.#tree.split(node, {
      feature, threshold, defaultLeft: missingLeft, gain, goesLeft, ...(categories === undefined ? {} : { categories }), leftGradient: candidates[at + 3]!, leftHessian: candidates[at + 4]!,
    }, this.#rules.monotone?.[feature] ?? 0, this.#rules);
    const { begin, end } = this.range(this.#team.index, node);
    const middle = partition(this.#memory.order, begin, end, this.#data.bins, width, feature, goesLeft, this.#scratch);
    this.#setRange(this.#tree.left[node]!, begin, middle);
    this.#setRange(this.#tree.right[node]!, middle, end);
    return true;
  }
}
