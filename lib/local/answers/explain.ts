// What an answer was made from: who gave it, from which inputs, how old these were, what each contributed, and what came of it.
import { explainer, matrixOf, readDataset, rowsAbout, trainingSql, viewOf, type FittedModel, type ModelCard } from '../../learning/index.ts';
import type { PredictionRecord } from '../../serving/index.ts';
import { featuresOf } from '../learning/index.ts';
import { textHash } from '../../base/index.ts';
import { givenIn } from '../monitoring/index.ts';
import { goneOf, valueOf, type Value } from './again.ts';
import type { AnswersContext, LoggedOutcome } from './context.ts';
import { findAnswer, type BatchAnswer } from './find.ts';
import { rereadInputs, type RereadView } from './inputs.ts';
import { isOfModel } from './reproduce.ts';

export interface ExplainedInput {
  name: string;
  value: Value;
  /** The request, a view and its table, a table of gold. */
  source: string;
  /** When what it tells of happened last, ISO; undefined where nothing tells. */
  newest?: string;
  contribution?: number;
}

export interface Explanation {
  prediction: PredictionRecord;
  /** undefined for prices, shipping and recommendations, and where the version is gone. */
  card?: ModelCard;
  /** Why a policy proposed a price and which guardrails moved it; why an answer is a fall-back. */
  reason?: string;
  features: ExplainedInput[];
  bias?: number;
  /** Of a price, a quote, recommendations, a batch prediction: what was answered. */
  answer: Readonly<Record<string, Value>>;
  outcomes: LoggedOutcome[];
}

/** @throws `not_found` where there is no such answer. */
export async function explainAnswer(context: AnswersContext, id: string): Promise<Explanation> {
  const found = await findAnswer(context, id);
  return found.kind === 'batch' ? explainBatch(context, found.answer) : explainLogged(context, found.record);
}

async function explainLogged(context: AnswersContext, record: PredictionRecord): Promise<Explanation> {
  const values = JSON.parse(record.features) as Record<string, unknown>;
  const reason = reasonOf(record);
  const told = { prediction: record, ...(reason === undefined ? {} : { reason }), outcomes: await context.log.outcomesOf(record) };
  if (!(await isOfModel(context, record))) {
    return { ...told, answer: answerOf(record), features: Object.entries(values).map(([name, value]) => ({ name, value: valueOf(value), source: SOURCES[record.kind] ?? 'the request' })) };
  }
  const { registry } = context;
  // What was answered is told also where the version is gone.
  const [card, fitted] = await Promise.all([registry.card(record.kind, record.version), registry.model(record.kind, record.version)]).catch(() => [undefined, undefined] as const);
  const features = await featuresOf(context);
  const views = card === undefined || record.fallback ? [] : await rereadInputs(context, features, record, card);
  const contributions = card === undefined || record.fallback ? undefined : contributionsOf(fitted, Float32Array.from(card.features, (name) => Number(values[name] ?? Number.NaN)));
  const given = givenIn(record.response);
  return {
    ...told, answer: {}, ...(card === undefined ? {} : { card }), ...(contributions === undefined ? {} : { bias: contributions.at(-1)! }),
    features: Object.entries(values).map(([name, value]): ExplainedInput => {
      const view = given.has(name) ? undefined : viewOf(features, name);
      const newest = views.find((one) => one.view === view)?.newest;
      const at = card?.features.indexOf(name) ?? -1;
      return {
        name, value: valueOf(value), source: view === undefined ? 'the request' : sourceOf(view, views, features.views.get(view)!.source.table),
        ...(newest === undefined ? {} : { newest: new Date(newest).toISOString() }), ...(contributions === undefined || at < 0 ? {} : { contribution: contributions[at]! }),
      };
    }),
  };
}

const SOURCES: Readonly<Record<string, string>> = { price: 'gold.pricing_features, and what is made from it', shipping: 'the request' };

function sourceOf(view: string, views: readonly RereadView[], table: string): string {
  return `${view}, from ${views.find((one) => one.view === view)?.table ?? table}`;
}

/** In the model's margin, the bias last; undefined for a kind that is no sum of what its inputs contribute. */
function contributionsOf(fitted: FittedModel | undefined, row: Float32Array): Float64Array | undefined {
  return fitted?.kind === 'trees' ? Float64Array.from(explainer(fitted.model).contributions(row)) : undefined;
}

