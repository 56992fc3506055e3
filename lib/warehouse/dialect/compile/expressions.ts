// Expressions: their types as Trino sees them, and their text for DuckDB.
import { coerced, compare, incomparable, isComparable } from '../functions/comparison.ts';
import { arithmetic, type ArithmeticOperator } from '../functions/arithmetic.ts';
import { cast } from '../functions/casts.ts';
import { atTimeZone, EXTRACT_FIELDS } from '../functions/times.ts';
import type { Binary, Case, Cast, Expression } from '../syntax/tree.ts';
import { commonType } from '../types/coercion.ts';
import { castTo, failure, NOWHERE, originsOf, type Typed } from '../types/expression.ts';
import { array, BIGINT, BOOLEAN, DATE, nameOfType, typeOf, UNKNOWN, VARCHAR, type SqlType } from '../types/types.ts';
import { compileCall } from './calls.ts';
import type { Compiler, Context, Scope } from './context.ts';
import { like } from './like.ts';
import { interval, literal, typedLiteral } from './literals.ts';
import { resolveColumn } from './scope.ts';

const DEFAULT_PARAMETERS: Readonly<Record<string, SqlType>> = {
  as_of: DATE, from: DATE, to: DATE, shop_currency: VARCHAR, shop_time_zone: VARCHAR,
};

/** Any expression. What is grouped by counts as a whole, whatever columns it is made of. */
export function compileExpression(compiler: Compiler, scope: Scope, node: Expression): Typed {
  const { groups } = scope;
  const before = groups?.loose.length ?? 0;
  const result = compileNode(compiler, scope, node);
  if (groups && groups.loose.length > before && groups.texts.has(result.sql)) groups.loose.length = before;
  return result;
}

function compileNode(compiler: Compiler, scope: Scope, node: Expression): Typed {
  const { context } = compiler;
  const inner = (each: Expression) => compileExpression(compiler, scope, each);
  switch (node.kind) {
    case 'column':
      return resolveColumn(context, scope, node);
    case 'literal':
      return literal(context, node);
    case 'typed':
      return typedLiteral(context, node);
    case 'interval':
      return interval(context, node);
    case 'parameter': {
      const type = (context.options.parameterTypes ?? DEFAULT_PARAMETERS)[node.name];
      if (!type) return context.fail(node.at, `the parameter :${node.name} has no value`);
      return { sql: castTo('NULL', type), type, from: NOWHERE };
    }
    case 'unary':
      return unary(context, node.operator, inner(node.operand), node);
    case 'binary':
      return binary(context, node, inner);
    case 'between': {
      const [value, low, high] = [inner(node.value), inner(node.low), inner(node.high)];
      if (value.type.kind === 'boolean') return context.refuse(node.at, 'BETWEEN of booleans is not allowed', 'Trino gives it a meaning of its own');
      const from = originsOf([value, low, high]);
      const sides = [compare('>=', value, low), compare('<=', value, high)].map((each) => ('complaint' in each ? context.complain(node.at, each) : each.sql));
      return negatable(`(${sides.join(' AND ')})`, node.negated, from);
    }
    case 'in': {
      const value = inner(node.value);
      const list = node.list.map(inner);
      return inList(context, node, value, list);
    }
    case 'inQuery':
      return inQuery(compiler, scope, node, inner(node.value));
    case 'like':
      return like(context, node, inner);
    case 'isNull': {
      const value = inner(node.value);
      return { sql: `(${value.sql} IS ${node.negated ? 'NOT ' : ''}NULL)`, type: BOOLEAN, from: value.from };
    }
    case 'isDistinct': {
      const [left, right] = [inner(node.left), inner(node.right)];
      const type = commonType(left.type, right.type);
      if (!type || !isComparable(type)) return context.complain(node.at, incomparable('IS DISTINCT FROM', left.type, right.type));
      const sql = `(${coerced(left, type)} IS ${node.negated ? 'NOT ' : ''}DISTINCT FROM ${coerced(right, type)})`;
      return { sql, type: BOOLEAN, from: originsOf([left, right]) };
    }
    case 'exists':
      return { sql: `EXISTS (${compiler.query(node.query, scope.commonTables, scope).sql})`, type: BOOLEAN, from: NOWHERE };
    case 'case':
      return caseExpression(context, node, inner);
    case 'cast':
      return castExpression(context, node, inner(node.value));
    case 'extract':
      if (!EXTRACT_FIELDS.has(node.field)) return context.refuse(node.at, `EXTRACT of ${node.field} is not allowed`);
      return compileCall(compiler, scope, {
        kind: 'call', name: node.field, nameAt: node.at, args: [node.value], star: false, distinct: false, orderBy: [], bare: false, at: node.at,
      });
    case 'atTimeZone': {
      const [value, zone] = [inner(node.value), inner(node.zone)];
      const text = zone.source?.kind === 'literal' ? zone.source.text : undefined;
      const result = atTimeZone(value, text);
      if (typeof result === 'string') return context.fail(node.at, 'AT TIME ZONE has no type');
      return context.take(node.at, result, value.from);
    }
    case 'scalar': {
      const { sql, columns } = compiler.query(node.query, scope.commonTables, scope);
      const [column] = columns;
      if (columns.length !== 1 || !column) return context.fail(node.at, `a subquery here gives one column, not ${columns.length}`);
      return { sql: `(${sql})`, type: column.type, from: column.from };
    }
    case 'array':
      return arrayOf(context, node, node.items.map(inner));
    case 'subscript':
      return subscript(context, node, inner(node.value), inner(node.index));
    case 'row':
      return context.refuse(node.at, 'a row as a value is not allowed', 'compare the columns one by one, or use EXISTS');
    case 'lambda':
      return context.refuse(node.at, 'a function as a value (x -> …) is not allowed', 'use UNNEST and an ordinary SELECT');
    case 'call':
      return compileCall(compiler, scope, node);
  }
}

