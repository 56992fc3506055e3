// Predicates bound to a schema: columns become field ids, values get the column's type, negation is pushed down to the leaves.
import { MillraceError } from '../../base/index.ts';
import { fieldByName } from '../format/schema.ts';
import { decimalShape, fixedLength } from '../format/values.ts';
import type { Predicate, PrimitiveType, Schema, Value } from '../types.ts';

export type Comparison = 'eq' | 'ne' | 'lt' | 'le' | 'gt' | 'ge';

/** `ref` is a field id, or the index of a partition field once the predicate is projected. As in SQL, null matches nothing but `is_null`. */
export type BoundPredicate =
  | { op: 'and' | 'or'; of: BoundPredicate[] }
  | { op: 'true' | 'false' }
  | { op: Comparison; ref: number; value: Value }
  | { op: 'in' | 'not_in'; ref: number; values: Value[] }
  | { op: 'is_null' | 'not_null'; ref: number };

export const EVERYTHING: BoundPredicate = { op: 'true' };

const NEGATED = {
  eq: 'ne', ne: 'eq', lt: 'ge', ge: 'lt', gt: 'le', le: 'gt', in: 'not_in', not_in: 'in', is_null: 'not_null', not_null: 'is_null', and: 'or', or: 'and',
  true: 'false', false: 'true',
} as const;

/** Throws `not_found` for an unknown column and `bad_input` for a value that is not of the column's type. */
export function bindPredicate(predicate: Predicate, schema: Schema): BoundPredicate {
  return bind(predicate, schema, false);
}

function bind(predicate: Predicate, schema: Schema, negate: boolean): BoundPredicate {
  switch (predicate.op) {
    case 'not': return bind(predicate.of, schema, !negate);
    case 'and':
    case 'or': return { op: negate ? NEGATED[predicate.op] : predicate.op, of: predicate.of.map((each) => bind(each, schema, negate)) };
    case 'true':
    case 'false': return { op: negate ? NEGATED[predicate.op] : predicate.op };
    case 'is_null':
    case 'not_null': return { op: negate ? NEGATED[predicate.op] : predicate.op, ref: fieldByName(schema, predicate.column).id };
    case 'in': {
      const { id, type } = primitiveColumn(schema, predicate.column);
      return { op: negate ? 'not_in' : 'in', ref: id, values: predicate.values.map((value) => typedValue(value, type, predicate.column)) };
    }
    default: {
      const { id, type } = primitiveColumn(schema, predicate.column);
      return { op: negate ? NEGATED[predicate.op] : predicate.op, ref: id, value: typedValue(predicate.value, type, predicate.column) };
    }
  }
}

function primitiveColumn(schema: Schema, name: string): { id: number; type: PrimitiveType } {
  const { id, type } = fieldByName(schema, name);
  if (typeof type !== 'string') throw new MillraceError('bad_input', `${name} is a ${type.type}, which cannot be compared`);
  return { id, type };
}

function typedValue(value: Value, type: PrimitiveType, column: string): Value {
  const typed = coerce(value, type);
  if (typed === undefined) {
    throw new MillraceError('bad_input', `${column} is ${type}, which cannot be compared with ${typeof value === 'bigint' ? `${value}n` : JSON.stringify(value)}`);
  }
  return typed;
}

/** Whole numbers may come as number or bigint, whichever the column holds; everything else must be of its type. */
function coerce(value: Value, type: PrimitiveType): Value | undefined {
  switch (type) {
    case 'boolean': return typeof value === 'boolean' ? value : undefined;
    case 'string': return typeof value === 'string' ? value : undefined;
    case 'uuid': return typeof value === 'string' ? value.toLowerCase() : undefined;
    case 'float': case 'double': return typeof value === 'number' || typeof value === 'bigint' ? Number(value) : undefined;
    case 'int': case 'date': return typeof value === 'bigint' || Number.isSafeInteger(value) ? Number(value) : undefined;
    case 'binary': return value instanceof Uint8Array ? value : undefined;
  }
  if (fixedLength(type) !== undefined) return value instanceof Uint8Array ? value : undefined;
  if (decimalShape(type) !== undefined && typeof value === 'number') return undefined; // unscaled or not? only bigint is unambiguous
  if (typeof value === 'bigint') return decimalShape(type) !== undefined || BigInt.asIntN(64, value) === value ? value : undefined;
  return Number.isSafeInteger(value) ? BigInt(value as number) : undefined;
}
