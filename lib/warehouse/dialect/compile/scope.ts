// Finds the column that a name means.
import type { Column } from '../syntax/tree.ts';
import { NOWHERE, type Typed } from '../types/expression.ts';
import { VARCHAR } from '../types/types.ts';
import type { Context, Scope, ScopeColumn, ScopeRelation } from './context.ts';

export const same = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase();

/** The column that is meant, looked for in this query first and then in those around it. */
export function resolveColumn(context: Context, scope: Scope, column: Column): Typed {
  for (let current: Scope | undefined = scope; current; current = current.outer) {
    const found = find(context, current, column);
    if (!found) continue;
    for (const origin of found.from) context.used.add(origin);
    // A column of this very query that is used outside of an aggregate must be one that is grouped by.
    const { groups } = current;
    if (groups && current === scope && !isOutput(scope, found) && !groups.inAggregate && !groups.texts.has(found.sql)) groups.loose.push({ text: nameOf(column), at: column.at });
    return { sql: found.sql, type: found.type, from: found.from, source: column };
  }
  return context.fail(column.at, `there is no column ${nameOf(column)}`, listed(scope));
}

const nameOf = (column: Column): string => column.parts.map(({ text }) => text).join('.');

function find(context: Context, scope: Scope, column: Column): Pick<ScopeColumn, 'sql' | 'type' | 'from'> | undefined {
  const parts = column.parts.map(({ text }) => text);
  const name = parts.at(-1) ?? '';
  const qualifiers = parts.slice(0, -1);
  if (qualifiers.length === 0) {
    const named = scope.names.get(name.toLowerCase());
    if (named) return named;
  }
  const candidates = scope.relations
    .filter((relation) => qualifiers.length === 0 || qualifies(relation, qualifiers))
    .flatMap((relation) => relation.columns.filter((each) => same(each.name, name) && !(each.unqualified && qualifiers.length > 0)));
  if (candidates.length > 1) context.fail(column.at, `${nameOf(column)} is a column of more than one table`, 'write the table before it');
  return candidates[0];
}

/** `orders.x` and `silver.orders.x` both mean the table `silver.orders`. */
function qualifies(relation: ScopeRelation, qualifiers: readonly string[]): boolean {
  const tail = relation.names.slice(-qualifiers.length);
  return qualifiers.length <= relation.names.length && tail.every((name, index) => same(name, qualifiers[index] ?? ''));
}

/** A column of the SELECT itself, which ORDER BY may name: it was checked where it was computed. */
function isOutput({ names }: Scope, found: Typed): boolean {
  return [...names.values()].includes(found);
}

function listed(scope: Scope): string | undefined {
  const names = scope.relations.flatMap(({ columns }) => columns.filter(({ hidden }) => !hidden).map(({ name }) => name));
  return names.length === 0 || names.length > 60 ? undefined : `columns are ${[...new Set(names)].join(', ')}`;
}

/** `$path` of a table: the file that a row came from. */
export function hiddenColumns(alias: string): ScopeColumn[] {
  return [{ name: '$path', type: VARCHAR, sql: `${alias}."$path"`, from: NOWHERE, hidden: true }];
}
