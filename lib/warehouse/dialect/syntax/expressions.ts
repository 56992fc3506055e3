// Reads expressions, with Trino's order of precedence.
import type { Cursor } from './cursor.ts';
import { bareCall, call, listaggCall, positionCall, substringCall, trimCall } from './calls.ts';
import { arrayConstructor, caseExpression, castExpression, existsExpression, extractExpression, intervalLiteral, rowConstructor } from './forms.ts';
import type { BinaryOperator, Expression, Name } from './tree.ts';

const COMPARISONS: Readonly<Record<string, BinaryOperator>> = {
  '=': '=', '<>': '<>', '!=': '<>', '<': '<', '<=': '<=', '>': '>', '>=': '>=',
};
/** Types whose name may stand before a string: `DATE '2026-01-01'`. */
const LITERAL_TYPES = new Set(['DATE', 'TIMESTAMP', 'TIME', 'DECIMAL', 'BIGINT', 'INTEGER', 'INT', 'SMALLINT', 'TINYINT', 'REAL', 'DOUBLE',
  'VARCHAR', 'CHAR', 'BOOLEAN', 'JSON', 'UUID', 'IPADDRESS']);
const BARE_CALLS = new Set(['CURRENT_DATE', 'CURRENT_TIMESTAMP', 'CURRENT_TIME', 'LOCALTIMESTAMP', 'LOCALTIME', 'CURRENT_USER',
  'CURRENT_CATALOG', 'CURRENT_SCHEMA', 'CURRENT_PATH', 'CURRENT_ROLE']);
const AN_OPERATOR = 'an operator';

export function expression(cursor: Cursor): Expression {
  let left = conjunction(cursor);
  while (cursor.token.value === 'OR' && cursor.accept('OR')) left = binary(cursor, 'OR', left, conjunction(cursor));
  return left;
}

function conjunction(cursor: Cursor): Expression {
  let left = negation(cursor);
  while (cursor.token.value === 'AND' && cursor.accept('AND')) left = binary(cursor, 'AND', left, negation(cursor));
  return left;
}

function negation(cursor: Cursor): Expression {
  const { at } = cursor.token;
  if (!cursor.looksLike('NOT')) return predicate(cursor);
  cursor.next();
  return { kind: 'unary', operator: 'NOT', operand: negation(cursor), at: cursor.since(at) };
}

function predicate(cursor: Cursor): Expression {
  const value = operand(cursor);
  const from = value.at;
  const comparison = cursor.token.kind === 'symbol' ? COMPARISONS[cursor.token.value] : undefined;
  if (comparison) {
    cursor.next();
    if (['ALL', 'SOME', 'ANY'].includes(cursor.token.value) && cursor.peek().value === '(') {
      cursor.refuse(cursor.token.at, `a comparison with ${cursor.token.value}`, 'use IN, EXISTS, or a subquery with min or max');
    }
    return binary(cursor, comparison, value, operand(cursor));
  }
  if (cursor.looksLike('IS')) {
    cursor.next();
    const negated = cursor.accept('NOT');
    if (cursor.accept('NULL')) return { kind: 'isNull', negated, value, at: cursor.since(from) };
    cursor.expect('DISTINCT', 'FROM');
    // IS DISTINCT FROM says "different"; negated it says "the same".
    return { kind: 'isDistinct', negated, left: value, right: operand(cursor), at: cursor.since(from) };
  }
  const negated = cursor.looksLike('NOT') && ['BETWEEN', 'IN', 'LIKE', 'ILIKE', 'RLIKE', 'SIMILAR'].includes(cursor.peek().value);
  if (negated) cursor.next();
  if (cursor.token.value === 'BETWEEN') return between(cursor, value, negated);
  if (cursor.token.value === 'IN') return inPredicate(cursor, value, negated);
  if (cursor.token.value === 'LIKE') return like(cursor, value, negated);
  if (cursor.token.kind === 'word' && ['ILIKE', 'RLIKE', 'SIMILAR', 'REGEXP', 'GLOB'].includes(cursor.token.value)) {
    cursor.refuse(cursor.token.at, cursor.token.value, 'use LIKE or regexp_like');
  }
  cursor.mention(AN_OPERATOR);
  return value;
}

function between(cursor: Cursor, value: Expression, negated: boolean): Expression {
  cursor.next();
  const low = operand(cursor);
  cursor.expect('AND');
  return { kind: 'between', negated, value, low, high: operand(cursor), at: cursor.since(value.at) };
}

