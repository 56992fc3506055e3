// millrace train: a training set as of a date, a version in the registry, and the gate before it answers.
import { createHash } from 'node:crypto';
import path from 'node:path';
import { MillraceError } from '../../base/index.ts';
import { latestBusinessDate } from '../../batch/index.ts';
import { loadFeatures } from '../../features/index.ts';
import { LocalFiles } from '../../lake/index.ts';
import { byMaturity, loadPredictors, matrixOf, measure, modelBaseline, ModelRegistry, modelStoreOn, scorerOf, throughGate, trainPredictor, type Dataset, type FittedModel, type GateVerdict, type LoadedPredictor, type ModelBaseline, type ModelCard } from '../../learning/index.ts';
import { didYouMean } from '../../warehouse/index.ts';
import type { LoadedProject } from '../project.ts';
import type { Runtime } from '../runtime.ts';
import { readDataset, trainingSql } from './dataset.ts';

export interface TrainingReport {
  card: ModelCard;
  /** The champion's version and its metrics on the same test rows; undefined where there is none. */
  champion?: { version: string; metrics: Readonly<Record<string, number>> };
  gate: GateVerdict;
  /** It passed and answers from now on. */
  promoted: boolean;
}

export interface TrainPredictorOptions {
  asOf?: string;
  /** Keeps the version, and lets the champion answer on. */
  keepChampion?: boolean;
  onProgress?: (text: string) => void;
}

export function registryOf({ home }: Pick<Runtime, 'home'>): ModelRegistry {
  return new ModelRegistry(modelStoreOn(new LocalFiles(), path.join(home.root, 'models')));
}

export async function predictorsOf({ projectFolder }: Pick<Runtime, 'projectFolder'>): Promise<ReadonlyMap<string, LoadedPredictor>> {
  return loadPredictors(path.join(projectFolder, 'predictors'));
}

/** @throws `not_found` with the nearest name. */
export async function predictorNamed(runtime: Pick<Runtime, 'projectFolder'>, name: string): Promise<LoadedPredictor> {
  const predictors = await predictorsOf(runtime);
  const found = predictors.get(name);
  if (found === undefined) throw new MillraceError('not_found', `there is no predictor '${name}'`, { where: path.join(runtime.projectFolder, 'predictors'), todo: didYouMean(name, [...predictors.keys()]) ?? `There are ${[...predictors.keys()].join(', ') || 'none'}.` });
  return found;
}

export async function trainInHome(runtime: Runtime, name: string, { asOf, keepChampion = false, onProgress }: TrainPredictorOptions = {}): Promise<TrainingReport> {
  const { clock, lake, signal } = runtime;
  const started = clock.now();
  const predictor = await predictorNamed(runtime, name);
  const project = await runtime.project();
  const features = await loadFeatures(path.join(runtime.projectFolder, 'features'), project.sources);
  const engine = await runtime.engine();
  const sql = trainingSql(predictor, features);
  const date = asOf ?? await latestBusinessDate({ project, lake, engine, signal }, sourcesBehind(project, tablesOf(sql)));
  onProgress?.(`${name}   training set as of ${date}`);
  const data = await readDataset(engine, predictor, features, await runtime.parameters(date, sql), signal);
  const trained = await trainPredictor(predictor, data, { onProgress: (done, of) => onProgress?.(`${name}   tree ${done} of ${of}`) });
  const registry = registryOf(runtime);
  const { champion: championVersion } = await registry.aliases(name);
  const champion = championVersion === undefined ? undefined : await comparable(registry, predictor, championVersion, data, trained.testRows);
  const card = await registry.register({
    predictor: name, question: predictor.question, entities: predictor.entities, features: predictor.features, output: predictor.output, algorithm: predictor.algorithm.kind,
    parameters: predictor.algorithm.settings, metrics: trained.metrics, reliability: trained.reliability, importance: trained.importance, rows: trained.rows, baseRate: trained.baseRate, baseline: trained.baseline, asOf: date,
    snapshots: await snapshotsOf(runtime, sql), trainingSet: createHash('sha256').update(sql).digest('hex'), codeVersion: runtime.version, trainedAt: started, seconds: (clock.now() - started) / 1000,
  }, trained.model, baselineOf(predictor, data, trained.model));
  const gate = throughGate(predictor, trained.metrics, champion?.metrics);
  const promoted = gate.passes && !keepChampion;
  if (promoted) await registry.setAlias(name, 'champion', card.version, clock.now());
  return { card, ...(champion === undefined ? {} : { champion }), gate, promoted };
}

/** How features and scores lie over all rows whose label is known: what is served later is compared with it. undefined for a kind that answers in batches only. */
function baselineOf({ features, label }: LoadedPredictor, data: Dataset, fitted: FittedModel): ModelBaseline | undefined {
  const score = scorerOf(fitted);
  if (score === undefined) return undefined;
  const rows = label === undefined ? Uint32Array.from(data.times.keys()) : byMaturity(data).known;
  return modelBaseline(Object.fromEntries(features.map((name, index) => [name, Float32Array.from(rows, (row) => data.columns[index]![row]!)])), score(matrixOf(data, rows)));
}

/** The champion on the candidate's test rows; undefined where it takes other features, so that the two cannot be compared. */
async function comparable(registry: ModelRegistry, predictor: LoadedPredictor, version: string, data: Parameters<typeof measure>[2], rows: Uint32Array): Promise<TrainingReport['champion']> {
  const card = await registry.card(predictor.name, version);
  if (card.features.join() !== predictor.features.join()) return undefined;
  return { version, metrics: measure(predictor, await registry.model(predictor.name, version), data, rows).metrics };
}

/** The snapshot of every table that the statement reads, so that the training set can be made again. */
async function snapshotsOf({ lake }: Runtime, sql: string): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const text of tablesOf(sql)) {
    const [namespace = '', name = ''] = text.split('.');
    const current = (await lake.findTable({ namespace, name }))?.metadata['current-snapshot-id'];
    if (current !== undefined) found[text] = String(current);
  }
  return found;
}

/** The tables that a training set reads. */
export function tablesOf(sql: string): string[] {
  return [...new Set([...sql.matchAll(/\b(silver|gold)\.([a-z_]+)\b/g)].map(([text]) => text))].sort();
}

/** The sources from which some tables are made: a training set is as of the latest date of these, whatever else the shop has seen since. */
export function sourcesBehind({ models, graph }: Pick<LoadedProject, 'models' | 'graph'>, tables: readonly string[]): Set<string> {
  const behind = new Set(tables.flatMap((table) => (models.has(table) ? [table, ...graph.upstream(table)] : [])));
  return new Set([...behind].flatMap((name) => models.get(name)?.reads ?? []).flatMap((read) => (read.startsWith('bronze.') ? [read.slice('bronze.'.length)] : [])));
}
