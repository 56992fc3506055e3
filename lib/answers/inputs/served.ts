// What was served in a window, read from the log of predictions: a seeded sample of the answers of each version.
import type { Engine, Parameters } from '../../warehouse/index.ts';

export interface Window {
  /** First business date, `2018-10-01`. */
  start: string;
  /** The date after the last. */
  end: string;
}

export interface ServedAnswer {
  predictionId: string;
  entity: Readonly<Record<string, string>>;
  features: Readonly<Record<string, number | null>>;
  score: number | null;
  /** Inputs that the request gave itself in place of the store. */
  given: ReadonlySet<string>;
  /** Milliseconds since 1970. */
  at: number;
}

export interface ServedVersion { predictor: string; version: string; answers: number }

/** The days that end with the newest answer; undefined where nothing was answered yet. */
export async function windowOf(engine: Engine, days: number): Promise<Window | undefined> {
  const { rows } = await engine.query(`SELECT CAST(date_add('day', ${1 - days}, max(predicted_date)) AS varchar), CAST(date_add('day', 1, max(predicted_date)) AS varchar) FROM silver.predictions`);
  const [start, end] = (rows[0] ?? []) as (string | null)[];
  return typeof start !== 'string' || typeof end !== 'string' ? undefined : { start: start.slice(0, 10), end: end.slice(0, 10) };
}

/** Versions that answered in the window, fall-backs left out, by name. */
export async function servedVersions(engine: Engine, window: Window): Promise<ServedVersion[]> {
  const { rows } = await engine.query(`SELECT kind, version, count(*) FROM silver.predictions WHERE NOT fallback AND ${WITHIN} GROUP BY kind, version ORDER BY kind, version`, { parameters: boundsOf(window) });
  return (rows as [string, string, number | bigint][]).map(([predictor, version, answers]) => ({ predictor, version, answers: Number(answers) }));
}

/** At most `most` answers of a version, chosen by a hash of their id and the seed: the same ones whoever asks. */
export async function servedAnswers(engine: Engine, { predictor, version }: Pick<ServedVersion, 'predictor' | 'version'>, window: Window, { most, seed }: { most: number; seed: number }): Promise<ServedAnswer[]> {
  const { rows } = await engine.query(
    `SELECT prediction_id, entity, features, score, response, CAST(predicted_at AS varchar) FROM silver.predictions WHERE NOT fallback AND kind = :kind AND version = :version AND ${WITHIN} `
    + `ORDER BY sha256(to_utf8(concat('${seed}:', prediction_id))), prediction_id LIMIT ${most}`,
    { parameters: { ...boundsOf(window), kind: { type: 'varchar', value: predictor }, version: { type: 'varchar', value: version } } });
  return (rows as [string, string, string, number | null, string, string][]).map(([predictionId, entity, features, score, response, at]) => ({
    predictionId, entity: JSON.parse(entity) as ServedAnswer['entity'], features: numbersOf(features), score, given: givenIn(response), at: Date.parse(`${at.replace(' ', 'T')}Z`),
  }));
}

const WITHIN = 'predicted_date >= :window_start AND predicted_date < :window_end';

function boundsOf({ start, end }: Window): Parameters {
  return { window_start: { type: 'date', value: start }, window_end: { type: 'date', value: end } };
}

/** What is no number, an item's name for instance, is not compared. */
function numbersOf(json: string): Record<string, number | null> {
  return Object.fromEntries(Object.entries(JSON.parse(json) as Record<string, unknown>).flatMap(([name, value]) => (value === null || typeof value === 'number' ? [[name, value] as const] : [])));
}

/** Inputs that the request gave itself, though the store has them. */
export function givenIn(response: string): Set<string> {
  const { given } = JSON.parse(response) as { given?: unknown };
  return new Set(Array.isArray(given) ? given.map(String) : []);
}
