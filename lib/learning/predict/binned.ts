// Many rows through shallow trees: numbers are first replaced by which of the model's own thresholds they lie between, then trees walk over small whole
// numbers. A tree is filled up to its full depth, so that the way down is arithmetic: from node n on to 2n, or to 2n + 1 if the value is less.
import type { Tree, TreeModel } from '../tree-model.ts';

/** Rows that are worked on together: their bins stay in the first cache. */
export const BINNED_BLOCK = 64;
/** A bin that is less than no threshold: of missing values where they go right. */
const NEVER_LESS = 0xffff;
/** Deeper trees would be mostly filling. */
const DEEPEST = 10;
/** So that the place of a feature's bins, and a threshold's number, fit into half of a node. */
const MOST_FEATURES = 2 ** 16 / BINNED_BLOCK / 2;

export interface BinnedTrees {
  /** Thresholds of each feature, ascending, filled up with infinity to a power of two less one: they begin at `cutAt[f]`, and their search begins with half of `sizes[f]`. */
  cuts: Float32Array;
  cutAt: Int32Array;
  sizes: Int32Array;
  depths: Int32Array;
  /** Where a tree's nodes and its leaves' values are, less the number of the first: node 1 is the root, and the leaves of depth d are 2^d and on. */
  nodeAt: Int32Array;
  leafAt: Int32Array;
  /** In the upper half where the bins of the feature begin, in the lower the least bin that is not less. */
  nodes: Int32Array;
  values: Float32Array;
  /** Of the rows in work, feature by feature: bins for nodes whose missing values go left, and then for those whose go right. */
  bins: Uint16Array;
}

/** undefined where the trees are too deep, split by categories, or have too many features: the walk over floats does those. */
export function binTrees(model: TreeModel): BinnedTrees | undefined {
  const { trees, featureNames: { length: width } } = model;
  if (width > MOST_FEATURES || trees.some(({ categories }) => categories.size > 0)) return undefined;
  const depths = Int32Array.from(trees, (tree) => depthOf(tree));
  if (depths.some((depth) => depth > DEEPEST)) return undefined;
  const thresholds = thresholdsOf(model);
  if (thresholds.some((all) => all.length >= NEVER_LESS || !all.every(Number.isFinite))) return undefined;
  const binsOf = thresholds.map((all) => new Map(all.map((threshold, index) => [threshold, index + 1])));
  const sizes = Int32Array.from(thresholds, (all) => 2 ** Math.ceil(Math.log2(all.length + 1)));
  const room = depths.reduce((sum, depth) => sum + 2 ** depth, 0);
  const binned: BinnedTrees = {
    cuts: new Float32Array(sizes.reduce((sum, size) => sum + size, 0)).fill(Number.POSITIVE_INFINITY), cutAt: new Int32Array(width), sizes, depths,
    nodeAt: new Int32Array(trees.length), leafAt: new Int32Array(trees.length), nodes: new Int32Array(room), values: new Float32Array(room), bins: new Uint16Array(2 * width * BINNED_BLOCK),
  };
  thresholds.reduce((at, all, feature) => {
    binned.cutAt[feature] = at;
    binned.cuts.set(all, at);
    return at + sizes[feature]!;
  }, 0);
  let at = 0;
  trees.forEach((tree, index) => {
    binned.nodeAt[index] = at; // node 1 is in the second place: the first stays free
    binned.leafAt[index] = at - 2 ** depths[index]!;
    place(tree, binned, index, binsOf, { node: 0, to: 1, level: 0 });
    at += 2 ** depths[index]!;
  });
  return binned;
}

function depthOf(tree: Tree, node = 0): number {
  return tree.left[node]! < 0 ? 0 : 1 + Math.max(depthOf(tree, tree.left[node]!), depthOf(tree, tree.right[node]!));
}

/** Each feature's own, ascending. */
function thresholdsOf({ trees, featureNames }: TreeModel): number[][] {
  const all = featureNames.map(() => new Set<number>());
  for (const { left, feature, threshold } of trees) {
    left.forEach((child, node) => {
      if (child >= 0) all[feature[node]!]!.add(threshold[node]! + 0); // -0 and 0 are one
    });
  }
  return all.map((set) => [...set].sort((a, b) => a - b));
}

