// millrace monitor: drift and skew of every version that answered lately, measured and kept in gold.
import { ensureTable, type TableDefinition } from '../../lake/index.ts';
import { overwriteRows, quoteText } from '../../lake/duckdb/index.ts';
import { measureDrift, measureSkew, MODEL_DRIFT, rowsAsSelect, TRAIN_SERVE_SKEW, type DriftRow, type OpsRow, type SkewRow } from '../../quality/index.ts';
import { featuresOf, registryOf } from '../learning/index.ts';
import type { Runtime } from '../runtime.ts';
import { recomputed, servedAnswers, servedVersions, windowOf, type Window } from '../../answers/index.ts';

export interface MonitorOptions {
  /** Only this one. */
  predictor?: string;
  /** Business dates of the window, which ends with the newest answer; default 7. */
  days?: number;
  /** Answers of a version whose inputs are computed again; default 500. 0: none. */
  sample?: number;
  /** Decides on the sample; default 1. */
  seed?: number;
  onProgress?: (text: string) => void;
}

export interface MonitoredVersion {
  predictor: string;
  version: string;
  /** Answers of the model in the window. */
  answers: number;
  /** Empty where the version keeps no baseline: it was trained by an older Millrace, or is no model. */
  drift: DriftRow[];
  skew: SkewRow[];
}

export interface MonitorReport {
  /** undefined where nothing was answered yet. */
  window?: Window;
  versions: MonitoredVersion[];
}

/** Rows that drift is measured from, of each version. */
const MOST_ROWS = 20_000;

/** Prices and quotes bear the names of predictors, too, but are answered by policies and carriers: of these only what a version answered is a model's. */
async function versionsOfRoutes(registry: ReturnType<typeof registryOf>): Promise<ReadonlyMap<string, ReadonlySet<string>>> {
  return new Map(await Promise.all(['price', 'shipping'].map(async (name) => [name, new Set((await registry.versions(name)).map(({ version }) => version))] as const)));
}

/** Measures, and replaces what the tables say of the same window. */
export async function monitorHome(runtime: Runtime, { predictor, days = 7, sample = 500, seed = 1, onProgress }: MonitorOptions = {}): Promise<MonitorReport> {
  const { lake, clock } = runtime;
  if (!(await lake.tableExists({ namespace: 'silver', name: 'predictions' }))) return { versions: [] };
  const engine = await runtime.engine();
  const window = await windowOf(engine, days);
  if (window === undefined) return { versions: [] };
  const registry = registryOf(runtime);
  const known = new Set(await registry.predictors());
  const routes = await versionsOfRoutes(registry);
  const features = await featuresOf(runtime);
  const versions: MonitoredVersion[] = [];
  for (const served of await servedVersions(engine, window)) {
    if (!known.has(served.predictor) || routes.get(served.predictor)?.has(served.version) === false || (predictor !== undefined && served.predictor !== predictor)) continue;
    onProgress?.(`${served.predictor} ${served.version}   drift`);
    const baseline = await registry.baseline(served.predictor, served.version);
    const answers = await servedAnswers(engine, served, window, { most: Math.max(MOST_ROWS, sample), seed });
    const drift = baseline === undefined ? [] : measureDrift(baseline, answers);
    onProgress?.(`${served.predictor} ${served.version}   inputs computed again`);
    const skew = sample === 0 ? [] : measureSkew(await recomputed(engine, features, answers.slice(0, sample)));
    versions.push({ ...served, drift, skew });
  }
  const measured = { measured_at: BigInt(clock.now()) * 1000n };
  const replaces = predictor === undefined ? undefined : [predictor];
  await keep(runtime, 'model_drift', MODEL_DRIFT, window, replaces, versions.flatMap(({ predictor: name, version, drift }) => drift.map((row): OpsRow => ({
    predictor: name, version, ...daysOf(window), feature: row.feature, is_score: row.isScore, psi: row.psi, ks: row.ks ?? null, rows: BigInt(row.rows),
    missing_share: row.missingShare, missing_share_at_training: row.missingShareAtTraining, status: row.status, ...measured,
  }))));
  if (sample > 0) {
    await keep(runtime, 'train_serve_skew', TRAIN_SERVE_SKEW, window, replaces, versions.flatMap(({ predictor: name, version, skew }) => skew.map((row): OpsRow => ({
      predictor: name, version, ...daysOf(window), feature: row.feature, view: row.view, compared: BigInt(row.compared), equal: BigInt(row.equal), differing: BigInt(row.differing),
      explained_by_lag: BigInt(row.explainedByLag), largest_difference: row.largestDifference ?? null, example: row.example ?? null, status: row.status, ...measured,
    }))));
  }
  return { window, versions };
}

/** Rows of a window, in one snapshot, in place of those that were measured of it before. */
async function keep(runtime: Runtime, name: string, definition: TableDefinition, window: Window, predictors: readonly string[] | undefined, rows: readonly OpsRow[]): Promise<void> {
  const table = await ensureTable(runtime.lake, { namespace: 'gold', name }, definition);
  if (rows.length === 0) return;
  const only = predictors === undefined ? '' : ` AND predictor IN (${predictors.map(quoteText).join(', ')})`;
  await (await runtime.database()).use((session) => overwriteRows(session, table, { sql: `window_start = DATE ${quoteText(window.start)} AND window_end = DATE ${quoteText(window.end)}${only}` },
    rowsAsSelect(table, rows), { temporaryFolder: runtime.home.temporary, ...(runtime.signal === undefined ? {} : { signal: runtime.signal }) }));
}

function daysOf({ start, end }: Window): OpsRow {
  const day = (text: string): number => Date.parse(`${text}T00:00:00Z`) / 86_400_000;
  return { window_start: day(start), window_end: day(end) };
}
