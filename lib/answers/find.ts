// An answer by its id: from the log, from what the API remembers, or from a predictor's batch predictions.
import { MillraceError } from '../base/index.ts';
import { batchSources, type BatchSource, type LoadedPredictor } from '../learning/index.ts';
import type { PredictionRecord } from '../serving/index.ts';
import { tableNameOf } from '../lake/index.ts';
import { pinnedTo } from '../warehouse/index.ts';
import type { AnswersContext } from './context.ts';
import { madeAt, WHOLE_ID } from './lake-log.ts';

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

const MOST_ALIKE = 5;

/** @throws `usage` for what is no id, `not_found` where there is no such answer, with those that begin alike. */
export async function findAnswer(context: AnswersContext, asked: string): Promise<FoundAnswer> {
  // As ids are made, however it was copied.
  const id = asked.trim().toLowerCase();
  if (!/^[\w-]{1,64}$/.test(id)) throw new MillraceError('usage', `'${asked}' is not the id of a prediction`, { todo: 'Give the prediction_id of an answer: 01a1fe58-caf0-7d77-b06c-d1204dad934b.' });
  const { log } = context;
  const record = await log.find(id);
  if (record !== undefined) return { kind: 'logged', record };
  const answer = await inBatches(context, id);
  if (answer !== undefined) return { kind: 'batch', answer };
  const alike = WHOLE_ID.test(id) ? [] : await log.beginningWith(id, MOST_ALIKE + 1);
  throw new MillraceError('not_found', `there is no answer ${id}${WHOLE_ID.test(id) ? '' : ', which is no whole id either'}`, {
    where: log.where,
    todo: (WHOLE_ID.test(id) ? '' : 'Give the whole prediction_id. ') + (alike.length > 0 ? `Answers that begin so: ${alike.slice(0, MOST_ALIKE).join(', ')}${alike.length > MOST_ALIKE ? ', …' : ''}.`
      : `${log.kept}; a batch prediction is there until 30 days after the next \`millrace predict\`.`),
  });
}

async function inBatches(context: AnswersContext, id: string): Promise<BatchAnswer | undefined> {
  if (!WHOLE_ID.test(id)) return undefined;
  const made = madeAt(id);
  for (const predictor of (await context.predictors()).values()) {
    const table = await context.lake.findTable(tableNameOf(predictor.writes));
    if (table?.currentSnapshot === undefined || !table.schema.fields.some(({ name }) => name === 'prediction_id')) continue;
    // Each snapshot holds one batch, made right before it.
    const batch = batchSources(table).find(({ at }) => at >= made);
    const engine = pinnedTo(await context.engine(), batch === undefined ? {} : { [predictor.writes]: batch.id });
    const { columns, rows: [row] } = await engine.query(`SELECT * FROM ${predictor.writes} WHERE prediction_id = '${id}'`);
    if (row !== undefined) return { predictionId: id, predictor, table: predictor.writes, row: Object.fromEntries(columns.map(({ name }, index) => [name, plain(row[index])])), source: batch?.source };
  }
  return undefined;
}

function plain(value: unknown): Cell {
  return value === null || value === undefined ? null : typeof value === 'number' || typeof value === 'boolean' ? value : typeof value === 'bigint' ? Number(value) : String(value);
}
