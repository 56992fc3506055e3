// Does a feature see its future? The training set is made again from a shop that ends at some moments, and rows of before must be the same.
import { MillraceError, textHash, uuidv7, type Clock } from '../../base/index.ts';
import type { FeatureSet } from '../../features/index.ts';
import type { Lake } from '../../lake/index.ts';
import { AT_TIME, leaksBetween, seededRandom, timesOf, trainingSql, type Leak, type LeakCheck, type LeakRows, type LoadedPredictor, type ModelCard } from '../../learning/index.ts';
import { tablesNamedIn, timestampLiteral, type Engine, type Parameters, type Project } from '../../warehouse/index.ts';
import { asItStood, tablesAsTheyStood } from './as-it-stood.ts';
import type { Runtime } from '../runtime.ts';
import { withStoodTables } from './stood-tables.ts';

export interface LeakCheckOptions {
  parameters: Parameters;
  /** Of the rows of the training set, milliseconds since 1970. */
  times: Float64Array;
  /** Which part of the rows these times are of; default: 1. */
  share?: number;
  seed?: number;
  /** How many moments; default 2. */
  moments?: number;
  /** Columns of sources whose times are known before they come: `order_items.shipping_limit_date`. */
  knownAhead?: readonly string[];
  /** Whether anything of a source has ever come. Default: of all. */
  landed?: (source: string) => boolean;
  /** Of bronze tables, so that what arrives meanwhile is in neither of the two. Default: as they are. */
  snapshots?: Readonly<Record<string, bigint>>;
  /** Makes the tables behind the training set one by one, in staging places of this run. Default: all in one statement. */
  tableByTable?: { clock: Clock; runId: string };
  signal?: AbortSignal;
}

/** How it is looked: another number looks through again what was looked through before. */
const LOOK = 2;

/** So many rows right before each moment are compared: those nearest to it are the first to see beyond. */
const ROWS_A_MOMENT = 2_000;

export interface RowsToLook {
  /** ISO date. */
  asOf: string;
  /** Milliseconds since 1970. */
  times: Float64Array;
  /** Which part of the rows these times are of; default: 1. */
  share?: number;
}

export interface LookOptions {
  /** What the training set is as of, and the times of its rows; asked for where it was not looked through before. */
  rows: () => Promise<RowsToLook>;
  /** Versions whose training set may have been looked through already. */
  earlier: readonly Pick<ModelCard, 'leaks'>[];
  /** Gives what was found, instead of refusing it. */
  allowLeaks: boolean;
  onProgress?: (text: string) => void;
}

/**
 * Looks through a training set that was not looked through before, as it is made now; else gives what was found then. undefined where there are no features, or no rows.
 * @throws `conflict` naming every feature that sees its future.
 */
export async function lookForLeaks(runtime: Runtime, predictor: LoadedPredictor, features: FeatureSet, { rows, earlier, allowLeaks, onProgress }: LookOptions): Promise<LeakCheck | undefined> {
  if (predictor.features.length === 0) return undefined;
  const project = await runtime.project();
  const fingerprint = fingerprintOf(predictor, features, project);
  let check = earlier.findLast(({ leaks }) => leaks?.fingerprint === fingerprint)?.leaks;
  if (check === undefined || (check.leaks.length > 0 && !allowLeaks)) {
    const { asOf, times, share = 1 } = await rows();
    if (times.length === 0) return undefined;
    onProgress?.(`${predictor.name}   looking for features that see their future`);
    const { signal, clock } = runtime;
    const snapshots = await bronzeSnapshots(runtime.lake);
    const engine: Engine = await runtime.engine();
    // What the tables behind it ask for counts too, whether the training set itself asks for it or not.
    const parameters = await runtime.parameters(asOf, asItStood(trainingSql(predictor, features), project, undefined).sql);
    check = {
      ...await checkLeaks(engine, predictor, features, project, {
        parameters, times, share, landed: (source) => snapshots[`bronze.${source}`] !== undefined, snapshots, ...(signal === undefined ? {} : { signal }),
        // Athena writes a WITH out wherever it is read, and takes no statement of so many stages.
        ...(engine.home === 'aws' ? { tableByTable: { clock, runId: `leaks-${uuidv7(clock.now())}` } } : {}),
      }), fingerprint,
    };
  }
  if (check.leaks.length > 0 && !allowLeaks) {
    const names = check.leaks.map(({ feature }) => feature);
    throw new MillraceError('conflict', `${predictor.name} learns from what was not known yet: ${names.join(', ')}`, {
      where: check.leaks.slice(0, 5).map(leakText).join('\n'),
      todo: `Let predictors/${predictor.name}.sql use only what happened before at_time; name times that are known ahead in knownAhead; or train with --allow-leaks, to look at it.`,
    });
  }
  return check;
}

