// What each feature adds to a row's margin: exact TreeSHAP, by the paths that training rows took (Lundberg et al. 2018, algorithm 2).
import { MillraceError } from '../../base/index.ts';
import { baseMargin, type Tree, type TreeModel } from '../tree-model.ts';
import { compileTrees, type CompiledTrees } from './compile.ts';
import { goesLeft } from './score.ts';

export interface Explainer {
  /**
   * Contributions of a row of float32 features: one a feature, then the bias, which is the mean margin of the training rows. Together they are the
   * row's margin, on the scale of log-odds for a classification.
   */
  contributions(row: Float32Array): Float64Array;
}

/** A path from the root: the features met, and which share of subsets with and without them lead on. */
interface Path {
  feature: Int32Array;
  zero: Float64Array;
  one: Float64Array;
  weight: Float64Array;
}

/** Prepares a model for explanation. It must carry cover, the sums of hessians, as models of XGBoost and ours do. */
export function explainer(model: TreeModel): Explainer {
  const width = model.featureNames.length;
  const compiled = compileTrees(model);
  const covered = model.trees.every(({ left, cover }) => left.every((child, node) => child < 0 || cover[node]! > 0));
  if (!covered) throw new MillraceError('unsupported', 'a model without cover cannot be explained', { where: 'sum_hessian', todo: 'keep sum_hessian when saving the model' });
  let bias = baseMargin(model);
  for (const tree of model.trees) bias += meanOf(tree, 0);
  // A path for each depth, of all trees, so that a walk allocates nothing.
  const length = compiled.depths.reduce((most, depth) => Math.max(most, depth), 0) + 2;
  const paths: Path[] = Array.from({ length }, () => ({ feature: new Int32Array(length), zero: new Float64Array(length), one: new Float64Array(length), weight: new Float64Array(length) }));
  const walkers = model.trees.map((tree, index) => new Walker(tree, compiled, compiled.roots[index]!, paths));
  return {
    contributions: (row) => {
      if (row.length !== width) throw new MillraceError('bad_input', `${row.length} numbers are no row of ${width} features`, { where: 'the row to explain', todo: `give ${model.featureNames.join(', ')}` });
      const into = new Float64Array(width + 1);
      into[width] = bias;
      for (const walker of walkers) walker.add(row, into);
      return into;
    },
  };
}

/** What a tree says on average over the rows it was trained on. */
function meanOf(tree: Tree, node: number): number {
  const left = tree.left[node]!;
  if (left < 0) return tree.threshold[node]!;
  const right = tree.right[node]!;
  return (meanOf(tree, left) * tree.cover[left]! + meanOf(tree, right) * tree.cover[right]!) / tree.cover[node]!;
}

class Walker {
  readonly #tree: Tree;
  readonly #compiled: CompiledTrees;
  /** Each of the tree's nodes in the compiled arrays. */
  readonly #places: Int32Array;
  readonly #paths: readonly Path[];
  #row: Float32Array = new Float32Array(0);
  #into: Float64Array = new Float64Array(0);

  constructor(tree: Tree, compiled: CompiledTrees, root: number, paths: readonly Path[]) {
    this.#tree = tree;
    this.#compiled = compiled;
    this.#places = new Int32Array(tree.left.length);
    this.#locate(0, root);
    this.#paths = paths;
  }

  #locate(node: number, place: number): void {
    this.#places[node] = place;
    if (this.#tree.left[node]! < 0) return;
    const below = this.#compiled.next[place]!;
    const turned = this.#compiled.turned[place]!;
    this.#locate(this.#tree.right[node]!, below + turned);
    this.#locate(this.#tree.left[node]!, below + 1 - turned);
  }

