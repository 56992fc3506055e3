// What an answer was made from, and whether it can be computed again.
import path from 'node:path';
import { MillraceError } from '../../base/index.ts';
import { featuresOfPointsSql, fromSql, loadFeatures } from '../../features/index.ts';
import { explainer, scorerOf, type ModelCard } from '../../learning/index.ts';
import type { PredictionRecord } from '../../serving/index.ts';
import { numberOf } from '../../serving/index.ts';
import type { Runtime } from '../runtime.ts';
import { viewOf } from './dataset.ts';
import { registryOf } from './train.ts';

export interface Explanation {
  prediction: PredictionRecord;
  /** undefined for prices, shipping and recommendations, and for fall-backs. */
  card?: ModelCard;
  /** Of a price: why its policy proposed it, and which guardrails moved it. */
  reason?: string;
  /** Texts are of prices and quotes: a category, an arm. */
  features: { name: string; value: number | string | null; source: string; contribution?: number }[];
  bias?: number;
  outcomes: { outcome: string; value: number | null; at: string }[];
}

/** @throws `not_found` where no such answer has reached the lake. */
export async function explainInHome(runtime: Runtime, id: string): Promise<Explanation> {
  const prediction = await predictionOf(runtime, id);
  const features = await loadFeatures(path.join(runtime.projectFolder, 'features'), (await runtime.project()).sources);
  const given = givenIn(prediction);
  const values = JSON.parse(prediction.features) as Record<string, number | string | null>;
  const registry = registryOf(runtime);
  const isModel = !prediction.fallback && await isOfModel(registry, prediction);
  const card = isModel ? await registry.card(prediction.kind, prediction.version) : undefined;
  const fitted = card === undefined ? undefined : await registry.model(card.predictor, card.version);
  const contributions = card !== undefined && fitted?.kind === 'trees' ? explainer(fitted.model).contributions(Float32Array.from(card.features, (name) => Number(values[name] ?? Number.NaN))) : undefined;
  const elsewhere = prediction.kind === 'price' && card === undefined ? 'gold.pricing_features, and what is made from it' : 'the request';
  const reason = reasonOf(prediction);
  return {
    prediction, ...(reason === undefined ? {} : { reason }), ...(card === undefined ? {} : { card }), outcomes: await outcomesOf(runtime, prediction),
    features: Object.entries(values).map(([name, value]) => {
      const view = viewOf(features, name);
      const at = card?.features.indexOf(name) ?? -1;
      return { name, value, source: view === undefined || given.has(name) ? elsewhere : `${view}, from ${features.views.get(view)!.source.name}`, ...(contributions === undefined || at < 0 ? {} : { contribution: contributions[at]! }) };
    }),
    ...(contributions === undefined ? {} : { bias: contributions.at(-1)! }),
  };
}

function reasonOf({ kind, response }: PredictionRecord): string | undefined {
  const { reason, limits } = kind === 'price' ? JSON.parse(response) as { reason?: string; limits?: readonly string[] } : {};
  return reason === undefined || limits === undefined || limits.length === 0 ? reason : `${reason}; moved by ${limits.join(', ').replaceAll('_', ' ')}`;
}

/** A price and a quote bear the names of predictors, too, but are answered by a policy and by carriers: no version of a model has theirs. */
async function isOfModel(registry: ReturnType<typeof registryOf>, { kind, version }: PredictionRecord): Promise<boolean> {
  return (await registry.predictors()).includes(kind) && (await registry.versions(kind)).some((card) => card.version === version);
}

export interface Reproduction {
  predictionId: string;
  version: string;
  logged: number;
  /** By the stored model from the logged inputs. */
  fromLog: number;
  /** By the stored model from the inputs computed again from the lake as of then. */
  fromLake: number;
  /** Inputs that differ between log and lake: the skew between serving and training. */
  differences: { feature: string; logged: number | null; lake: number | null }[];
  equal: boolean;
}

const TOLERANCE = 1e-6;

/** Computes an answer again. @throws `unsupported` for what no model answered. */
export async function reproduceInHome(runtime: Runtime, id: string): Promise<Reproduction> {
  const prediction = await predictionOf(runtime, id);
  const registry = registryOf(runtime);
  if (prediction.fallback || prediction.score === null || !(await isOfModel(registry, prediction))) {
    throw new MillraceError('unsupported', `${id} was not answered by a model`, { where: `kind ${prediction.kind}${prediction.fallback ? ', a fall-back' : ''}`, todo: '`millrace explain` shows what it was made from.' });
  }
  const card = await registry.card(prediction.kind, prediction.version);
  const score = scorerOf(await registry.model(prediction.kind, prediction.version));
  if (score === undefined) throw new MillraceError('unsupported', `${id} was not answered row by row`, { where: `kind ${prediction.kind}`, todo: '`millrace explain` shows what it was made from.' });
  const logged = JSON.parse(prediction.features) as Record<string, number | null>;
  const lake = await fromLake(runtime, prediction, card.features, logged);
  const scoreOf = (values: Readonly<Record<string, number | null>>): number => score(Float32Array.from(card.features, (name) => values[name] ?? Number.NaN))[0]!;
  const differences = card.features.flatMap((feature) => {
    const [one, other] = [logged[feature] ?? null, lake[feature] ?? null];
    return one === other || (one !== null && other !== null && Math.abs(one - other) <= TOLERANCE * Math.max(1, Math.abs(one))) ? [] : [{ feature, logged: one, lake: other }];
  });
  const [again, recomputed] = [scoreOf(logged), scoreOf(lake)];
  return { predictionId: id, version: prediction.version, logged: prediction.score, fromLog: again, fromLake: recomputed, differences, equal: differences.length === 0 && Math.abs(again - prediction.score) <= TOLERANCE };
}