function unary(context: Context, operator: '-' | '+' | 'NOT', operand: Typed, node: Expression): Typed {
  const { type } = operand;
  if (operator === 'NOT') {
    if (type.kind !== 'boolean' && type.kind !== 'unknown') context.fail(node.at, `NOT wants boolean, not ${nameOfType(type)}`);
    return { sql: `(NOT ${coerced(operand, BOOLEAN)})`, type: BOOLEAN, from: operand.from };
  }
  if (!['tinyint', 'smallint', 'integer', 'bigint', 'decimal', 'real', 'double', 'days', 'months'].includes(type.kind)) {
    context.fail(node.at, `${operator} wants a number, not ${nameOfType(type)}`);
  }
  return { sql: operator === '-' ? `(- ${operand.sql})` : operand.sql, type, from: operand.from, source: node };
}

function binary(context: Context, node: Binary, inner: (each: Expression) => Typed): Typed {
  const [left, right] = [inner(node.left), inner(node.right)];
  const from = originsOf([left, right]);
  switch (node.operator) {
    case 'AND':
    case 'OR': {
      const wrong = [left, right].find(({ type }) => type.kind !== 'boolean' && type.kind !== 'unknown');
      if (wrong) context.fail(node.at, `${node.operator} wants boolean, not ${nameOfType(wrong.type)}`);
      return { sql: `(${coerced(left, BOOLEAN)} ${node.operator} ${coerced(right, BOOLEAN)})`, type: BOOLEAN, from };
    }
    case '||': {
      const wrong = [left, right].find(({ type }) => type.kind !== 'varchar' && type.kind !== 'unknown');
      if (wrong?.type.kind === 'array') context.refuse(node.at, '|| of arrays is not allowed');
      if (wrong) context.fail(node.at, `|| wants varchar, not ${nameOfType(wrong.type)}`, 'cast it to varchar');
      return { sql: `(${coerced(left, VARCHAR)} || ${coerced(right, VARCHAR)})`, type: VARCHAR, from };
    }
    case '+':
    case '-':
    case '*':
    case '/':
    case '%':
      return context.take(node.at, arithmetic(node.operator as ArithmeticOperator, left, right), from, node);
    default: {
      const result = compare(node.operator, left, right);
      if ('complaint' in result) context.complain(node.at, result);
      return { sql: result.sql, type: BOOLEAN, from };
    }
  }
}

const negatable = (sql: string, negated: boolean, from: Typed['from']): Typed => ({ sql: negated ? `(NOT ${sql})` : sql, type: BOOLEAN, from });

/** The type that all turn into. */
export function commonOf(context: Context, at: Expression['at'], values: readonly Typed[]): SqlType {
  let common: SqlType = UNKNOWN;
  for (const { type } of values) {
    const next = commonType(common, type);
    if (!next) context.fail(at, `${nameOfType(common)} and ${nameOfType(type)} have no common type`, 'cast one of them');
    common = next;
  }
  return common;
}