  add(row: Float32Array, into: Float64Array): void {
    // A tree of one leaf says the same to all: it is in the bias.
    if (this.#tree.left[0]! < 0) return;
    this.#row = row;
    this.#into = into;
    this.#walk(0, 0, 0, 1, 1, -1);
  }

  /** Walks on with the path of `depth` features that led here, made longer by the parent's feature. */
  #walk(node: number, depth: number, length: number, zero: number, one: number, feature: number): void {
    const path = this.#paths[depth]!;
    if (depth > 0) copyPath(this.#paths[depth - 1]!, path, length);
    extend(path, length, zero, one, feature);
    const tree = this.#tree;
    const left = tree.left[node]!;
    if (left < 0) {
      const said = tree.threshold[node]!;
      for (let i = 1; i <= length; i += 1) this.#into[path.feature[i]!]! += unwoundSum(path, length, i) * (path.one[i]! - path.zero[i]!) * said;
      return;
    }
    const right = tree.right[node]!;
    const isLeft = this.#goesLeft(node);
    const hot = isLeft ? left : right;
    const cold = isLeft ? right : left;
    const cover = tree.cover[node]!;
    const compared = tree.feature[node]!;
    let incomingZero = 1;
    let incomingOne = 1;
    let longer = length;
    // A feature met before counts once: what it did then is taken back.
    let before = 1;
    while (before <= length && path.feature[before] !== compared) before += 1;
    if (before <= length) {
      incomingZero = path.zero[before]!;
      incomingOne = path.one[before]!;
      unwind(path, length, before);
      longer -= 1;
    }
    this.#walk(hot, depth + 1, longer + 1, (incomingZero * tree.cover[hot]!) / cover, incomingOne, compared);
    // Where neither this row nor any of training went, nothing counts; going on would divide by that.
    const coldShare = (incomingZero * tree.cover[cold]!) / cover;
    if (coldShare > 0) this.#walk(cold, depth + 1, longer + 1, coldShare, 0, compared);
  }

  #goesLeft(node: number): boolean {
    const tree = this.#tree;
    const x = this.#row[tree.feature[node]!]!;
    if (x !== x) return tree.defaultLeft[node] !== 0;
    return tree.categories.has(node) ? goesLeft(this.#compiled, this.#places[node]!, x) : x < tree.threshold[node]!;
  }
}

function copyPath(from: Path, to: Path, length: number): void {
  for (let i = 0; i < length; i += 1) {
    to.feature[i] = from.feature[i]!;
    to.zero[i] = from.zero[i]!;
    to.one[i] = from.one[i]!;
    to.weight[i] = from.weight[i]!;
  }
}

/** Adds a feature at place `length`: the weights of subsets of every size change. */
function extend({ feature, zero, one, weight }: Path, length: number, zeroFraction: number, oneFraction: number, added: number): void {
  feature[length] = added;
  zero[length] = zeroFraction;
  one[length] = oneFraction;
  weight[length] = length === 0 ? 1 : 0;
  for (let i = length - 1; i >= 0; i -= 1) {
    weight[i + 1] = weight[i + 1]! + (oneFraction * weight[i]! * (i + 1)) / (length + 1);
    weight[i] = (zeroFraction * weight[i]! * (length - i)) / (length + 1);
  }
}

/** Takes the feature at place `index` back out of a path whose last place is `length`. */
function unwind({ feature, zero, one, weight }: Path, length: number, index: number): void {
  const oneFraction = one[index]!;
  const zeroFraction = zero[index]!;
  let next = weight[length]!;
  for (let i = length - 1; i >= 0; i -= 1) {
    if (oneFraction !== 0) {
      const kept = weight[i]!;
      weight[i] = (next * (length + 1)) / ((i + 1) * oneFraction);
      next = kept - (weight[i]! * zeroFraction * (length - i)) / (length + 1);
    } else {
      weight[i] = (weight[i]! * (length + 1)) / (zeroFraction * (length - i));
    }
  }
  for (let i = index; i < length; i += 1) {
    feature[i] = feature[i + 1]!;
    zero[i] = zero[i + 1]!;
    one[i] = one[i + 1]!;
  }
}

/** The sum of a path's weights with the feature at place `index` taken out, without taking it out. */
function unwoundSum({ zero, one, weight }: Path, length: number, index: number): number {
  const oneFraction = one[index]!;
  const zeroFraction = zero[index]!;
  let next = weight[length]!;
  let total = 0;
  for (let i = length - 1; i >= 0; i -= 1) {
    if (oneFraction !== 0) {
      const part = (next * (length + 1)) / ((i + 1) * oneFraction);
      total += part;
      next = weight[i]! - (part * zeroFraction * (length - i)) / (length + 1);
    } else if (zeroFraction !== 0) {
      total += (weight[i]! * (length + 1)) / (zeroFraction * (length - i));
    }
  }
  return total;
}
