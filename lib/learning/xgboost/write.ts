// Writes a model in XGBoost's JSON format, which XGBoost, SageMaker and MLflow load.
import type { Tree, TreeModel } from '../tree-model.ts';
import { floatArray, floatText } from './float-text.ts';
import { usualParameters } from './objective-parameters.ts';

/** What the root's parent is called. */
const NO_PARENT = 2_147_483_647;

/** The model as XGBoost's JSON: loaded there, it predicts what ours predicts. */
export function writeXgboostJson(model: TreeModel): string {
  const features = model.featureNames.length;
  const trees = model.trees.map((tree, id) => treeJson(tree, id, features));
  const gbtree = [
    `"gbtree_model_param":{"num_parallel_tree":"1","num_trees":"${trees.length}"}`,
    `"iteration_indptr":[${Array.from({ length: trees.length + 1 }, (_, index) => index).join(',')}]`,
    `"tree_info":[${trees.map(() => 0).join(',')}]`,
    `"trees":[${trees.join(',')}]`,
  ];
  const learner = [
    `"attributes":${JSON.stringify(model.attributes)}`,
    `"feature_names":${JSON.stringify(model.featureNames)}`,
    `"feature_types":${JSON.stringify(model.featureKinds.map((kind) => (kind === 'categorical' ? 'c' : 'float')))}`,
    `"gradient_booster":{"model":{${gbtree.join(',')}},"name":"gbtree"}`,
    `"learner_model_param":{"base_score":"${floatText(model.baseScore)}","boost_from_average":"1","num_class":"0","num_feature":"${features}","num_target":"1"}`,
    `"objective":${JSON.stringify({ ...(model.objectiveParameters ?? usualParameters(model)), name: model.objective })}`,
  ];
  return `{"learner":{${learner.join(',')}},"version":[3,2,0]}`;
}

function treeJson(tree: Tree, id: number, features: number): string {
  const nodes = tree.left.length;
  const parents = new Int32Array(nodes).fill(NO_PARENT);
  tree.left.forEach((left, node) => {
    if (left < 0) return;
    parents[left] = node;
    parents[tree.right[node]!] = node;
  });
  const categorical = [...tree.categories.keys()].sort((a, b) => a - b);
  const codes: number[] = [];
  const segments: number[] = [];
  for (const node of categorical) {
    segments.push(codes.length);
    for (const code of tree.categories.get(node)!) codes.push(code);
  }
  // What no scorer reads may be NaN in a model of others; JSON has no word for that.
  const finite = (values: Float32Array): string => floatArray(values.map((value) => (Number.isFinite(value) ? value : 0)));
  const ints = (values: Iterable<number>): string => `[${[...values].join(',')}]`;
  const types = new Uint8Array(nodes);
  for (const node of categorical) types[node] = 1;
  return `{${[
    `"base_weights":${finite(tree.weight)}`,
    `"categories":${ints(codes)}`,
    `"categories_nodes":${ints(categorical)}`,
    `"categories_segments":${ints(segments)}`,
    `"categories_sizes":${ints(categorical.map((node) => tree.categories.get(node)!.length))}`,
    `"default_left":${ints(tree.defaultLeft)}`,
    `"id":${id}`,
    `"left_children":${ints(tree.left)}`,
    `"loss_changes":${finite(tree.gain)}`,
    `"parents":${ints(parents)}`,
    `"right_children":${ints(tree.right)}`,
    `"split_conditions":${floatArray(tree.threshold)}`,
    `"split_indices":${ints(tree.feature)}`,
    `"split_type":${ints(types)}`,
    `"sum_hessian":${finite(tree.cover)}`,
    `"tree_param":{"num_deleted":"0","num_feature":"${features}","num_nodes":"${nodes}","size_leaf_vector":"1"}`,
  ].join(',')}}`;
}
