// Columns as Glue and Hive spell them, for clients that list a table without reading its metadata.
import type { CatalogColumn } from '../ports.ts';
import type { IcebergType, Schema } from '../types.ts';
import { decimalShape, fixedLength } from '../format/values.ts';

export function catalogColumns(schema: Schema): CatalogColumn[] {
  return schema.fields.map((field) => ({ name: field.name, type: hiveType(field.type), ...(field.doc === undefined ? {} : { comment: field.doc }) }));
}

function hiveType(type: IcebergType): string {
  if (typeof type === 'object') {
    switch (type.type) {
      case 'list': return `array<${hiveType(type.element)}>`;
      case 'map': return `map<${hiveType(type.key)},${hiveType(type.value)}>`;
      case 'struct': return `struct<${type.fields.map((field) => `${field.name}:${hiveType(field.type)}`).join(',')}>`;
    }
  }
  switch (type) {
    case 'long': return 'bigint';
    case 'time': case 'uuid': return 'string';
    case 'timestamptz': return 'timestamp';
  }
  if (decimalShape(type) !== undefined) return type.replaceAll(' ', '');
  return fixedLength(type) === undefined ? type : 'binary';
}
