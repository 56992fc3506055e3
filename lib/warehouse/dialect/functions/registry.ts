// All functions that are allowed, by name.
import type { Typed } from '../types/expression.ts';
import { nameOfType, type SqlType } from '../types/types.ts';
import { AGGREGATES, WINDOWS } from './aggregates.ts';
import { ARRAYS, JSONS } from './arrays.ts';
import { CONDITIONS } from './conditions.ts';
import { NUMBERS } from './numbers.ts';
import type { FunctionRow } from './rows.ts';
import { fit, type Fit } from './signature.ts';
import { STRINGS } from './strings.ts';
import { CLOCKS, TIMES } from './times.ts';

/** The groups, as the docs show them. */
export const FUNCTION_GROUPS: Readonly<Record<string, readonly FunctionRow[]>> = {
  Aggregates: AGGREGATES,
  Windows: WINDOWS,
  Conditions: CONDITIONS,
  Numbers: NUMBERS,
  Text: STRINGS,
  'Dates and times': TIMES,
  Arrays: ARRAYS,
  JSON: JSONS,
  'The clock and chance': CLOCKS,
};

const byName = new Map<string, FunctionRow[]>();
for (const row of Object.values(FUNCTION_GROUPS).flat()) {
  for (const { name } of row.signatures) {
    const rows = byName.get(name) ?? [];
    if (!rows.includes(row)) rows.push(row);
    byName.set(name, rows);
  }
}

/** What is done instead of functions that are often looked for. */
const INSTEAD: Readonly<Record<string, string>> = {
  approx_percentile: 'the engines estimate differently; rank the rows with row_number() and count(*) OVER ()',
  array_distinct: 'the order of what is left differs; use SELECT DISTINCT over UNNEST',
  current_time: 'TIME is not a type of the lake',
  date_part: 'use EXTRACT or year(), month(), day()',
  datediff: "use date_diff('day', earlier, later)",
  dateadd: "use date_add('day', n, d)",
  format: 'use lpad, date_format and ||',
  ifnull: 'use coalesce',
  isnull: 'use IS NULL',
  len: 'use length',
  nvl: 'use coalesce',
  reduce: 'use UNNEST and an aggregate',
  reverse: 'the engines count characters differently',
  string_agg: 'use listagg',
  to_char: 'use date_format',
  to_date: 'use date_parse',
  transform: 'use UNNEST',
  filter: 'use UNNEST and WHERE',
  try: 'use TRY_CAST, nullif, or CASE',
  uuid: 'ids are made by the run, not by SQL',
};

export const isFunction = (name: string): boolean => byName.has(name);
export const insteadOf = (name: string): string | undefined => (Object.hasOwn(INSTEAD, name) ? INSTEAD[name] : undefined);
export const rowsOf = (name: string): readonly FunctionRow[] => byName.get(name) ?? [];
export const isAggregate = (name: string): boolean => rowsOf(name).some(({ kind }) => kind === 'aggregate');

/** The first row and signature that the arguments fit: exactly, or by turning types into wider ones. */
export function resolve(name: string, args: readonly Typed[]): { row: FunctionRow; fit: Fit } | undefined {
  let turned: { row: FunctionRow; fit: Fit } | undefined;
  for (const row of rowsOf(name)) {
    for (const signature of row.signatures) {
      if (signature.name !== name) continue;
      const found = fit(signature, args);
      if (found?.exact) return { row, fit: found };
      if (found && !turned) turned = { row, fit: found };
    }
  }
  return turned;
}

/** `date_diff('unit', date, date) → bigint; …`, for messages. */
export function signaturesOf(name: string): string {
  return rowsOf(name).flatMap(({ signatures }) => signatures.filter((each) => each.name === name).map(({ text }) => text)).join('; ');
}

export const describeTypes = (types: readonly SqlType[]): string => types.map(nameOfType).join(', ');
