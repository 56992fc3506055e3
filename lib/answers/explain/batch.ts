// A batch prediction, from the snapshots that its batch was made from.
import { textHash } from '../../base/index.ts';
import { matrixOf, readDataset, rowsAbout, trainingSql } from '../../learning/index.ts';
import type { PredictionRecord } from '../../serving/index.ts';
import { goneOf } from '../again/standing.ts';
import type { AnswersContext } from '../context.ts';
import type { BatchAnswer } from '../find.ts';
import { contributionsOf } from './contributions.ts';
import type { Explanation } from './explanation.ts';
import { knownVersion } from './version.ts';

export async function explainBatch(context: AnswersContext, { predictionId: id, predictor, table, row, source }: BatchAnswer): Promise<Explanation> {
  const version = source?.version ?? String(row['model_version'] ?? '');
  const { card, fitted, notes } = await knownVersion(context.registry, predictor.name, version);
  const entity = Object.fromEntries(predictor.entities.map((name) => [name, String(row[name])]));
  const answer = Object.fromEntries(Object.entries(row).filter(([name]) => !(name in entity) && name !== 'prediction_id'));
  const inputs = await inputsOf(context, predictor, table, source, Object.values(entity));
  const contributions = inputs.ok ? contributionsOf(fitted, inputs.row, figureOf(row[predictor.output])) : undefined;
  const record: PredictionRecord = {
    prediction_id: id, request_id: '', predicted_at: Date.parse(`${String(row['predicted_at'] ?? '').replace(' ', 'T')}Z`), kind: predictor.name, version, experiment: null, variant: null, unit: null, entity: JSON.stringify(entity),
    features: '{}', response: JSON.stringify(answer), score: null, fallback: false, key_id: '', latency_ms: 0,
  };
  const read = Object.keys(source?.snapshots ?? {}).join(', ');
  return {
    prediction: record, ...(card === undefined ? {} : { card }), reason: `a batch prediction, in ${table}`, answer, outcomes: await context.log.outcomesOf(record), ...(contributions?.ok === true ? { bias: contributions.each.at(-1)! } : {}),
    notes: [...notes, ...(inputs.ok ? [] : [`its inputs are not known any more: ${inputs.why}`]), ...(contributions?.ok === false ? [contributions.why] : [])],
    features: !inputs.ok ? [] : predictor.features.map((name, index) => ({
      name, value: Number.isNaN(inputs.row[index]!) ? null : inputs.row[index]!, source: `${read} as of ${source!.asOf}`, ...(contributions?.ok === true ? { contribution: contributions.each[index]! } : {}),
    })),
  };
}

const figureOf = (cell: BatchAnswer['row'][string] | undefined): number | null => (typeof cell === 'number' ? cell : null);

type Inputs = { ok: true; row: Float32Array } | { ok: false; why: string };

/** The row of the training set of then whose answer was open. */
async function inputsOf(context: AnswersContext, predictor: BatchAnswer['predictor'], table: string, source: BatchAnswer['source'], entity: readonly string[]): Promise<Inputs> {
  if (source === undefined) return { ok: false, why: `${table} does not say what it was made from` };
  const { asOf, snapshots, trainingSet } = source;
  const gone = await goneOf(context.lake, snapshots);
  if (gone.length > 0) return { ok: false, why: `${gone.join(', ')} has expired` };
  const features = await context.features();
  const sql = trainingSql(predictor, features);
  if (textHash(sql) !== trainingSet) return { ok: false, why: `the SELECT of ${predictor.name}'s training set, or a feature in it, has been changed since` };
  const data = await readDataset(await context.engine(), predictor, features, await context.parameters(asOf, sql), context.signal, snapshots, { only: rowsAbout(predictor, entity), rows: 1 });
  const row = data.entities.findLastIndex((one, index) => one.every((value, at) => value === entity[at]) && (predictor.label === undefined || Number.isNaN(data.labels[index]!)));
  return row < 0 ? { ok: false, why: `the training set of ${asOf} has no open row of ${entity.join(', ')}` } : { ok: true, row: matrixOf(data, Uint32Array.of(row)) };
}
