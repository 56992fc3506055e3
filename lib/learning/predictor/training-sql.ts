// The training set of a predictor as one statement: its own SELECT, and beside it the features of the stream as of each row's moment.
import { MillraceError } from '../../base/index.ts';
import { featuresOfPointsSql, type FeatureSet } from '../../features/index.ts';
import type { Engine, Parameters, QueryOptions } from '../../warehouse/index.ts';
import { AT_TIME, datasetOf, joinedDatasets, type Dataset } from './dataset.ts';
import { isOfTrees } from './types.ts';
import type { LoadedPredictor } from './load.ts';

/** `view.feature` of a view that there is; undefined for a column of the training set itself. */
export function viewOf(features: FeatureSet, name: string): string | undefined {
  const [view = '', feature] = name.split('.');
  return feature === undefined || !features.views.has(view) ? undefined : view;
}

/** @param only a condition on the columns of the predictor's own SELECT: features of the stream are read for no other rows. @throws `bad_input` for a feature that no view has. */
export function trainingSql(predictor: LoadedPredictor, features: FeatureSet, only?: string): string {
  const views = [...new Set(predictor.features.flatMap((name) => viewOf(features, name) ?? []))];
  for (const name of predictor.features) {
    const view = viewOf(features, name);
    if (view === undefined && name.includes('.')) throw unknown(predictor, name, `There are the views ${[...features.views.keys()].join(', ')}.`);
    const known = view === undefined ? undefined : features.views.get(view)!.features.map((feature) => feature.name);
    if (known !== undefined && !known.includes(name.slice(view!.length + 1))) throw unknown(predictor, name, `${view} has ${known.join(', ')}.`);
    const who = view === undefined ? undefined : features.views.get(view)!.entity.find((column) => !predictor.entities.includes(column));
    if (who !== undefined) {
      throw new MillraceError('bad_input', `${predictor.name} asks for ${name}, which is known by ${who}, and ${who} is not among its entities`, {
        where: predictor.file, todo: `Give its SELECT a column ${who} and name it in entities (they are ${predictor.entities.join(', ')}), or leave the feature out.`,
      });
    }
  }
  const columns = predictor.features.flatMap((name) => {
    const view = viewOf(features, name);
    return view === undefined ? [] : [`"${view}"."${name.slice(view.length + 1)}" AS "${name}"`];
  });
  const joins = views.map((view) => {
    const compiled = features.views.get(view)!;
    const keys = [...compiled.entity, AT_TIME].map((column) => `"${view}"."${column}" = points."${column}"`);
    const asked = predictor.features.filter((name) => viewOf(features, name) === view).map((name) => name.slice(view.length + 1));
    return `LEFT JOIN (${featuresOfPointsSql(compiled, `SELECT ${compiled.entity.map((column) => `"${column}"`).join(', ')}, "${AT_TIME}" FROM points`, { only: asked })}) AS "${view}" ON ${keys.join(' AND ')}`;
  });
  return `WITH points AS (\n${pointsOf(predictor, only)}\n)\nSELECT points.*${columns.map((column) => `, ${column}`).join('')}\nFROM points\n${joins.join('\n')}\nORDER BY ${[...predictor.entities, AT_TIME].map((column) => `points."${column}"`).join(', ')}`;
}

function pointsOf({ sql }: LoadedPredictor, only: string | undefined): string {
  const own = sql.trim().replace(/;$/, '');
  return only === undefined ? own : `SELECT own.* FROM (\n${own}\n) AS own WHERE ${only}`;
}

/** Which rows of a training set are read. */
export interface RowsToRead {
  /** A condition on the columns of the predictor's own SELECT; default: all of them. */
  only?: string | undefined;
  /** How many that are, about; counted where nobody says. */
  rows?: number;
}

/** The rows that a predictor learns from. */
export interface Sampled extends RowsToRead {
  rows: number;
  /** Where they are a part of the rows: which share of the values of the first entity, above 0 and below 1, and of how many rows. */
  sample?: { share: number; of: number };
}

/** All rows, or the part of them that a predictor with more than it asks for learns from; undefined for one that asks for no part. */
export async function sampleOf(engine: Engine, predictor: LoadedPredictor, options: QueryOptions): Promise<Sampled | undefined> {
  if (predictor.sample === undefined) return undefined;
  const of = await countPoints(engine, predictor, undefined, options);
  const { most } = predictor.sample;
  return of <= most ? { rows: of } : { rows: most, only: sampleCondition(predictor, most / of), sample: { share: most / of, of } };
}

/** Takes the rows of a seeded share of the first entity's values. */
export function sampleCondition(predictor: LoadedPredictor, share: number): string {
  return between(predictor, `sample ${predictor.sample?.seed ?? 0}`, 0, share);
}

