// Field ids as COPY's FIELD_IDS option takes them.
import { MillraceError } from '../../base/index.ts';
import type { IcebergType, Schema } from '../types.ts';
import { quoteName } from './sql-text.ts';

/** DuckDB's name for the id of a nested field itself. */
const OWN_ID = '__duckdb_field_id';

/** `{"id": 1, "items": {__duckdb_field_id: 2, "element": 3}}` */
export function fieldIds(schema: Schema): string {
  return `{${schema.fields.map((field) => entry(field.name, field.id, field.type)).join(', ')}}`;
}

function entry(name: string, id: number, type: IcebergType): string {
  if (name === OWN_ID) throw new MillraceError('unsupported', `a column named ${OWN_ID} cannot be written by DuckDB`);
  if (typeof type === 'string') return `${quoteName(name)}: ${id}`;
  return `${quoteName(name)}: {${OWN_ID}: ${id}, ${children(type)}}`;
}

function children(type: Exclude<IcebergType, string>): string {
  switch (type.type) {
    case 'struct': return type.fields.map((field) => entry(field.name, field.id, field.type)).join(', ');
    case 'list': return entry('element', type['element-id'], type.element);
    case 'map': return `${entry('key', type['key-id'], type.key)}, ${entry('value', type['value-id'], type.value)}`;
  }
}
