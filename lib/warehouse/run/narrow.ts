// The few rows of bronze that decide what some days of a source hold, where its rows are told apart by an id: a run for a day then need not look
// for duplicates among the rows of all time.
import { columnsOf, type Contract } from '../../contracts/index.ts';
import { quoteName } from '../dialect/index.ts';
import type { Intervals } from './intervals.ts';

const DAY = 86_400_000;

/**
 * Whether an id that a producer gave stands in bronze as it does in the typed relation, so that rows of an id can be found by the text that
 * came. A row without one has its hash for an id, and rows of the same hash say the same, the time included.
 */
export function isFoundById({ duplicates, key, columns }: Pick<Contract, 'duplicates' | 'key' | 'columns'>): boolean {
  return duplicates === 'first' && Object.values(columns).every(({ canonical }) => canonical === undefined) && key.length === 1;
}

/** The same of a key that every row has: all that decides which of its rows is kept are its rows. */
export function isKeyedByText(contract: Contract): boolean {
  const [key, ...others] = contract.key;
  const column = columnsOf(contract).find(({ name }) => name === key)?.column;
  return contract.duplicates === 'key' && others.length === 0 && (column?.kind === 'id' || column?.kind === 'text') && column.canonical === undefined;
}

/**
 * A SELECT of at least the rows of `bronze` (a table, or a subquery with its name) on which the typed rows of the intervals depend: those of the
 * days, with one day on either side for whatever zone, and whatever else has one of their ids. `column` is the typed date that the intervals
 * are of. Undefined where that cannot be told without typing all rows.
 */
export function narrowedToDays(contract: Contract, column: string, { ranges, withoutTime }: Intervals, bronze: string): string | undefined {
  const time = columnsOf(contract).find(({ name }) => column === `${name}__date`);
  if (!(isFoundById(contract) || isKeyedByText(contract)) || withoutTime || time?.column.kind !== 'epoch_ms' || time.column.nullable) return undefined;
  const milliseconds = `CAST(${quoteName(time.name)} AS bigint)`;
  const within = ranges.map(({ from, to }) => [
    ...(from === undefined ? [] : [`${milliseconds} >= ${Date.parse(from) - DAY}`]),
    ...(to === undefined ? [] : [`${milliseconds} < ${Date.parse(to) + DAY}`]),
  ].join(' AND ') || 'TRUE').map((range) => `(${range})`).join(' OR ');
  const [id = ''] = contract.key.map(quoteName);
  return `SELECT * FROM ${bronze} WHERE ${within} OR ${id} IN (SELECT ${id} FROM ${bronze} WHERE (${within}) AND ${id} IS NOT NULL)`;
}