function inList(context: Context, node: Expression & { kind: 'in' }, value: Typed, list: readonly Typed[]): Typed {
  const from = originsOf([value, ...list]);
  const type = commonOf(context, node.at, [value, ...list]);
  if (!isComparable(type)) context.complain(node.at, incomparable('IN', type, type));
  const plain = list.every(({ source }) => source?.kind === 'literal' || source?.kind === 'typed' || source?.kind === 'unary');
  if ((type.kind === 'double' || type.kind === 'real') && !plain) return context.refuse(node.at, 'IN over doubles that are no literals is not allowed');
  return negatable(`(${coerced(value, type)} IN (${list.map((each) => coerced(each, type)).join(', ')}))`, node.negated, from);
}

function inQuery(compiler: Compiler, scope: Scope, node: Expression & { kind: 'inQuery' }, value: Typed): Typed {
  const { context } = compiler;
  const { sql, columns } = compiler.query(node.query, scope.commonTables, scope);
  const [column] = columns;
  if (columns.length !== 1 || !column) return context.fail(node.at, `IN wants a query of one column, not ${columns.length}`);
  const type = commonType(value.type, column.type);
  if (!type || !isComparable(type)) return context.complain(node.at, incomparable('IN', value.type, column.type));
  if (type.kind === 'double' || type.kind === 'real') return context.refuse(node.at, 'IN over doubles is not allowed', 'cast both sides to decimal');
  const cell = coerced({ sql: 'q.c', type: column.type, from: NOWHERE }, type);
  const list = cell === 'q.c' ? sql : `SELECT ${cell} FROM (${sql}) AS q(c)`;
  return negatable(`(${coerced(value, type)} IN (${list}))`, node.negated, value.from);
}

function caseExpression(context: Context, node: Case, inner: (each: Expression) => Typed): Typed {
  const operand = node.operand && inner(node.operand);
  const results = node.branches.map(({ result }) => inner(result));
  const otherwise = node.otherwise && inner(node.otherwise);
  const all = otherwise ? [...results, otherwise] : results;
  const type = commonOf(context, node.at, all);
  const whens: Typed[] = [];
  const conditions = node.branches.map(({ when }) => {
    const condition = inner(when);
    whens.push(condition);
    if (operand) {
      const equal = compare('=', operand, condition);
      return 'complaint' in equal ? context.complain(when.at, equal) : equal.sql;
    }
    if (condition.type.kind !== 'boolean' && condition.type.kind !== 'unknown') context.fail(when.at, `WHEN wants boolean, not ${nameOfType(condition.type)}`);
    return coerced(condition, BOOLEAN);
  });
  const branches = conditions.map((condition, index) => `WHEN ${condition} THEN ${coerced(results[index] as Typed, type)}`);
  const last = otherwise ? ` ELSE ${coerced(otherwise, type)}` : '';
  // The conditions decide the value as much as the results do.
  return { sql: `(CASE ${branches.join(' ')}${last} END)`, type, from: originsOf([...(operand ? [operand] : []), ...whens, ...all]) };
}

function castExpression(context: Context, node: Cast, value: Typed): Typed {
  const type = typeOf(node.type);
  if (typeof type === 'string') return context.refuse(node.type.at, type);
  const [length] = node.type.args;
  return context.take(node.at, cast(value, type, node.safe, node.type.name === 'varchar' && typeof length === 'number' ? length : undefined), value.from);
}

function arrayOf(context: Context, node: Expression, items: readonly Typed[]): Typed {
  const of = commonOf(context, node.at, items);
  return { sql: `[${items.map((each) => coerced(each, of)).join(', ')}]`, type: array(of), from: originsOf(items) };
}

/** `a[1]`: an index outside of the array fails. */
function subscript(context: Context, node: Expression, value: Typed, index: Typed): Typed {
  const from = originsOf([value, index]);
  const { type } = value;
  if (type.kind !== 'array') return context.refuse(node.at, `[ ] of ${nameOfType(type)} is not allowed`, 'use element_at');
  if (!commonType(index.type, BIGINT) || index.type.kind === 'decimal') context.fail(node.at, `an index is a bigint, not ${nameOfType(index.type)}`);
  const wrong = failure('Array subscript out of range', type.of);
  return { sql: `(CASE WHEN ${value.sql} IS NOT NULL AND (${index.sql} < 1 OR ${index.sql} > len(${value.sql})) THEN ${wrong} ELSE ${value.sql}[${index.sql}] END)`, type: type.of, from };
}
