// The allow-list, as far as it can be held without knowing any table: every function, type and clause must be one that is listed.
import { MillraceError } from '../../base/index.ts';
import { EXTRACT_FIELDS } from './functions/times.ts';
import { insteadOf, isFunction, rowsOf } from './functions/registry.ts';
import { queryOf } from './parse.ts';
import { refusal } from './syntax/cursor.ts';
import type { Span } from './syntax/tokens.ts';
import type { Call, Expression, Query } from './syntax/tree.ts';
import { isQuery, visit } from './syntax/walk.ts';
import { typeOf } from './types/types.ts';

/** What the SQL is for: models and audits must give the same whenever they run over the same snapshots; a query may ask the clock. */
export type Purpose = 'models' | 'queries';

interface Finding { at: Span; what: string; todo?: string }

/**
 * All that is not allowed in a query, in the order of the text; empty if there is nothing. What depends on the types of columns is found by
 * `analyse`, which models go through when they are loaded.
 */
export function check(sql: string, options: { file?: string; purpose?: Purpose } = {}): MillraceError[] {
  const { file, purpose = 'models' } = options;
  let query: Query;
  try {
    query = queryOf(sql, file);
  } catch (error) {
    if (error instanceof MillraceError) return [error];
    throw error;
  }
  const findings: Finding[] = [];
  visit(query, (part) => {
    if (isQuery(part)) findings.push(...ofQuery(part, purpose));
    if (typeof part.kind === 'string' && Object.hasOwn(RULES, part.kind)) {
      const rule = RULES[part.kind as keyof typeof RULES] as (node: unknown, purpose: Purpose) => Finding[];
      findings.push(...rule(part, purpose));
    }
  });
  return findings
    .sort((a, b) => a.at.start - b.at.start)
    .map(({ at, what, todo }) => refusal(sql, at, what, todo, file));
}

type Rules = { [Kind in Expression['kind']]?: (node: Extract<Expression, { kind: Kind }>, purpose: Purpose) => Finding[] };

const RULES: Rules = {
  call: ofCall,
  cast: ({ type }) => {
    const found = typeOf(type);
    return typeof found === 'string' ? [{ at: type.at, what: `the type ${type.name}`, todo: found }] : [];
  },
  extract: ({ field, at }) => (EXTRACT_FIELDS.has(field) ? [] : [{ at, what: `EXTRACT of ${field}`, todo: `fields are ${[...EXTRACT_FIELDS].join(', ')}` }]),
  lambda: ({ at }) => [{ at, what: 'a function as a value (x -> …)', todo: 'use UNNEST and an ordinary SELECT' }],
};

function ofCall({ name, nameAt, at, orderBy, over }: Call, purpose: Purpose): Finding[] {
  if (name === 'grouping') return [];
  if (!isFunction(name)) return [{ at: nameAt, what: `the function ${name}`, todo: insteadOf(name) }];
  if (purpose === 'queries') return [];
  const rows = rowsOf(name);
  if (rows.every(({ use }) => use === 'queries')) {
    return [{ at: nameAt, what: `the function ${name} in a model`, todo: rows.find(({ note }) => note)?.note ?? 'a model gives the same whenever it runs' }];
  }
  if (rows.some((row) => row.kind === 'aggregate' && row.ordered) && orderBy.length === 0) {
    return [{ at, what: `${name} without ORDER BY in a model`, todo: `write ${name}(x ORDER BY y)` }];
  }
  if (name === 'row_number' && over && !over.name && over.orderBy.length === 0) {
    return [{ at, what: 'row_number without ORDER BY in a model', todo: 'order by what makes each row unique' }];
  }
  return [];
}

function ofQuery({ limit, offset, orderBy }: Query, purpose: Purpose): Finding[] {
  const cut = limit ?? offset;
  if (purpose === 'queries' || !cut || orderBy.length > 0) return [];
  return [{ at: cut.at, what: 'LIMIT without ORDER BY in a model', todo: 'order by what makes each row unique' }];
}