/** Places a node and what is below it; a leaf above the full depth goes on to its first descendant there, by nodes that nothing is less than. */
function place(tree: Tree, binned: BinnedTrees, index: number, binsOf: readonly ReadonlyMap<number, number>[], { node, to, level }: { node: number; to: number; level: number }): void {
  const depth = binned.depths[index]!;
  if (level === depth) {
    binned.values[binned.leafAt[index]! + to] = tree.threshold[node]!;
    return;
  }
  if (tree.left[node]! < 0) {
    binned.nodes[binned.nodeAt[index]! + to] = 0;
    place(tree, binned, index, binsOf, { node, to: 2 * to, level: level + 1 });
    return;
  }
  const feature = tree.feature[node]!;
  const bin = binsOf[feature]!.get(tree.threshold[node]! + 0)!;
  const column = feature + (tree.defaultLeft[node] === 1 ? 0 : binsOf.length);
  binned.nodes[binned.nodeAt[index]! + to] = ((column * BINNED_BLOCK) << 16) | bin;
  place(tree, binned, index, binsOf, { node: tree.right[node]!, to: 2 * to, level: level + 1 });
  place(tree, binned, index, binsOf, { node: tree.left[node]!, to: 2 * to + 1, level: level + 1 });
}

/** Adds all trees to the margins of the rows from `begin` on, `count` of them, at most a block; in the order of the trees, each sum rounded to float32. */
export function addBinned(binned: BinnedTrees, rows: Float32Array, begin: number, count: number, into: Float32Array): void {
  binRows(binned, rows, begin, count);
  const { depths, nodeAt, leafAt, nodes, values, bins } = binned;
  const trees = depths.length;
  const eights = count & ~7;
  for (let tree = 0; tree < trees; tree += 1) {
    const root = nodeAt[tree]!;
    const leaf = leafAt[tree]!;
    const steps = depths[tree]!;
    for (let row = 0; row < eights; row += 8) {
      let a = 1;
      let b = 1;
      let c = 1;
      let d = 1;
      let e = 1;
      let f = 1;
      let g = 1;
      let h = 1;
      // Eight at a time, in two fours for want of registers: a step of one need not wait for the memory of another.
      for (let step = 0; step < steps; step += 1) {
        let p = nodes[root + a]!;
        let q = nodes[root + b]!;
        let r = nodes[root + c]!;
        let s = nodes[root + d]!;
        a = a + a + Number(bins[(p >>> 16) + row]! < (p & 0xffff));
        b = b + b + Number(bins[(q >>> 16) + row + 1]! < (q & 0xffff));
        c = c + c + Number(bins[(r >>> 16) + row + 2]! < (r & 0xffff));
        d = d + d + Number(bins[(s >>> 16) + row + 3]! < (s & 0xffff));
        p = nodes[root + e]!;
        q = nodes[root + f]!;
        r = nodes[root + g]!;
        s = nodes[root + h]!;
        e = e + e + Number(bins[(p >>> 16) + row + 4]! < (p & 0xffff));
        f = f + f + Number(bins[(q >>> 16) + row + 5]! < (q & 0xffff));
        g = g + g + Number(bins[(r >>> 16) + row + 6]! < (r & 0xffff));
        h = h + h + Number(bins[(s >>> 16) + row + 7]! < (s & 0xffff));
      }
      const at = begin + row;
      into[at]! += values[leaf + a]!;
      into[at + 1]! += values[leaf + b]!;
      into[at + 2]! += values[leaf + c]!;
      into[at + 3]! += values[leaf + d]!;
      into[at + 4]! += values[leaf + e]!;
      into[at + 5]! += values[leaf + f]!;
      into[at + 6]! += values[leaf + g]!;
      into[at + 7]! += values[leaf + h]!;
    }
    for (let row = eights; row < count; row += 1) {
      let a = 1;
      for (let step = 0; step < steps; step += 1) {
        const node = nodes[root + a]!;
        a = a + a + Number(bins[(node >>> 16) + row]! < (node & 0xffff));
      }
      into[begin + row]! += values[leaf + a]!;
    }
  }
}

/** A bin is the number of thresholds that a value is not less than; NaN is in the first one, and in none of those whose missing values go right. */
function binRows({ cuts, cutAt, sizes, bins }: BinnedTrees, rows: Float32Array, begin: number, count: number): void {
  const width = sizes.length;
  const right = width * BINNED_BLOCK;
  for (let feature = 0; feature < width; feature += 1) {
    const cut = cutAt[feature]! - 1;
    const first = sizes[feature]! >> 1;
    let from = begin * width + feature;
    let to = feature * BINNED_BLOCK;
    for (let row = 0; row < count; row += 1) {
      const x = rows[from]!;
      let bin = 0;
      for (let half = first; half > 0; half >>= 1) bin += half * Number(cuts[cut + bin + half]! <= x);
      bins[to] = bin;
      bins[right + to] = x === x ? bin : NEVER_LESS;
      from += width;
      to += 1;
    }
  }
}
