// A contract as JSON and back: what a table keeps as the last contract that it was filled by, and what a build writes into a Lambda.
import { MillraceError } from '../../base/index.ts';
import type { Contract } from '../types.ts';

/** Equal contracts give equal text, whatever the order in which a file names its options. Columns keep theirs, and rules: it decides which reason comes first. */
export function contractToJson(contract: Contract): string {
  const { columns, rules, ...rest } = contract;
  return JSON.stringify({
    ...sorted(rest),
    columns: Object.entries(columns).map(([header, column]) => ({ header, ...sorted(column) })),
    rules,
  });
}

/** It is not checked again: what was a contract once may not be one by today's rules. Throws `bad_input` for text that is none at all. */
export function contractFromJson(json: string, where = 'a stored contract'): Contract {
  try {
    const { columns, ...rest } = JSON.parse(json) as Omit<Contract, 'columns'> & { columns: ({ header: string } & Contract['columns'][string])[] };
    return { ...rest, columns: Object.fromEntries(columns.map(({ header, ...column }) => [header, column])) };
  } catch (cause) {
    throw new MillraceError('bad_input', 'the text is not a contract', { where, todo: 'It was written by another version, or by hand.', cause });
  }
}

/** Keys in order at every level, without those that are undefined; arrays stay as they are. */
function sorted(value: object): Record<string, unknown> {
  return Object.fromEntries(Object.entries(value).filter(([, each]) => each !== undefined).sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, each]) => [key, typeof each === 'object' && each !== null && !Array.isArray(each) ? sorted(each as object) : each]));
}
