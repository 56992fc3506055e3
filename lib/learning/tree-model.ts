// A trained ensemble of trees, as plain arrays: what training gives, the XGBoost format holds, and the scorer compiles.
import { MillraceError } from '../base/index.ts';
import { expFloat, logFloat } from './float-math.ts';

/** How a margin becomes an answer, by XGBoost's names of objectives. */
export const OUTPUTS = Object.freeze({
  'binary:logistic': 'sigmoid', 'reg:logistic': 'sigmoid', 'binary:logitraw': 'identity', 'reg:squarederror': 'identity', 'reg:absoluteerror': 'identity',
  'reg:quantileerror': 'identity', 'reg:pseudohubererror': 'identity', 'reg:squaredlogerror': 'identity', 'rank:pairwise': 'identity', 'rank:ndcg': 'identity', 'rank:map': 'identity',
  'count:poisson': 'exponential', 'reg:gamma': 'exponential', 'reg:tweedie': 'exponential',
} as const);

export type Objective = keyof typeof OUTPUTS;

/** One tree by node id; node 0 is the root. */
export interface Tree {
  /** Left child, -1 at a leaf. */
  left: Int32Array;
  right: Int32Array;
  /** The feature that is compared; 0 at a leaf. */
  feature: Int32Array;
  /** A row goes left if its value is less than this, both as float32. At a leaf: the value it adds to the margin. */
  threshold: Float32Array;
  /** 1: a missing value goes left. */
  defaultLeft: Uint8Array;
  /** Of categorical nodes: the codes that go right, ascending; any other code goes left. */
  categories: ReadonlyMap<number, Int32Array>;
  /** What the split gained; 0 at a leaf. */
  gain: Float32Array;
  /** Sum of the hessians (for forests: of the weights) that came here in training. */
  cover: Float32Array;
  /** What the node would answer if it were a leaf. */
  weight: Float32Array;
}

export interface TreeModel {
  objective: Objective;
  /** On the scale of the answer (a probability for binary:logistic), a float32. */
  baseScore: number;
  featureNames: readonly string[];
  featureKinds: readonly ('numeric' | 'categorical')[];
  trees: readonly Tree[];
  /** Free texts that travel with the model. */
  attributes: Readonly<Record<string, string>>;
  /** For reg:quantileerror: which quantile. */
  quantile?: number;
  /** Of a model that XGBoost trained: what its file says beside the objective's name, where that is not XGBoost's default. It goes back into the file. */
  objectiveParameters?: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

/** Codes from here on, like negative ones, are no category: XGBoost sends them left, and names none. */
export const NO_CATEGORY = 16_777_217;

/** Deeper trees are no use to anybody, and explaining one takes memory by the square of its depth. */
const GREATEST_DEPTH = 1_000;

/** A probability nearer to 0 or 1 than this would start every row at a useless margin: XGBoost's bound. */
const LEAST_PROBABILITY = Math.fround(1e-6);

/** The margin that every row starts from, rounded as XGBoost rounds it. */
export function baseMargin({ objective, baseScore }: Pick<TreeModel, 'objective' | 'baseScore'>): number {
  const { fround } = Math;
  const score = fround(baseScore);
  switch (OUTPUTS[objective]) {
    case 'sigmoid': {
      const probability = Math.min(Math.max(score, LEAST_PROBABILITY), fround(1 - LEAST_PROBABILITY));
      return -logFloat(fround(fround(1 / probability) - 1));
    }
    case 'exponential': return logFloat(score);
    case 'identity': return score;
  }
}

/** A margin as the answer of the model, rounded step by step to float32 as XGBoost does. */
export function answerOf(objective: Objective, margin: number): number {
  const { fround } = Math;
  switch (OUTPUTS[objective]) {
    case 'sigmoid': return fround(1 / fround(expFloat(fround(Math.min(-margin, 88.7))) + 1));
    case 'exponential': return expFloat(margin);
    case 'identity': return margin;
  }
}

/** How much each feature's splits gained, over all trees, as shares of 1; in the order of the features. */
export function gainImportance(model: TreeModel): Float64Array {
  const gains = new Float64Array(model.featureNames.length);
  let total = 0;
  for (const tree of model.trees) {
    tree.left.forEach((left, node) => {
      if (left < 0) return;
      const feature = tree.feature[node]!;
      gains[feature] = gains[feature]! + tree.gain[node]!;
      total += tree.gain[node]!;
    });
  }
  return total > 0 ? gains.map((gain) => gain / total) : gains;
}

/** Refuses trees that would send a scorer astray: children outside, loops, features that do not exist, categories of nodes that do not. */
export function checkTree(tree: Tree, features: number, where: string): void {
  const nodes = tree.left.length;
  const refuse = (message: string): never => {
    throw new MillraceError('bad_input', message, { where, todo: 'the model file is damaged; save it again' });
  };
  if (nodes === 0) refuse('a tree has no nodes');
  const arrays: (keyof Tree)[] = ['right', 'feature', 'threshold', 'defaultLeft', 'gain', 'cover', 'weight'];
  for (const name of arrays) if ((tree[name] as Int32Array).length !== nodes) refuse(`${name} has ${(tree[name] as Int32Array).length} entries for ${nodes} nodes`);
  for (const node of tree.categories.keys()) if (!(node >= 0 && node < nodes)) refuse(`node ${node} splits by categories, of ${nodes} nodes`);
  const depths = new Int32Array(nodes).fill(-1);
  depths[0] = 0;
  const open = [0];
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    const left = tree.left[node]!;
    const right = tree.right[node]!;
    if (!Number.isFinite(tree.threshold[node])) refuse(`the threshold of node ${node} is ${tree.threshold[node]}`);
    if (left === -1 && right === -1) continue;
    if (!(tree.feature[node]! >= 0 && tree.feature[node]! < features)) refuse(`node ${node} compares feature ${tree.feature[node]}, of ${features}`);
    for (const child of [left, right]) {
      if (!(child > 0 && child < nodes)) refuse(`node ${node} has the child ${child}, outside 1 to ${nodes - 1}`);
      if (depths[child] !== -1) refuse(`node ${child} has two parents`);
      depths[child] = depths[node]! + 1;
    }
    if (depths[left]! > GREATEST_DEPTH) throw new MillraceError('unsupported', `a tree of more than ${GREATEST_DEPTH} levels cannot be served`, { where, todo: 'train with max_depth' });
    open.push(left, right);
  }
}
