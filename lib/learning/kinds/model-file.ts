// Fitted models of every kind as text, and back. What only reads and scores imports nothing of training.
import type { AnomalyModel } from '../anomalies/robust.ts';
import type { SegmentModel } from '../clusters/segments.ts';
import type { RecommenderModel } from '../recommend/opinions.ts';
import type { DemandModel } from '../smoothing/demand.ts';
import type { TreeModel } from '../tree-model.ts';
import { readXgboost } from '../xgboost/read.ts';
import { writeXgboostJson } from '../xgboost/write.ts';
import { demandFile } from './files/exponential-smoothing.ts';
import { tagOf, type ModelFile } from './files/fields.ts';
import { segmentFile } from './files/k-means.ts';
import { recommenderFile } from './files/recommender.ts';
import { anomalyFile } from './files/robust-residual.ts';

interface Models {
  trees: TreeModel;
  k_means: SegmentModel;
  exponential_smoothing: DemandModel;
  recommender: RecommenderModel;
  robust_residual: AnomalyModel;
}

export type KindName = keyof Models;

/** A model with the kind that it is of. */
export type FittedModel = { [Name in KindName]: { kind: Name; model: Models[Name] } }[KindName];

/** Trees are XGBoost's JSON, so that others read them; every other kind is JSON with its name and a version of its format. */
const FILES: { readonly [Name in KindName]: ModelFile<Models[Name]> } = {
  trees: { write: writeXgboostJson, read: (text) => readXgboost(text) }, k_means: segmentFile, exponential_smoothing: demandFile, recommender: recommenderFile, robust_residual: anomalyFile,
};

export function writeModel({ kind, model }: FittedModel): string {
  return (FILES[kind] as ModelFile<unknown>).write(model);
}

/** @throws `bad_input` for a damaged file, or one of a kind or version that is not known here. */
export function readModel(text: string): FittedModel {
  const tag = tagOf(text);
  const kind = tag !== undefined && tag !== 'trees' && Object.hasOwn(FILES, tag) ? (tag as KindName) : 'trees';
  return { kind, model: FILES[kind].read(text) } as FittedModel;
}