/** What every source has said so far; none of a source of which nothing has come. */
export async function bronzeSnapshots(lake: Lake): Promise<Record<string, bigint>> {
  const tables = await Promise.all((await lake.listTables('bronze')).map(async (name) => [`bronze.${name.name}`, (await lake.findTable(name))?.metadata['current-snapshot-id']] as const));
  return Object.fromEntries(tables.flatMap(([name, id]) => (id === undefined ? [] : [[name, id]])));
}

/** Of the statement, and of everything that the tables in it are made from. */
function fingerprintOf(predictor: LoadedPredictor, features: FeatureSet, { models, graph, sources }: Project): string {
  const sql = trainingSql(predictor, features);
  const tables = tablesNamedIn(sql);
  const behind = [...new Set(tables.flatMap((name) => (models.has(name) ? [name, ...graph.upstream(name)] : [])))].sort();
  const contracts = [...new Set(behind.flatMap((name) => models.get(name)!.relations))].filter((name) => name.startsWith('source.')).sort().map((name) => sources.get(name.slice('source.'.length)) ?? name);
  return textHash(JSON.stringify([LOOK, sql, predictor.knownAhead ?? [], behind.map((name) => models.get(name)!.sql), contracts]));
}

interface Window { from: number; until: number }

/** Rows right before some moments, made twice: by the whole shop, and by one that ends there. */
export async function checkLeaks(engine: Engine, predictor: LoadedPredictor, features: FeatureSet, project: Project, { parameters, times, share = 1, seed = 1, moments = 2, knownAhead = predictor.knownAhead ?? [], landed = () => true, snapshots = {}, tableByTable, signal }: LeakCheckOptions): Promise<Omit<LeakCheck, 'fingerprint'>> {
  const sqlOf = (windows: readonly Window[]): string => trainingSql(predictor, features, windows.map(({ from, until }) => `(own.${AT_TIME} >= ${timestampLiteral(from)} AND own.${AT_TIME} <= ${timestampLiteral(until)})`).join(' OR ')).replace(/\nORDER BY [^\n]*$/, '');
  const sorted = Float64Array.from(times).filter((at) => !Number.isNaN(at)).sort();
  if (sorted.length === 0) throw new MillraceError('bad_input', `the training set of ${predictor.name} has no rows to look for leaks in`, { where: predictor.file, todo: 'Look whether its tables are filled.' });
  const { uniform } = seededRandom(seed);
  const windows = Array.from({ length: moments }, (_, moment): Window => {
    const place = Math.floor(sorted.length * (moment + 0.3 + 0.6 * uniform()) / moments);
    return { from: sorted[Math.max(0, place - Math.ceil(share * ROWS_A_MOMENT))]!, until: sorted[Math.min(place, sorted.length - 1)]! };
  });
  // Business dates begin some hours off UTC: rows may use what happened until then.
  const slack = slackOf([...project.sources.values()].map(({ timeZone }) => timeZone), sorted.at(-1)!);
  const options = { parameters, snapshots, ...(signal === undefined ? {} : { signal }) };
  const rowsIn = async (select: string, overlays: Readonly<Record<string, string>> = {}): Promise<LeakRows> => {
    const { columns, rows } = await engine.query(select, { ...options, overlays });
    return { columns: columns.map(({ name }) => name), rows: rows as LeakRows['rows'] };
  };
  /** Of the shop that ends then, the rows of these windows: in one statement, since making the shop again takes longer than reading it. */
  const rowsOf = async (end: number | undefined, wanted: readonly Window[]): Promise<LeakRows> => {
    if (tableByTable === undefined) return rowsIn(asItStood(sqlOf(wanted), project, end, { knownAhead, landed }).sql);
    const { tables, sql } = tablesAsTheyStood(sqlOf(wanted), project, end, { knownAhead, landed });
    return withStoodTables(engine, tables, { ...options, ...tableByTable }, (overlays) => rowsIn(sql, overlays));
  };
  const worlds = [{ end: undefined, wanted: windows }, ...windows.map((window) => ({ end: window.until + slack, wanted: [window] }))];
  // What Athena is asked waits for Athena; what is asked in this process shares its memory.
  const [whole, ...ended] = await (tableByTable === undefined ? inTurn : atOnce)(worlds, ({ end, wanted }) => rowsOf(end, wanted));
  const result: Omit<LeakCheck, 'fingerprint'> = { cuts: [], rows: 0, leaks: [], whole: asItStood(sqlOf(windows), project, undefined, { knownAhead, landed }).whole };
  for (const [moment, { until }] of windows.entries()) {
    const [all, known] = [rowsWithin(whole!, windows[moment]!), ended[moment]!];
    result.cuts.push(new Date(until + slack).toISOString());
    result.rows += all.rows.length;
    result.leaks = merged(result.leaks, leaksBetween(all, known, [...predictor.entities, AT_TIME], predictor.features, AT_TIME));
  }
  return result;
}

