// Choices between values, and what NULL does in them.
import { castTo, type Typed } from '../types/expression.ts';
import { nameOfType, type SqlType } from '../types/types.ts';
import { compare, isComparable } from './comparison.ts';
import { scalar, type FunctionRow, type Translated } from './rows.ts';

export const CONDITIONS: readonly FunctionRow[] = [
  scalar('coalesce(T, T...) → T', firstOf),
  scalar('nullif(T, U) → T', nullIf),
  scalar('if(boolean, T) → T', '(CASE WHEN $1 THEN $2 END)'),
  scalar('if(boolean, T, T) → T', '(CASE WHEN $1 THEN $2 ELSE $3 END)'),
  scalar('greatest(T, T...) → T', (args, returns) => extreme('greatest', args, returns), { note: 'NULL if any argument is' }),
  scalar('least(T, T...) → T', (args, returns) => extreme('least', args, returns), { note: 'NULL if any argument is' }),
];

/**
 * The later arguments of COALESCE are for the rows that need them. DuckDB knows that, until it computes what occurs twice in a query
 * ahead of it, for all rows; in CASE it does not. So an argument that may fail stands in a CASE.
 */
function firstOf(args: readonly Typed[]): string {
  const texts = args.map(({ sql }) => sql);
  if (!texts.slice(1).some((sql) => /CASE|millrace_/.test(sql))) return `coalesce(${texts.join(', ')})`;
  const branches = texts.slice(0, -1).map((sql) => `WHEN ${sql} IS NOT NULL THEN ${sql}`);
  return `(CASE ${branches.join(' ')} ELSE ${texts.at(-1)} END)`;
}

function nullIf([x, y]: readonly Typed[]): Translated {
  if (!x || !y) return '';
  const equal = compare('=', x, y);
  return 'complaint' in equal ? equal : { sql: `(CASE WHEN ${equal.sql} THEN NULL ELSE ${x.sql} END)`, type: x.type };
}

/** DuckDB leaves NULLs out and takes NaN for the greatest; Trino answers NULL, and leaves NaN out. */
function extreme(name: string, args: readonly Typed[], returns: SqlType): Translated {
  const texts = args.map(({ sql }) => sql);
  if (!isComparable(returns)) return { complaint: `${name} of ${nameOfType(returns)} is not allowed` };
  if (returns.kind === 'double' || returns.kind === 'real') return texts.reduce((a, b) => `millrace_${name}(${a}, ${b})`);
  const anyNull = texts.map((sql) => `${sql} IS NULL`).join(' OR ');
  return `(CASE WHEN ${anyNull} THEN ${castTo('NULL', returns)} ELSE ${name}(${texts.join(', ')}) END)`;
}