function inPredicate(cursor: Cursor, value: Expression, negated: boolean): Expression {
  cursor.next();
  cursor.expect('(');
  if (startsQuery(cursor)) {
    const nested = cursor.query();
    cursor.expect(')');
    return { kind: 'inQuery', negated, value, query: nested, at: cursor.since(value.at) };
  }
  const list = cursor.list(() => expression(cursor));
  cursor.expect(')');
  return { kind: 'in', negated, value, list, at: cursor.since(value.at) };
}

function like(cursor: Cursor, value: Expression, negated: boolean): Expression {
  cursor.next();
  const pattern = operand(cursor);
  const escape = cursor.accept('ESCAPE') ? operand(cursor) : undefined;
  return { kind: 'like', negated, value, pattern, escape, at: cursor.since(value.at) };
}

/** One level of left-associative operators, from `||`, which binds least, to multiplication. */
const LEVELS: readonly (readonly BinaryOperator[])[] = [['||'], ['+', '-'], ['*', '/', '%']];

/** What stands on either side of a comparison. */
export function operand(cursor: Cursor): Expression {
  return level(cursor, 0);
}

function level(cursor: Cursor, depth: number): Expression {
  const operators = LEVELS[depth];
  if (!operators) return signed(cursor);
  let left = level(cursor, depth + 1);
  for (;;) {
    const operator = operators.find((each) => cursor.token.kind === 'symbol' && cursor.token.value === each);
    if (!operator) return left;
    cursor.next();
    left = binary(cursor, operator, left, level(cursor, depth + 1));
  }
}

function signed(cursor: Cursor): Expression {
  const { at, kind, value } = cursor.token;
  if (kind === 'symbol' && (value === '-' || value === '+')) {
    cursor.next();
    return { kind: 'unary', operator: value, operand: signed(cursor), at: cursor.since(at) };
  }
  return atTimeZone(cursor);
}

function atTimeZone(cursor: Cursor): Expression {
  let value = postfix(cursor);
  while (cursor.looksLike('AT', 'TIME', 'ZONE')) {
    cursor.expect('AT', 'TIME', 'ZONE');
    value = { kind: 'atTimeZone', value, zone: postfix(cursor), at: cursor.since(value.at) };
  }
  return value;
}

function postfix(cursor: Cursor): Expression {
  let value = primary(cursor);
  for (;;) {
    if (cursor.looksLike('[')) {
      cursor.next();
      const index = operand(cursor);
      cursor.expect(']');
      value = { kind: 'subscript', value, index, at: cursor.since(value.at) };
    } else if (cursor.looksLike('::')) {
      cursor.refuse(cursor.token.at, 'the cast ::', 'write CAST(x AS type)');
    } else if (cursor.looksLike('.') && value.kind !== 'column') {
      cursor.refuse(cursor.token.at, 'a field of a row');
    } else {
      return value;
    }
  }
}

function primary(cursor: Cursor): Expression {
  const { token } = cursor;
  const { at } = token;
  switch (token.kind) {
    case 'integer':
    case 'decimal':
    case 'double':
    case 'string':
    case 'binary':
      cursor.next();
      return { kind: 'literal', type: token.kind, text: token.value, at };
    case 'parameter':
      cursor.next();
      return { kind: 'parameter', name: token.value, at };
    case 'symbol':
      if (token.value === '(') return parenthesised(cursor);
      if (token.value === '?') cursor.refuse(at, 'a positional parameter', 'use :as_of, :from, :to');
      break;
    case 'quoted':
      return reference(cursor);
    case 'word':
      return word(cursor);
    default:
      break;
  }
  return cursor.fail('an expression');
}

const WORDS: Readonly<Record<string, (cursor: Cursor) => Expression>> = {
  NULL: (cursor) => ({ kind: 'literal', type: 'null', text: 'NULL', at: cursor.next().at }),
  TRUE: (cursor) => ({ kind: 'literal', type: 'boolean', text: 'TRUE', at: cursor.next().at }),
  FALSE: (cursor) => ({ kind: 'literal', type: 'boolean', text: 'FALSE', at: cursor.next().at }),
  CASE: caseExpression,
  CAST: (cursor) => castExpression(cursor, false),
  TRY_CAST: (cursor) => castExpression(cursor, true),
  EXTRACT: extractExpression,
  EXISTS: existsExpression,
  INTERVAL: intervalLiteral,
  TRIM: trimCall,
  POSITION: positionCall,
  SUBSTRING: substringCall,
  ARRAY: arrayConstructor,
  ROW: rowConstructor,
  LISTAGG: listaggCall,
  GROUPING: call,
};

