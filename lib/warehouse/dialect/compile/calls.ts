// Calls of functions, aggregates and window functions.
import { coerced } from '../functions/comparison.ts';
import { describeTypes, insteadOf, isAggregate, isFunction, resolve, signaturesOf } from '../functions/registry.ts';
import { fill, type AggregateRow, type Aggregation, type WindowRow } from '../functions/rows.ts';
import type { Fit } from '../functions/signature.ts';
import type { Call, Expression, FrameBound, SortItem, Window } from '../syntax/tree.ts';
import { originsOf, type Origin, type Typed } from '../types/expression.ts';
import { BIGINT, BOOLEAN, nameOfType, type SqlType } from '../types/types.ts';
import type { Compiler, Scope } from './context.ts';

export function compileCall(compiler: Compiler, scope: Scope, call: Call): Typed {
  const { context } = compiler;
  if (call.name === 'grouping') return grouping(compiler, scope, call);
  if (!isFunction(call.name)) context.refuse(call.nameAt, `the function ${call.name} is not allowed`, insteadOf(call.name));
  if (call.star && call.name !== 'count') context.fail(call.at, `${call.name}(*) does not exist`);
  const aggregated = call.star || isAggregate(call.name);
  // What an aggregate is given is one row's; inside a window function rows are already groups.
  const inner = aggregated && !call.over ? inAggregate(context, scope, call) : scope;
  const args = call.args.map((arg) => compiler.expression(inner, arg));
  if (call.star) return { sql: suffixed(compiler, scope, inner, call)('count', ['*']), type: BIGINT, from: rowsOf(scope) };
  const found = resolve(call.name, args);
  if (!found) {
    const given = `${call.name}(${describeTypes(args.map(({ type }) => type))})`;
    return context.refuse(call.at, `${given} is not allowed`, `allowed is ${signaturesOf(call.name)}`);
  }
  const { row, fit } = found;
  const from = originsOf(args);
  if (row.kind !== 'aggregate' && (call.distinct || call.filter || call.orderBy.length > 0)) {
    context.fail(call.at, `DISTINCT, FILTER and ORDER BY belong to aggregates, which ${call.name} is not`);
  }
  const turned = args.map((arg, index) => turn(arg, fit, index));
  switch (row.kind) {
    case 'scalar': {
      if (call.over) context.fail(call.at, `${call.name} is no window function`);
      const result = typeof row.duckdb === 'string' ? parenthesised(fill(row.duckdb, turned.map(({ sql }) => sql))) : row.duckdb(turned, fit.returns);
      return context.take(call.at, typeof result === 'string' ? { sql: result, type: fit.returns } : result, from);
    }
    case 'aggregate':
      return aggregate(compiler, scope, inner, call, row, turned, fit, from);
    case 'window':
      return windowFunction(compiler, scope, call, row, turned, fit, from);
  }
}

/** A literal keeps what it is; anything else is cast where DuckDB would see another type. */
function turn(arg: Typed, fit: Fit, index: number): Typed {
  const type = fit.types[index] as SqlType;
  const { source } = arg;
  return { sql: coerced(arg, type), type, from: arg.from, ...(source && { source }) };
}

/** A template that is one call or in parentheses already needs none. */
const parenthesised = (sql: string): string => (/^\(.*\)$|^[\w]+\([^()]*\)$/s.test(sql) ? sql : `(${sql})`);

function inAggregate(context: Compiler['context'], scope: Scope, call: Call): Scope {
  if (!scope.groups) context.fail(call.at, `${call.name} cannot stand here`, 'aggregates belong into SELECT, HAVING and ORDER BY');
  if (scope.groups.inAggregate) context.fail(call.at, `${call.name} inside of another aggregate`, 'compute it in a subquery');
  return { ...scope, groups: { ...scope.groups, inAggregate: true } };
}

const rowsOf = (scope: Scope): ReadonlySet<Origin> => new Set(scope.relations.flatMap(({ rows }) => [...rows]));

function aggregate(
  compiler: Compiler, scope: Scope, inner: Scope, call: Call, row: AggregateRow, args: readonly Typed[], fit: Fit, from: ReadonlySet<Origin>,
): Typed {
  const { context } = compiler;
  if (call.nulls) context.fail(call.at, `IGNORE NULLS does not belong to ${call.name}`);
  if (call.over && call.distinct) context.refuse(call.at, `${call.name}(DISTINCT …) OVER is not possible in Athena`);
  if (call.over && call.filter) context.refuse(call.at, `${call.name} FILTER (…) OVER is not possible in Athena`, 'put a CASE into the argument');
  if (call.distinct && (call.name === 'count_if' || call.star)) context.fail(call.at, `${call.name} takes no DISTINCT`);
  if (call.over && call.orderBy.length > 0) context.refuse(call.at, 'ORDER BY inside a windowed aggregate is not allowed');
  if (call.orderBy.length > 0 && !row.ordered) context.refuse(call.at, `ORDER BY inside ${call.name} has no effect`);
  const result = row.duckdb(args, suffixed(compiler, scope, inner, call), fit.returns);
  return context.take(call.at, typeof result === 'string' ? { sql: result, type: fit.returns } : result, from);
}

