// millrace train: a training set as of a date, looked through for leaks; a version in the registry; and the gate before it answers.
import path from 'node:path';
import { MillraceError, textHash } from '../../base/index.ts';
import { businessDates } from '../../batch/index.ts';
import { loadFeatures, type FeatureSet } from '../../features/index.ts';
import { LocalFiles, tableNameOf } from '../../lake/index.ts';
import { byMaturity, inTrainingSet, loadPredictors, matrixOf, modelBaseline, ModelRegistry, modelStoreOn, readDataset, readingOptions, sampleOf, scorerOf, suspectsAmong, tagSnapshots, trainingSql, trainPredictor, tune, type Dataset, type FittedModel, type GateVerdict, type LeakCheck, type LoadedPredictor, type ModelBaseline, type ModelCard, type Predictor, type Suspect, type TreeModel } from '../../learning/index.ts';
import { PRICE_LIST } from '../../serving/index.ts';
import { didYouMean, tablesNamedIn } from '../../warehouse/index.ts';
import type { LoadedProject } from '../project.ts';
import type { Runtime } from '../runtime.ts';
import { gateOf, rivalOf } from './gate.ts';
import { lookForLeaks } from './leak-check.ts';
import { projectCommit } from './project-commit.ts';
import { snapshotsOf, sourcesBehind, sourcesOf } from './training-tables.ts';
import { trainingDate } from './training-date.ts';

export interface TrainingReport {
  card: ModelCard;
  /** The champion's version and its metrics on the same test rows; undefined where there is none. */
  champion?: { version: string; metrics: Readonly<Record<string, number>> };
  gate: GateVerdict;
  /** It passed and answers from now on. */
  promoted: boolean;
  /** The version that is a canary now, because of which no other was let to answer. */
  canary?: string;
}

export interface TrainPredictorOptions {
  asOf?: string;
  /** Keeps the version, and lets the champion answer on. */
  keepChampion?: boolean;
  /** Searches for better settings first; see `tune`. */
  tune?: { trials?: number; seconds?: number; seed?: number };
  /** Trains although features see their future; the card says so. */
  allowLeaks?: boolean;
  /** What a look of before found; it counts where it was at the same training set. */
  looked?: LeakCheck;
  /** Trains without looking: the card says that nobody looked. */
  withoutLeakCheck?: boolean;
  onProgress?: (text: string) => void;
}

export function registryOf({ home, learning }: Pick<Runtime, 'home' | 'learning'>): ModelRegistry {
  return learning?.registry ?? new ModelRegistry(modelStoreOn(new LocalFiles(), path.join(home.root, 'models')));
}

export async function predictorsOf({ projectFolder, learning }: Pick<Runtime, 'projectFolder' | 'learning'>): Promise<ReadonlyMap<string, LoadedPredictor>> {
  return learning?.predictors ?? loadPredictors(path.join(projectFolder, 'predictors'));
}

/** The features that a project declares. */
export async function featuresOf(runtime: Pick<Runtime, 'projectFolder' | 'learning' | 'project'>): Promise<FeatureSet> {
  return runtime.learning?.features ?? loadFeatures(path.join(runtime.projectFolder, 'features'), (await runtime.project()).sources);
}

/** @throws `not_found` with the nearest name. */
export async function predictorNamed(runtime: Pick<Runtime, 'projectFolder' | 'learning'>, name: string): Promise<LoadedPredictor> {
  const predictors = await predictorsOf(runtime);
  const found = predictors.get(name);
  if (found === undefined) throw new MillraceError('not_found', `there is no predictor '${name}'`, { where: path.join(runtime.projectFolder, 'predictors'), todo: didYouMean(name, [...predictors.keys()]) ?? `There are ${[...predictors.keys()].join(', ') || 'none'}.` });
  return found;
}

/** Batch predictions replace the whole of their table. @throws `conflict` where that is one that the batch makes, or the list of prices. */
export function checkWrites({ name, writes, file }: LoadedPredictor, { models }: Pick<LoadedProject, 'models'>): void {
  const maker = models.has(writes) ? `the batch makes from sql/${writes.replace('.', '/')}.sql` : writes === PRICE_LIST ? '`millrace prices compute` makes' : undefined;
  if (maker !== undefined) throw new MillraceError('conflict', `${name} writes ${writes}, which ${maker}`, { where: file, todo: `Leave writes out, for gold.${name}_predictions, or give it a table of its own.` });
}

/**
 * Trains a predictor and keeps the version. It answers from then on where it passes the gate, unless `keepChampion`.
 * @throws `conflict` naming every feature that sees its future, `bad_input` where there are too few rows, or only one label.
 */
