// Schema evolution by field id (Iceberg specification, "Schema Evolution"): add, rename, drop, move, widen, make optional.
import { MillraceError } from '../../base/index.ts';
import type { Field, IcebergType, PrimitiveType, Schema } from '../types.ts';
import { checkedColumn, IdSource, numberType, type ColumnDefinition } from './schema.ts';
import { decimalShape } from './values.ts';

/** Where a column goes: first, or right behind or before another of the same struct. */
export type ColumnPlace = { first: true } | { after: string } | { before: string };

/** Columns inside structs are named with dots, `address.city`. */
export type SchemaChange =
  | { op: 'add'; column: ColumnDefinition; /** The struct that gets it; default: the table. */ parent?: string; place?: ColumnPlace }
  | { op: 'rename'; column: string; to: string }
  | { op: 'drop'; column: string }
  | { op: 'move'; column: string; place: ColumnPlace }
  | { op: 'widen'; column: string; type: PrimitiveType }
  | { op: 'make_optional'; column: string }
  | { op: 'document'; column: string; doc: string };

/** The fields after the changes. Ids stay with their columns; new columns get new ids. `schema-id` is left as it was. */
export function evolveSchema(schema: Schema, lastColumnId: number, changes: readonly SchemaChange[]): { schema: Schema; lastColumnId: number } {
  const ids = new IdSource(lastColumnId);
  let fields = schema.fields;
  for (const change of changes) fields = applyChange(fields, change, ids);
  const identifiers = schema['identifier-field-ids'] ?? [];
  for (const id of identifiers) {
    const before = schema.fields.find((field) => field.id === id);
    const after = fields.find((field) => field.id === id);
    if (before !== undefined && (after === undefined || !after.required)) throw refused(`${before.name} is part of the table's key: it cannot be dropped or made optional`);
  }
  return { schema: { ...schema, fields }, lastColumnId: ids.last };
}

function applyChange(fields: Field[], change: SchemaChange, ids: IdSource): Field[] {
  if (change.op === 'add') return addColumn(fields, change, ids);
  const { parent, name } = split(change.column);
  return inStruct(fields, parent, (siblings) => {
    const index = siblings.findIndex((field) => field.name === name);
    const field = siblings[index];
    if (field === undefined) throw unknownColumn(change.column, siblings);
    switch (change.op) {
      case 'rename':
        refuseTaken(siblings.filter((each) => each !== field), change.to);
        return siblings.with(index, { ...field, name: change.to });
      case 'drop':
        if (siblings.length === 1) throw refused(`${change.column} is the only column of its ${parent === undefined ? 'table' : 'struct'}: it cannot be dropped`);
        return siblings.toSpliced(index, 1);
      case 'move': return place(siblings.toSpliced(index, 1), field, change.place);
      case 'widen': return siblings.with(index, { ...field, type: widened(field, change.type, change.column) });
      case 'make_optional': return siblings.with(index, { ...field, required: false });
      case 'document': return siblings.with(index, { ...field, doc: change.doc });
    }
  });
}

function addColumn(fields: Field[], change: Extract<SchemaChange, { op: 'add' }>, ids: IdSource): Field[] {
  const column = checkedColumn(change.column);
  if (column.required) {
    throw refused(`${column.name} cannot be added as required: rows that exist have no value for it`, 'Add it as an optional column.');
  }
  return inStruct(fields, change.parent, (siblings) => {
    refuseTaken(siblings, column.name);
    const field: Field = { id: ids.next(), ...column };
    return place(siblings, { ...field, type: numberType(field.type, ids) }, change.place);
  });
}

function split(column: string): { parent: string | undefined; name: string } {
  const dot = column.lastIndexOf('.');
  return dot < 0 ? { parent: undefined, name: column } : { parent: column.slice(0, dot), name: column.slice(dot + 1) };
}

/** Changes the fields of a struct found by its path; lists and maps are entered by `element` and `value`. */
function inStruct(fields: Field[], path: string | undefined, change: (siblings: Field[]) => Field[]): Field[] {
  if (path === undefined) return change(fields);
  const [name = '', ...rest] = path.split('.');
  const index = fields.findIndex((field) => field.name === name);
  const field = fields[index];
  if (field === undefined) throw unknownColumn(path, fields);
  return fields.with(index, { ...field, type: inType(field.type, rest, change, path) });
}

function inType(type: IcebergType, path: string[], change: (siblings: Field[]) => Field[], where: string): IcebergType {
  if (typeof type === 'object') {
    const [step, ...rest] = path;
    if (type.type === 'struct') return { ...type, fields: inStruct(type.fields, path.length === 0 ? undefined : path.join('.'), change) };
    if (type.type === 'list' && step === 'element') return { ...type, element: inType(type.element, rest, change, where) };
    if (type.type === 'map' && step === 'value') return { ...type, value: inType(type.value, rest, change, where) };
  }
  throw new MillraceError('bad_input', `${where} is not a struct: it has no columns of its own`);
}

