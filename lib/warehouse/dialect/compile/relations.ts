// FROM: tables, subqueries, UNNEST and joins.
import { compare, coerced } from '../functions/comparison.ts';
import { quoteName } from '../literals.ts';
import type { Expression, JoinRelation, Name, QueryRelation, Relation, TableRelation, UnnestRelation } from '../syntax/tree.ts';
import { referenceOf } from '../tables.ts';
import { commonType } from '../types/coercion.ts';
import { NOWHERE, originsOf } from '../types/expression.ts';
import { BIGINT, nameOfType } from '../types/types.ts';
import { parseType } from '../types/parse.ts';
import { condition } from './calls.ts';
import { scopeOf, type CommonTables, type Compiled, type Compiler, type Context, type Scope, type ScopeColumn, type ScopeRelation } from './context.ts';
import { hiddenColumns, same } from './scope.ts';

export interface From { sql: string; relations: readonly ScopeRelation[] }
interface Surroundings { commonTables: CommonTables; outer?: Scope }

export function compileRelation(compiler: Compiler, relation: Relation, around: Surroundings): From {
  switch (relation.kind) {
    case 'table':
      return table(compiler.context, relation, around);
    case 'query':
      return subquery(compiler, relation, around);
    case 'unnest':
      return unnest(compiler, relation, around, []);
    case 'join':
      return join(compiler, relation, around);
  }
}

function table(context: Context, relation: TableRelation, { commonTables }: Surroundings): From {
  const [first] = relation.parts;
  const common = relation.parts.length === 1 ? commonTables.get(first?.text.toLowerCase() ?? '') : undefined;
  const names = relation.alias ? [relation.alias.text.toLowerCase()] : relation.parts.map(({ text }) => text.toLowerCase());
  const alias = context.alias(names.at(-1) ?? 't');
  if (common) {
    if (relation.travel) context.fail(relation.at, `${first?.text} is no table: it has no history`);
    const columns = common.columns.map((column, index) => ({ ...column, sql: `${alias}.${physicalNames(common.columns)[index]}` }));
    return { sql: `${common.name} AS ${alias}`, relations: [{ names, columns: renamed(context, relation, columns), rows: common.rows }] };
  }
  const reference = referenceOf(relation, context.sql, context.options.file);
  const known = context.options.columns(reference);
  if (!known) return context.missing(relation.nameAt, `there is no table ${reference.text}`);
  const source = reference.metadata === undefined ? reference.name : `${reference.name}$${reference.metadata}`;
  const columns = known.map(({ name, type }): ScopeColumn => ({
    name, type: parseType(type), sql: `${alias}.${quoteName(name)}`, from: new Set([`${source}\t${name.toLowerCase()}`]),
  }));
  const text = context.options.relation?.(reference) ?? reference.name.split('.').map(quoteName).join('.');
  const visible = [...renamed(context, relation, columns), ...hiddenColumns(alias)];
  return { sql: `${text} AS ${alias}`, relations: [{ names, columns: visible, rows: new Set([`${source}\t*`]) }] };
}

/** `t(x, y)` gives columns other names. */
function renamed(context: Context, { alias, columns: names, at }: { alias?: Name; columns?: readonly Name[]; at: Name['at'] }, columns: readonly ScopeColumn[]): ScopeColumn[] {
  if (names && names.length !== columns.length) context.fail(at, `${alias?.text} is given ${names.length} column names, and has ${columns.length} columns`);
  return columns.map((column, index) => ({ ...column, name: names?.[index]?.text ?? column.name }));
}

function subquery(compiler: Compiler, relation: QueryRelation, { commonTables, outer }: Surroundings): From {
  const { sql, relation: made } = derived(compiler.context, compiler.query(relation.query, commonTables, outer), relation.alias?.text ?? 'q');
  const names = relation.alias ? [relation.alias.text.toLowerCase()] : [];
  return { sql, relations: [{ ...made, names, columns: renamed(compiler.context, relation, made.columns) }] };
}

/** A query as a table of a FROM clause. */
export function derived(context: Context, query: Compiled, name: string): { sql: string; relation: ScopeRelation } {
  const alias = context.alias(name);
  const physical = physicalNames(query.columns);
  const columns = query.columns.map((column, index): ScopeColumn => ({ ...column, sql: `${alias}.${physical[index]}` }));
  return { sql: `(${query.sql}) AS ${alias}(${physical.join(', ')})`, relation: { names: [name.toLowerCase()], columns, rows: query.rows } };
}

/** Names for DuckDB, where no two columns may have the same. */
export function physicalNames(columns: readonly { name: string }[]): string[] {
  const seen = new Map<string, number>();
  return columns.map(({ name }) => {
    const lower = name.toLowerCase();
    const count = (seen.get(lower) ?? 0) + 1;
    seen.set(lower, count);
    return quoteName(count === 1 ? lower : `${lower}:${count}`);
  });
}