export async function trainInHome(runtime: Runtime, name: string, options: TrainPredictorOptions = {}): Promise<TrainingReport> {
  return trainPrepared(runtime, await prepareTraining(runtime, name, options), options);
}

/** A training set as of a date, and where it is from. */
export interface PreparedTraining {
  predictor: LoadedPredictor;
  data: Dataset;
  asOf: string;
  sql: string;
  snapshots: Readonly<Record<string, string>>;
  /** When training began, milliseconds since 1970. */
  started: number;
  /** Where it is a part of the rows: which share of how many. */
  sample?: { share: number; of: number };
}

/** Reads a predictor's training set, and notes which state of the lake it was. @throws `bad_input` for a feature that there is not. */
export async function prepareTraining(runtime: Runtime, name: string, options: Pick<TrainPredictorOptions, 'asOf' | 'onProgress'> = {}): Promise<PreparedTraining> {
  const predictor = await predictorNamed(runtime, name);
  return inTrainingSet(predictor, () => readTraining(runtime, predictor, options));
}

async function readTraining(runtime: Runtime, predictor: LoadedPredictor, { asOf, onProgress }: Pick<TrainPredictorOptions, 'asOf' | 'onProgress'>): Promise<PreparedTraining> {
  const { clock, lake, signal } = runtime;
  const { name } = predictor;
  const started = clock.now();
  const project = await runtime.project();
  checkWrites(predictor, project);
  const features = await featuresOf(runtime);
  const engine = await runtime.engine();
  const every = trainingSql(predictor, features);
  const date = await trainingDate({ project, lake, engine, signal }, predictor, sourcesBehind(project, tablesNamedIn(every)), asOf);
  onProgress?.(`${name}   training set as of ${date}`);
  const snapshots = await snapshotsOf(lake, every);
  const missing = tablesNamedIn(every).filter((table) => snapshots[table] === undefined);
  const unknown = missing.find((table) => !project.models.has(table) && !table.startsWith('bronze.') && !table.startsWith('ops.'));
  if (unknown !== undefined && !await lake.tableExists(tableNameOf(unknown))) {
    throw new MillraceError('not_found', `there is no table ${unknown}, which ${name} is to learn from`, { where: `predictors/${name}.sql`, todo: didYouMean(unknown, project.models.keys()) ?? 'millrace tables lists what there is.' });
  }
  if (missing.length > 0) throw empties(predictor, project, missing);
  const parameters = await runtime.parameters(date, every);
  const rows = await sampleOf(engine, predictor, readingOptions(parameters, snapshots, signal));
  const data = await readDataset(engine, predictor, features, parameters, signal, snapshots, { ...rows, onPart: (read, of) => onProgress?.(`${name}   ${read.toLocaleString('en-US')} of ${of.toLocaleString('en-US')} rows read`) });
  if (byMaturity(data).known.length === 0 && (data.times.length === 0 || predictor.label !== undefined)) throw await nothingToLearn(runtime, predictor, every, date);
  return { predictor, data, asOf: date, sql: trainingSql(predictor, features, rows?.only), snapshots, started, ...(rows?.sample === undefined ? {} : { sample: rows.sample }) };
}

/**
 * Trains on a prepared training set and keeps the version; `grown`: trees that somebody else grew from its rows are measured, judged and kept instead.
 * @throws as `trainInHome` does
 */
