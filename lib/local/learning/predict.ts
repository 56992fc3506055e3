// Batch predictions: everybody whose answer is still open, scored by the champion, into gold at once.
import { mkdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { MillraceError, textHash, uuidv7 } from '../../base/index.ts';
import { overwriteRows, quoteName, quoteText } from '../../lake/duckdb/index.ts';
import { batchOf, MADE_FROM, openRows, readDataset, trainingSql, type Batch, type BatchSource, type Predictor } from '../../learning/index.ts';
import { ensureTable, tableNameOf, type Table } from '../../lake/index.ts';
import { tablesNamedIn } from '../../warehouse/index.ts';
import type { Runtime } from '../runtime.ts';
import { checkWrites, featuresOf, predictorNamed, registryOf } from './train.ts';
import { trainingDate } from './training-date.ts';
import { snapshotsOf, sourcesBehind } from './training-tables.ts';

export interface BatchPredictions { table: string; rows: number; version: string; asOf: string }

/** How DuckDB reads a column's JSON; others are text. */
const READ_AS: Readonly<Record<string, string>> = { double: 'DOUBLE', long: 'BIGINT', boolean: 'BOOLEAN', timestamp: 'BIGINT', date: 'DATE' };

/** Replaces the predictor's table by one snapshot. @throws `not_found` where no version answers yet. */
export async function predictInHome(runtime: Runtime, name: string, { asOf }: { asOf?: string } = {}): Promise<BatchPredictions> {
  const { clock, lake, home, signal } = runtime;
  const predictor = await predictorNamed(runtime, name);
  const registry = registryOf(runtime);
  const { champion: version } = await registry.aliases(name);
  if (version === undefined) throw new MillraceError('not_found', `no version of ${name} answers yet`, { todo: `millrace train ${name}` });
  const project = await runtime.project();
  checkWrites(predictor, project);
  const features = await featuresOf(runtime);
  const engine = await runtime.engine();
  const sql = trainingSql(predictor, features);
  const date = await trainingDate({ project, lake, engine, signal }, predictor, sourcesBehind(project, tablesNamedIn(sql)), asOf);
  const snapshots = await snapshotsOf(lake, sql);
  const data = await readDataset(engine, predictor, features, await runtime.parameters(date, sql), signal, snapshots, { only: openRows(predictor) });
  const batch = batchOf(predictor, await registry.model(name, version), data);
  const predictedAt = clock.now() * 1000;
  const lines = batch.rows.map(({ entity, values }) => JSON.stringify({
    prediction_id: uuidv7(clock.now()), ...Object.fromEntries(predictor.entities.map((column, at) => [column, entity[at]])), ...Object.fromEntries(batch.columns.map((column, at) => [column.name, values[at]])),
    model_version: version, as_of: date, predicted_at: predictedAt,
  }));
  const table = await tableOf(runtime, predictor, batch);
  const folder = path.join(home.temporary, 'predict');
  await mkdir(folder, { recursive: true });
  const file = path.join(folder, `${uuidv7(clock.now())}.jsonl`);
  try {
    await writeFile(file, lines.join('\n'));
    const database = await runtime.database();
    const columns = table.schema.fields.map(({ name: column, type }) => `${quoteName(column)}: ${quoteText(READ_AS[String(type)] ?? 'VARCHAR')}`);
    const select = table.schema.fields.map(({ name: column, type }) => (type === 'timestamp' ? `make_timestamp(${quoteName(column)}) AS ${quoteName(column)}` : quoteName(column)));
    await database.use((session) => overwriteRows(session, table, { sql: 'TRUE' },
      `SELECT ${select.join(', ')} FROM read_json(${quoteText(file)}, format = 'newline_delimited', columns = {${columns.join(', ')}})`,
      { summary: { 'millrace.model': `${name} ${version}`, [MADE_FROM]: JSON.stringify({ version, asOf: date, snapshots, trainingSet: textHash(sql) } satisfies BatchSource) }, temporaryFolder: folder, ...(signal === undefined ? {} : { signal }) }));
  } finally {
    await rm(file, { force: true });
  }
  return { table: predictor.writes, rows: lines.length, version, asOf: date };
}

/** The table with its columns described, made where there is none. @throws `conflict` where one of them has another type there. */
async function tableOf({ lake }: Runtime, { name: predictor, writes, entities }: Predictor, { columns }: Batch): Promise<Table> {
  return ensureTable(lake, tableNameOf(writes), {
    columns: [
      { name: 'prediction_id', type: 'string', doc: 'Of this answer.' }, ...entities.map((column) => ({ name: column, type: 'string' as const, doc: 'Who or what the answer is about.' })), ...columns,
      { name: 'model_version', type: 'string', doc: `Version of ${predictor}'s model.` }, { name: 'as_of', type: 'date', doc: 'What was known before this date counts.' },
      { name: 'predicted_at', type: 'timestamp', doc: 'When it was answered (UTC).' },
    ],
  });
}
