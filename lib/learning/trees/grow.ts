// Grows one tree from binned rows: histograms of the smaller child, the larger by subtraction, best split of each node, rows moved, and again.
// Every thread of the team runs the same code on its share of the rows and comes to the same decisions, since all sums are exact (see roundToGrid).
import { shareOf, type Team } from '../threads/team.ts';
import type { GrownTree } from './growing-tree.ts';
import type { GrowthMemory } from './growth-memory.ts';
import { addRows, FEATURE_DOUBLES } from './histogram.ts';
import { NodeSplits, type Binned, type FeatureChoice, type GrowthRules } from './node-splits.ts';
import type { SharedBinning } from './shared-data.ts';

/** The children of a node that was split: one whose rows are summed, one that is what then is left; -1 beside the root. */
interface Pair { built: number; sibling: number }

export class TreeGrower {
  readonly #data: Binned;
  readonly #rules: GrowthRules;
  readonly #memory: GrowthMemory;
  readonly #team: Team;
  readonly #size: number;

  readonly #splits: NodeSplits;
  /** Of each node, its place among the histograms. */
  readonly #slot: Int32Array;
  #freeSlots: number[] = [];

  constructor(data: Binned, binning: SharedBinning, rules: GrowthRules, memory: GrowthMemory, team: Team) {
    this.#data = data;
    this.#rules = rules;
    this.#memory = memory;
    this.#team = team;
    this.#size = data.width * FEATURE_DOUBLES;
    this.#splits = new NodeSplits(data, binning, rules, memory, team);
    this.#slot = new Int32Array(memory.maxNodes);
  }

  /** The memory's `order`, in which each thread finds its rows of each leaf after `grow`. */
  range(thread: number, node: number): { begin: number; end: number } {
    return this.#splits.range(thread, node);
  }

  /** All threads' rows of a node, ascending; after `grow`. */
  rowsOf(node: number): Uint32Array {
    return this.#splits.rowsOf(node);
  }

  /**
   * Grows a tree over the rows that the caller has put at this thread's place in the memory's `order`, `taken` of them.
   * Leaves hold their weight times `scale`. Ends with a barrier behind it: all ranges may be read.
   */
  grow(gradients: Float32Array, taken: number, scale: number, mayUse: FeatureChoice | undefined): GrownTree {
    const { batch, slots } = this.#memory;
    this.#freeSlots = Array.from({ length: slots }, (_, index) => slots - 1 - index);
    const root = this.#splits.tree.start();
    const { begin } = shareOf(this.#data.rows, this.#team);
    this.#splits.setRange(root, begin, begin + taken);
    this.#slot[root] = this.#freeSlots.pop()!;
    const open: number[] = [];
    let split = this.#rootBatch(root, gradients, mayUse);
    for (;;) {
      for (const node of split) {
        if (this.#splits.tree.depth[node]! + 1 < this.#rules.maxDepth) open.push(node);
        else this.#freeSlots.push(this.#slot[node]!);
      }
      if (open.length === 0) break;
      // From here on the rows that all threads moved may be counted.
      this.#team.barrier();
      split = this.#nextBatch(open.splice(Math.max(0, open.length - batch)), gradients, mayUse);
    }
    this.#team.barrier();
    return this.#splits.tree.finish(scale, this.#rules);
  }

  /** Sums this thread's rows of a node, into its own part of the memory or, if it is alone, into the node's slot. */
  #sum(node: number, place: number, gradients: Float32Array): void {
    const { histograms, partial, batch, order } = this.#memory;
    const alone = this.#team.size === 1;
    const target = alone ? histograms : partial;
    const at = alone ? this.#slot[node]! * this.#size : (this.#team.index * batch + place) * this.#size;
    target.fill(0, at, at + this.#size);
    const { begin, end } = this.#splits.range(this.#team.index, node);
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
    this.#splits.tree.gradient[root] = gradient;
    this.#splits.tree.hessian[root] = hessian;
    if (this.#rules.maxDepth === 0) return [];
    this.#evaluate([{ built: root, sibling: -1 }], mayUse);
    this.#team.barrier();
    return this.#split([{ built: root, sibling: -1 }]);
  }

  /** Evaluates the children of nodes that were split, and splits those that gain by it; gives the nodes that did. */
  #nextBatch(parents: readonly number[], gradients: Float32Array, mayUse: FeatureChoice | undefined): number[] {
    const pairs = parents.map((parent): Pair => {
      const left = this.#splits.tree.left[parent]!;
      const right = this.#splits.tree.right[parent]!;
      const leftIsSmaller = this.#splits.countOf(left) <= this.#splits.countOf(right);
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
  #evaluate(pairs: readonly Pair[], mayUse: FeatureChoice | undefined): void {
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
      this.#splits.evaluate(built, feature, at, 2 * place, mayUse);
      if (sibling < 0) continue;
      const other = this.#slot[sibling]! * this.#size + feature * FEATURE_DOUBLES;
      for (let i = 0; i < FEATURE_DOUBLES; i += 1) histograms[other + i]! -= histograms[at + i]!;
      this.#splits.evaluate(sibling, feature, other, 2 * place + 1, mayUse);
    }
  }

  #split(pairs: readonly Pair[]): number[] {
    const split: number[] = [];
    pairs.forEach(({ built, sibling }, place) => {
      for (const [node, offset] of [[built, 0], [sibling, 1]] as const) {
        if (node < 0) continue;
        if (this.#splits.split(node, 2 * place + offset)) split.push(node);
        else this.#freeSlots.push(this.#slot[node]!);
      }
    });
    return split;
  }
}