/** Those of its rows that are in this window. */
function rowsWithin({ columns, rows }: LeakRows, { from, until }: Window): LeakRows {
  const at = columns.indexOf(AT_TIME);
  const times = timesOf(rows.map((row) => row[at]!));
  return { columns, rows: rows.filter((_, index) => times[index]! >= from && times[index]! <= until) };
}

async function inTurn<One, Result>(items: readonly One[], work: (item: One) => Promise<Result>): Promise<Result[]> {
  const results: Result[] = [];
  for (const item of items) results.push(await work(item));
  return results;
}

/** Ends when all have ended, also where one failed: they clear away after themselves. */
async function atOnce<One, Result>(items: readonly One[], work: (item: One) => Promise<Result>): Promise<Result[]> {
  const all = items.map(work);
  await Promise.allSettled(all);
  return Promise.all(all);
}

function merged(left: readonly Leak[], right: readonly Leak[]): Leak[] {
  const found = new Map(left.map((leak) => [leak.feature, leak]));
  for (const leak of right) {
    const known = found.get(leak.feature);
    found.set(leak.feature, known === undefined ? leak : { ...known, rows: known.rows + leak.rows });
  }
  return [...found.values()].sort((one, other) => other.rows - one.rows);
}

/** The most that a clock of the sources is off UTC, in milliseconds. */
function slackOf(zones: readonly string[], at: number): number {
  return Math.max(0, ...[...new Set(zones)].map((zone) => {
    const wall = new Date(at).toLocaleString('sv-SE', { timeZone: zone }).replace(' ', 'T');
    return Math.abs(Date.parse(`${wall}Z`) - Math.floor(at / 1000) * 1000);
  }));
}

/** One line a leak, for people. */
function leakText({ feature, rows, example: { entity, at, says, knew } }: Leak): string {
  return `${feature}: ${rows} rows differ; of ${entity} at ${at} it says ${String(says)}, where ${String(knew)} was known`;
}