export async function trainPrepared(runtime: Runtime, prepared: PreparedTraining, options: Omit<TrainPredictorOptions, 'asOf'> & { grown?: TreeModel } = {}): Promise<TrainingReport> {
  const { keepChampion = false, tune: search, allowLeaks = false, looked, withoutLeakCheck = false, grown, onProgress } = options;
  const { clock, lake } = runtime;
  const { predictor: declared, data, asOf: date, sql, snapshots, started, sample } = prepared;
  const { name } = declared;
  const features = await featuresOf(runtime);
  const registry = registryOf(runtime);
  const leaks = withoutLeakCheck ? undefined : await lookForLeaks(runtime, declared, features, {
    rows: async () => ({ asOf: date, times: data.times, share: sample?.share ?? 1 }), earlier: [...await registry.versions(name), { leaks: looked }], allowLeaks, ...(onProgress === undefined ? {} : { onProgress }),
  });
  const { predictor, tuning } = search === undefined ? { predictor: declared, tuning: undefined } : await tune(declared, data, {
    ...search, now: () => clock.now(), onTrial: (done, of) => onProgress?.(`${name}   trial ${done} of ${of}`), train: trainPredictor,
  });
  const trained = await trainPredictor(predictor, data, { ...(grown === undefined ? {} : { grown }), onProgress: (done, of) => onProgress?.(`${name}   tree ${done} of ${of}`) });
  const champion = await rivalOf(registry, predictor, data, trained.testRows);
  const { gate, slices } = gateOf(predictor, trained, data, champion);
  const commit = await projectCommit(runtime.projectFolder);
  const card = await registry.register({
    predictor: name, question: predictor.question, owner: predictor.owner, entities: predictor.entities, features: predictor.features, output: predictor.output, algorithm: predictor.algorithm.kind,
    ...(predictor.label === undefined ? {} : { label: predictor.label }), split: predictor.split,
    parameters: predictor.algorithm.settings, metrics: trained.metrics, reliability: trained.reliability, importance: trained.importance, rows: trained.rows, baseRate: trained.baseRate, baseline: trained.baseline, asOf: date,
    ...(sample === undefined ? {} : { sample }), gate, slices, leaks, suspects: suspectsOf(predictor, data, trained.testRows), ...(tuning === undefined ? {} : { tuning }), ...(champion === undefined ? {} : { beside: { version: champion.version, metrics: champion.metrics } }),
    snapshots, trainingSet: textHash(sql), codeVersion: runtime.version, ...(commit === undefined ? {} : { commit }), trainedAt: started, seconds: (clock.now() - started) / 1000,
  }, trained.model, baselineOf(predictor, data, trained.model));
  await tagSnapshots(lake, name, card.version, snapshots);
  // Beside a canary the champion stays who it is being compared with.
  const { canary } = await registry.state(name);
  const promoted = gate.passes && !keepChampion && canary === undefined;
  if (promoted) await registry.setAlias(name, 'champion', card.version, clock.now());
  return { card, ...(champion === undefined ? {} : { champion: { version: champion.version, metrics: champion.metrics } }), gate, promoted, ...(canary === undefined ? {} : { canary: canary.version }) };
}

/** Why there is not one row to learn from: the time that there is, which tables are empty, and what would fill them. */
async function nothingToLearn({ engine: engineOf, project: projectOf, lake, signal }: Runtime, predictor: LoadedPredictor, sql: string, date: string): Promise<MillraceError> {
  const { name } = predictor;
  const [engine, project, tables] = [await engineOf(), await projectOf(), tablesNamedIn(sql)];
  const options = signal === undefined ? {} : { signal };
  const empty = (await Promise.all(tables.map(async (table) => ((await engine.query(`SELECT 1 AS one FROM ${table} LIMIT 1`, options)).rows.length === 0 ? [table] : [])))).flat();
  const days = await businessDates({ project, lake, engine, signal }, sourcesBehind(project, tables));
  if (days.length === 0) return empties(predictor, project, empty);
  return new MillraceError('bad_input', `${name} has nothing to learn from as of ${date}: what it reads is of ${days[0]} to ${days.at(-1)}${empty.length === 0 ? '' : `, and ${areEmpty(empty)}`}`, {
    where: `predictors/${name}.sql`,
    todo: `Train again when the history is longer, or choose another date: --as-of.${empty.length === 0 ? '' : ` It may be that files of ${filling(project, empty)} are missing: millrace ingest, then millrace run batch.`}`,
  });
}

const areEmpty = (tables: readonly string[]): string => `${tables.join(', ')} ${tables.length === 1 ? 'is' : 'are'} empty`;

function filling(project: LoadedProject, tables: readonly string[]): string {
  return [...new Set(tables.flatMap((table) => sourcesOf(project, table)))].sort().join(', ');
}

function empties({ name }: LoadedPredictor, project: LoadedProject, tables: readonly string[]): MillraceError {
  return new MillraceError('bad_input', `${name} has nothing to learn from: ${areEmpty(tables)}`, {
    where: `predictors/${name}.sql`, todo: `Land files of ${filling(project, tables)} (millrace ingest), then millrace run batch.`,
  });
}

/** Of the rows before the test window, what foretells the label alone. */
function suspectsOf({ label, features, output }: Predictor, data: Dataset, testRows: Uint32Array): Suspect[] {
  if (label === undefined) return [];
  const from = testRows.reduce((least, row) => Math.min(least, data.times[row]!), Number.POSITIVE_INFINITY);
  return suspectsAmong(features, data.columns, data.labels, byMaturity(data).known.filter((row) => data.times[row]! < from), output);
}

/** How features and scores lie over all rows whose label is known: what is served later is compared with it. undefined for a kind that answers in batches only. */
function baselineOf({ features, label }: Predictor, data: Dataset, fitted: FittedModel): ModelBaseline | undefined {
  const score = scorerOf(fitted);
  if (score === undefined) return undefined;
  const rows = label === undefined ? Uint32Array.from(data.times.keys()) : byMaturity(data).known;
  return modelBaseline(Object.fromEntries(features.map((name, index) => [name, Float32Array.from(rows, (row) => data.columns[index]![row]!)])), score(matrixOf(data, rows)));
}