/** What it says beyond the figure. */
function answerOf({ response }: PredictionRecord): Record<string, Value> {
  const answered = JSON.parse(response) as unknown;
  if (Array.isArray(answered)) return Object.fromEntries((answered as { item_id: string; score: number }[]).map(({ item_id: item, score }, index) => [`${index + 1}`, `${item} (${Number(score.toPrecision(4))})`]));
  return Object.fromEntries(Object.entries(answered as Record<string, unknown>).filter(([name]) => !HIDDEN.has(name)).flatMap(([name, value]): [string, Value][] => (Array.isArray(value)
    ? value.map((part: unknown, index) => [`${name} ${index + 1}`, typeof part === 'object' && part !== null ? Object.values(part).map(String).join(' · ') : valueOf(part)]) : [[name, valueOf(value)]])));
}

/** Told elsewhere. */
const HIDDEN: ReadonlySet<string> = new Set(['prediction_id', 'sku', 'version', 'experiment', 'variant', 'reason', 'limits', 'given', 'score', 'fallback']);

function reasonOf({ kind, response, fallback, reason: logged, version, score, features }: PredictionRecord): string | undefined {
  const { reason, limits } = JSON.parse(response) as { reason?: string; limits?: readonly string[] };
  if (kind === 'price' && reason !== undefined) return limits === undefined || limits.length === 0 ? reason : `${reason}; moved by ${limits.join(', ').replaceAll('_', ' ')}`;
  if (!fallback) return undefined;
  if (logged !== undefined) return logged.replaceAll('_', ' ');
  if (reason !== undefined) return reason.replaceAll('_', ' ');
  if (version === 'none') return 'no version of the predictor answered';
  return score !== null && features === '{}' && kind !== 'recommendations' ? 'its features could not be read, or nothing was known of whom the row names: the base rate of the training set' : undefined;
}

async function explainBatch(context: AnswersContext, { predictionId: id, predictor, table, row, source }: BatchAnswer): Promise<Explanation> {
  const version = source?.version ?? String(row['model_version'] ?? '');
  const { registry } = context;
  const [card, fitted] = await Promise.all([registry.card(predictor.name, version), registry.model(predictor.name, version)]).catch(() => [undefined, undefined] as const);
  const entity = Object.fromEntries(predictor.entities.map((name) => [name, String(row[name])]));
  const answer = Object.fromEntries(Object.entries(row).filter(([name]) => !(name in entity) && name !== 'prediction_id'));
  const isReadable = source !== undefined && (await goneOf(context.lake, source.snapshots)).length === 0;
  const inputs = isReadable ? await inputsOf(context, predictor, source, Object.values(entity)) : undefined;
  const contributions = inputs === undefined ? undefined : contributionsOf(fitted, inputs);
  const record: PredictionRecord = {
    prediction_id: id, request_id: '', predicted_at: Date.parse(`${String(row['predicted_at'] ?? '').replace(' ', 'T')}Z`), kind: predictor.name, version, experiment: null, variant: null, unit: null, entity: JSON.stringify(entity),
    features: '{}', response: JSON.stringify(answer), score: null, fallback: false, key_id: '', latency_ms: 0,
  };
  const read = Object.keys(source?.snapshots ?? {}).join(', ');
  return {
    prediction: record, ...(card === undefined ? {} : { card }), reason: `a batch prediction, in ${table}`, answer, outcomes: await context.log.outcomesOf(record), ...(contributions === undefined ? {} : { bias: contributions.at(-1)! }),
    features: inputs === undefined ? [] : predictor.features.map((name, index) => ({
      name, value: Number.isNaN(inputs[index]!) ? null : inputs[index]!, source: `${read} as of ${source!.asOf}`, ...(contributions === undefined ? {} : { contribution: contributions[index]! }),
    })),
  };
}

/** The row of the training set of then whose answer was open; undefined where there is none, or the training set is another by now. */
async function inputsOf(context: AnswersContext, predictor: BatchAnswer['predictor'], { asOf, snapshots, trainingSet }: NonNullable<BatchAnswer['source']>, entity: readonly string[]): Promise<Float32Array | undefined> {
  const features = await featuresOf(context);
  const sql = trainingSql(predictor, features);
  if (textHash(sql) !== trainingSet) return undefined;
  const data = await readDataset(await context.engine(), predictor, features, await context.parameters(asOf, sql), context.signal, snapshots, { only: rowsAbout(predictor, entity), rows: 1 });
  const row = data.entities.findLastIndex((one, index) => one.every((value, at) => value === entity[at]) && (predictor.label === undefined || Number.isNaN(data.labels[index]!)));
  return row < 0 ? undefined : matrixOf(data, Uint32Array.of(row));
}