function word(cursor: Cursor): Expression {
  const { value, at } = cursor.token;
  const follower = cursor.peek();
  const isCall = follower.kind === 'symbol' && follower.value === '(';
  const special = WORDS[value];
  if (special) {
    const literal = ['NULL', 'TRUE', 'FALSE', 'CASE'].includes(value);
    const interval = value === 'INTERVAL' && (follower.kind === 'string' || follower.value === '-' || follower.value === '+');
    const array = value === 'ARRAY' && follower.value === '[';
    if (literal || interval || array || (isCall && value !== 'INTERVAL' && value !== 'ARRAY')) return special(cursor);
  }
  if (value === 'U' && follower.value === '&') cursor.refuse(at, 'a string with Unicode escapes', 'write the character itself');
  if (LITERAL_TYPES.has(value) && follower.kind === 'string') {
    cursor.next();
    return { kind: 'typed', type: value.toLowerCase(), text: cursor.next().value, at: cursor.since(at) };
  }
  if (value === 'DOUBLE' && follower.value === 'PRECISION' && cursor.peek(2).kind === 'string') {
    cursor.next();
    cursor.next();
    return { kind: 'typed', type: 'double', text: cursor.next().value, at: cursor.since(at) };
  }
  if (BARE_CALLS.has(value)) return bareCall(cursor);
  if (value.startsWith('JSON_') && ['JSON_ARRAY', 'JSON_EXISTS', 'JSON_OBJECT', 'JSON_QUERY', 'JSON_TABLE', 'JSON_VALUE'].includes(value)) {
    cursor.refuse(at, `the function ${value.toLowerCase()}`, 'use json_extract_scalar');
  }
  if (value === 'NORMALIZE' && isCall) cursor.refuse(at, 'the function normalize');
  if (isCall && cursor.isName()) return call(cursor);
  if (follower.value === '->') return lambda(cursor);
  if (cursor.isName()) return reference(cursor);
  return cursor.fail('an expression');
}

function reference(cursor: Cursor): Expression {
  const { at } = cursor.token;
  if (cursor.peek().value === '->') return lambda(cursor);
  const parts = [cursor.name('an expression')];
  while (cursor.looksLike('.')) {
    cursor.next();
    parts.push(cursor.name('a column'));
  }
  if (cursor.looksLike('(')) cursor.refuse(cursor.since(at), 'a quoted or qualified function name');
  return { kind: 'column', parts, at: cursor.since(at) };
}

function lambda(cursor: Cursor): Expression {
  const parameter = cursor.name();
  cursor.expect('->');
  const body = expression(cursor);
  return { kind: 'lambda', parameters: [parameter], body, at: cursor.since(parameter.at) };
}

function parenthesised(cursor: Cursor): Expression {
  const start = cursor.next().at;
  if (startsQuery(cursor)) {
    const nested = cursor.query();
    cursor.expect(')');
    return { kind: 'scalar', query: nested, at: cursor.since(start) };
  }
  if (isLambdaParameters(cursor)) {
    const parameters: Name[] = cursor.token.value === ')' ? [] : cursor.list(() => cursor.name());
    cursor.expect(')');
    cursor.expect('->');
    return { kind: 'lambda', parameters, body: expression(cursor), at: cursor.since(start) };
  }
  const items = cursor.list(() => expression(cursor));
  cursor.expect(')');
  const [only] = items;
  if (items.length === 1 && only) return only;
  return { kind: 'row', items, at: cursor.since(start) };
}

function isLambdaParameters(cursor: Cursor): boolean {
  let ahead = 0;
  while (cursor.peek(ahead).kind === 'word' && cursor.peek(ahead + 1).value === ',') ahead += 2;
  if (cursor.peek(ahead).kind === 'word') ahead++;
  return cursor.peek(ahead).value === ')' && cursor.peek(ahead + 1).value === '->';
}

function startsQuery(cursor: Cursor): boolean {
  let ahead = 0;
  while (cursor.peek(ahead).kind === 'symbol' && cursor.peek(ahead).value === '(') ahead++;
  const { kind, value } = cursor.peek(ahead);
  return kind === 'word' && (value === 'SELECT' || (ahead === 0 && (value === 'WITH' || value === 'VALUES')));
}

function binary(cursor: Cursor, operator: BinaryOperator, left: Expression, right: Expression): Expression {
  return { kind: 'binary', operator, left, right, at: cursor.since(left.at) };
}