/** Puts DISTINCT, ORDER BY, FILTER and OVER where they belong. */
function suffixed(compiler: Compiler, scope: Scope, inner: Scope, call: Call): Aggregation {
  const distinct = call.distinct ? 'DISTINCT ' : '';
  const orderBy = call.orderBy.length > 0 ? ` ${sortClause(compiler, inner, call.orderBy)}` : '';
  const filter = call.filter && condition(compiler, inner, call.filter);
  const over = call.over ? ` OVER ${windowClause(compiler, scope, call.over)}` : '';
  return (name, args, when) => {
    const conditions = [filter, when].filter((each) => each !== undefined);
    const where = conditions.length > 0 ? ` FILTER (WHERE ${conditions.join(' AND ')})` : '';
    return `${name}(${distinct}${args.join(', ')}${orderBy})${where}${over}`;
  };
}

function windowFunction(
  compiler: Compiler, scope: Scope, call: Call, row: WindowRow, args: readonly Typed[], fit: Fit, from: ReadonlySet<Origin>,
): Typed {
  const { context } = compiler;
  const { over } = call;
  if (!over) return context.fail(call.at, `${call.name} wants OVER (…)`);
  if (call.nulls && !row.ignoresNulls) context.fail(call.at, `IGNORE NULLS does not belong to ${call.name}`);
  const { frame, orderBy, partitionBy } = windowOf(compiler, scope, over);
  if (frame && (call.name === 'lag' || call.name === 'lead')) context.fail(frame.at, `${call.name} takes no frame`);
  if (orderBy.length === 0 && call.name !== 'row_number') context.fail(over.at, `${call.name} wants an ORDER BY in its window`);
  const nulls = call.nulls === 'IGNORE' ? ' IGNORE NULLS' : '';
  const texts = args.map(({ sql }) => sql);
  const head = row.duckdb === '' ? `${call.name}(${texts.join(', ')}${nulls})` : fill(row.duckdb, texts);
  // What a rank is computed from is its window.
  const inWindow = [...partitionBy, ...orderBy.map(({ value }) => value)].map((each) => compiler.expression(scope, each));
  return { sql: `${head} OVER ${windowClause(compiler, scope, over)}`, type: fit.returns, from: new Set([...from, ...originsOf(inWindow)]) };
}

/** A window with what it takes over from the one it names. */
function windowOf(compiler: Compiler, scope: Scope, window: Window): Window {
  if (!window.name) return window;
  const named = scope.windows.get(window.name.text.toLowerCase());
  if (!named) return compiler.context.fail(window.name.at, `there is no window ${window.name.text}`);
  const base = windowOf(compiler, scope, named);
  return {
    at: window.at,
    partitionBy: base.partitionBy.length > 0 ? base.partitionBy : window.partitionBy,
    orderBy: base.orderBy.length > 0 ? base.orderBy : window.orderBy,
    frame: window.frame ?? base.frame,
  };
}

function windowClause(compiler: Compiler, scope: Scope, written: Window): string {
  const window = windowOf(compiler, scope, written);
  const parts: string[] = [];
  if (window.partitionBy.length > 0) {
    parts.push(`PARTITION BY ${window.partitionBy.map((each) => compiler.expression(scope, each).sql).join(', ')}`);
  }
  if (window.orderBy.length > 0) parts.push(sortClause(compiler, scope, window.orderBy));
  if (window.frame) {
    const { unit, from, to } = window.frame;
    const [start, end] = [from, to].map((bound) => bound && boundText(compiler, scope, bound));
    parts.push(end === undefined ? `${unit} ${start}` : `${unit} BETWEEN ${start} AND ${end}`);
  }
  return `(${parts.join(' ')})`;
}

function boundText(compiler: Compiler, scope: Scope, bound: FrameBound): string {
  if (!('offset' in bound)) return bound.kind.toUpperCase();
  return `${compiler.expression(scope, bound.offset).sql} ${bound.kind.toUpperCase()}`;
}

/** `ORDER BY x DESC NULLS LAST`: Trino puts NULLs last in either direction. */
function sortClause(compiler: Compiler, scope: Scope, items: readonly SortItem[]): string {
  return `ORDER BY ${items.map((item) => sortItem(compiler.expression(scope, item.value).sql, item)).join(', ')}`;
}

export function sortItem(sql: string, { descending, nulls }: SortItem): string {
  return `${sql} ${descending ? 'DESC' : 'ASC'} NULLS ${nulls ?? 'LAST'}`;
}

export function condition(compiler: Compiler, scope: Scope, node: Expression): string {
  const value = compiler.expression(scope, node);
  if (value.type.kind !== 'boolean' && value.type.kind !== 'unknown') {
    compiler.context.fail(node.at, `a condition is boolean, not ${nameOfType(value.type)}`);
  }
  return coerced(value, BOOLEAN);
}

/** `grouping(a, b)`: which of them a total leaves out. */
function grouping(compiler: Compiler, scope: Scope, call: Call): Typed {
  const args = call.args.map((arg) => compiler.expression(scope, arg));
  return { sql: `CAST(grouping(${args.map(({ sql }) => sql).join(', ')}) AS INTEGER)`, type: { kind: 'integer' }, from: originsOf(args) };
}