/** The features of the views as of the answer's time; what the request gave itself stays as it was logged. */
async function fromLake(runtime: Runtime, prediction: PredictionRecord, names: readonly string[], logged: Readonly<Record<string, number | null>>): Promise<Record<string, number | null>> {
  const features = await loadFeatures(path.join(runtime.projectFolder, 'features'), (await runtime.project()).sources);
  const engine = await runtime.engine();
  const entity = JSON.parse(prediction.entity) as Record<string, string>;
  const [found, given]: [Record<string, number | null>, Set<string>] = [{ ...logged }, givenIn(prediction)];
  const at = new Date(prediction.predicted_at).toISOString().replace('T', ' ').replace('Z', '');
  for (const view of new Set(names.flatMap((name) => (given.has(name) ? [] : viewOf(features, name) ?? [])))) {
    const compiled = features.views.get(view)!;
    const keys = compiled.entity.map((column) => `'${String(entity[column] ?? '').replaceAll("'", "''")}' AS "${column}"`);
    const { columns, rows } = await engine.query(featuresOfPointsSql(compiled, `SELECT ${keys.join(', ')}, TIMESTAMP '${at}' AS "at_time"`));
    for (const name of names) {
      if (viewOf(features, name) !== view || given.has(name)) continue;
      const column = name.slice(view.length + 1);
      const index = columns.findIndex((one) => one.name === column);
      const value = numberOf(fromSql(rows[0]?.[index], compiled.features.find((feature) => feature.name === column)!.type), prediction.predicted_at);
      found[name] = Number.isNaN(value) ? null : value;
    }
  }
  return found;
}

async function predictionOf(runtime: Runtime, id: string): Promise<PredictionRecord> {
  if (!/^[\w-]{1,64}$/.test(id)) throw new MillraceError('usage', `'${id}' is not the id of a prediction`, { todo: 'Give the prediction_id of an answer.' });
  const known = await runtime.lake.tableExists({ namespace: 'bronze', name: 'predictions' });
  const { columns, rows } = known ? await (await runtime.engine()).query(`SELECT * FROM bronze.predictions WHERE prediction_id = '${id}' LIMIT 1`) : { columns: [], rows: [] };
  const [row] = rows;
  if (row === undefined) throw new MillraceError('not_found', `no answer ${id} has reached the lake`, { where: 'bronze.predictions', todo: 'It is there some seconds after it was given, while `millrace start` or `millrace stream deliver` runs.' });
  const text = Object.fromEntries(columns.map(({ name }, index) => [name, row[index] as string | null]));
  const number = (name: string): number => Number(text[name]);
  return {
    prediction_id: id, request_id: text['request_id'] ?? '', predicted_at: number('predicted_at'), kind: text['kind'] ?? '', version: text['version'] ?? '', experiment: text['experiment'] ?? null,
    variant: text['variant'] ?? null, unit: text['unit'] ?? null, entity: text['entity'] ?? '{}', features: text['features'] ?? '{}', response: text['response'] ?? '{}',
    score: text['score'] === null || text['score'] === undefined ? null : number('score'), fallback: text['fallback'] === 'true', key_id: text['key_id'] ?? '', latency_ms: number('latency_ms'),
  };
}

async function outcomesOf(runtime: Runtime, { prediction_id: id, unit, predicted_at: at }: PredictionRecord): Promise<Explanation['outcomes']> {
  if (!(await runtime.lake.tableExists({ namespace: 'bronze', name: 'outcomes' }))) return [];
  const by = unit === null ? '' : ` OR (prediction_id IS NULL AND unit = '${unit.replaceAll("'", "''")}' AND CAST(occurred_at AS bigint) >= ${at})`;
  const { rows } = await (await runtime.engine()).query(`SELECT outcome, value, occurred_at FROM bronze.outcomes WHERE prediction_id = '${id}'${by} ORDER BY occurred_at`);
  return (rows as [string, string | null, string][]).map(([outcome, value, occurredAt]) => ({ outcome, value: value === null ? null : Number(value), at: new Date(Number(occurredAt)).toISOString() }));
}

/** Inputs that the request gave itself, though the store has them. */
function givenIn({ response }: PredictionRecord): Set<string> {
  const { given } = JSON.parse(response) as { given?: unknown };
  return new Set(Array.isArray(given) ? given.map(String) : []);
}
