// SELECT … FROM … WHERE … GROUP BY … HAVING … ORDER BY.
import { isAggregate } from '../functions/registry.ts';
import { quoteName } from '../literals.ts';
import type { Expression, GroupingElement, Select, SelectItem, SortItem, Window } from '../syntax/tree.ts';
import { isQuery, visit } from '../syntax/walk.ts';
import { originsOf, type Typed } from '../types/expression.ts';
import { condition, sortItem } from './calls.ts';
import { scopeOf, type CommonTables, type Compiled, type Compiler, type Context, type OutputColumn, type Scope } from './context.ts';
import { compileRelation } from './relations.ts';
import { same } from './scope.ts';

interface Item { name: string; value: Typed }

export function compileSelect(compiler: Compiler, select: Select, orderBy: readonly SortItem[], commonTables: CommonTables, outer?: Scope): Compiled {
  const { context } = compiler;
  const from = select.from && compileRelation(compiler, select.from, { commonTables, ...(outer && { outer }) });
  const windows = new Map<string, Window>(select.windows.map(({ name, window }) => [name.text.toLowerCase(), window]));
  const plain: Scope = { ...scopeOf(from?.relations ?? [], commonTables, outer), windows };
  const where = select.where && condition(compiler, plain, select.where);
  const grouping = groupBy(compiler, plain, select);
  const isGrouped = select.groupBy.length > 0 || hasAggregates([select.items, select.having, orderBy]);
  const groups = { texts: grouping.texts, loose: [], inAggregate: false };
  const scope: Scope = isGrouped || select.having ? { ...plain, groups } : plain;
  const items = select.items.flatMap((item, index) => selectItem(compiler, scope, item, index));
  const having = select.having && condition(compiler, scope, select.having);
  const order = orderTerms(compiler, scope, select, items, orderBy);
  checkGroups(context, scope);
  const clauses = [
    `SELECT ${select.distinct ? 'DISTINCT ' : ''}${items.map(({ name, value }) => `${value.sql} AS ${quoteName(name)}`).join(', ')}`,
    from && `FROM ${from.sql}`,
    where && `WHERE ${where}`,
    grouping.sql && `GROUP BY ${grouping.sql}`,
    having && `HAVING ${having}`,
    order.length > 0 && `ORDER BY ${order.join(', ')}`,
  ];
  const columns = items.map(({ name, value }): OutputColumn => ({ name, type: value.type, from: value.from }));
  const rows = originsOf((from?.relations ?? []).map((relation) => ({ from: relation.rows })));
  return { sql: clauses.filter(Boolean).join(' '), columns, rows };
}

function selectItem(compiler: Compiler, scope: Scope, item: SelectItem, index: number): Item[] {
  const { context } = compiler;
  if (item.kind === 'value') {
    const value = compiler.expression(scope, item.value);
    const own = item.value.kind === 'column' ? item.value.parts.at(-1)?.text : undefined;
    return [{ name: (item.alias?.text ?? own ?? `_col${index}`).toLowerCase(), value }];
  }
  const { table } = item;
  const relations = scope.relations.filter(({ names }) => !table || same(names.at(-1) ?? '', table.text));
  if (relations.length === 0) context.fail(item.at, table ? `there is no table ${table.text}` : '* needs a FROM');
  return relations.flatMap(({ columns }) =>
    columns.filter(({ hidden }) => !hidden).map((column) => {
      for (const origin of column.from) context.used.add(origin);
      const { groups } = scope;
      if (groups && !groups.texts.has(column.sql)) groups.loose.push({ text: column.name, at: item.at });
      return { name: column.name.toLowerCase(), value: column };
    }));
}

/** Does it call an aggregate that is no window function, outside of subqueries? */
function hasAggregates(parts: unknown): boolean {
  let found = false;
  visit(parts, (part) => {
    if (isQuery(part)) return false;
    if (part.kind === 'call' && !part.over && typeof part.name === 'string' && isAggregate(part.name)) found = true;
    return true;
  });
  return found;
}

function groupBy(compiler: Compiler, scope: Scope, select: Select): { sql: string; texts: ReadonlySet<string> } {
  const texts = new Set<string>();
  const member = (node: Expression): string => {
    const value = compiler.expression(scope, groupedBy(compiler.context, select, node));
    texts.add(value.sql);
    // A bare number would be read as the place of a column.
    return /^-?\d+$/.test(value.sql) ? `CAST(${value.sql} AS BIGINT)` : value.sql;
  };
  const element = (each: GroupingElement): string => {
    if (each.kind === 'value') return each.value.kind === 'row' ? each.value.items.map(member).join(', ') : member(each.value);
    for (const node of each.sets.flat()) {
      if (node.kind !== 'column') compiler.context.refuse(node.at, `${each.type} takes columns only`, 'compute it in a subquery');
    }
    return `${each.type} (${each.sets.map((set) => (set.length === 1 ? set.map(member).join('') : `(${set.map(member).join(', ')})`)).join(', ')})`;
  };
  return { sql: select.groupBy.map(element).join(', '), texts };
}

/** `GROUP BY 2` means the second column of the SELECT. */
function groupedBy(context: Context, { items }: Select, node: Expression): Expression {
  if (node.kind !== 'literal' || node.type !== 'integer') return node;
  const item = items[Number(node.text) - 1];
  if (item?.kind !== 'value') return context.fail(node.at, `there is no column ${node.text} in the SELECT to group by`);
  return item.value;
}

function orderTerms(compiler: Compiler, scope: Scope, select: Select, items: readonly Item[], orderBy: readonly SortItem[]): string[] {
  if (orderBy.length === 0) return [];
  const { context } = compiler;
  // The names of the output come before those of the tables.
  const names = new Map(items.map(({ name, value }) => [name, value] as const));
  const extended: Scope = { ...scope, names };
  return orderBy.map((item) => {
    const place = ordinal(context, item.value, items.length);
    if (place !== undefined) return sortItem(place, item);
    const { sql } = compiler.expression(extended, item.value);
    const index = items.findIndex(({ value }) => value.sql === sql);
    if (index >= 0) return sortItem(String(index + 1), item);
    if (select.distinct) context.fail(item.at, 'SELECT DISTINCT is ordered by what it selects only');
    return sortItem(sql, item);
  });
}

/** The number of an output column, where one is given. */
export function ordinal(context: Context, node: Expression, width: number): string | undefined {
  if (node.kind !== 'literal' || node.type !== 'integer') return undefined;
  if (Number(node.text) < 1 || Number(node.text) > width) context.fail(node.at, `there is no column ${node.text} to order by`);
  return node.text;
}

function checkGroups(context: Context, { groups }: Scope): void {
  const [loose] = groups?.loose ?? [];
  if (loose) context.fail(loose.at, `${loose.text} is neither grouped by nor inside an aggregate`, 'add it to GROUP BY, or use min, max, …');
}
