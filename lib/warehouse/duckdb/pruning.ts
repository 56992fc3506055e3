// Conditions of a query by which files can be left out before DuckDB opens them: plain comparisons of a table's column with a literal.
import { decimalShape, type Field, type Predicate, type Schema, type Value } from '../../lake/index.ts';
import { parseQuery } from '../dialect/index.ts';
import { parseTimestamp } from '../dialect/literals.ts';
import type { Expression, Select, TableRelation } from '../dialect/syntax/tree.ts';
import { leaves, visit } from '../dialect/syntax/walk.ts';
import { referenceOf, type TableReference } from '../dialect/tables.ts';

/** Where one table stands in a query: the conditions that every row of it has to meet there. */
interface Occurrence { reference: TableReference; conditions: readonly Condition[] }
interface Condition { column: string; op: 'eq' | 'lt' | 'le' | 'gt' | 'ge'; values: readonly Expression[] }

/** The conditions on each table of a query, by `keyOf`; a table that stands somewhere without conditions has none. */
export function conditionsOf(sql: string, keyOf: (reference: TableReference) => string): (key: string, schema: Schema) => Predicate | undefined {
  const occurrences = new Map<string, Occurrence[]>();
  const parsed = parseQuery(sql);
  if (parsed.ok) {
    visit(parsed.tree, (part) => {
      if (part['kind'] !== 'select') return;
      for (const occurrence of occurrencesIn(part as unknown as Select, sql)) {
        const key = keyOf(occurrence.reference);
        occurrences.set(key, [...(occurrences.get(key) ?? []), occurrence]);
      }
    });
  }
  return (key, schema) => {
    const found = (occurrences.get(key) ?? []).map(({ conditions }) => conditions.flatMap((condition) => predicateOf(condition, schema) ?? []));
    if (found.length === 0 || found.some((conditions) => conditions.length === 0)) return undefined;
    return { op: 'or', of: found.map((of): Predicate => ({ op: 'and', of })) };
  };
}

/**
 * Each such condition is false or NULL for a row of NULLs, so leaving out rows that do not meet it changes nothing, whichever side of an
 * outer join the table is on.
 */
function occurrencesIn({ from, where }: Select, sql: string): Occurrence[] {
  if (from === undefined) return [];
  const relations = leaves(from);
  const conditions = where === undefined ? [] : conjuncts(where);
  return relations.flatMap((relation): Occurrence[] => {
    if (relation.kind !== 'table' || relation.parts.length < 2) return [];
    const isOwn = (parts: readonly { text: string }[]) => (relations.length === 1 && parts.length === 1) || isOf(parts, relation);
    const own = conditions.flatMap((expression) => conditionOf(expression, isOwn) ?? []);
    return [{ reference: referenceOf(relation, sql), conditions: relation.columns === undefined ? own : [] }];
  });
}

function isOf(parts: readonly { text: string }[], { alias, parts: name }: TableRelation): boolean {
  const qualifier = parts.slice(0, -1).map(({ text }) => text.toLowerCase()).join('.');
  const names = alias === undefined ? [name.at(-1)?.text.toLowerCase(), name.map(({ text }) => text.toLowerCase()).join('.')] : [alias.text.toLowerCase()];
  return qualifier !== '' && names.includes(qualifier);
}

function conjuncts(expression: Expression): Expression[] {
  return expression.kind === 'binary' && expression.operator === 'AND' ? [...conjuncts(expression.left), ...conjuncts(expression.right)] : [expression];
}

const COMPARISONS = { '=': 'eq', '<': 'lt', '<=': 'le', '>': 'gt', '>=': 'ge' } as const;
const MIRRORED = { eq: 'eq', lt: 'gt', le: 'ge', gt: 'lt', ge: 'le' } as const;

function conditionOf(expression: Expression, isOwn: (parts: readonly { text: string }[]) => boolean): Condition[] | undefined {
  const columnOf = (side: Expression) => (side.kind === 'column' && isOwn(side.parts) ? side.parts.at(-1)?.text.toLowerCase() : undefined);
  if (expression.kind === 'binary') {
    const op = (COMPARISONS as Readonly<Record<string, Condition['op']>>)[expression.operator];
    const [left, right] = [columnOf(expression.left), columnOf(expression.right)];
    if (op !== undefined && left !== undefined) return [{ column: left, op, values: [expression.right] }];
    if (op !== undefined && right !== undefined) return [{ column: right, op: MIRRORED[op], values: [expression.left] }];
  }
  if (expression.kind === 'between' && !expression.negated) {
    const column = columnOf(expression.value);
    return column === undefined ? undefined : [{ column, op: 'ge', values: [expression.low] }, { column, op: 'le', values: [expression.high] }];
  }
  if (expression.kind === 'in' && !expression.negated) {
    const column = columnOf(expression.value);
    return column === undefined ? undefined : [{ column, op: 'eq', values: expression.list }];
  }
  return undefined;
}

function predicateOf({ column, op, values }: Condition, schema: Schema): Predicate | undefined {
  const field = schema.fields.find(({ name }) => name.toLowerCase() === column);
  if (field === undefined) return undefined;
  const known = values.map((value) => valueOf(value, field));
  if (known.some((value) => value === undefined)) return undefined;
  return { op: 'or', of: known.map((value): Predicate => ({ op, column: field.name, value: value as Value })) };
}

/** The literal as a value of exactly the column's type; undefined where that is not plain to see. */
function valueOf(expression: Expression, { type }: Field): Value | undefined {
  if (expression.kind === 'typed') {
    const time = /^(date|timestamp)$/.test(expression.type) ? parseTimestamp(expression.text) : undefined;
    if (expression.type === 'bigint' && type === 'long') return BigInt(expression.text);
    if (time === undefined || time.zone !== undefined) return undefined;
    if (type === 'timestamp') return time.micros;
    return type === 'date' && expression.type === 'date' ? Number(time.micros / 86_400_000_000n) : undefined;
  }
  if (expression.kind !== 'literal' || (expression.type === 'integer' && !/^\d+$/.test(expression.text))) return undefined;
  const { type: kind, text } = expression;
  if (kind === 'string' && type === 'string') return text;
  if (kind === 'integer' && type === 'long') return BigInt(text);
  if (kind === 'integer' && type === 'int') return Number.isSafeInteger(Number(text)) && Math.abs(Number(text)) < 2 ** 31 ? Number(text) : undefined;
  const decimal = typeof type === 'string' ? decimalShape(type) : undefined;
  if (decimal !== undefined && kind === 'integer') return BigInt(text) * 10n ** BigInt(decimal.scale);
  return undefined;
}
