// Reads expressions that have a grammar of their own: CASE, CAST, EXTRACT, EXISTS, INTERVAL, ARRAY, ROW.
import type { Cursor } from './cursor.ts';
import type { Expression } from './tree.ts';
import { typeName } from './type-names.ts';

export function caseExpression(cursor: Cursor): Expression {
  const start = cursor.next().at;
  const operand = cursor.looksLike('WHEN') ? undefined : cursor.expression();
  const branches: { when: Expression; result: Expression }[] = [];
  while (cursor.accept('WHEN')) {
    const when = cursor.expression();
    cursor.expect('THEN');
    branches.push({ when, result: cursor.expression() });
  }
  if (branches.length === 0) cursor.fail('WHEN');
  const otherwise = cursor.accept('ELSE') ? cursor.expression() : undefined;
  cursor.expect('END');
  return { kind: 'case', operand, branches, otherwise, at: cursor.since(start) };
}

export function castExpression(cursor: Cursor, safe: boolean): Expression {
  const start = cursor.next().at;
  cursor.expect('(');
  const value = cursor.expression();
  cursor.expect('AS');
  const type = typeName(cursor);
  cursor.expect(')');
  return { kind: 'cast', value, type, safe, at: cursor.since(start) };
}

export function extractExpression(cursor: Cursor): Expression {
  const start = cursor.next().at;
  cursor.expect('(');
  const field = cursor.expectKind('word', 'YEAR, MONTH, DAY').value.toLowerCase();
  cursor.expect('FROM');
  const value = cursor.operand();
  cursor.expect(')');
  return { kind: 'extract', field, value, at: cursor.since(start) };
}

export function existsExpression(cursor: Cursor): Expression {
  const start = cursor.next().at;
  cursor.expect('(');
  const nested = cursor.query();
  cursor.expect(')');
  return { kind: 'exists', query: nested, at: cursor.since(start) };
}

export function intervalLiteral(cursor: Cursor): Expression {
  const start = cursor.next().at;
  const negative = cursor.accept('-');
  if (!negative) cursor.accept('+');
  const text = cursor.expectKind('string', 'a quoted number').value;
  const unit = cursor.expectKind('word', 'YEAR, MONTH, DAY, HOUR, MINUTE or SECOND').value.toLowerCase();
  const to = cursor.accept('TO') ? cursor.expectKind('word', 'MONTH or SECOND').value.toLowerCase() : undefined;
  return { kind: 'interval', negative, text, unit, to, at: cursor.since(start) };
}

export function arrayConstructor(cursor: Cursor): Expression {
  const start = cursor.next().at;
  cursor.expect('[');
  const items = cursor.looksLike(']') ? [] : cursor.list(() => cursor.expression());
  cursor.expect(']');
  return { kind: 'array', items, at: cursor.since(start) };
}

export function rowConstructor(cursor: Cursor): Expression {
  const start = cursor.next().at;
  cursor.expect('(');
  const items = cursor.list(() => cursor.expression());
  cursor.expect(')');
  return { kind: 'row', items, at: cursor.since(start) };
}
