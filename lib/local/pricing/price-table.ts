// The table gold.prices: one list at a time, replaced by one snapshot.
import { mkdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { MillraceError } from '../../base/index.ts';
import { ensureTable, type Table } from '../../lake/index.ts';
import { overwriteRows, quoteName, quoteText } from '../../lake/duckdb/index.ts';
import type { ListedPrice, ListHeader } from '../../pricing/index.ts';
import type { Engine } from '../../warehouse/index.ts';
import type { Runtime } from '../runtime.ts';
import { PRICE_LIST } from '../../serving/index.ts';

/** A list, with the business date on which it was made. */
export interface PriceList { header: ListHeader; day: string; prices: readonly ListedPrice[] }

const COLUMNS = [
  { name: 'product_id', type: 'string', doc: 'The product.' },
  { name: 'category', type: 'string', doc: 'Its category in English, else the original name, else `unknown`.' },
  { name: 'price', type: 'decimal(18, 4)', doc: 'What it costs from valid_from on, in `currency`.' },
  { name: 'previous_price', type: 'decimal(18, 4)', doc: 'What it cost when the day began on which the list was made.' },
  { name: 'currency', type: 'string', doc: 'ISO 4217 code.' },
  { name: 'policy', type: 'string', doc: 'Which policy proposed it: rule, model, bandit.' },
  { name: 'version', type: 'string', doc: 'Of the features that it was made from, and of the model where there is one.' },
  { name: 'reason', type: 'string', doc: 'Why the policy proposed it.' },
  { name: 'limits', type: 'string', doc: 'Which guardrails moved it, parted by spaces; empty: none.' },
  { name: 'list_id', type: 'string', doc: 'The list, the same in all rows: what was exported and handed over bears it too.' },
  { name: 'business_date', type: 'date', doc: "Date in the shop's zone on which the list was made: the cap of a day's change counts from its beginning." },
  { name: 'valid_from', type: 'timestamp', doc: 'From when on it holds (UTC).' },
  { name: 'valid_to', type: 'timestamp', doc: 'Until when, if no other list comes before (UTC).' },
] as const;

/** How DuckDB reads a column's JSON; others are text. */
const READ_AS: Readonly<Record<string, string>> = { timestamp: 'BIGINT', date: 'DATE', 'decimal(18, 4)': 'DECIMAL(18, 4)' };

/** Replaces the list by one snapshot. */
export async function writePriceTable({ lake, home, database, signal }: Runtime, { header, day, prices }: PriceList): Promise<void> {
  const lines = prices.map(({ productId, category, price, previousPrice, reason, limits }) => JSON.stringify({
    product_id: productId, category, price, previous_price: previousPrice, currency: header.currency, policy: header.policy, version: header.version, reason, limits: limits.join(' '), list_id: header.listId,
    business_date: day, valid_from: header.validFrom * 1000, valid_to: header.validTo * 1000,
  }));
  const table = await ensureTable(lake, { namespace: 'gold', name: 'prices' }, { columns: COLUMNS });
  const folder = path.join(home.temporary, 'prices');
  await mkdir(folder, { recursive: true });
  const file = path.join(folder, `${header.listId}.jsonl`);
  try {
    await writeFile(file, lines.join('\n'));
    const columns = COLUMNS.map(({ name, type }) => `${quoteName(name)}: ${quoteText(READ_AS[type] ?? 'VARCHAR')}`);
    const select = COLUMNS.map(({ name, type }) => (type === 'timestamp' ? `make_timestamp(${quoteName(name)}) AS ${quoteName(name)}` : quoteName(name)));
    await (await database()).use((session) => overwriteRows(session, table, { sql: 'TRUE' },
      `SELECT ${select.join(', ')} FROM read_json(${quoteText(file)}, format = 'newline_delimited', columns = {${columns.join(', ')}})`,
      { summary: { 'millrace.price-list': header.listId }, temporaryFolder: folder, ...(signal === undefined ? {} : { signal }) }));
  } finally {
    await rm(file, { force: true });
  }
}

type Row = [string, string, number, number, string, string, string, string, string, string, string, number | bigint, number | bigint];

/** The list that the table holds. @throws `not_found` where none was computed. */
export async function readPriceTable(runtime: Pick<Runtime, 'lake'> & { engine(): Promise<Pick<Engine, 'query'>> }): Promise<PriceList> {
  const table: Table | undefined = await runtime.lake.findTable({ namespace: 'gold', name: 'prices' });
  const select = COLUMNS.map(({ name, type }) => (type === 'timestamp' ? `to_unixtime(${name}) * 1e3` : type === 'date' ? `CAST(${name} AS varchar)` : type === 'string' ? name : `CAST(${name} AS double)`));
  const rows = table?.metadata['current-snapshot-id'] === undefined ? [] : (await (await runtime.engine()).query(`SELECT ${select.join(', ')} FROM ${PRICE_LIST} ORDER BY product_id`)).rows as Row[];
  const [first] = rows;
  if (first === undefined) throw new MillraceError('not_found', 'no list of prices was computed yet', { where: PRICE_LIST, todo: 'millrace prices compute' });
  const [, , , , currency, policy, version, , , listId, day, validFrom, validTo] = first;
  return {
    day, header: { listId, policy, version, currency, rows: rows.length, validFrom: Math.round(Number(validFrom)), validTo: Math.round(Number(validTo)) },
    prices: rows.map(([productId, category, price, previousPrice, , , , reason, limits]) => ({ productId, category, price, previousPrice, reason, limits: limits === '' ? [] : limits.split(' ') as ListedPrice['limits'] })),
  };
}
