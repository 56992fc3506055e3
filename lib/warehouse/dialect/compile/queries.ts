// Queries: WITH, set operations, VALUES, and the order and number of rows.
import { coerced } from '../functions/comparison.ts';
import type { Body, CommonTable, Expression, Query, SetOperation, Values } from '../syntax/tree.ts';
import { commonType } from '../types/coercion.ts';
import { NOWHERE, originsOf, type Typed } from '../types/expression.ts';
import { nameOfType, sameRepresentation, type SqlType } from '../types/types.ts';
import { sortItem } from './calls.ts';
import {
  scopeOf, type CommonTableColumns, type CommonTables, type Compiled, type Compiler, type Context, type OutputColumn, type Scope,
} from './context.ts';
import { commonOf, compileExpression } from './expressions.ts';
import { derived, physicalNames } from './relations.ts';
import { compileSelect, ordinal } from './select.ts';

/** A whole query. */
export function compile(context: Context, query: Query): Compiled {
  const compiler: Compiler = {
    context,
    expression: (scope, node) => compileExpression(compiler, scope, node),
    query: (nested, commonTables, outer) => compileQuery(compiler, nested, commonTables, outer),
  };
  return compileQuery(compiler, query, new Map());
}

function compileQuery(compiler: Compiler, query: Query, commonTables: CommonTables, outer?: Scope): Compiled {
  const known = new Map(commonTables);
  const definitions = query.with.map((each) => commonTable(compiler, each, known, outer));
  const compiled = ordered(compiler, query, known, outer);
  return definitions.length === 0 ? compiled : { ...compiled, sql: `WITH ${definitions.join(', ')} ${compiled.sql}` };
}

/** Adds the table to those known, and gives its definition. */
function commonTable(compiler: Compiler, { name, columns: names, query }: CommonTable, known: Map<string, CommonTableColumns>, outer?: Scope): string {
  const { context } = compiler;
  const { sql, columns, rows } = compiler.query(query, known, outer);
  if (names && names.length !== columns.length) {
    context.fail(name.at, `${name.text} is given ${names.length} column names, and its query has ${columns.length}`);
  }
  const renamed = columns.map((column, index) => ({ ...column, name: names?.[index]?.text ?? column.name }));
  const alias = context.alias(name.text);
  known.set(name.text.toLowerCase(), { name: alias, columns: renamed, rows });
  return `${alias}(${physicalNames(renamed).join(', ')}) AS (${sql})`;
}

function ordered(compiler: Compiler, query: Query, known: CommonTables, outer?: Scope): Compiled {
  const { body, orderBy, limit, offset } = query;
  const limits = count(compiler.context, limit, 'LIMIT') + count(compiler.context, offset, 'OFFSET');
  if (body.kind === 'select') {
    const compiled = compileSelect(compiler, body, orderBy, known, outer);
    return { ...compiled, sql: compiled.sql + limits };
  }
  const compiled = compileBody(compiler, body, known, outer);
  if (orderBy.length === 0 && limits === '') return compiled;
  const { sql, relation } = derived(compiler.context, compiled, 'q');
  const scope = scopeOf([relation], known, outer);
  const terms = orderBy.map((item) =>
    sortItem(ordinal(compiler.context, item.value, compiled.columns.length) ?? compiler.expression(scope, item.value).sql, item));
  const order = terms.length > 0 ? ` ORDER BY ${terms.join(', ')}` : '';
  return { ...compiled, sql: `SELECT * FROM ${sql}${order}${limits}` };
}

function count(context: Context, node: Expression | undefined, word: string): string {
  if (!node) return '';
  if (node.kind !== 'literal' || node.type !== 'integer') return context.refuse(node.at, `${word} wants a number`);
  return ` ${word} ${node.text}`;
}

function compileBody(compiler: Compiler, body: Body, known: CommonTables, outer?: Scope): Compiled {
  switch (body.kind) {
    case 'select':
      return compileSelect(compiler, body, [], known, outer);
    case 'nested':
      return compiler.query(body.query, known, outer);
    case 'set':
      return setOperation(compiler, body, known, outer);
    case 'values':
      return values(compiler, body, known, outer);
  }
}

function setOperation(compiler: Compiler, { operator, all, left, right, at }: SetOperation, known: CommonTables, outer?: Scope): Compiled {
  const { context } = compiler;
  const [a, b] = [compileBody(compiler, left, known, outer), compileBody(compiler, right, known, outer)];
  if (a.columns.length !== b.columns.length) context.fail(at, `${operator} of ${a.columns.length} columns and ${b.columns.length} columns`);
  const columns = a.columns.map((column, index): OutputColumn => {
    const other = b.columns[index] as OutputColumn;
    const type = commonType(column.type, other.type);
    if (type) return { name: column.name, type, from: originsOf([column, other]) };
    const types = `${nameOfType(column.type)} on one side and ${nameOfType(other.type)} on the other`;
    return context.fail(at, `column ${index + 1} of the ${operator} is ${types}`, 'cast one of them');
  });
  const sides = [a, b].map((side) => `(${asTypes(context, side, columns)})`);
  return { sql: sides.join(` ${operator}${all ? ' ALL' : ''} `), columns, rows: originsOf([{ from: a.rows }, { from: b.rows }]) };
}

/** A query whose columns are cast where DuckDB would hold them in another type. */
function asTypes(context: Context, query: Compiled, columns: readonly { type: SqlType }[]): string {
  const types = columns.map(({ type }) => type);
  if (query.columns.every(({ type }, index) => type.kind !== 'unknown' && sameRepresentation(type, types[index] as SqlType))) return query.sql;
  const { sql, relation } = derived(context, query, 'side');
  return `SELECT ${relation.columns.map((column, index) => coerced(column, types[index] as SqlType)).join(', ')} FROM ${sql}`;
}

function values(compiler: Compiler, { rows, at }: Values, known: CommonTables, outer?: Scope): Compiled {
  const { context } = compiler;
  const scope = scopeOf([], known, outer);
  const cells = rows.map((row) => row.map((cell) => compiler.expression(scope, cell)));
  const width = cells[0]?.length ?? 0;
  if (cells.some((row) => row.length !== width)) context.fail(at, 'rows of VALUES differ in their number of columns');
  const columns = Array.from({ length: width }, (_, index): OutputColumn => {
    const column = cells.map((row) => row[index] as Typed);
    return { name: `_col${index}`, type: commonOf(context, at, column), from: originsOf(column) };
  });
  const texts = cells.map((row) => `(${row.map((cell, index) => coerced(cell, (columns[index] as OutputColumn).type)).join(', ')})`);
  return { sql: `SELECT * FROM (VALUES ${texts.join(', ')}) AS ${context.alias('v')}`, columns, rows: NOWHERE };
}
