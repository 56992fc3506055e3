// What a model's columns change in the table that is there, and whether the rows that are there can stay.
import type { Field, Schema } from '../../lake/index.ts';
import { athenaTypeOf, icebergTypeOf, isWidening, sameType } from '../models/column-types.ts';
import type { ResultColumn } from '../types.ts';

export type ColumnChange =
  | { change: 'added'; column: string; type: string }
  | { change: 'widened' | 'retyped'; column: string; from: string; type: string }
  | { change: 'removed'; column: string; from: string };

/** Columns by which the SELECT differs from the table: in the SELECT's order, then those removed. */
export function schemaChanges(table: Schema, columns: readonly ResultColumn[]): ColumnChange[] {
  const fields = new Map(table.fields.map((field): [string, Field] => [field.name, field]));
  const changes = columns.flatMap((column): ColumnChange[] => {
    const field = fields.get(column.name);
    if (field === undefined) return [{ change: 'added', column: column.name, type: column.type }];
    const type = icebergTypeOf(column);
    if (sameType(field.type, type)) return [];
    const change = isWidening(field.type, type) ? 'widened' as const : 'retyped' as const;
    return [{ change, column: column.name, from: athenaTypeOf(field.type), type: column.type }];
  });
  const names = new Set(columns.map(({ name }) => name));
  const removed = table.fields.filter(({ name }) => !names.has(name))
    .map((field): ColumnChange => ({ change: 'removed', column: field.name, from: athenaTypeOf(field.type) }));
  return [...changes, ...removed];
}

/** Changes after which every row has to be computed again, because a reader would miss a column or find another type in it. */
export function isBreaking(change: ColumnChange): boolean {
  return change.change === 'removed' || change.change === 'retyped';
}