/** A condition that holds for this share of the first entity's values, `from` to `to` of 1: the first digits of a hash are a number that is the same in every engine. Nobody is somebody, too. */
function between({ entities: [who = ''] }: LoadedPredictor, salt: string, from: number, to: number): string {
  const digits = (share: number): string => Math.floor(share * 2 ** 32).toString(16).padStart(8, '0').toUpperCase();
  const hash = `substr(to_hex(md5(to_utf8(concat('${salt} ', coalesce(CAST(own."${who}" AS varchar), ''))))), 1, 8)`;
  return [...(from > 0 ? [`${hash} >= '${digits(from)}'`] : []), ...(to < 1 ? [`${hash} < '${digits(to)}'`] : [])].join(' AND ') || 'TRUE';
}

/** The rows that a predictor's table is filled from, whose answer is still open; undefined for a kind that needs what came before as well. */
export function openRows({ algorithm, label }: LoadedPredictor): string | undefined {
  return isOfTrees(algorithm) ? `own."${label}" IS NULL` : undefined;
}

/** The rows of one entity: of each of its columns a value, in their order. */
export function rowsAbout({ entities }: LoadedPredictor, values: readonly string[]): string {
  return entities.map((column, index) => `CAST(own."${column}" AS varchar) = '${(values[index] ?? '').replaceAll("'", "''")}'`).join(' AND ');
}

async function countPoints(engine: Engine, predictor: LoadedPredictor, only: string | undefined, options: QueryOptions): Promise<number> {
  const { rows } = await engine.query(`SELECT count(*) FROM (\n${pointsOf(predictor, only)}\n) AS own`, options);
  return Number(rows[0]![0]);
}

/** So many rows are joined with the features of the stream at a time: what an engine holds for each of them does not go to disk. */
const ROWS_A_PART = 40_000;

export interface ReadOptions extends RowsToRead {
  /** After every part but the only one. */
  onPart?: (rows: number, of: number) => void;
}

/** The rows of the training set, those included whose label is not known yet: what is to be foretold. Tables are read at these snapshots, others as they are now. */
export async function readDataset(engine: Engine, predictor: LoadedPredictor, features: FeatureSet, parameters: Parameters, signal?: AbortSignal, snapshots: Readonly<Record<string, string>> = {}, { only, rows: known, onPart }: ReadOptions = {}): Promise<Dataset> {
  const options = readingOptions(parameters, snapshots, signal);
  const ofStream = predictor.features.some((name) => viewOf(features, name) !== undefined);
  const all = !ofStream ? 0 : known ?? await countPoints(engine, predictor, only, options);
  const count = Math.max(1, Math.ceil(all / ROWS_A_PART));
  const parts: Dataset[] = [];
  let read = 0;
  for (let part = 0; part < count; part += 1) {
    const condition = count === 1 ? only : [...(only === undefined ? [] : [only]), between(predictor, 'part', part / count, (part + 1) / count)].join(' AND ');
    const { columns, rows } = await engine.query(trainingSql(predictor, features, condition), options);
    parts.push(datasetOf(predictor, columns.map(({ name }) => name), rows as (string | number | bigint | boolean | null)[][]));
    read += rows.length;
    if (count > 1) onPart?.(read, Math.max(all, read));
  }
  return joinedDatasets(parts);
}

/** For an engine's queries: parameters, and tables as of these snapshots. */
export function readingOptions(parameters: Parameters, snapshots: Readonly<Record<string, string>>, signal: AbortSignal | undefined): QueryOptions {
  return { parameters, snapshots: Object.fromEntries(Object.entries(snapshots).map(([table, id]) => [table, BigInt(id)])), ...(signal === undefined ? {} : { signal }) };
}

/**
 * What is wrong with a training set's own SQL, told with the file that a person edits: the statement that is run has its features around it. A column that who, when or the features of the
 * stream are joined by, and that the SELECT does not give, is told as one that is missing there.
 */
export async function inTrainingSet<Result>({ name, sql }: LoadedPredictor, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    // A place within a statement is in the message, too, and says nothing of the file.
    if (!(error instanceof MillraceError) || (error.where !== undefined && !error.message.includes(error.where))) throw error;
    const where = `predictors/${name}.sql`;
    const column = /^there is no column points\.(\w+)/.exec(error.message)?.[1];
    const todo = error.todo === undefined ? {} : { todo: error.todo };
    if (column !== undefined) throw new MillraceError('bad_input', `the training set of ${name} has no column ${column}`, { where, ...todo, cause: error });
    // Its SELECT begins in the second line of that statement.
    const own = (line: number): number => (line > 1 && line <= sql.trim().split('\n').length + 1 ? line - 1 : line);
    throw new MillraceError(error.code, error.message.replace(/ at line (\d+)/, (_, line: string) => ` at line ${own(Number(line))}`), { where, ...todo, cause: error });
  }
}

function unknown({ name, file }: LoadedPredictor, feature: string, todo: string): MillraceError {
  return new MillraceError('bad_input', `${name} asks for the feature ${feature}, which there is not`, { where: file, todo });
}
