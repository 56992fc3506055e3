// Schemas: from a list of columns to numbered fields, and look-ups by id and by name.
import { MillraceError } from '../../base/index.ts';
import type { Field, IcebergType, PrimitiveType, Schema } from '../types.ts';
import { decimalShape, isPrimitiveType } from './values.ts';

/** A column of a new table: ids are given when the table is made. Nested types may carry any ids, they are given anew. */
export interface ColumnDefinition { name: string; type: IcebergType; required?: boolean; doc?: string }

/** Numbers the columns of a new table: top-level fields first, then nested ones, as the reference implementation does. */
export function newSchema(columns: readonly ColumnDefinition[], key: readonly string[] = []): { schema: Schema; lastColumnId: number } {
  if (columns.length === 0) throw new MillraceError('bad_input', 'a table needs at least one column');
  const ids = new IdSource(0);
  const fields = numberFields(columns.map(checkedColumn), ids);
  const schema: Schema = { type: 'struct', 'schema-id': 0, fields };
  const keyIds = key.map((name) => identifierField(schema, name).id);
  if (keyIds.length > 0) schema['identifier-field-ids'] = keyIds;
  return { schema, lastColumnId: ids.last };
}

/** Gives out column ids, one after the other. */
export class IdSource {
  last: number;

  constructor(last: number) {
    this.last = last;
  }

  next(): number {
    this.last += 1;
    return this.last;
  }
}

/** Numbers the fields of one struct and then what is nested in them. */
function numberFields(fields: readonly (Omit<Field, 'id'> | Field)[], ids: IdSource): Field[] {
  const names = new Set<string>();
  const numbered = fields.map((field) => {
    if (names.has(field.name.toLowerCase())) throw new MillraceError('bad_input', `the column ${field.name} is given twice`);
    names.add(field.name.toLowerCase());
    return { ...field, id: ids.next() };
  });
  return numbered.map((field) => fieldInOrder({ ...field, type: numberType(field.type, ids) }));
}

/** Numbers what is nested in a type; primitive types stay as they are. */
export function numberType(type: IcebergType, ids: IdSource): IcebergType {
  if (typeof type === 'string') return type;
  switch (type.type) {
    case 'struct': return { type: 'struct', fields: numberFields(type.fields, ids) };
    case 'list': {
      const elementId = ids.next();
      return { ...type, 'element-id': elementId, element: numberType(type.element, ids) };
    }
    case 'map': {
      const keyId = ids.next();
      const valueId = ids.next();
      return { ...type, 'key-id': keyId, key: numberType(type.key, ids), 'value-id': valueId, value: numberType(type.value, ids) };
    }
  }
}

function fieldInOrder(field: Field): Field {
  return { id: field.id, name: field.name, required: field.required, type: field.type, ...(field.doc === undefined ? {} : { doc: field.doc }) };
}

/** A column definition as a field without an id; refuses what is not a type of Iceberg's version 2. */
export function checkedColumn(column: ColumnDefinition): Omit<Field, 'id'> {
  if (column.name === '') throw new MillraceError('bad_input', 'a column needs a name');
  checkType(column.type, column.name);
  return { name: column.name, required: column.required ?? false, type: column.type, ...(column.doc === undefined ? {} : { doc: column.doc }) };
}

function checkType(type: IcebergType, where: string): void {
  if (typeof type === 'string') {
    if (!isPrimitiveType(type)) throw new MillraceError('unsupported', `${JSON.stringify(type)} is not a type of Iceberg's version 2`, { where });
    const shape = decimalShape(type);
    if (shape !== undefined && (shape.precision < 1 || shape.precision > 38 || shape.scale > shape.precision)) {
      throw new MillraceError('bad_input', `${type}: the precision must be 1 to 38 and the scale no more than it`, { where });
    }
    return;
  }
  switch (type.type) {
    case 'struct': return type.fields.forEach((field) => checkType(field.type, `${where}.${field.name}`));
    case 'list': return checkType(type.element, `${where}.element`);
    case 'map':
      checkType(type.key, `${where}.key`);
      checkType(type.value, `${where}.value`);
  }
}

/** A field that may be part of a table's key: required, primitive, no float. */
function identifierField(schema: Schema, name: string): Field {
  const field = fieldByName(schema, name);
  if (!field.required || typeof field.type !== 'string' || field.type === 'float' || field.type === 'double') {
    throw new MillraceError('bad_input', `the key column ${name} must be required, and neither nested nor floating point`);
  }
  return field;
}

/** A field by its name, `a.b` for one inside a struct; throws where there is none. */
export function fieldByName(schema: Schema, name: string): Field {
  const field = findField(schema, name);
  if (field === undefined) {
    throw new MillraceError('not_found', `there is no column ${name}`, { todo: `The columns are ${schema.fields.map((each) => each.name).join(', ')}.` });
  }
  return field;
}

export function findField(schema: Schema, name: string): Field | undefined {
  const whole = schema.fields.find((field) => field.name === name);
  if (whole !== undefined) return whole;
  let fields = schema.fields;
  let found: Field | undefined;
  for (const part of name.split('.')) {
    found = fields.find((field) => field.name === part);
    if (found === undefined) return undefined;
    fields = typeof found.type === 'object' && found.type.type === 'struct' ? found.type.fields : [];
  }
  return found;
}

const primitivesBySchema = new WeakMap<Schema, Map<number, PrimitiveType>>();

/** Primitive types of all fields, nested ones and elements included, by field id. */
export function primitiveTypes(schema: Schema): Map<number, PrimitiveType> {
  let types = primitivesBySchema.get(schema);
  if (types === undefined) {
    types = new Map();
    const all = types;
    forEachField(schema, (id, type) => {
      if (typeof type === 'string') all.set(id, type);
    });
    primitivesBySchema.set(schema, types);
  }
  return types;
}

/** Calls back for every field, list element, map key and map value at any depth. */
export function forEachField(schema: { fields: readonly Field[] }, visit: (id: number, type: IcebergType, path: string, required: boolean) => void): void {
  const walk = (id: number, type: IcebergType, path: string, required: boolean): void => {
    visit(id, type, path, required);
    if (typeof type === 'string') return;
    switch (type.type) {
      case 'struct': return type.fields.forEach((field) => walk(field.id, field.type, `${path}.${field.name}`, field.required));
      case 'list': return walk(type['element-id'], type.element, `${path}.element`, type['element-required']);
      case 'map':
        walk(type['key-id'], type.key, `${path}.key`, true);
        walk(type['value-id'], type.value, `${path}.value`, type['value-required']);
    }
  };
  for (const field of schema.fields) walk(field.id, field.type, field.name, field.required);
}

/** Highest field id of a schema, at any depth. */
export function highestFieldId(schema: Schema): number {
  let highest = 0;
  forEachField(schema, (id) => {
    highest = Math.max(highest, id);
  });
  return highest;
}
