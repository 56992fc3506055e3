// An answer by its id: from the log in the lake, from what the API remembers, or from a predictor's batch predictions.
import { existsSync } from 'node:fs';
import path from 'node:path';
import { MillraceError } from '../../base/index.ts';
import { openLmdbStore } from '../../features/index.ts';
import type { LoadedPredictor } from '../../learning/index.ts';
import type { PredictionRecord } from '../../serving/index.ts';
import { type BatchSource, batchSources, predictorsOf, tableNameOf } from '../learning/index.ts';
import { recentPredictions } from '../serving/index.ts';
import type { Runtime } from '../runtime.ts';
import { pinnedTo } from '../pinned-engine.ts';

type Cell = string | number | boolean | null;

/** One row of a predictor's table. */
export interface BatchAnswer {
  predictionId: string;
  predictor: LoadedPredictor;
  table: string;
  row: Readonly<Record<string, Cell>>;
  /** undefined of tables that an older Millrace filled. */
  source: BatchSource | undefined;
}

export type FoundAnswer = { kind: 'logged'; record: PredictionRecord } | { kind: 'batch'; answer: BatchAnswer };

const WHOLE = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const MOST_ALIKE = 5;

/** @throws `usage` for what is no id, `not_found` where there is no such answer, with those that begin alike. */
export async function findAnswer(runtime: Runtime, id: string): Promise<FoundAnswer> {
  if (!/^[\w-]{1,64}$/.test(id)) throw new MillraceError('usage', `'${id}' is not the id of a prediction`, { todo: 'Give the prediction_id of an answer: 01a1fe58-caf0-7d77-b06c-d1204dad934b.' });
  const record = await inLog(runtime, id) ?? await remembered(runtime, id);
  if (record !== undefined) return { kind: 'logged', record };
  const answer = await inBatches(runtime, id);
  if (answer !== undefined) return { kind: 'batch', answer };
  const alike = WHOLE.test(id) ? [] : await beginningWith(runtime, id);
  throw new MillraceError('not_found', `there is no answer ${id}${WHOLE.test(id) ? '' : ', which is no whole id either'}`, {
    where: 'bronze.predictions, what the API remembers, and the tables of batch predictions',
    todo: alike.length > 0 ? `Answers that begin so: ${alike.slice(0, MOST_ALIKE).join(', ')}${alike.length > MOST_ALIKE ? ', …' : ''}.`
      : 'An answer of the API is remembered for 30 days, and is in the lake some seconds after it was given, while `millrace start` or `millrace stream deliver` runs; a batch prediction is there until 30 days after the next `millrace predict`.',
  });
}

async function inLog(runtime: Runtime, id: string): Promise<PredictionRecord | undefined> {
  if (!(await runtime.lake.tableExists({ namespace: 'bronze', name: 'predictions' }))) return undefined;
  const { columns, rows: [row] } = await (await runtime.engine()).query(`SELECT * FROM bronze.predictions WHERE prediction_id = '${id}' LIMIT 1`);
  if (row === undefined) return undefined;
  const text = Object.fromEntries(columns.map(({ name }, index) => [name, row[index] as string | null]));
  const number = (name: string): number => Number(text[name]);
  return {
    prediction_id: id, request_id: text['request_id'] ?? '', predicted_at: number('predicted_at'), kind: text['kind'] ?? '', version: text['version'] ?? '', experiment: text['experiment'] ?? null,
    variant: text['variant'] ?? null, unit: text['unit'] ?? null, ...Object.fromEntries(SEGMENTS.flatMap((name) => (typeof text[name] === 'string' ? [[name, text[name]]] : []))),
    entity: text['entity'] ?? '{}', features: text['features'] ?? '{}', response: text['response'] ?? '{}',
    score: text['score'] === null || text['score'] === undefined ? null : number('score'), fallback: text['fallback'] === 'true', ...(typeof text['reason'] === 'string' ? { reason: text['reason'] } : {}), key_id: text['key_id'] ?? '', latency_ms: number('latency_ms'),
  };
}

const SEGMENTS = ['device', 'country', 'channel', 'customer_type'] as const;

/** By the API of this home: also while nothing delivers its log. */
async function remembered({ home, clock }: Runtime, id: string): Promise<PredictionRecord | undefined> {
  const folder = path.join(home.root, 'api');
  if (!existsSync(folder)) return undefined;
  const store = await openLmdbStore({ folder, clock, readOnly: true }).catch(() => undefined);
  try {
    return store === undefined ? undefined : await recentPredictions(store, folder).find(id);
  } finally {
    await store?.close();
  }
}

async function inBatches(runtime: Runtime, id: string): Promise<BatchAnswer | undefined> {
  if (!WHOLE.test(id)) return undefined;
  const madeAt = Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16);
  for (const predictor of (await predictorsOf(runtime)).values()) {
    const table = await runtime.lake.findTable(tableNameOf(predictor.writes));
    if (table?.currentSnapshot === undefined || !table.schema.fields.some(({ name }) => name === 'prediction_id')) continue;
    // Each snapshot holds one batch, made right before it.
    const batch = batchSources(table).find(({ at }) => at >= madeAt);
    const engine = pinnedTo(await runtime.engine(), batch === undefined ? {} : { [predictor.writes]: batch.id });
    const { columns, rows: [row] } = await engine.query(`SELECT * FROM ${predictor.writes} WHERE prediction_id = '${id}'`);
    if (row !== undefined) return { predictionId: id, predictor, table: predictor.writes, row: Object.fromEntries(columns.map(({ name }, index) => [name, plain(row[index])])), source: batch?.source };
  }
  return undefined;
}

function plain(value: unknown): Cell {
  return value === null || value === undefined ? null : typeof value === 'number' || typeof value === 'boolean' ? value : typeof value === 'bigint' ? Number(value) : String(value);
}

async function beginningWith(runtime: Runtime, id: string): Promise<string[]> {
  if (!(await runtime.lake.tableExists({ namespace: 'bronze', name: 'predictions' }))) return [];
  const { rows } = await (await runtime.engine()).query(`SELECT DISTINCT prediction_id FROM bronze.predictions WHERE starts_with(prediction_id, '${id}') ORDER BY 1 LIMIT ${MOST_ALIKE + 1}`);
  return rows.map(([found]) => String(found));
}
