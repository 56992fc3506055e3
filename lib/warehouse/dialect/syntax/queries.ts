// Reads a query: WITH, SELECT, FROM and what follows them.
import type { Cursor } from './cursor.ts';
import { columnNames, fromClause, isClauseWord } from './relations.ts';
import type { Body, CommonTable, Expression, GroupingElement, Query, Select, SelectItem } from './tree.ts';
import { sortItems, windowBody } from './windows.ts';

/** A single SELECT, VALUES or WITH statement, and nothing behind it. */
export function statement(cursor: Cursor): Query {
  const parsed = query(cursor);
  end(cursor);
  return parsed;
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
  const offset = cursor.accept('OFFSET') ? cursor.expression() : undefined;
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
    const count = cursor.expression();
    if (!cursor.accept('ROWS')) cursor.expect('ROW');
    if (cursor.looksLike('WITH', 'TIES')) cursor.refuse(cursor.token.at, 'WITH TIES');
    cursor.expect('ONLY');
    return count;
  }
  if (!cursor.accept('LIMIT')) return undefined;
  if (cursor.accept('ALL')) return undefined;
  return cursor.expression();
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
      const row = cursor.expression();
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
  const where = cursor.accept('WHERE') ? cursor.expression() : undefined;
  const groupBy = cursor.accept('GROUP', 'BY') ? groupClause(cursor) : [];
  const having = cursor.accept('HAVING') ? cursor.expression() : undefined;
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
  const value = cursor.expression();
  const alias = cursor.accept('AS') || (cursor.isName() && !isClauseWord(cursor)) ? cursor.name('an alias') : undefined;
  return { kind: 'value', value, alias, at: cursor.since(at) };
}

function groupClause(cursor: Cursor): GroupingElement[] {
  if (!cursor.accept('ALL')) cursor.accept('DISTINCT');
  return cursor.list((): GroupingElement => {
    const { at } = cursor.token;
    const set = (): Expression[] => {
      if (!cursor.accept('(')) return [cursor.expression()];
      if (cursor.accept(')')) return [];
      const members = cursor.list(() => cursor.expression());
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
    return { kind: 'value', value: cursor.expression() };
  });
}
