// Writes the parameters of a run into the text of a query, as typed literals.
import { MillraceError } from '../../base/index.ts';
import type { Parameters } from '../types.ts';
import { parseTimestamp, quoteString } from './literals.ts';
import { place, tokenize } from './syntax/tokens.ts';

type Parameter = Parameters[string];

/**
 * Exchanges `:as_of` and its like for literals: `DATE '2018-10-18'`. Strings are quoted; nothing of a value is ever read as SQL.
 * Throws not_found for a parameter without a value, and bad_input for a value that is not of its type.
 */
export function bindParameters(sql: string, parameters: Parameters, file?: string): string {
  let result = '';
  let done = 0;
  for (const token of tokenize(sql, file)) {
    if (token.kind !== 'parameter') continue;
    const parameter = Object.hasOwn(parameters, token.value) ? parameters[token.value] : undefined;
    if (!parameter) {
      const known = Object.keys(parameters).map((name) => `:${name}`).join(', ') || 'none';
      throw new MillraceError('not_found', `the parameter :${token.value} has no value`, {
        where: place(token.at, file),
        todo: `parameters of this run: ${known}`,
      });
    }
    result += sql.slice(done, token.at.start) + literal(token.value, parameter);
    done = token.at.end;
  }
  return result + sql.slice(done);
}

/** Names of the parameters that a query uses, in the order of their first use. */
export function parametersOf(sql: string, file?: string): string[] {
  const names = tokenize(sql, file).filter(({ kind }) => kind === 'parameter').map(({ value }) => value);
  return [...new Set(names)];
}

const WRITERS: Readonly<Record<Parameter['type'], (text: string) => string | undefined>> = {
  date: (text) => (/^\d{4}-\d{2}-\d{2}$/.test(text) && parseTimestamp(text) ? `DATE '${text}'` : undefined),
  timestamp: (text) => {
    const parsed = parseTimestamp(text.replace('T', ' '));
    return parsed && parsed.zone === undefined ? `TIMESTAMP '${text.replace('T', ' ')}'` : undefined;
  },
  varchar: (text) => quoteString(text),
  bigint: (text) => (/^-?\d{1,19}$/.test(text) ? `BIGINT '${text}'` : undefined),
  double: (text) => (Number.isFinite(Number(text)) && text.trim() !== '' ? `CAST('${Number(text)}' AS DOUBLE)` : undefined),
};

function literal(name: string, { type, value }: Parameter): string {
  const written = WRITERS[type](String(value));
  if (written === undefined) throw new MillraceError('bad_input', `the parameter :${name} is no ${type}: ${String(value)}`);
  return written;
}
