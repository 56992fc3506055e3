// Reads a query: WITH, SELECT, FROM and what follows them.
import type { Cursor } from './cursor.ts';
import { expression, sortItems, windowBody } from './expressions.ts';
import type {
  Body, CommonTable, Expression, GroupingElement, Insert, JoinType, Name, Query, Relation, Select, SelectItem, TableRelation,
} from './tree.ts';

/** A single SELECT, VALUES or WITH statement, and nothing behind it. */
export function statement(cursor: Cursor): Query {
  const parsed = query(cursor);
  end(cursor);
  return parsed;
}

/** `INSERT INTO target [(columns)] SELECT …`, and nothing behind it. */
export function insertStatement(cursor: Cursor): Insert {
  const start = cursor.expect('INSERT', 'INTO').at;
  const targetAt = cursor.token.at;
  const target = qualifiedName(cursor);
  const nameEnd = cursor.since(targetAt);
  const hasColumns = cursor.token.value === '(' && !['SELECT', 'WITH', 'VALUES', '('].includes(cursor.peek().value);
  const columns = hasColumns ? columnNames(cursor) : undefined;
  const parsed = query(cursor);
  end(cursor);
  return { target, targetAt: nameEnd, columns, query: parsed, at: cursor.since(start) };
}

function end(cursor: Cursor): void {
  if (cursor.token.value === ';' && cursor.peek().kind === 'end') cursor.next();
  if (cursor.token.value === ';') cursor.refuse(cursor.token.at, 'more than one statement');
  if (cursor.token.kind !== 'end') cursor.fail();
}

export function query(cursor: Cursor): Query {
  const start = cursor.token.at;
  const commonTables = cursor.accept('WITH') ? withClause(cursor) : [];
  const body = unionBody(cursor);
  const orderBy = cursor.accept('ORDER', 'BY') ? sortItems(cursor) : [];
  const offset = cursor.accept('OFFSET') ? expression(cursor) : undefined;
  if (offset && !cursor.accept('ROWS')) cursor.accept('ROW');
  const limit = limitClause(cursor);
  return { with: commonTables, body, orderBy, offset, limit, at: cursor.since(start) };
}

function withClause(cursor: Cursor): CommonTable[] {
  if (cursor.looksLike('RECURSIVE')) cursor.refuse(cursor.token.at, 'WITH RECURSIVE');
  return cursor.list(() => {
    const name = cursor.name('the name of a common table');
    const columns = cursor.is('(') ? columnNames(cursor) : undefined;
    cursor.expect('AS');
    cursor.expect('(');
    const parsed = query(cursor);
    cursor.expect(')');
    return { name, columns, query: parsed };
  });
}

function limitClause(cursor: Cursor): Expression | undefined {
  if (cursor.accept('FETCH')) {
    if (!cursor.accept('FIRST')) cursor.expect('NEXT');
    const count = expression(cursor);
    if (!cursor.accept('ROWS')) cursor.expect('ROW');
    if (cursor.looksLike('WITH', 'TIES')) cursor.refuse(cursor.token.at, 'WITH TIES');
    cursor.expect('ONLY');
    return count;
  }
  if (!cursor.accept('LIMIT')) return undefined;
  if (cursor.accept('ALL')) return undefined;
  return expression(cursor);
}

function unionBody(cursor: Cursor): Body {
  let left = intersectBody(cursor);
  for (;;) {
    const operator = cursor.is('UNION') ? 'UNION' : cursor.is('EXCEPT') ? 'EXCEPT' : undefined;
    if (!operator) return left;
    const { at } = cursor.next();
    const all = quantifier(cursor);
    left = { kind: 'set', operator, all, left, right: intersectBody(cursor), at };
  }
}

function intersectBody(cursor: Cursor): Body {
  let left = primaryBody(cursor);
  while (cursor.is('INTERSECT')) {
    const { at } = cursor.next();
    const all = quantifier(cursor);
    left = { kind: 'set', operator: 'INTERSECT', all, left, right: primaryBody(cursor), at };
  }
  return left;
}

function quantifier(cursor: Cursor): boolean {
  if (cursor.accept('ALL')) return true;
  cursor.accept('DISTINCT');
  return false;
}

