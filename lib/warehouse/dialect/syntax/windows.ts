// Reads OVER, WINDOW and ORDER BY.
import type { Cursor } from './cursor.ts';
import type { Frame, FrameBound, SortItem, Window } from './tree.ts';

export function overClause(cursor: Cursor): Window {
  cursor.expect('OVER');
  if (cursor.isName()) {
    const name = cursor.name();
    return { name, partitionBy: [], orderBy: [], at: name.at };
  }
  return windowBody(cursor);
}

/** `(PARTITION BY … ORDER BY … ROWS …)`, also behind WINDOW w AS. */
export function windowBody(cursor: Cursor): Window {
  const start = cursor.expect('(').at;
  const named = cursor.isName() && !['PARTITION', 'ROWS', 'RANGE', 'GROUPS'].includes(cursor.token.value);
  const name = named ? cursor.name() : undefined;
  const partitionBy = cursor.accept('PARTITION', 'BY') ? cursor.list(() => cursor.expression()) : [];
  const orderBy = cursor.accept('ORDER', 'BY') ? sortItems(cursor) : [];
  const frame = frameClause(cursor);
  cursor.expect(')');
  return { name, partitionBy, orderBy, frame, at: cursor.since(start) };
}

function frameClause(cursor: Cursor): Frame | undefined {
  const unit = (['ROWS', 'RANGE', 'GROUPS'] as const).find((each) => cursor.is(each));
  if (!unit) return undefined;
  const { at } = cursor.next();
  if (!cursor.accept('BETWEEN')) return { unit, from: frameBound(cursor), at: cursor.since(at) };
  const from = frameBound(cursor);
  cursor.expect('AND');
  return { unit, from, to: frameBound(cursor), at: cursor.since(at) };
}

function frameBound(cursor: Cursor): FrameBound {
  if (cursor.accept('UNBOUNDED', 'PRECEDING')) return { kind: 'unbounded preceding' };
  if (cursor.accept('UNBOUNDED', 'FOLLOWING')) return { kind: 'unbounded following' };
  if (cursor.accept('CURRENT', 'ROW')) return { kind: 'current row' };
  const offset = cursor.operand();
  if (cursor.accept('PRECEDING')) return { kind: 'preceding', offset };
  cursor.expect('FOLLOWING');
  return { kind: 'following', offset };
}

export function sortItems(cursor: Cursor): SortItem[] {
  return cursor.list(() => {
    const value = cursor.expression();
    const descending = cursor.accept('DESC');
    if (!descending) cursor.accept('ASC');
    const nulls = cursor.accept('NULLS', 'FIRST') ? 'FIRST' : cursor.accept('NULLS', 'LAST') ? 'LAST' : undefined;
    return { value, descending, nulls, at: cursor.since(value.at) };
  });
}
