// A precomputed price again: from the list of then.
import { PRICE_LIST, type PredictionRecord } from '../../serving/index.ts';
import { pinnedTo } from '../../warehouse/index.ts';
import type { AnswersContext } from '../context.ts';
import type { AnswerState } from '../states.ts';
import { differencesOf, type Again } from './comparison.ts';

/** `list`: its id, as the answer names it. */
export async function listed(context: AnswersContext, record: PredictionRecord, list: string, { snapshots }: AnswerState): Promise<Again> {
  const { sku } = JSON.parse(record.entity) as { sku: string };
  const { rows: [row] } = await pinnedTo(await context.engine(), snapshots).query(`SELECT CAST(price AS double), CAST(previous_price AS double), reason FROM ${PRICE_LIST} WHERE list_id = :list AND product_id = :sku`, {
    parameters: { list: { type: 'varchar', value: list }, sku: { type: 'varchar', value: sku } },
  });
  const { price, current_price: current, reason } = JSON.parse(record.response) as { price: number; current_price: number; reason: string };
  if (row === undefined) return { logged: price, fromLog: null, fromLake: null, snapshots: {}, differences: [{ feature: 'price', logged: price, lake: null }], equal: false, notes: [`${PRICE_LIST} of then does not hold the list ${list}`] };
  const differences = differencesOf({ price, current_price: current, reason }, { price: row[0], current_price: row[1], reason: row[2] });
  return { logged: price, fromLog: price, fromLake: Number(row[0]), snapshots: { [PRICE_LIST]: snapshots[PRICE_LIST]! }, differences, equal: differences.length === 0, notes: [] };
}
