// Reads a model that XGBoost saved, as JSON or UBJSON. What cannot be served with equal predictions is refused by name.
import { MillraceError, messageOf, parsePythonJson } from '../../base/index.ts';
import { OUTPUTS, type Objective, type Tree, type TreeModel } from '../tree-model.ts';
import { cannotServe, Fields } from './fields.ts';
import { areUsual, usualParameters, type ObjectiveParameters } from './objective-parameters.ts';
import { readTree } from './read-tree.ts';
import { readUbjson, type UbjsonValue } from './ubjson.ts';

/** A row in work takes a block of memory by the feature, whether its trees look at it or not. */
const MOST_FEATURES = 65_536;

/**
 * The model in a file of XGBoost's: its JSON, as text or bytes, or its UBJSON. All its trees count; where training stopped early, XGBoost leaves the
 * best round in the attribute `best_iteration`, and `onlyBest` keeps the trees up to it, as its scikit-learn wrapper and SageMaker do. Rounds of several
 * trees become as many of one, and `best_iteration` counts these.
 * Refused: other boosters than gbtree and dart, several classes or targets, objectives without a known scale.
 */
export function readXgboost(file: string | Uint8Array, { onlyBest = false }: { onlyBest?: boolean } = {}): TreeModel {
  const learner = new Fields(parse(file), '').child('learner');
  const { model, dart } = boosterOf(learner.child('gradient_booster'));
  const { features, baseScore } = shapeOf(learner.child('learner_model_param'));
  const objective = objectiveOf(learner.child('objective'), baseScore);
  const trees = treesOf(model, features, dart);
  const said = learner.has('attributes') ? textsOf(learner.child('attributes')) : {};
  const attributes = said['best_iteration'] !== undefined && treesARound(model) > 1 ? { ...said, best_iteration: String(keptTrees(said, model, trees.length) - 1) } : said;
  const names = learner.texts('feature_names');
  const different = new Set(names).size;
  if (names.length > 0 && (names.length !== features || different !== features)) learner.refuse('feature_names', `${names.length} names, ${different} of them different, for ${features} features`);
  const types = learner.texts('feature_types');
  if (types.length > 0 && types.length !== features) learner.refuse('feature_types', `${types.length} types for ${features} features`);
  const categorical = new Set(trees.flatMap((tree) => [...tree.categories.keys()].map((node) => tree.feature[node]!)));
  return {
    ...objective, baseScore, attributes,
    featureNames: names.length > 0 ? names : Array.from({ length: features }, (_, index) => `f${index}`),
    featureKinds: Array.from({ length: features }, (_, index) => (types[index] === 'c' || categorical.has(index) ? 'categorical' : 'numeric')),
    trees: onlyBest ? trees.slice(0, keptTrees(said, model, trees.length)) : trees,
  };
}

/** Where the trees are, and what knows the weights of those of dart. */
function boosterOf(booster: Fields): { model: Fields; dart?: Fields } {
  const name = booster.text('name');
  if (name === 'gbtree') return { model: booster.child('model') };
  if (name === 'dart') return { model: booster.child('gbtree').child('model'), dart: booster };
  throw cannotServe(`the booster ${name}`, booster.path, 'train with booster gbtree');
}

/** What the model takes, and where it starts. */
function shapeOf(parameters: Fields): { features: number; baseScore: number } {
  const scores = baseScores(parameters);
  const classes = parameters.parameter('num_class', 0);
  if (classes > 1) throw cannotServe(`a model of ${classes} classes`, parameters.path, 'train one binary model a class');
  if (parameters.parameter('num_target', 1) > 1 || scores.length > 1) throw cannotServe('a model of several targets', parameters.path, 'train one model a target');
  const features = parameters.count('num_feature', 1);
  if (features > MOST_FEATURES) throw cannotServe(`a model of ${features} features`, parameters.path, `it may have ${MOST_FEATURES}`);
  return { features, baseScore: scores[0]! };
}

function treesOf(model: Fields, features: number, dart: Fields | undefined): Tree[] {
  const files = model.list('trees');
  // A file that lost some of its trees would answer, but wrongly.
  const announced = model.child('gbtree_model_param').count('num_trees', 0);
  if (announced !== files.length) model.refuse('trees', `there are ${files.length} trees, and num_trees is ${announced}`);
  const groups = model.numbers('tree_info', files.length);
  const weights = dart?.numbers('weight_drop', files.length);
  return files.map((tree, index) => {
    if (groups[index] !== 0) throw cannotServe('a model of several classes', 'tree_info', 'train one binary model a class');
    return readTree(new Fields(tree, `trees[${index}]`), features, weights?.[index]);
  });
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

/** The objective, what the file says of it beside its name, and which quantile it is of. */
function objectiveOf(fields: Fields, baseScore: number): Pick<TreeModel, 'objective' | 'objectiveParameters' | 'quantile'> {
  const name = fields.text('name');
  if (!isObjective(name)) throw cannotServe(`the objective ${name}`, fields.path, `it must be one of ${Object.keys(OUTPUTS).join(', ')}`);
  const output = OUTPUTS[name];
  const isPossible = output === 'sigmoid' ? baseScore >= 0 && baseScore <= 1 : output === 'exponential' ? baseScore > 0 : true;
  if (!isPossible) fields.refuse('name', `no model of ${name} starts from the base score ${baseScore}`);
  const quantile = name === 'reg:quantileerror' && fields.has('quantile_loss_param') ? quantileOf(fields.child('quantile_loss_param')) : undefined;
  const parameters: ObjectiveParameters = Object.fromEntries(fields.keys().filter((key) => key !== 'name').map((key) => [key, textsOf(fields.child(key))]));
  const ofModel = { objective: name, ...(quantile === undefined ? {} : { quantile }) };
  return areUsual(parameters, usualParameters(ofModel)) ? ofModel : { ...ofModel, objectiveParameters: parameters };
}

function isObjective(name: string): name is Objective {
  return Object.hasOwn(OUTPUTS, name);
}

/** `9E-1`, or `[9E-1]`. */
function quantileOf(fields: Fields): number {
  const text = fields.text('quantile_alpha').replace(/^\[|\]$/g, '');
  if (text.includes(',')) throw cannotServe('a model of several quantiles', fields.path, 'train one model a quantile');
  const quantile = Math.fround(Number(text));
  return quantile > 0 && quantile < 1 ? quantile : fields.refuse('quantile_alpha', `the quantile ${JSON.stringify(text)}`);
}

function textsOf(fields: Fields): Record<string, string> {
  return Object.fromEntries(fields.keys().map((key) => [key, fields.text(key)]));
}

/** Trees of the rounds up to the best one; a round may hold several trees. */
function keptTrees(attributes: Record<string, string>, model: Fields, trees: number): number {
  if (attributes['best_iteration'] === undefined) return trees;
  const round = Number(attributes['best_iteration']) + 1;
  const kept = model.has('iteration_indptr') ? model.ints('iteration_indptr')[round] : round * treesARound(model);
  return Number.isInteger(kept) && kept! > 0 && kept! <= trees ? kept! : model.refuse('iteration_indptr', `best_iteration is ${JSON.stringify(attributes['best_iteration'])}, no round of these trees`);
}

function treesARound(model: Fields): number {
  return Math.max(model.child('gbtree_model_param').count('num_parallel_tree', 0, 1), 1);
}
