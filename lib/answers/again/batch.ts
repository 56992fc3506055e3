// A batch prediction again: by the version of then, over the training set of then.
import { batchOf, openRows, readDataset, trainingSql } from '../../learning/index.ts';
import { textHash } from '../../base/index.ts';
import { differencesOf, type Again } from './comparison.ts';
import { cannot, goneOf } from './standing.ts';
import type { AnswersContext } from '../context.ts';
import type { BatchAnswer } from '../find.ts';
import { versionOf } from './model.ts';

/** @throws `not_found` that says what is not kept any more. */
export async function batchAgain(context: AnswersContext, { predictionId: id, predictor, table, row, source }: BatchAnswer): Promise<Again> {
  if (source === undefined) throw cannot(id, `${table} does not say what it was made from`, `\`millrace predict ${predictor.name}\` of this version of Millrace notes it.`);
  const { version, asOf, snapshots } = source;
  const gone = await goneOf(context.lake, snapshots);
  if (gone.length > 0) throw cannot(id, `what it was made from has expired: ${gone.join(', ')}`, 'Its tag was lifted: by `millrace maintain` thirty days after the next `millrace predict`, or by `millrace forget`, or by hand.');
  const features = await context.features();
  const sql = trainingSql(predictor, features);
  if (textHash(sql) !== source.trainingSet) throw cannot(id, `the SELECT of ${predictor.name}'s training set, or a feature in it, has been changed since`, `Go back to the project as it was then: predictors/${predictor.name}.sql, features/.`, predictor.file);
  const { fitted } = await versionOf(context.registry, { prediction_id: id, kind: predictor.name, version });
  const data = await readDataset(await context.engine(), predictor, features, await context.parameters(asOf, sql), context.signal, snapshots, { only: openRows(predictor) });
  const { columns, rows } = batchOf(predictor, fitted, data);
  const entity = predictor.entities.map((name) => String(row[name]));
  const logged = Object.fromEntries(columns.map(({ name }) => [name, row[name]]));
  const candidates = rows.filter((one) => one.entity.every((value, index) => value === entity[index]))
    .map(({ values }) => Object.fromEntries(columns.map(({ name }, index) => [name, values[index]])))
    .map((again) => ({ again, differences: differencesOf(logged, again) }))
    .sort((left, right) => left.differences.length - right.differences.length);
  const [best] = candidates;
  const figure = columns.find(({ type }) => type === 'double')?.name ?? '';
  const number = (value: unknown): number | null => (typeof value === 'number' ? value : null);
  return {
    logged: number(logged[figure]), fromLog: null, fromLake: number(best?.again[figure]), snapshots, differences: best?.differences ?? [], equal: best?.differences.length === 0,
    notes: best === undefined ? [`the training set of ${asOf} has no open row of ${entity.join(', ')}`]
      : [`as of ${asOf}`, ...(best.differences.length > 0 ? [`its inputs are those of then, and version ${version} does not give what was answered: its model.json is not the one that answered`] : [])],
  };
}
