// A batch prediction, from the snapshots that its batch was made from.
import { textHash } from '../../base/index.ts';
import { matrixOf, readDataset, rowsAbout, trainingSql } from '../../learning/index.ts';
import type { PredictionRecord } from '../../serving/index.ts';
import { goneOf } from '../again/standing.ts';
import type { AnswersContext } from '../context.ts';
import type { BatchAnswer } from '../find.ts';
import { contributionsOf } from './contributions.ts';
import type { Explanation } from './explanation.ts';

export async function explainBatch(context: AnswersContext, { predictionId: id, predictor, table, row, source }: BatchAnswer): Promise<Explanation> {
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
  const features = await context.features();
  const sql = trainingSql(predictor, features);
  if (textHash(sql) !== trainingSet) return undefined;
  const data = await readDataset(await context.engine(), predictor, features, await context.parameters(asOf, sql), context.signal, snapshots, { only: rowsAbout(predictor, entity), rows: 1 });
  const row = data.entities.findLastIndex((one, index) => one.every((value, at) => value === entity[at]) && (predictor.label === undefined || Number.isNaN(data.labels[index]!)));
  return row < 0 ? undefined : matrixOf(data, Uint32Array.of(row));
}
