// The training set of a predictor as one statement: its own SELECT, and beside it the features of the stream as of each row's moment.
import { featuresOfPointsSql, type FeatureSet } from '../../features/index.ts';
import { AT_TIME, datasetOf, type Dataset, type LoadedPredictor } from '../../learning/index.ts';
import { MillraceError } from '../../base/index.ts';
import type { Engine, Parameters } from '../../warehouse/index.ts';

/** `view.feature` of a view that there is; undefined for a column of the training set itself. */
export function viewOf(features: FeatureSet, name: string): string | undefined {
  const [view = '', feature] = name.split('.');
  return feature === undefined || !features.views.has(view) ? undefined : view;
}

/** @throws `bad_input` for a feature that no view has. */
export function trainingSql(predictor: LoadedPredictor, features: FeatureSet): string {
  const views = [...new Set(predictor.features.flatMap((name) => viewOf(features, name) ?? []))];
  for (const name of predictor.features) {
    const view = viewOf(features, name);
    if (view === undefined && name.includes('.')) throw unknown(predictor, name, `There are the views ${[...features.views.keys()].join(', ')}.`);
    const known = view === undefined ? undefined : features.views.get(view)!.features.map((feature) => feature.name);
    if (known !== undefined && !known.includes(name.slice(view!.length + 1))) throw unknown(predictor, name, `${view} has ${known.join(', ')}.`);
  }
  const columns = predictor.features.flatMap((name) => {
    const view = viewOf(features, name);
    return view === undefined ? [] : [`"${view}"."${name.slice(view.length + 1)}" AS "${name}"`];
  });
  const joins = views.map((view) => {
    const compiled = features.views.get(view)!;
    const keys = [...compiled.entity, AT_TIME].map((column) => `"${view}"."${column}" = points."${column}"`);
    return `LEFT JOIN (${featuresOfPointsSql(compiled, `SELECT ${compiled.entity.map((column) => `"${column}"`).join(', ')}, "${AT_TIME}" FROM points`)}) AS "${view}" ON ${keys.join(' AND ')}`;
  });
  return `WITH points AS (\n${predictor.sql.trim().replace(/;$/, '')}\n)\nSELECT points.*${columns.map((column) => `, ${column}`).join('')}\nFROM points\n${joins.join('\n')}\nORDER BY ${[...predictor.entities, AT_TIME].map((column) => `points."${column}"`).join(', ')}`;
}

/** The rows of the training set, those included whose label is not known yet: what is to be foretold. Tables are read at these snapshots, others as they are now. */
export async function readDataset(engine: Engine, predictor: LoadedPredictor, features: FeatureSet, parameters: Parameters, signal?: AbortSignal, snapshots: Readonly<Record<string, string>> = {}): Promise<Dataset> {
  const sql = trainingSql(predictor, features);
  const { columns, rows } = await engine.query(sql, { parameters, snapshots: Object.fromEntries(Object.entries(snapshots).map(([table, id]) => [table, BigInt(id)])), ...(signal === undefined ? {} : { signal }) });
  return datasetOf(predictor, columns.map(({ name }) => name), rows as (string | number | bigint | boolean | null)[][]);
}

function unknown({ name, file }: LoadedPredictor, feature: string, todo: string): MillraceError {
  return new MillraceError('bad_input', `${name} asks for the feature ${feature}, which there is not`, { where: file, todo });
}
