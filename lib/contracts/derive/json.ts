// A contract as JSON and back: what a table keeps as the last contract that it was filled by, and what a build writes into a Lambda.
import { MillraceError } from '../../base/index.ts';
import { checkContract } from '../check.ts';
import type { Contract } from '../types.ts';

/** Equal contracts give equal text, whatever the order in which a file names its options; columns keep theirs. */
export function contractToJson(contract: Contract): string {
  const { columns, rules, ...rest } = contract;
  return JSON.stringify({
    ...sorted(rest),
    columns: Object.entries(columns).map(([header, column]) => ({ header, ...sorted(column) })),
    rules: sorted(rules),
  });
}

/** Throws `bad_input` for text that is not a contract. */
export function contractFromJson(json: string, where = 'a stored contract'): Contract {
  try {
    const { columns, ...rest } = JSON.parse(json) as Omit<Contract, 'columns'> & { columns: ({ header: string } & Contract['columns'][string])[] };
    const contract: Contract = { ...rest, columns: Object.fromEntries(columns.map(({ header, ...column }) => [header, column])) };
    checkContract(contract, where);
    return contract;
  } catch (cause) {
    if (cause instanceof MillraceError) throw cause;
    throw new MillraceError('bad_input', 'the text is not a contract', { where, todo: 'It was written by another version, or by hand.', cause });
  }
}

/** Keys in order at every level, without those that are undefined; arrays stay as they are. */
function sorted(value: object): Record<string, unknown> {
  return Object.fromEntries(Object.entries(value).filter(([, each]) => each !== undefined).sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, each]) => [key, typeof each === 'object' && each !== null && !Array.isArray(each) ? sorted(each as object) : each]));
}
