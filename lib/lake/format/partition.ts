// Partition specs and sort orders: from strings such as `month(order_date)` to fields by id, and the types of partition values.
import { MillraceError } from '../../base/index.ts';
import type { Field, PartitionField, PartitionSpec, PrimitiveType, Schema, SortField, SortOrder, Transform } from '../types.ts';
import { fieldByName, primitiveTypes } from './schema.ts';
import { transformResultType } from './transforms.ts';

export const FIRST_PARTITION_ID = 1000;

/** `month(order_date)` → transform and column. A bare name is identity; `bucket(16, id)`, `truncate(4, zip)` carry their width first. */
export function parseTransformText(text: string): { transform: Transform; column: string } {
  const call = /^\s*(\w+)\s*\(\s*(?:(\d+)\s*,\s*)?([^(),]+?)\s*\)\s*$/.exec(text);
  if (call === null) {
    const column = text.trim();
    if (!/^[^(),]+$/.test(column)) throw unreadable(text);
    return { transform: 'identity', column };
  }
  const [, rawName = '', width, column = ''] = call;
  const name = rawName.toLowerCase().replace(/^(year|month|day|hour)s$/, '$1').replace(/^date$/, 'day');
  if (name === 'bucket' || name === 'truncate') {
    if (width === undefined || Number(width) === 0) throw unreadable(text);
    return { transform: `${name}[${Number(width)}]`, column };
  }
  if (width !== undefined || !['identity', 'year', 'month', 'day', 'hour', 'void'].includes(name)) throw unreadable(text);
  return { transform: name as Transform, column };
}

function unreadable(text: string): MillraceError {
  return new MillraceError('bad_input', `${JSON.stringify(text)} is not a partition or sort expression`, {
    todo: 'Write a column, or year(c), month(c), day(c), hour(c), bucket(16, c), truncate(4, c).',
  });
}

/** Name of a partition field as the reference implementation gives it: `ts_day`, `id_bucket`, `id_trunc`, the column itself. */
function partitionFieldName(transform: Transform, column: string): string {
  const kind = transform.replace(/\[.*$/, '');
  if (kind === 'identity') return column;
  return `${column}_${kind === 'truncate' ? 'trunc' : kind === 'void' ? 'null' : kind}`;
}

/** The fields of a spec, numbered from `firstId`. */
export function newPartitionFields(schema: Schema, expressions: readonly string[], firstId: number = FIRST_PARTITION_ID): PartitionField[] {
  const names = new Set<string>();
  return expressions.map((text, index) => {
    const { transform, column } = parseTransformText(text);
    const source = primitiveField(schema, column);
    transformResultType(transform, source.type);
    const name = partitionFieldName(transform, column);
    if (names.has(name)) throw new MillraceError('bad_input', `the partition ${name} is given twice`);
    names.add(name);
    return { 'source-id': source.id, 'field-id': firstId + index, name, transform };
  });
}

/** `customer_state`, `day(ts) desc`, `id asc nulls last` → the fields of a sort order. */
export function newSortFields(schema: Schema, expressions: readonly string[]): SortField[] {
  return expressions.map((text) => {
    const match = /^(.*?)(?:\s+(asc|desc))?(?:\s+nulls\s+(first|last))?$/i.exec(text.trim());
    const { transform, column } = parseTransformText(match?.[1] ?? text);
    const direction = (match?.[2]?.toLowerCase() ?? 'asc') as 'asc' | 'desc';
    const source = primitiveField(schema, column);
    transformResultType(transform, source.type);
    const nulls = match?.[3]?.toLowerCase() ?? (direction === 'asc' ? 'first' : 'last');
    return { transform, 'source-id': source.id, direction, 'null-order': nulls === 'first' ? 'nulls-first' : 'nulls-last' };
  });
}

export function newSortOrder(schema: Schema, expressions: readonly string[], orderId: number): SortOrder {
  return { 'order-id': expressions.length === 0 ? 0 : orderId, fields: newSortFields(schema, expressions) };
}

function primitiveField(schema: Schema, column: string): Field & { type: PrimitiveType } {
  const field = fieldByName(schema, column);
  if (typeof field.type !== 'string') throw new MillraceError('bad_input', `${column} is a ${field.type.type}: only a primitive column can be partitioned or sorted by`);
  return field as Field & { type: PrimitiveType };
}

/** A partition field with the types on both sides of its transform. The source of a dropped column is found in older schemas. */
export interface TypedPartitionField { field: PartitionField; sourceType: PrimitiveType; resultType: PrimitiveType }

/** The fields of a spec with their types; schemas are searched from the first. A source found nowhere counts as void over int. */
export function typedPartitionFields(spec: PartitionSpec, schemas: readonly Schema[]): TypedPartitionField[] {
  return spec.fields.map((field) => {
    const sourceType = sourceTypeOf(field['source-id'], schemas);
    if (sourceType === undefined) return { field: { ...field, transform: 'void' }, sourceType: 'int', resultType: 'int' };
    return { field, sourceType, resultType: transformResultType(field.transform, sourceType) };
  });
}

function sourceTypeOf(id: number, schemas: readonly Schema[]): PrimitiveType | undefined {
  for (const schema of schemas) {
    const type = primitiveTypes(schema).get(id);
    if (type !== undefined) return type;
  }
  return undefined;
}
