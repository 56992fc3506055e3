// From the columns that files have to the columns that a table has: by field id, never by name or place.
import { MillraceError } from '../../base/index.ts';
import type { Field, IcebergType } from '../types.ts';
import type { FileField } from './footer.ts';
import { duckType, quoteName, quoteText } from './sql-text.ts';

/**
 * Whether DuckDB's own projection by id (`read_parquet(…, schema = MAP {…})`) gives the column as the table has it. It takes top-level
 * fields by id, but what is nested in them by name, so that a nested field that was renamed would be NULL, and one that was dropped and
 * added again would show old values.
 */
export function isReadById(field: Field, fileField: FileField | undefined): boolean {
  return fileField === undefined || isSameByName(field.type, fileField);
}

function isSameByName(type: IcebergType, file: FileField): boolean {
  if (typeof type === 'string') return file.kind === 'primitive' && !needsCast(type, file);
  if (file.kind !== type.type) return false;
  switch (type.type) {
    case 'struct': return isStructSameByName(type.fields, file.children);
    case 'list': return isChildSame(type['element-id'], type.element, file.children[0]);
    case 'map': return isChildSame(type['key-id'], type.key, file.children[0]) && isChildSame(type['value-id'], type.value, file.children[1]);
  }
}

/**
 * Bytes that are not marked as text are none to DuckDB. And where a float became a double, it rounds what a filter compares with to a
 * float before it looks at the file, so that `x = 1/3` finds what is only near.
 */
function needsCast(type: string, file: FileField): boolean {
  return (type === 'string' && !file.isText) || (type === 'double' && file.isFloat);
}

function isChildSame(id: number, type: IcebergType, file: FileField | undefined): boolean {
  return file !== undefined && file.id === id && isSameByName(type, file);
}

function isStructSameByName(fields: readonly Field[], children: readonly FileField[]): boolean {
  const names = new Set(children.map((child) => child.name.toLowerCase()));
  const found = fields.filter((field) => {
    const child = children.find((each) => each.id === field.id);
    return child !== undefined && child.name.toLowerCase() === field.name.toLowerCase() && isSameByName(field.type, child);
  });
  // A field that no child carries is NULL, as long as no other child carries its name. DuckDB wants at least one that matches.
  const isRest = fields.every((field) => found.includes(field)
    || (!children.some((child) => child.id === field.id) && !names.has(field.name.toLowerCase())));
  return found.length > 0 && isRest;
}

/** SQL for a table's column over a file's column, taken apart and put together by ids; `path` names it in errors. */
export function rebuild(type: IcebergType, file: FileField | undefined, sql: string, path: string, depth = 0): string {
  if (file === undefined) return `CAST(NULL AS ${duckType(type)})`;
  if (typeof type === 'string' ? file.kind !== 'primitive' : file.kind !== type.type) {
    throw new MillraceError('bad_input', `a data file holds ${path} as a ${file.kind}, the table as ${duckType(type)}`);
  }
  if (typeof type === 'string') return type === 'string' && !file.isText ? `decode(${sql})` : `CAST(${sql} AS ${duckType(type)})`;
  const element = `e${depth}`;
  switch (type.type) {
    case 'struct': {
      const children = type.fields.map((field) => {
        const child = file.children.find((each) => each.id === field.id);
        const value = rebuild(field.type, child, child === undefined ? '' : `struct_extract(${sql}, ${quoteText(child.name)})`, `${path}.${field.name}`, depth);
        return `${quoteName(field.name)} := ${value}`;
      });
      return `CASE WHEN ${sql} IS NULL THEN NULL ELSE struct_pack(${children.join(', ')}) END`;
    }
    case 'list': {
      const child = file.children.find((each) => each.id === type['element-id']);
      return `list_transform(${sql}, lambda ${element}: ${rebuild(type.element, child, element, `${path}.element`, depth + 1)})`;
    }
    case 'map': {
      const part = (id: number, partType: IcebergType, name: 'key' | 'value'): string =>
        `${name} := ${rebuild(partType, file.children.find((each) => each.id === id), `${element}.${name}`, `${path}.${name}`, depth + 1)}`;
      const entry = `struct_pack(${part(type['key-id'], type.key, 'key')}, ${part(type['value-id'], type.value, 'value')})`;
      return `map_from_entries(list_transform(map_entries(${sql}), lambda ${element}: ${entry}))`;
    }
  }
}
