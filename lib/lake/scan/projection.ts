// From a predicate on columns to one on partition values (Iceberg specification, "Scan Planning": inclusive and strict projection).
import { transformFunction } from '../format/transforms.ts';
import { decimalShape } from '../format/values.ts';
import type { TypedPartitionField } from '../format/partition.ts';
import type { PrimitiveType, Value } from '../types.ts';
import type { BoundPredicate } from './bound.ts';

type Leaf = Exclude<BoundPredicate, { op: 'and' | 'or' | 'true' | 'false' }>;
type Projected = BoundPredicate | undefined;

/** A predicate that every partition with a matching row satisfies; partitions that do not can be skipped. */
export function projectInclusively(predicate: BoundPredicate, partition: readonly TypedPartitionField[]): BoundPredicate {
  return project(predicate, partition, (leaf, field, index) => inclusiveLeaf(leaf, field, index), 'and', 'true');
}

/** A predicate that is true only of partitions all of whose rows match. */
export function projectStrictly(predicate: BoundPredicate, partition: readonly TypedPartitionField[]): BoundPredicate {
  return project(predicate, partition, (leaf, field, index) => strictLeaf(leaf, field, index), 'or', 'false');
}

function project(
  predicate: BoundPredicate, partition: readonly TypedPartitionField[],
  projectLeaf: (leaf: Leaf, field: TypedPartitionField, index: number) => Projected, combine: 'and' | 'or', unknown: 'true' | 'false',
): BoundPredicate {
  switch (predicate.op) {
    case 'and':
    case 'or': return { op: predicate.op, of: predicate.of.map((each) => project(each, partition, projectLeaf, combine, unknown)) };
    case 'true':
    case 'false': return predicate;
  }
  const projections = partition.flatMap((field, index) => {
    const projected = field.field['source-id'] === predicate.ref ? projectLeaf(predicate, field, index) : undefined;
    return projected === undefined ? [] : [projected];
  });
  return projections.length === 0 ? { op: unknown } : { op: combine, of: projections };
}

function inclusiveLeaf(leaf: Leaf, { field, sourceType }: TypedPartitionField, index: number): Projected {
  if (field.transform === 'void') return undefined;
  const apply = transformFunction(field.transform, sourceType) as (value: Value) => Value;
  const ordered = !field.transform.startsWith('bucket');
  const exact = field.transform === 'identity';
  switch (leaf.op) {
    case 'is_null':
    case 'not_null': return { op: leaf.op, ref: index };
    case 'eq': return { op: 'eq', ref: index, value: apply(leaf.value) };
    case 'in': return { op: 'in', ref: index, values: leaf.values.map(apply) };
    case 'ne':
    case 'not_in': return exact ? { ...leaf, ref: index } : undefined;
  }
  if (exact) return { ...leaf, ref: index };
  if (!ordered) return undefined;
  switch (leaf.op) {
    case 'lt': return { op: 'le', ref: index, value: apply(neighbour(leaf.value, sourceType, -1)) };
    case 'le': return { op: 'le', ref: index, value: apply(leaf.value) };
    case 'gt': return { op: 'ge', ref: index, value: apply(neighbour(leaf.value, sourceType, 1)) };
    case 'ge': return { op: 'ge', ref: index, value: apply(leaf.value) };
  }
}

function strictLeaf(leaf: Leaf, { field, sourceType }: TypedPartitionField, index: number): Projected {
  if (field.transform === 'void') return undefined;
  const apply = transformFunction(field.transform, sourceType) as (value: Value) => Value;
  const exact = field.transform === 'identity';
  switch (leaf.op) {
    case 'is_null':
    case 'not_null': return { op: leaf.op, ref: index };
    case 'ne': return { op: 'ne', ref: index, value: apply(leaf.value) };
    case 'not_in': return { op: 'not_in', ref: index, values: leaf.values.map(apply) };
  }
  if (exact) return { ...leaf, ref: index };
  if (leaf.op === 'eq' || leaf.op === 'in' || field.transform.startsWith('bucket')) return undefined;
  switch (leaf.op) {
    case 'lt': return { op: 'lt', ref: index, value: apply(leaf.value) };
    case 'le': return { op: 'lt', ref: index, value: apply(neighbour(leaf.value, sourceType, 1)) };
    case 'gt': return { op: 'gt', ref: index, value: apply(leaf.value) };
    case 'ge': return { op: 'gt', ref: index, value: apply(neighbour(leaf.value, sourceType, -1)) };
  }
}

/** The next value of a type whose values are whole numbers; other values stay, which is safe in both projections. */
function neighbour(value: Value, type: PrimitiveType, step: 1 | -1): Value {
  if (typeof value === 'bigint') return value + BigInt(step);
  return type === 'int' || type === 'date' || decimalShape(type) !== undefined ? (value as number) + step : value;
}