function primaryBody(cursor: Cursor): Body {
  const { at } = cursor.token;
  if (cursor.is('SELECT')) return select(cursor);
  if (cursor.accept('VALUES')) {
    const rows = cursor.list(() => {
      const row = expression(cursor);
      return row.kind === 'row' ? row.items : [row];
    });
    return { kind: 'values', rows, at: cursor.since(at) };
  }
  if (cursor.looksLike('TABLE')) cursor.refuse(at, 'TABLE as a query', 'write SELECT * FROM');
  if (!cursor.accept('(')) cursor.fail('SELECT');
  const nested = query(cursor);
  cursor.expect(')');
  return { kind: 'nested', query: nested, at: cursor.since(at) };
}

function select(cursor: Cursor): Select {
  const start = cursor.expect('SELECT').at;
  const distinct = cursor.accept('DISTINCT');
  if (!distinct) cursor.accept('ALL');
  const items = cursor.list(() => selectItem(cursor));
  const from = cursor.accept('FROM') ? fromClause(cursor) : undefined;
  const where = cursor.accept('WHERE') ? expression(cursor) : undefined;
  const groupBy = cursor.accept('GROUP', 'BY') ? groupClause(cursor) : [];
  const having = cursor.accept('HAVING') ? expression(cursor) : undefined;
  const windows = cursor.accept('WINDOW')
    ? cursor.list(() => {
        const name = cursor.name('the name of a window');
        cursor.expect('AS');
        return { name, window: windowBody(cursor) };
      })
    : [];
  return { kind: 'select', distinct, items, from, where, groupBy, having, windows, at: cursor.since(start) };
}

function selectItem(cursor: Cursor): SelectItem {
  const { at } = cursor.token;
  if (cursor.accept('*')) return { kind: 'all', at };
  if (cursor.isName() && cursor.peek().value === '.' && cursor.peek(2).value === '*') {
    const table = cursor.name();
    cursor.next();
    cursor.next();
    return { kind: 'all', table, at: cursor.since(at) };
  }
  const value = expression(cursor);
  const alias = cursor.accept('AS') || (cursor.isName() && !isClauseWord(cursor)) ? cursor.name('an alias') : undefined;
  return { kind: 'value', value, alias, at: cursor.since(at) };
}

/** Words that are no reserved ones and yet start a clause where an alias could stand. */
function isClauseWord(cursor: Cursor): boolean {
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

function groupClause(cursor: Cursor): GroupingElement[] {
  if (!cursor.accept('ALL')) cursor.accept('DISTINCT');
  return cursor.list((): GroupingElement => {
    const { at } = cursor.token;
    const set = (): Expression[] => {
      if (!cursor.accept('(')) return [expression(cursor)];
      if (cursor.accept(')')) return [];
      const members = cursor.list(() => expression(cursor));
      cursor.expect(')');
      return members;
    };
    for (const type of ['ROLLUP', 'CUBE', 'GROUPING SETS'] as const) {
      if (cursor.accept(...type.split(' '))) {
        cursor.expect('(');
        const sets = cursor.list(set);
        cursor.expect(')');
        return { kind: 'sets', type, sets, at: cursor.since(at) };
      }
    }
    return { kind: 'value', value: expression(cursor) };
  });
}

function fromClause(cursor: Cursor): Relation {
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
      left = { kind: 'join', type, left, right, on: expression(cursor), at };
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
    left = { kind: 'join', type, left, right, on: expression(cursor), at };
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
    const values = cursor.list(() => expression(cursor));
    cursor.expect(')');
    const ordinality = cursor.accept('WITH', 'ORDINALITY');
    return { kind: 'unnest', values, ordinality, ...alias(cursor), at: cursor.since(at) };
  }
  if (cursor.accept('(')) {
    if (startsQuery(cursor)) {
      const nested = query(cursor);
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
    travel = { by, value: expression(cursor) };
  }
  const nameAt = cursor.since(start);
  return { kind: 'table', parts, travel, nameAt, ...alias(cursor), at: cursor.since(start) };
}

function alias(cursor: Cursor): { alias?: Name; columns?: readonly Name[] } {
  if (!cursor.accept('AS') && (!cursor.isName() || isClauseWord(cursor))) return {};
  const name = cursor.name('an alias');
  return cursor.is('(') ? { alias: name, columns: columnNames(cursor) } : { alias: name };
}

export function qualifiedName(cursor: Cursor): Name[] {
  const parts = [cursor.name('a table')];
  while (cursor.accept('.')) parts.push(cursor.name());
  return parts;
}

function columnNames(cursor: Cursor): Name[] {
  cursor.expect('(');
  const names = cursor.list(() => cursor.name('a column'));
  cursor.expect(')');
  return names;
}
