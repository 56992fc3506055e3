// Trees laid out for scoring: all nodes of all trees in flat arrays, children side by side, leaves that lead to themselves.
import { MillraceError } from '../../base/index.ts';
import { answerOf, baseMargin, type Tree, type TreeModel } from '../tree-model.ts';
import { binTrees, type BinnedTrees } from './binned.ts';

/**
 * Node n looks at place `feature[n]` of a row that holds each feature and then, `width` further on, each feature negated: if what is there is less than
 * `threshold[n]`, on to `next[n] + 1`, else to `next[n]`. A missing value is less than nothing and goes to `next[n]`; a node whose missing values
 * go left is therefore turned round: it asks whether -x < the next float32 above -t, which is x >= t. A leaf's threshold is NaN, which nothing is less
 * than, and its next is itself. So a walk needs no branch, neither for leaves nor for missing values, and may take more steps than the tree is deep.
 */
export interface CompiledTrees {
  model: TreeModel;
  width: number;
  base: number;
  trees: number;
  roots: Int32Array;
  depths: Int32Array;
  feature: Int32Array;
  threshold: Float32Array;
  next: Int32Array;
  /** 1 where the right child is at `next[n] + 1` rather than the left. */
  turned: Uint8Array;
  /** What a leaf adds to the margin. */
  value: Float32Array;
  /** For nodes that split by categories: where the bits of those that go right begin in `bits`, and how many 32-bit words there are; else -1. */
  setAt: Int32Array;
  setWords: Int32Array;
  bits: Uint32Array;
  hasCategories: boolean;
  /** Room for the rows in work: a compiled model serves one call at a time, as JavaScript does anyway. */
  scratch: Float32Array;
  /** The layout for many rows, made when they come; undefined where the trees have none. */
  readonly binned: BinnedTrees | undefined;
}

/** Rows whose margins are worked on together: their features stay in the first cache. */
export const BLOCK = 64;

export function compileTrees(model: TreeModel): CompiledTrees {
  const nodes = model.trees.reduce((sum, tree) => sum + tree.left.length, 0);
  let binned: { trees: BinnedTrees | undefined } | undefined;
  const compiled: CompiledTrees = {
    get binned() {
      return (binned ??= { trees: binTrees(model) }).trees;
    },
    model, width: model.featureNames.length, base: baseMargin(model), trees: model.trees.length,
    roots: new Int32Array(model.trees.length), depths: new Int32Array(model.trees.length),
    feature: new Int32Array(nodes), threshold: new Float32Array(nodes), next: new Int32Array(nodes), turned: new Uint8Array(nodes), value: new Float32Array(nodes),
    setAt: new Int32Array(nodes).fill(-1), setWords: new Int32Array(nodes), bits: roomForSets(model), hasCategories: model.trees.some((tree) => tree.categories.size > 0),
    scratch: new Float32Array(BLOCK * 2 * model.featureNames.length),
  };
  const sets = { used: 0 };
  let at = 0;
  model.trees.forEach((tree, index) => {
    compiled.roots[index] = at;
    compiled.depths[index] = place(tree, compiled, at, sets);
    at += tree.left.length;
  });
  return compiled;
}

/** 32-bit words of all sets of categories: 64 MB. A set takes a bit for each code up to its greatest. */
const MOST_WORDS = 1 << 24;

function wordsOf(codes: Int32Array): number {
  return codes.length === 0 ? 0 : (codes.reduce((most, code) => Math.max(most, code), 0) >> 5) + 1;
}

function roomForSets({ trees }: TreeModel): Uint32Array {
  let words = 0;
  for (const { categories } of trees) for (const codes of categories.values()) words += wordsOf(codes);
  if (words > MOST_WORDS) {
    throw new MillraceError('unsupported', `a model whose sets of categories take ${words * 4} bytes cannot be served`, { where: 'the model', todo: 'number the categories from 0 on without gaps, and group the rare ones' });
  }
  return new Uint32Array(words);
}

/** Places a tree's nodes level by level from `root` on; gives its depth. */
function place(tree: Tree, compiled: CompiledTrees, root: number, sets: { used: number }): number {
  let level: { node: number; to: number }[] = [{ node: 0, to: root }];
  let free = root + 1;
  let depth = 0;
  for (;;) {
    const below: { node: number; to: number }[] = [];
    for (const { node, to } of level) {
      if (tree.left[node]! < 0) {
        compiled.threshold[to] = NaN;
        compiled.next[to] = to;
        compiled.value[to] = tree.threshold[node]!;
        continue;
      }
      const turned = tree.defaultLeft[node] !== 0;
      compiled.feature[to] = tree.feature[node]! + (turned ? compiled.width : 0);
      compiled.threshold[to] = turned ? nextAbove(-tree.threshold[node]!) : tree.threshold[node]!;
      compiled.turned[to] = Number(turned);
      compiled.next[to] = free;
      const set = tree.categories.get(node);
      if (set !== undefined) {
        const words = wordsOf(set);
        compiled.setAt[to] = sets.used;
        compiled.setWords[to] = words;
        for (const code of set) compiled.bits[sets.used + (code >> 5)]! |= 1 << (code & 31);
        sets.used += words;
      }
      const [left, right] = [tree.left[node]!, tree.right[node]!];
      below.push({ node: turned ? left : right, to: free }, { node: turned ? right : left, to: free + 1 });
      free += 2;
    }
    if (below.length === 0) return depth;
    level = below;
    depth += 1;
  }
}

const bits = new Int32Array(1);
const single = new Float32Array(bits.buffer);

/** The least float32 above this one. */
function nextAbove(x: number): number {
  if (x === 0) return 2 ** -149;
  single[0] = x;
  bits[0] = bits[0]! + (x > 0 ? 1 : -1);
  return single[0];
}

/** The model's answer to a margin: a probability, a rate, or the margin itself. */
export function answer({ model }: CompiledTrees, margin: number): number {
  return answerOf(model.objective, margin);
}
