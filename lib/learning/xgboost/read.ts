// Reads a model that XGBoost saved, as JSON or UBJSON. What cannot be served with equal predictions is refused by name.
import { MillraceError, messageOf, parsePythonJson } from '../../base/index.ts';
import { checkTree, NO_CATEGORY, OUTPUTS, type Objective, type Tree, type TreeModel } from '../tree-model.ts';
import { Fields } from './fields.ts';
import { areUsual, usualParameters, type ObjectiveParameters } from './objective-parameters.ts';
import { readUbjson, type UbjsonValue } from './ubjson.ts';

/** A row in work takes a block of memory by the feature, whether its trees look at it or not. */
const MOST_FEATURES = 65_536;

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
  const features = parameters.count('num_feature', 1);
  if (features > MOST_FEATURES) throw refused(`a model of ${features} features`, parameters.path, `it may have ${MOST_FEATURES}`);
  const objective = objectiveOf(learner.child('objective'));
  const model = gbtree.child('model');
  if (model.ints('tree_info').some((group) => group !== 0)) throw refused('a model of several classes', 'tree_info', 'train one binary model a class');
  const attributes = learner.has('attributes') ? textsOf(learner.child('attributes')) : {};
  const files = model.list('trees');
  const weights = name === 'dart' ? booster.numbers('weight_drop', files.length) : undefined;
  const trees = files.map((tree, index) => readTree(new Fields(tree, `trees[${index}]`), features, weights?.[index]));
  const names = learner.texts('feature_names');
  if (names.length > 0 && new Set(names).size !== features) learner.refuse('feature_names', `${new Set(names).size} names for ${features} features`);
  const types = learner.texts('feature_types');
  const categorical = new Set(trees.flatMap((tree) => [...tree.categories.keys()].map((node) => tree.feature[node]!)));
  return {
    objective: objective.name, baseScore: scores[0]!, attributes,
    featureNames: names.length > 0 ? names : Array.from({ length: features }, (_, index) => `f${index}`),
    featureKinds: Array.from({ length: features }, (_, index) => (types[index] === 'c' || categorical.has(index) ? 'categorical' : 'numeric')),
    trees: onlyBest ? trees.slice(0, keptTrees(attributes, model, trees.length)) : trees,
    ...(objective.quantile === undefined ? {} : { quantile: objective.quantile }), ...(areUsual(objective.parameters, usualParameters({ objective: objective.name, quantile: objective.quantile })) ? {} : { objectiveParameters: objective.parameters }),
  };
}

function refused(what: string, where: string, todo: string): MillraceError {
  return new MillraceError('unsupported', `${what} cannot be served`, { where, todo });
}

function parse(file: string | Uint8Array): UbjsonValue {
  // Both begin with a brace; in UBJSON the type of the first key's length follows, in JSON a quote or white space.
  if (typeof file !== 'string' && file[0] === 0x7b && !'" \t\r\n}'.includes(String.fromCharCode(file[1] ?? 0))) return readUbjson(file);
  try {
    // XGBoost writes NaN up to 2.0 as the threshold of a node that splits by categories.
    return parsePythonJson(typeof file === 'string' ? file : new TextDecoder().decode(file)) as UbjsonValue;
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

function objectiveOf(fields: Fields): { name: Objective; parameters: ObjectiveParameters; quantile?: number } {
  const name = fields.text('name');
  if (!Object.hasOwn(OUTPUTS, name)) throw refused(`the objective ${name}`, fields.path, `it must be one of ${Object.keys(OUTPUTS).join(', ')}`);
  const parameters = Object.fromEntries(fields.keys().filter((key) => key !== 'name').map((key) => [key, textsOf(fields.child(key))]));
  if (name !== 'reg:quantileerror' || !fields.has('quantile_loss_param')) return { name: name as Objective, parameters };
  const alpha = fields.child('quantile_loss_param').text('quantile_alpha').replace(/^\[|\]$/g, '');
  if (alpha.includes(',')) throw refused('a model of several quantiles', fields.path, 'train one model a quantile');
  const quantile = Math.fround(Number(alpha));
  return quantile > 0 && quantile < 1 ? { name, parameters, quantile } : fields.refuse('quantile_loss_param', `the quantile ${JSON.stringify(alpha)}`);
}

function textsOf(fields: Fields): Record<string, string> {
  return Object.fromEntries(fields.keys().map((key) => [key, fields.text(key)]));
}

/** Trees of the rounds up to the best one; a round may hold several trees. */
function keptTrees(attributes: Record<string, string>, model: Fields, trees: number): number {
  if (attributes['best_iteration'] === undefined) return trees;
  const round = Number(attributes['best_iteration']) + 1;
  const parallel = model.child('gbtree_model_param').count('num_parallel_tree', 0, 1);
  const kept = model.has('iteration_indptr') ? model.ints('iteration_indptr')[round] : round * Math.max(parallel, 1);
  return Number.isInteger(kept) && kept! > 0 && kept! <= trees ? kept! : model.refuse('iteration_indptr', `best_iteration is ${JSON.stringify(attributes['best_iteration'])}, no round of these trees`);
}

/** With the weight that dart gives the tree: leaves count times it, rounded as XGBoost rounds them. */
function readTree(fields: Fields, features: number, weight: number | undefined): Tree {
  if (fields.child('tree_param').parameter('size_leaf_vector', 1) > 1) throw refused('a tree with several answers a leaf', fields.path, 'train with multi_strategy one_output_per_tree');
  const floats = (key: string): Float32Array => Float32Array.from(fields.numbers(key));
  const tree: Tree = {
    left: fields.ints('left_children'), right: fields.ints('right_children'), feature: fields.ints('split_indices'), threshold: floats('split_conditions'),
    defaultLeft: fields.flags('default_left'), categories: categoriesOf(fields), gain: floats('loss_changes'), cover: floats('sum_hessian'), weight: floats('base_weights'),
  };
  // Nothing is compared with the threshold of such a node; up to 2.0 it is NaN.
  for (const node of tree.categories.keys()) if (tree.left[node] !== -1 && Number.isNaN(tree.threshold[node])) tree.threshold[node] = 0;
  if (weight !== undefined) tree.left.forEach((left, node) => (left < 0 ? (tree.threshold[node]! *= Math.fround(weight)) : undefined));
  checkTree(tree, features, fields.path);
  return tree;
}

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
  nodes.forEach((node, index) => {
    const begin = segments[index] ?? -1;
    const size = sizes[index] ?? -1;
    if (begin < 0 || size < 0 || begin + size > codes.length) fields.refuse('categories_segments', `the categories of node ${node} lie outside the list`);
    const set = codes.slice(begin, begin + size).sort();
    if (size > 0 && !(set[0]! >= 0 && set[size - 1]! < NO_CATEGORY)) fields.refuse('categories', `the categories of node ${node} are from ${set[0]} to ${set[size - 1]}`);
    sets.set(node, set);
  });
  return sets;
}
