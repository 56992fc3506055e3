// Batch predictions: everybody whose answer is still open, scored by the champion, into gold at once.
import { mkdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { MillraceError, uuidv7 } from '../../base/index.ts';
import { latestBusinessDate } from '../../batch/index.ts';
import { loadFeatures } from '../../features/index.ts';
import { overwriteRows, quoteName, quoteText } from '../../lake/duckdb/index.ts';
import { byMaturity, compileTrees, matrixOf, scoreRows } from '../../learning/index.ts';
import type { Table } from '../../lake/index.ts';
import type { Runtime } from '../runtime.ts';
import { readDataset, trainingSql } from './dataset.ts';
import { predictorNamed, registryOf, sourcesBehind, tablesOf } from './train.ts';

export interface BatchPredictions { table: string; rows: number; version: string; asOf: string }

/** How DuckDB reads a column's JSON; others are text. */
const READ_AS: Readonly<Record<string, string>> = { double: 'DOUBLE', boolean: 'BOOLEAN', timestamp: 'BIGINT', date: 'DATE' };

/** How many of every hundred, by descending probability, are at high and at medium risk. */
const RISK = { high: 0.2, medium: 0.5 };

/** Replaces the predictor's table by one snapshot. @throws `not_found` where no version answers yet. */
export async function predictInHome(runtime: Runtime, name: string, { asOf }: { asOf?: string } = {}): Promise<BatchPredictions> {
  const { clock, lake, home, signal } = runtime;
  const predictor = await predictorNamed(runtime, name);
  const registry = registryOf(runtime);
  const { champion: version } = await registry.aliases(name);
  if (version === undefined) throw new MillraceError('not_found', `no version of ${name} answers yet`, { todo: `millrace train ${name}` });
  const project = await runtime.project();
  const features = await loadFeatures(path.join(runtime.projectFolder, 'features'), project.sources);
  const engine = await runtime.engine();
  const sql = trainingSql(predictor, features);
  const date = asOf ?? await latestBusinessDate({ project, lake, engine, signal }, sourcesBehind(project, tablesOf(sql)));
  const data = await readDataset(engine, predictor, features, await runtime.parameters(date, sql), signal);
  const { open } = byMaturity(data);
  // Of several open moments of one entity the newest counts.
  const newest = new Map<string, number>();
  for (const row of open) {
    const key = data.entities[row]!.join('\u0000');
    const other = newest.get(key);
    if (other === undefined || data.times[other]! < data.times[row]!) newest.set(key, row);
  }
  const rows = Uint32Array.from(newest.values());
  const scores = scoreRows(compileTrees(await registry.model(name, version)), matrixOf(data, rows));
  const order = [...scores.keys()].sort((left, right) => scores[right]! - scores[left]! || (data.entities[rows[left]!]!.join() < data.entities[rows[right]!]!.join() ? -1 : 1));
  const place = Uint32Array.from(order.keys());
  order.forEach((row, rank) => (place[row] = rank));
  const predictedAt = clock.now() * 1000;
  const lines = [...rows].map((row, index) => JSON.stringify({
    prediction_id: uuidv7(clock.now()), ...Object.fromEntries(predictor.entities.map((column, at) => [column, data.entities[row]![at]])),
    [predictor.output]: scores[index], ...(predictor.output === 'probability' ? { risk: riskOf(place[index]! / rows.length), predicted: scores[index]! >= 0.5 } : {}),
    model_version: version, as_of: date, predicted_at: predictedAt,
  }));
  const table = await tableOf(runtime, predictor.writes, predictor.entities, predictor.output);
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
      { summary: { 'millrace.model': `${name} ${version}` }, temporaryFolder: folder, ...(signal === undefined ? {} : { signal }) }));
  } finally {
    await rm(file, { force: true });
  }
  return { table: predictor.writes, rows: rows.length, version, asOf: date };
}

function riskOf(share: number): 'high' | 'medium' | 'low' {
  return share < RISK.high ? 'high' : share < RISK.medium ? 'medium' : 'low';
}

async function tableOf({ lake }: Runtime, name: string, entities: readonly string[], output: 'probability' | 'value'): Promise<Table> {
  const [namespace = '', table = ''] = name.split('.');
  return await lake.findTable({ namespace, name: table }) ?? lake.createTable({ namespace, name: table }, {
    columns: [
      { name: 'prediction_id', type: 'string' }, ...entities.map((column) => ({ name: column, type: 'string' as const })), { name: output, type: 'double' },
      ...(output === 'probability' ? [{ name: 'risk', type: 'string' as const, doc: 'high: the first 20 % by probability; medium: the next 30 %; low: the rest.' }, { name: 'predicted', type: 'boolean' as const, doc: 'A probability of a half or more.' }] : []),
      { name: 'model_version', type: 'string' }, { name: 'as_of', type: 'date' }, { name: 'predicted_at', type: 'timestamp', doc: 'UTC.' },
    ],
  });
}
