// Reads calls of functions, and the standard's own ways to write some of them.
import type { Cursor } from './cursor.ts';
import type { Call, Expression } from './tree.ts';
import { overClause, sortItems } from './windows.ts';

const plainCall = { star: false, distinct: false, orderBy: [], bare: false } as const;

export function bareCall(cursor: Cursor): Expression {
  const { at, value } = cursor.next();
  if (cursor.accept('(')) {
    cursor.expectKind('integer', 'a precision');
    cursor.expect(')');
  }
  return { ...plainCall, kind: 'call', name: value.toLowerCase(), nameAt: at, args: [], bare: true, at };
}

/** `trim(both 'x' from y)` becomes trim, ltrim or rtrim with the characters as second argument. */
export function trimCall(cursor: Cursor): Expression {
  const nameAt = cursor.next().at;
  cursor.expect('(');
  const side = (['LEADING', 'TRAILING', 'BOTH'] as const).find((each) => cursor.looksLike(each));
  if (side) cursor.next();
  const first = side && cursor.looksLike('FROM') ? undefined : cursor.expression();
  const hasFrom = (side !== undefined || first !== undefined) && cursor.accept('FROM');
  const value = hasFrom ? cursor.expression() : first;
  const characters = hasFrom ? first : cursor.accept(',') ? cursor.expression() : undefined;
  cursor.expect(')');
  const name = side === 'LEADING' ? 'ltrim' : side === 'TRAILING' ? 'rtrim' : 'trim';
  const args = [value, characters].filter((each) => each !== undefined);
  return { ...plainCall, kind: 'call', name, nameAt, args, at: cursor.since(nameAt) };
}

/** `position(x IN y)` is `strpos(y, x)`. */
export function positionCall(cursor: Cursor): Expression {
  const nameAt = cursor.next().at;
  cursor.expect('(');
  const part = cursor.operand();
  cursor.expect('IN');
  const whole = cursor.operand();
  cursor.expect(')');
  return { ...plainCall, kind: 'call', name: 'strpos', nameAt, args: [whole, part], at: cursor.since(nameAt) };
}

/** `substring(x FROM 2 FOR 3)` and `substring(x, 2, 3)`. */
export function substringCall(cursor: Cursor): Expression {
  const nameAt = cursor.next().at;
  cursor.expect('(');
  const args = [cursor.expression()];
  if (cursor.accept('FROM')) {
    args.push(cursor.expression());
    if (cursor.accept('FOR')) args.push(cursor.expression());
  } else {
    while (cursor.accept(',')) args.push(cursor.expression());
  }
  cursor.expect(')');
  return { ...plainCall, kind: 'call', name: 'substr', nameAt, args, at: cursor.since(nameAt) };
}

/** `listagg(x, ',') WITHIN GROUP (ORDER BY y)` */
export function listaggCall(cursor: Cursor): Expression {
  const nameAt = cursor.next().at;
  cursor.expect('(');
  const distinct = cursor.accept('DISTINCT');
  const args = cursor.list(() => cursor.expression());
  if (cursor.looksLike('ON', 'OVERFLOW')) cursor.refuse(cursor.token.at, 'ON OVERFLOW');
  cursor.expect(')');
  cursor.expect('WITHIN', 'GROUP');
  cursor.expect('(');
  cursor.expect('ORDER', 'BY');
  const orderBy = sortItems(cursor);
  cursor.expect(')');
  const filter = filterClause(cursor);
  return { ...plainCall, kind: 'call', name: 'listagg', nameAt, args, distinct, orderBy, filter, at: cursor.since(nameAt) };
}

export function call(cursor: Cursor): Call {
  const token = cursor.next();
  const nameAt = token.at;
  cursor.expect('(');
  const star = cursor.looksLike('*', ')') && cursor.accept('*');
  const distinct = cursor.accept('DISTINCT');
  if (!distinct) cursor.accept('ALL');
  const args = star || cursor.looksLike(')') || cursor.looksLike('ORDER', 'BY') ? [] : cursor.list(() => cursor.expression());
  const orderBy = cursor.accept('ORDER', 'BY') ? sortItems(cursor) : [];
  cursor.expect(')');
  if (cursor.looksLike('WITHIN', 'GROUP')) cursor.refuse(cursor.token.at, `WITHIN GROUP behind ${token.text}`);
  const filter = filterClause(cursor);
  const nulls = cursor.accept('IGNORE', 'NULLS') ? 'IGNORE' : cursor.accept('RESPECT', 'NULLS') ? 'RESPECT' : undefined;
  const over = cursor.looksLike('OVER') ? overClause(cursor) : undefined;
  const name = token.text.toLowerCase();
  return { kind: 'call', name, nameAt, args, star, distinct, orderBy, filter, nulls, over, bare: false, at: cursor.since(nameAt) };
}

function filterClause(cursor: Cursor): Expression | undefined {
  if (!cursor.looksLike('FILTER', '(')) return undefined;
  cursor.expect('FILTER');
  cursor.expect('(');
  cursor.expect('WHERE');
  const condition = cursor.expression();
  cursor.expect(')');
  return condition;
}
