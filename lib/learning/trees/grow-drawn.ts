// Grows one tree of a forest depth first, each node by a draw of features: where few are drawn, summing just these costs less than keeping the
// histograms of all for subtraction.
import { ALONE } from '../threads/team.ts';
import { CANDIDATE_DOUBLES } from './best-split.ts';
import type { GrownTree } from './growing-tree.ts';
import type { GrowthMemory } from './growth-memory.ts';
import { addRowsOf, FEATURE_DOUBLES } from './histogram.ts';
import { NodeSplits, type Binned, type GrowthRules } from './node-splits.ts';
import type { SharedBinning } from './shared-data.ts';

/** What a node of a forest's tree may split by. */
export interface NodeDraw {
  /** All features in an order of their own for the node; the first `count` are tried, and further ones until one of them can split. */
  order: (node: number) => Uint32Array;
  count: number;
  /** Whether a node with these sums has nothing left to tell apart. */
  isPure: (gradient: number, hessian: number) => boolean;
}

/** For a team of one. */
export class DrawnTreeGrower {
  readonly #data: Binned;
  readonly #rules: GrowthRules;
  readonly #memory: GrowthMemory;
  readonly #splits: NodeSplits;

  constructor(data: Binned, binning: SharedBinning, rules: GrowthRules, memory: GrowthMemory) {
    this.#data = data;
    this.#rules = rules;
    this.#memory = memory;
    this.#splits = new NodeSplits(data, binning, rules, memory, ALONE);
  }

  /** Grows a tree over the first `taken` rows of the memory's `order`. Leaves hold their weight times `scale`. */
  grow(gradients: Float32Array, taken: number, scale: number, draw: NodeDraw): GrownTree {
    const { tree } = this.#splits;
    const root = tree.start();
    this.#splits.setRange(root, 0, taken);
    let gradient = 0;
    let hessian = 0;
    for (let i = 0; i < taken; i += 1) {
      const row = this.#memory.order[i]!;
      gradient += gradients[2 * row]!;
      hessian += gradients[2 * row + 1]!;
    }
    tree.gradient[root] = gradient;
    tree.hessian[root] = hessian;
    const open = [root];
    for (let node = open.pop(); node !== undefined; node = open.pop()) {
      const cannotSplit = tree.depth[node]! >= this.#rules.maxDepth || tree.hessian[node]! < 2 * this.#rules.minChildWeight || draw.isPure(tree.gradient[node]!, tree.hessian[node]!);
      if (cannotSplit || !this.#tryDrawn(node, gradients, draw)) continue;
      open.push(tree.right[node]!, tree.left[node]!);
    }
    return tree.finish(scale, this.#rules);
  }

  /** Splits a node by the best of the features drawn for it. */
  #tryDrawn(node: number, gradients: Float32Array, draw: NodeDraw): boolean {
    const { histograms, candidates, order } = this.#memory;
    const { width, bins } = this.#data;
    const features = draw.order(node);
    for (let feature = 0; feature < width; feature += 1) candidates[feature * CANDIDATE_DOUBLES] = 0;
    const { begin, end } = this.#splits.range(0, node);
    let last = draw.count;
    for (let first = 0; first < width; first = last, last = first + 1) {
      histograms.fill(0, first * FEATURE_DOUBLES, last * FEATURE_DOUBLES);
      addRowsOf(features, first, last, histograms, bins, width, gradients, order, begin, end);
      for (let n = first; n < last; n += 1) this.#splits.evaluate(node, features[n]!, n * FEATURE_DOUBLES, 0, undefined);
      if (this.#splits.split(node, 0)) return true;
    }
    return false;
  }
}
