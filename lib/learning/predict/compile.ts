// Trees laid out for scoring: all nodes of all trees in flat arrays, children side by side, leaves that lead to themselves.
import { answerOf, baseMargin, type Tree, type TreeModel } from '../tree-model.ts';

/**
 * Node n compares feature `feature[n]` with `threshold[n]`: if less, on to `next[n] + 1`, else to `next[n]`. A leaf's threshold is NaN, which
 * nothing is less than, and its next is itself: so a walk may take more steps than the tree is deep, and needs no test for leaves.
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
  /** What a missing value adds to `next`: 1 where it goes left. */
  missing: Uint8Array;
  /** What a leaf adds to the margin. */
  value: Float32Array;
  /** For nodes that split by categories: where the bits of those that go right begin in `bits`, and how many 32-bit words there are; else -1. */
  setAt: Int32Array;
  setWords: Int32Array;
  bits: Uint32Array;
  hasCategories: boolean;
}

export function compileTrees(model: TreeModel): CompiledTrees {
  const nodes = model.trees.reduce((sum, tree) => sum + tree.left.length, 0);
  const compiled: CompiledTrees = {
    model, width: model.featureNames.length, base: baseMargin(model), trees: model.trees.length,
    roots: new Int32Array(model.trees.length), depths: new Int32Array(model.trees.length),
    feature: new Int32Array(nodes), threshold: new Float32Array(nodes), next: new Int32Array(nodes), missing: new Uint8Array(nodes), value: new Float32Array(nodes),
    setAt: new Int32Array(nodes).fill(-1), setWords: new Int32Array(nodes), bits: new Uint32Array(0), hasCategories: false,
  };
  const bits: number[] = [];
  let at = 0;
  model.trees.forEach((tree, index) => {
    compiled.roots[index] = at;
    compiled.depths[index] = place(tree, compiled, at, bits);
    at += tree.left.length;
  });
  compiled.bits = Uint32Array.from(bits);
  compiled.hasCategories = model.trees.some((tree) => tree.categories.size > 0);
  return compiled;
}

/** Places a tree's nodes level by level from `root` on; gives its depth. */
function place(tree: Tree, compiled: CompiledTrees, root: number, bits: number[]): number {
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
      compiled.feature[to] = tree.feature[node]!;
      compiled.threshold[to] = tree.threshold[node]!;
      compiled.missing[to] = tree.defaultLeft[node] === 0 ? 0 : 1;
      compiled.next[to] = free;
      const set = tree.categories.get(node);
      if (set !== undefined) {
        compiled.setAt[to] = bits.length;
        compiled.setWords[to] = addSet(set, bits);
      }
      below.push({ node: tree.right[node]!, to: free }, { node: tree.left[node]!, to: free + 1 });
      free += 2;
    }
    if (below.length === 0) return depth;
    level = below;
    depth += 1;
  }
}

function addSet(codes: Int32Array, bits: number[]): number {
  const words = new Uint32Array(codes.length === 0 ? 0 : (Math.max(...codes) >> 5) + 1);
  for (const code of codes) words[code >> 5]! |= 1 << (code & 31);
  bits.push(...words);
  return words.length;
}

/** The model's answer to a margin: a probability, a rate, or the margin itself. */
export function answer({ model }: CompiledTrees, margin: number): number {
  return answerOf(model.objective, margin);
}
