// Reads FROM: tables, subqueries, UNNEST and joins.
import type { Cursor } from './cursor.ts';
import type { JoinType, Name, Relation, TableRelation } from './tree.ts';

export function fromClause(cursor: Cursor): Relation {
  let left = relation(cursor);
  while (cursor.accept(',')) {
    left = { kind: 'join', type: 'CROSS', left, right: relation(cursor), at: cursor.previous.at };
  }
  return left;
}

function relation(cursor: Cursor): Relation {
  let left = primaryRelation(cursor);
  for (;;) {
    const { at } = cursor.token;
    const type = joinType(cursor);
    if (!type) return left;
    const right = type === 'CROSS' ? primaryRelation(cursor) : relationOperand(cursor);
    if (type === 'CROSS') {
      left = { kind: 'join', type, left, right, at };
    } else if (cursor.accept('USING')) {
      left = { kind: 'join', type, left, right, using: columnNames(cursor), at };
    } else {
      if (!cursor.accept('ON')) cursor.fail('ON or USING');
      left = { kind: 'join', type, left, right, on: cursor.expression(), at };
    }
  }
}

/** The right side of `a JOIN b JOIN c ON … ON …` is itself a join. */
function relationOperand(cursor: Cursor): Relation {
  let left = primaryRelation(cursor);
  while (!cursor.is('ON') && !cursor.is('USING')) {
    const { at } = cursor.token;
    const type = joinType(cursor);
    if (!type) return left;
    const right = relationOperand(cursor);
    if (type === 'CROSS') {
      left = { kind: 'join', type, left, right, at };
      continue;
    }
    cursor.expect('ON');
    left = { kind: 'join', type, left, right, on: cursor.expression(), at };
  }
  return left;
}

function joinType(cursor: Cursor): JoinType | undefined {
  if (cursor.looksLike('NATURAL')) cursor.refuse(cursor.token.at, 'NATURAL JOIN', 'name the columns with USING or ON');
  if (cursor.accept('CROSS', 'JOIN')) return 'CROSS';
  if (cursor.accept('JOIN') || cursor.accept('INNER', 'JOIN')) return 'INNER';
  for (const side of ['LEFT', 'RIGHT', 'FULL'] as const) {
    if (cursor.accept(side)) {
      cursor.accept('OUTER');
      cursor.expect('JOIN');
      return side;
    }
  }
  return undefined;
}

function primaryRelation(cursor: Cursor): Relation {
  const { at } = cursor.token;
  if (cursor.looksLike('LATERAL')) cursor.refuse(at, 'LATERAL', 'use a join, or a window function');
  if (cursor.accept('UNNEST')) {
    cursor.expect('(');
    const values = cursor.list(() => cursor.expression());
    cursor.expect(')');
    const ordinality = cursor.accept('WITH', 'ORDINALITY');
    return { kind: 'unnest', values, ordinality, ...alias(cursor), at: cursor.since(at) };
  }
  if (cursor.accept('(')) {
    if (startsQuery(cursor)) {
      const nested = cursor.query();
      cursor.expect(')');
      return { kind: 'query', query: nested, ...alias(cursor), at: cursor.since(at) };
    }
    const inner = fromClause(cursor);
    cursor.expect(')');
    return inner;
  }
  if (cursor.looksLike('TABLE', '(')) cursor.refuse(at, 'a table function');
  return table(cursor);
}

/** Behind an opening parenthesis: a query, or a parenthesised join? */
function startsQuery(cursor: Cursor): boolean {
  let ahead = 0;
  while (cursor.peek(ahead).value === '(' && cursor.peek(ahead).kind === 'symbol') ahead++;
  const { kind, value } = cursor.peek(ahead);
  return kind === 'word' && ['SELECT', 'WITH', 'VALUES'].includes(value);
}

function table(cursor: Cursor): TableRelation {
  const start = cursor.token.at;
  const parts = qualifiedName(cursor);
  let travel: TableRelation['travel'];
  if (cursor.accept('FOR')) {
    const by = cursor.accept('TIMESTAMP') || cursor.accept('SYSTEM_TIME') ? 'timestamp' : 'version';
    if (by === 'version' && !cursor.accept('VERSION')) cursor.expect('SYSTEM_VERSION');
    cursor.expect('AS', 'OF');
    travel = { by, value: cursor.expression() };
  }
  const nameAt = cursor.since(start);
  return { kind: 'table', parts, travel, nameAt, ...alias(cursor), at: cursor.since(start) };
}

function alias(cursor: Cursor): { alias?: Name; columns?: readonly Name[] } {
  if (!cursor.accept('AS') && (!cursor.isName() || isClauseWord(cursor))) return {};
  const name = cursor.name('an alias');
  return cursor.is('(') ? { alias: name, columns: columnNames(cursor) } : { alias: name };
}

function qualifiedName(cursor: Cursor): Name[] {
  const parts = [cursor.name('a table')];
  while (cursor.accept('.')) parts.push(cursor.name());
  return parts;
}

export function columnNames(cursor: Cursor): Name[] {
  cursor.expect('(');
  const names = cursor.list(() => cursor.name('a column'));
  cursor.expect(')');
  return names;
}

/** Words that are no reserved ones and yet start a clause where an alias could stand. */
export function isClauseWord(cursor: Cursor): boolean {
  const { kind, value } = cursor.token;
  if (kind !== 'word') return false;
  if (value === 'QUALIFY') cursor.refuse(cursor.token.at, 'QUALIFY', 'filter on the window in an outer SELECT');
  if (value === 'TABLESAMPLE') cursor.refuse(cursor.token.at, 'TABLESAMPLE');
  if (value === 'MATCH_RECOGNIZE') cursor.refuse(cursor.token.at, 'MATCH_RECOGNIZE');
  const follower = cursor.peek().value;
  return (
    ['LIMIT', 'OFFSET', 'FETCH'].includes(value) || (value === 'WINDOW' && cursor.peek(2).value === 'AS') ||
    (value === 'LATERAL' && follower === 'VIEW')
  );
}
