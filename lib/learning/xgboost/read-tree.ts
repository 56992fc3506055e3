// One tree of a model that XGBoost saved.
import { checkTree, NO_CATEGORY, type Tree } from '../tree-model.ts';
import { cannotServe, type Fields } from './fields.ts';

/**
 * The tree, checked, without the nodes that pruning left in the file. With the weight that dart gives it: leaves count times that, rounded as XGBoost rounds them.
 */
export function readTree(fields: Fields, features: number, weight: number | undefined): Tree {
  if (fields.child('tree_param').parameter('size_leaf_vector', 1) > 1) throw cannotServe('a tree with several answers a leaf', fields.path, 'train with multi_strategy one_output_per_tree');
  const floats = (key: string): Float32Array => Float32Array.from(fields.numbers(key));
  const tree: Tree = {
    left: fields.ints('left_children'), right: fields.ints('right_children'), feature: fields.ints('split_indices'), threshold: floats('split_conditions'),
    defaultLeft: fields.flags('default_left'), categories: categoriesOf(fields), gain: floats('loss_changes'), cover: floats('sum_hessian'), weight: floats('base_weights'),
  };
  // Nothing is compared with the threshold of such a node; up to 2.0 it is NaN.
  for (const node of tree.categories.keys()) if (tree.left[node] !== -1 && Number.isNaN(tree.threshold[node])) tree.threshold[node] = 0;
  if (weight !== undefined) tree.left.forEach((left, node) => (left < 0 ? (tree.threshold[node]! *= Math.fround(weight)) : undefined));
  checkTree(tree, features, fields.path);
  return withoutPruned(tree);
}

/** `tree_method` exact with `gamma` marks what it prunes as deleted; written again without that mark, XGBoost would not load it, or end its process. */
function withoutPruned(tree: Tree): Tree {
  const reached = new Uint8Array(tree.left.length);
  const open = [0];
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    reached[node] = 1;
    if (tree.left[node] !== -1) open.push(tree.left[node]!, tree.right[node]!);
  }
  if (!reached.includes(0)) return tree;
  let kept = 0;
  const numbers = Int32Array.from(reached, (isReached) => (isReached === 1 ? kept++ : -1));
  const isKept = (_: number, node: number): boolean => reached[node] === 1;
  const child = (node: number): number => (node === -1 ? -1 : numbers[node]!);
  return {
    left: tree.left.filter(isKept).map(child), right: tree.right.filter(isKept).map(child), feature: tree.feature.filter(isKept), threshold: tree.threshold.filter(isKept),
    defaultLeft: tree.defaultLeft.filter(isKept), gain: tree.gain.filter(isKept), cover: tree.cover.filter(isKept), weight: tree.weight.filter(isKept),
    categories: new Map([...tree.categories].filter(([node]) => reached[node] === 1).map(([node, codes]) => [numbers[node]!, codes])),
  };
}

/** The codes that go right at each node that splits by categories; those of one node after the other's in one list. */
function categoriesOf(fields: Fields): Map<number, Int32Array> {
  const sets = new Map<number, Int32Array>();
  const nodes = fields.has('categories_nodes') ? fields.ints('categories_nodes') : new Int32Array(0);
  const types = fields.has('split_type') ? fields.flags('split_type') : new Uint8Array(0);
  const named = new Set(nodes);
  types.forEach((type, node) => (type === 1 && !named.has(node) ? fields.refuse('categories_nodes', `node ${node} splits by categories and names none`) : undefined));
  if (nodes.length === 0) return sets;
  const codes = fields.ints('categories');
  const segments = fields.ints('categories_segments');
  const sizes = fields.ints('categories_sizes');
  let end = 0;
  nodes.forEach((node, index) => {
    const begin = segments[index] ?? -1;
    const size = sizes[index] ?? -1;
    // None twice: a short list that every node claims as a whole would take memory without end.
    if (begin < end || size < 0 || begin + size > codes.length) fields.refuse('categories_segments', `the categories of node ${node} lie outside its part of the list`);
    end = begin + size;
    const set = codes.slice(begin, end).sort();
    if (size > 0 && !(set[0]! >= 0 && set[size - 1]! < NO_CATEGORY)) fields.refuse('categories', `the categories of node ${node} are from ${set[0]} to ${set[size - 1]}`);
    sets.set(node, set);
  });
  return sets;
}
