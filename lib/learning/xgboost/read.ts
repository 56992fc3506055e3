// Reads a model that XGBoost saved, as JSON or UBJSON. What cannot be served with equal predictions is refused by name.
import { MillraceError, messageOf } from '../../base/index.ts';
import { checkTree, OUTPUTS, type Objective, type Tree, type TreeModel } from '../tree-model.ts';
import { Fields } from './fields.ts';
import { readUbjson, type UbjsonValue } from './ubjson.ts';

/**
 * The model in a file of XGBoost's: its JSON, as text or bytes, or its UBJSON. All its trees count; where training stopped early, XGBoost leaves the
 * best round in the attribute `best_iteration`, and `onlyBest` keeps the trees up to it, as its scikit-learn wrapper and SageMaker do.
 * Refused: other boosters than gbtree and dart, several classes or targets, objectives without a known scale.
 */
export function readXgboost(file: string | Uint8Array, { onlyBest = false }: { onlyBest?: boolean } = {}): TreeModel {
  const learner = new Fields(parse(file), '').child('learner');
  const booster = learner.child('gradient_booster');
  const name = booster.text('name');
  if (name !== 'gbtree' && name !== 'dart') throw refused(`the booster ${name}`, booster.path, 'train with booster gbtree');
  const gbtree = name === 'dart' ? booster.child('gbtree') : booster;
  const parameters = learner.child('learner_model_param');
  const scores = baseScores(parameters);
  const classes = parameters.parameter('num_class', 0);
  if (classes > 1) throw refused(`a model of ${classes} classes`, parameters.path, 'train one binary model a class');
  if (parameters.parameter('num_target', 1) > 1 || scores.length > 1) throw refused('a model of several targets', parameters.path, 'train one model a target');
  const features = parameters.parameter('num_feature');
  const objective = objectiveOf(learner.child('objective'));
  const model = gbtree.child('model');
  if (model.ints('tree_info').some((group) => group !== 0)) throw refused('a model of several classes', 'tree_info', 'train one binary model a class');
  const attributes = learner.has('attributes') ? textsOf(learner.child('attributes')) : {};
  const trees = model.list('trees').map((tree, index) => readTree(new Fields(tree, `trees[${index}]`), features));
  if (name === 'dart') scaleTrees(trees, booster.numbers('weight_drop'));
  const names = learner.texts('feature_names');
  const types = learner.texts('feature_types');
  const categorical = new Set(trees.flatMap((tree) => [...tree.categories.keys()].map((node) => tree.feature[node]!)));
  return {
    objective: objective.name, baseScore: scores[0]!, attributes,
    featureNames: names.length === features ? names : Array.from({ length: features }, (_, index) => `f${index}`),
    featureKinds: Array.from({ length: features }, (_, index) => (types[index] === 'c' || categorical.has(index) ? 'categorical' : 'numeric')),
    trees: onlyBest ? trees.slice(0, keptTrees(attributes, model, trees.length)) : trees,
    ...(objective.quantile === undefined ? {} : { quantile: objective.quantile }),
  };
}

function refused(what: string, where: string, todo: string): MillraceError {
  return new MillraceError('unsupported', `${what} cannot be served`, { where, todo });
}

function parse(file: string | Uint8Array): UbjsonValue {
  // Both begin with a brace; in UBJSON the type of the first key's length follows, in JSON a quote or white space.
  if (typeof file !== 'string' && file[0] === 0x7b && !'" \t\r\n}'.includes(String.fromCharCode(file[1] ?? 0))) return readUbjson(file);
  const text = typeof file === 'string' ? file : new TextDecoder().decode(file);
  try {
    return JSON.parse(text) as UbjsonValue;
  } catch (cause) {
    throw new MillraceError('bad_input', `this is no model of XGBoost: ${messageOf(cause)}`, { where: 'the model file', todo: 'save it with save_model as .json or .ubj; the old binary format is not read', cause });
  }
}

/** `5E-1` of older versions, `[5E-1]` or `[a,b]` of newer ones. */
function baseScores(parameters: Fields): number[] {
  const text = parameters.text('base_score');
  const scores = text.replace(/^\[|\]$/g, '').split(',').map((score) => (score.trim() === '' ? NaN : Math.fround(Number(score))));
  if (scores.some((score) => !Number.isFinite(score))) parameters.refuse('base_score', `base_score is ${JSON.stringify(text)}`);
  return scores;
}

function objectiveOf(fields: Fields): { name: Objective; quantile?: number } {
  const name = fields.text('name');
  if (!Object.hasOwn(OUTPUTS, name)) throw refused(`the objective ${name}`, fields.path, `it must be one of ${Object.keys(OUTPUTS).join(', ')}`);
  if (name !== 'reg:quantileerror' || !fields.has('quantile_loss_param')) return { name: name as Objective };
  const alpha = fields.child('quantile_loss_param').text('quantile_alpha').replace(/^\[|\]$/g, '');
  if (alpha.includes(',')) throw refused('a model of several quantiles', fields.path, 'train one model a quantile');
  return { name, quantile: Math.fround(Number(alpha)) };
}

function textsOf(fields: Fields): Record<string, string> {
  return Object.fromEntries(fields.keys().map((key) => [key, fields.text(key)]));
}

/** Trees of the rounds up to the best one; a round may hold several trees. */
function keptTrees(attributes: Record<string, string>, model: Fields, trees: number): number {
  if (attributes['best_iteration'] === undefined) return trees;
  const round = Number(attributes['best_iteration']) + 1;
  const parallel = model.child('gbtree_model_param').parameter('num_parallel_tree', 1);
  return model.has('iteration_indptr') ? (model.ints('iteration_indptr')[round] ?? trees) : Math.min(trees, round * Math.max(parallel, 1));
}

function scaleTrees(trees: readonly Tree[], weights: ArrayLike<number>): void {
  trees.forEach(({ left, threshold }, index) => {
    for (let node = 0; node < left.length; node += 1) if (left[node]! < 0) threshold[node] = threshold[node]! * Math.fround(weights[index] ?? 1);
  });
}

function readTree(fields: Fields, features: number): Tree {
  if (fields.child('tree_param').parameter('size_leaf_vector', 1) > 1) throw refused('a tree with several answers a leaf', fields.path, 'train with multi_strategy one_output_per_tree');
  const floats = (key: string): Float32Array => Float32Array.from(fields.numbers(key));
  const tree: Tree = {
    left: fields.ints('left_children'), right: fields.ints('right_children'), feature: fields.ints('split_indices'), threshold: floats('split_conditions'),
    defaultLeft: Uint8Array.from(fields.numbers('default_left')), categories: categoriesOf(fields), gain: floats('loss_changes'), cover: floats('sum_hessian'), weight: floats('base_weights'),
  };
  checkTree(tree, features, fields.path);
  return tree;
}

function categoriesOf(fields: Fields): Map<number, Int32Array> {
  const sets = new Map<number, Int32Array>();
  if (!fields.has('categories_nodes')) return sets;
  const nodes = fields.ints('categories_nodes');
  if (nodes.length === 0) return sets;
  const codes = fields.ints('categories');
  const segments = fields.ints('categories_segments');
  const sizes = fields.ints('categories_sizes');
  nodes.forEach((node, index) => {
    const begin = segments[index] ?? -1;
    const size = sizes[index] ?? -1;
    if (begin < 0 || size < 0 || begin + size > codes.length) fields.refuse('categories_segments', `the categories of node ${node} lie outside the list`);
    sets.set(node, codes.slice(begin, begin + size).sort());
  });
  return sets;
}