function place(siblings: Field[], field: Field, at: ColumnPlace | undefined): Field[] {
  if (at === undefined) return [...siblings, field];
  if ('first' in at) return [field, ...siblings];
  const neighbour = split('after' in at ? at.after : at.before).name;
  const index = siblings.findIndex((each) => each.name === neighbour);
  if (index < 0) throw unknownColumn(neighbour, siblings);
  return siblings.toSpliced('after' in at ? index + 1 : index, 0, field);
}

function widened(field: Field, to: PrimitiveType, column: string): PrimitiveType {
  if (typeof field.type !== 'string' || !canWiden(field.type, to)) {
    const from = typeof field.type === 'string' ? field.type : field.type.type;
    throw refused(`${column} cannot change from ${from} to ${to}`, 'int can become long, float double, and a decimal one of more digits and the same scale.');
  }
  return to;
}

/** Type promotion of version 2. A type can always "become" itself. */
export function canWiden(from: PrimitiveType, to: PrimitiveType): boolean {
  if (from === to || (from === 'int' && to === 'long') || (from === 'float' && to === 'double')) return true;
  const before = decimalShape(from);
  const after = decimalShape(to);
  return before !== undefined && after !== undefined && before.scale === after.scale && before.precision <= after.precision && after.precision <= 38;
}

/**
 * The changes that lead from a schema to wanted columns, by name, and what stands in the way. Columns that are not wanted any more are
 * dropped only with `dropOthers`. The order of columns is left alone.
 */
export function changesTowards(schema: Schema, wanted: readonly ColumnDefinition[], options: { dropOthers?: boolean } = {}): { changes: SchemaChange[]; refused: string[] } {
  const changes: SchemaChange[] = [];
  const problems: string[] = [];
  for (const column of wanted) {
    const field = schema.fields.find((each) => each.name === column.name);
    if (field === undefined) {
      if (column.required === true) problems.push(`${column.name} cannot be added as required`);
      else changes.push({ op: 'add', column });
      continue;
    }
    if (!sameShape(field.type, column.type)) {
      const { type } = column;
      if (typeof field.type === 'string' && typeof type === 'string' && canWiden(field.type, type)) changes.push({ op: 'widen', column: column.name, type });
      else problems.push(`${column.name} cannot change from ${textOfType(field.type)} to ${textOfType(column.type)}`);
    }
    if (field.required && column.required !== true) changes.push({ op: 'make_optional', column: column.name });
    if (!field.required && column.required === true) problems.push(`${column.name} cannot become required`);
    if (column.doc !== undefined && column.doc !== field.doc) changes.push({ op: 'document', column: column.name, doc: column.doc });
  }
  const names = new Set(wanted.map((column) => column.name));
  if (options.dropOthers === true) {
    for (const field of schema.fields) if (!names.has(field.name)) changes.push({ op: 'drop', column: field.name });
  }
  return { changes, refused: problems };
}

/** Equal but for field ids and documentation. */
export function sameShape(left: IcebergType, right: IcebergType): boolean {
  return textOfType(left) === textOfType(right);
}

/** A type as text, without ids: `list<struct<a: int, b: string>>`. */
export function textOfType(type: IcebergType): string {
  if (typeof type === 'string') return type.replaceAll(' ', '');
  switch (type.type) {
    case 'list': return `list<${textOfType(type.element)}${type['element-required'] ? ' required' : ''}>`;
    case 'map': return `map<${textOfType(type.key)}, ${textOfType(type.value)}${type['value-required'] ? ' required' : ''}>`;
    case 'struct': return `struct<${type.fields.map((field) => `${field.name}: ${textOfType(field.type)}${field.required ? ' required' : ''}`).join(', ')}>`;
  }
}

/** Throws where a partition or sort field would lose its column. */
export function refuseDroppedSource(before: Schema, after: Schema, sourceIds: Iterable<number>, use: string): void {
  const kept = new Set(after.fields.map((field) => field.id));
  for (const id of sourceIds) {
    const field = before.fields.find((each) => each.id === id);
    if (field !== undefined && !kept.has(id)) throw refused(`${field.name} is ${use}: it cannot be dropped`, 'Change the partitioning or the sort order first.');
  }
}

function refuseTaken(siblings: readonly Field[], name: string): void {
  if (name === '') throw new MillraceError('bad_input', 'a column needs a name');
  if (siblings.some((field) => field.name.toLowerCase() === name.toLowerCase())) throw refused(`there is a column ${name} already`);
}

function unknownColumn(name: string, fields: readonly Field[]): MillraceError {
  return new MillraceError('not_found', `there is no column ${name}`, { todo: `The columns are ${fields.map((field) => field.name).join(', ')}.` });
}

function refused(message: string, todo?: string): MillraceError {
  return new MillraceError('bad_input', message, { todo });
}

