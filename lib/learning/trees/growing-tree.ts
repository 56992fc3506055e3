// The nodes of a tree while it grows: sums, bounds and splits, in flat arrays that one tree after the other uses.
import type { Tree } from '../tree-model.ts';
import { leafWeight, type SplitRules } from './best-split.ts';

export interface GrownTree {
  tree: Tree;
  /** Of each inner node: for each bin, 1 if its rows go left. */
  goesLeft: readonly (Uint8Array | undefined)[];
}

/** How a node is split: by which feature, where, and what the left side sums to. */
export interface NodeSplit {
  feature: number;
  threshold: number;
  /** 1 if rows without the value go left. */
  defaultLeft: number;
  gain: number;
  goesLeft: Uint8Array;
  /** Codes that go right, of a feature of categories. */
  categories?: Int32Array;
  leftGradient: number;
  leftHessian: number;
}

export class GrowingTree {
  readonly left: Int32Array;
  readonly right: Int32Array;
  readonly depth: Uint8Array;
  readonly gradient: Float64Array;
  readonly hessian: Float64Array;
  /** Bounds of what a leaf below may say, where a monotone constraint is above it. */
  readonly lower: Float64Array;
  readonly upper: Float64Array;
  readonly #feature: Int32Array;
  readonly #threshold: Float32Array;
  readonly #defaultLeft: Uint8Array;
  readonly #gain: Float32Array;
  #goesLeft: (Uint8Array | undefined)[] = [];
  #categories = new Map<number, Int32Array>();
  #nodes = 0;

  constructor(maxNodes: number) {
    this.left = new Int32Array(maxNodes);
    this.right = new Int32Array(maxNodes);
    this.depth = new Uint8Array(maxNodes);
    this.gradient = new Float64Array(maxNodes);
    this.hessian = new Float64Array(maxNodes);
    this.lower = new Float64Array(maxNodes);
    this.upper = new Float64Array(maxNodes);
    this.#feature = new Int32Array(maxNodes);
    this.#threshold = new Float32Array(maxNodes);
    this.#defaultLeft = new Uint8Array(maxNodes);
    this.#gain = new Float32Array(maxNodes);
  }

  /** Forgets the tree before; gives the root. */
  start(): number {
    this.#nodes = 0;
    this.#goesLeft = [];
    this.#categories = new Map();
    return this.#add(0, -Infinity, Infinity);
  }

  /** Gives a node two children, whose sums and bounds follow from the split. `constraint` is +1, 0 or -1, as a monotone constraint is. */
  split(node: number, { feature, threshold, defaultLeft, gain, goesLeft, categories, leftGradient, leftHessian }: NodeSplit, constraint: number, rules: SplitRules): void {
    this.#feature[node] = feature;
    this.#threshold[node] = threshold;
    this.#defaultLeft[node] = defaultLeft;
    this.#gain[node] = gain;
    this.#goesLeft[node] = goesLeft;
    if (categories !== undefined) this.#categories.set(node, categories);
    const depth = this.depth[node]! + 1;
    const lower = this.lower[node]!;
    const upper = this.upper[node]!;
    const left = this.#add(depth, lower, upper);
    const right = this.#add(depth, lower, upper);
    this.left[node] = left;
    this.right[node] = right;
    this.gradient[left] = leftGradient;
    this.hessian[left] = leftHessian;
    this.gradient[right] = this.gradient[node]! - leftGradient;
    this.hessian[right] = this.hessian[node]! - leftHessian;
    if (constraint === 0) return;
    // Whatever grows below stays on its side of the middle.
    const weight = (child: number): number => leafWeight(this.gradient[child]!, this.hessian[child]!, lower, upper, rules);
    const middle = (weight(left) + weight(right)) / 2;
    if (constraint > 0) {
      this.upper[left] = middle;
      this.lower[right] = middle;
    } else {
      this.lower[left] = middle;
      this.upper[right] = middle;
    }
  }

  /** The tree as it stands; leaves hold their weight times `scale`. */
  finish(scale: number, rules: SplitRules): GrownTree {
    const nodes = this.#nodes;
    const weight = new Float32Array(nodes);
    const threshold = this.#threshold.slice(0, nodes);
    for (let node = 0; node < nodes; node += 1) {
      const exact = leafWeight(this.gradient[node]!, this.hessian[node]!, this.lower[node]!, this.upper[node]!, rules);
      weight[node] = exact;
      if (this.left[node]! < 0) threshold[node] = exact * scale;
    }
    const tree: Tree = {
      left: this.left.slice(0, nodes), right: this.right.slice(0, nodes), feature: this.#feature.slice(0, nodes), threshold,
      defaultLeft: this.#defaultLeft.slice(0, nodes), categories: this.#categories, gain: this.#gain.slice(0, nodes),
      cover: Float32Array.from(this.hessian.subarray(0, nodes)), weight,
    };
    return { tree, goesLeft: this.#goesLeft };
  }

  #add(depth: number, lower: number, upper: number): number {
    const node = this.#nodes;
    this.#nodes += 1;
    this.left[node] = -1;
    this.right[node] = -1;
    this.#feature[node] = 0;
    this.#defaultLeft[node] = 0;
    this.#gain[node] = 0;
    this.depth[node] = depth;
    this.lower[node] = lower;
    this.upper[node] = upper;
    return node;
  }
}

/** The leaf that a binned row comes to. */
export function leafOf({ tree, goesLeft }: GrownTree, bins: Uint8Array, row: number, width: number): number {
  let node = 0;
  while (tree.left[node]! >= 0) node = goesLeft[node]![bins[row * width + tree.feature[node]!]!] === 1 ? tree.left[node]! : tree.right[node]!;
  return node;
}