/** Arrays side by side, the shorter ones filled with NULL. They may use columns of the tables before them. */
function unnest(compiler: Compiler, relation: UnnestRelation, { commonTables, outer }: Surroundings, left: readonly ScopeRelation[]): From {
  const { context } = compiler;
  const scope = scopeOf(left, commonTables, outer);
  const alias = context.alias(relation.alias?.text ?? 'unnest');
  const values = relation.values.map((value) => compiler.expression(scope, value));
  const columns = values.map(({ type, from }, index): ScopeColumn => {
    if (type.kind !== 'array') return context.refuse((relation.values[index] as Expression).at, `UNNEST of ${nameOfType(type)} is not allowed`);
    return { name: `_col${index}`, type: type.of, sql: `${alias}."c${index}"`, from };
  });
  const items = values.map(({ sql }, index) => `unnest(${sql}) AS "c${index}"`);
  if (relation.ordinality) {
    const longest = values.length === 1 ? `len(${values[0]?.sql})` : `greatest(${values.map(({ sql }) => `len(${sql})`).join(', ')})`;
    items.push(`unnest(generate_series(1, ${longest})) AS "n"`);
    columns.push({ name: `_col${values.length}`, type: BIGINT, sql: `${alias}."n"`, from: NOWHERE });
  }
  const names = relation.alias ? [relation.alias.text.toLowerCase()] : [];
  const rows = originsOf(values);
  return { sql: `(SELECT ${items.join(', ')}) AS ${alias}`, relations: [{ names, columns: renamed(context, relation, columns), rows }] };
}

function join(compiler: Compiler, { type, left, right, on, using, at }: JoinRelation, around: Surroundings): From {
  const { context } = compiler;
  const a = compileRelation(compiler, left, around);
  const lateral = right.kind === 'unnest';
  const b = lateral ? unnest(compiler, right, around, a.relations) : compileRelation(compiler, right, around);
  if (lateral && type !== 'CROSS' && type !== 'LEFT' && type !== 'INNER') context.refuse(at, `${type} JOIN UNNEST is not allowed`);
  const rightText = `${lateral ? 'LATERAL ' : ''}${right.kind === 'join' ? `(${b.sql})` : b.sql}`;
  const relations = [...a.relations, ...b.relations];
  if (using) return joinUsing(compiler, { type, using, at }, a, { ...b, sql: rightText });
  if (type === 'CROSS') return { sql: `${a.sql} CROSS JOIN ${rightText}`, relations };
  if (!on) return context.fail(at, 'this JOIN has no ON');
  const clause = condition(compiler, scopeOf(relations, around.commonTables, around.outer), on);
  if (lateral && clause !== 'TRUE') context.refuse(on.at, 'JOIN UNNEST … ON wants TRUE');
  return { sql: `${a.sql} ${type} JOIN ${rightText} ON ${clause}`, relations };
}

/** The columns of USING come first, once, and have no table any more. */
function joinUsing(compiler: Compiler, { type, using, at }: Pick<JoinRelation, 'type' | 'at'> & { using: readonly Name[] }, a: From, b: From): From {
  const { context } = compiler;
  const pairs = using.map((name) => {
    const [left, right] = [a, b].map(({ relations }) => onlyColumn(context, relations, name)) as [ScopeColumn, ScopeColumn];
    const equal = compare('=', left, right);
    if ('complaint' in equal) return context.complain(name.at, equal);
    const common = commonType(left.type, right.type) ?? left.type;
    const [x, y] = [coerced(left, common), coerced(right, common)];
    const sql = type === 'FULL' ? `coalesce(${x}, ${y})` : type === 'RIGHT' ? y : x;
    const merged: ScopeColumn = { name: name.text, type: common, sql, from: originsOf([left, right]) };
    return { equal: equal.sql, merged };
  });
  const rest = [...a.relations, ...b.relations].map((relation) => ({
    ...relation, columns: relation.columns.filter((column) => column.hidden || !using.some(({ text }) => same(text, column.name))),
  }));
  const relation: ScopeRelation = { names: [], columns: pairs.map(({ merged }) => merged), rows: NOWHERE };
  if (type === 'CROSS') return context.fail(at, 'CROSS JOIN takes no USING');
  return { sql: `${a.sql} ${type} JOIN ${b.sql} ON ${pairs.map(({ equal }) => equal).join(' AND ')}`, relations: [relation, ...rest] };
}

function onlyColumn(context: Context, relations: readonly ScopeRelation[], name: Name): ScopeColumn {
  const found = relations.flatMap(({ columns }) => columns.filter((column) => same(column.name, name.text)));
  if (found.length > 1) return context.fail(name.at, `${name.text} is a column of more than one table`);
  return found[0] ?? context.fail(name.at, `there is no column ${name.text} on one side of the join`);
}

