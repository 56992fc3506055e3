// What MLflow is told of a predictor: a run for each version with its trials below it, a registered model with a version for each, and who is champion.
import type { AliasState } from '../registry/alias-state.ts';
import { modelCardText } from '../registry/card-text.ts';
import type { ModelCard } from '../registry/card.ts';
import type { MlflowClient, MlflowMetric, MlflowPair, MlflowRun } from './mlflow-client.ts';

/** Tags by which what was sent is found again, so that sending twice changes nothing. */
const VERSION_TAG = 'millrace.version';
const TRIAL_TAG = 'millrace.trial';
/** MLflow keeps parameters and tags of up to so many characters. */
const LONGEST = 5_000;

export interface VersionToSend {
  card: ModelCard;
  /** The file of the model. */
  model: string;
  /** Trees in XGBoost's JSON: MLflow can load them by itself. */
  isXgboost: boolean;
  state: AliasState;
}

/** Sends a version, whole: run, parameters, metrics, tags, artefacts, trials, registered version. Gives MLflow's number of it. */
export async function sendVersion(client: MlflowClient, { card, model, isXgboost, state }: VersionToSend): Promise<string> {
  const experiment = await client.experiment();
  const key = sentKey(card);
  const known = await client.findRun(experiment, VERSION_TAG, key);
  const run = known ?? await client.createRun(experiment, { name: `${card.predictor} ${card.version}`, startedAt: card.trainedAt, tags: [{ key: VERSION_TAG, value: key }] });
  await client.log(run.run_id, { metrics: metricsOf(card), params: paramsOf(card), tags: tagsOf(card) });
  if (client.takesArtefacts(run)) await upload(client, run, { card, model, isXgboost, state });
  for (const trial of card.tuning?.trials ?? []) await sendTrial(client, experiment, run, card, trial);
  await client.endRun(run.run_id, card.trainedAt + Math.round(card.seconds * 1000));
  await client.registeredModel(card.predictor, card.question);
  return (await sentVersions(client, card.predictor)).get(key)
    ?? client.createVersion(card.predictor, { source: `${run.artifact_uri}/model`, runId: run.run_id, description: card.question, tags: [{ key: VERSION_TAG, value: key }, ...tagsOf(card)] });
}

/** Sets the aliases as they stand. `versionOf`: MLflow's number of one of ours, which it sends where it has not been sent yet. */
export async function sendAliases(client: MlflowClient, predictor: string, { aliases }: AliasState, versionOf: (version: string) => Promise<string>): Promise<void> {
  for (const alias of ['champion', 'challenger'] as const) {
    const version = aliases[alias];
    if (version === undefined) await client.removeAlias(predictor, alias);
    else await client.setAlias(predictor, alias, await versionOf(version));
  }
}

/** MLflow's numbers of the versions of a predictor that were sent, by `sentKey`. */
export function sentVersions(client: MlflowClient, predictor: string): Promise<Map<string, string>> {
  return client.numbersByTag(predictor, VERSION_TAG);
}

/** Two homes may send to one server. */
export function sentKey({ predictor, version, trainedAt }: ModelCard): string {
  return `${predictor}/${version}/${trainedAt}`;
}

async function sendTrial(client: MlflowClient, experiment: string, parent: MlflowRun, card: ModelCard, { trial, settings, share, score, seconds, failed }: NonNullable<ModelCard['tuning']>['trials'][number]): Promise<void> {
  const key = `${sentKey(card)}#${trial}/${share}`;
  if (await client.findRun(experiment, TRIAL_TAG, key) !== undefined) return;
  const run = await client.createRun(experiment, { name: `${card.predictor} ${card.version} trial ${trial}`, startedAt: card.trainedAt, tags: [{ key: TRIAL_TAG, value: key }, { key: 'mlflow.parentRunId', value: parent.run_id }] });
  await client.log(run.run_id, {
    metrics: [...(score === null ? [] : [{ key: card.tuning!.metric, value: score, timestamp: card.trainedAt, step: 0 }]), { key: 'seconds', value: seconds, timestamp: card.trainedAt, step: 0 }],
    params: [...pairs({ trial, share_of_rows: share }), ...pairs(settings)],
    tags: [{ key: 'millrace.chosen', value: String(trial === card.tuning!.chosen) }, ...(failed === undefined ? [] : [{ key: 'millrace.failed', value: failed.slice(0, LONGEST) }])],
  });
  await client.endRun(run.run_id, card.trainedAt + Math.round(seconds * 1000));
}

async function upload(client: MlflowClient, run: MlflowRun, { card, model, isXgboost, state }: VersionToSend): Promise<void> {
  const files: Record<string, string> = { 'card.json': `${JSON.stringify(card, null, 1)}\n`, 'model_card.md': modelCardText(card, state), 'model/model.json': model, ...(isXgboost ? { 'model/MLmodel': mlmodelText(run) } : {}) };
  for (const [name, text] of Object.entries(files)) await client.upload(run, name, Buffer.from(text));
}

/** So that `mlflow.xgboost.load_model` and `mlflow.pyfunc.load_model` take the model as it is. */
function mlmodelText({ run_id: id }: MlflowRun): string {
  return `artifact_path: model
flavors:
  python_function:
    data: model.json
    loader_module: mlflow.xgboost
  xgboost:
    code: null
    data: model.json
    model_class: xgboost.core.Booster
    model_format: json
run_id: ${id}
`;
}

function metricsOf({ metrics, slices = [], gate, seconds, trainedAt: timestamp, rows }: ModelCard): MlflowMetric[] {
  const all: [string, number][] = [
    ...Object.entries(metrics), ['seconds', seconds], ['rows_train', rows.train], ['rows_validate', rows.validate], ['rows_test', rows.test],
    ...slices.map(({ column, value, own }): [string, number] => [`slice/${nameOf(column)}/${nameOf(value)}`, own]),
    ...(gate === undefined ? [] : [['gate_passes', gate.passes ? 1 : 0] as [string, number]]),
  ];
  return all.filter(([, value]) => Number.isFinite(value)).map(([key, value]) => ({ key, value, timestamp, step: 0 }));
}

function paramsOf({ algorithm, parameters, asOf, features, entities, label }: ModelCard): MlflowPair[] {
  return pairs({ algorithm, as_of: asOf, label: label ?? '', entities: entities.join(', '), features: features.join(', '), ...((parameters ?? {}) as Record<string, unknown>) });
}

function tagsOf({ predictor, version, owner, codeVersion, commit, trainingSet, snapshots, gate }: ModelCard): MlflowPair[] {
  return pairs({
    'millrace.predictor': predictor, 'millrace.registry_version': version, 'millrace.owner': owner ?? '', 'millrace.code_version': codeVersion, ...(commit === undefined ? {} : { 'mlflow.source.git.commit': commit }), 'millrace.training_set': trainingSet, 'millrace.gate': gate === undefined ? '' : gate.passes ? 'passed' : gate.reasons.join('; '),
    ...Object.fromEntries(Object.entries(snapshots).map(([table, id]) => [`millrace.snapshot.${table}`, id])),
  });
}

function pairs(values: Readonly<Record<string, unknown>>): MlflowPair[] {
  return Object.entries(values).filter(([, value]) => value !== undefined && value !== '').map(([key, value]) => ({ key: nameOf(key), value: (typeof value === 'string' ? value : JSON.stringify(value)).slice(0, LONGEST) }));
}

/** Letters, digits, `_`, `-`, `.`, blanks and `/` are what MLflow takes as names. */
function nameOf(text: string): string {
  return text.replaceAll(/[^\w\-. /]/g, '_').slice(0, 200);
}
