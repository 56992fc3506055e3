// The columns of a SELECT beside those of a table: types, and casts that lose nothing.
import {
  DuckDBDecimalType, DuckDBListType, DuckDBMapType, DuckDBStructType, DuckDBTypeId, type DuckDBType,
} from '@duckdb/node-api';
import { MillraceError } from '../../base/index.ts';
import { decimalShape, fixedLength } from '../format/values.ts';
import type { ColumnDefinition } from '../format/schema.ts';
import type { Field, IcebergType, PrimitiveType, Schema } from '../types.ts';
import type { QueryOptions, Session } from './database.ts';
import { databaseError } from './errors.ts';
import { duckType, quoteName, quoteText } from './sql-text.ts';

export interface SelectColumn { name: string; type: DuckDBType }

/** Names and types of what a SELECT gives; it is planned, not run. */
export async function columnsOf(session: Session, select: string, options?: QueryOptions): Promise<SelectColumn[]> {
  try {
    const statement = await session.connection.prepare(select);
    const columns = Array.from({ length: statement.columnCount }, (_, at) => ({ name: statement.columnName(at), type: statement.columnType(at) }));
    statement.destroySync();
    return columns;
  } catch (cause) {
    throw databaseError(cause, select, options?.where);
  }
}

/** The columns that a new table needs to hold what a SELECT gives. */
export async function tableColumnsFor(session: Session, select: string, options?: QueryOptions): Promise<ColumnDefinition[]> {
  const columns = await columnsOf(session, select, options);
  return columns.map(({ name, type }) => ({ name, type: icebergType(type, name) }));
}

const { BOOLEAN, TINYINT, SMALLINT, INTEGER, BIGINT, HUGEINT, UTINYINT, USMALLINT, UINTEGER, UBIGINT, UHUGEINT, FLOAT, DOUBLE, DECIMAL, DATE, TIME,
  TIMESTAMP, TIMESTAMP_S, TIMESTAMP_MS, TIMESTAMP_TZ, VARCHAR, ENUM, UUID, BLOB, SQLNULL } = DuckDBTypeId;

const ICEBERG_TYPES: ReadonlyMap<DuckDBTypeId, PrimitiveType> = new Map<DuckDBTypeId, PrimitiveType>([
  [BOOLEAN, 'boolean'], [TINYINT, 'int'], [SMALLINT, 'int'], [INTEGER, 'int'], [UTINYINT, 'int'], [USMALLINT, 'int'], [UINTEGER, 'long'], [BIGINT, 'long'],
  [UBIGINT, 'decimal(20,0)'], [HUGEINT, 'decimal(38,0)'], [FLOAT, 'float'], [DOUBLE, 'double'], [DATE, 'date'], [TIME, 'time'],
  [TIMESTAMP, 'timestamp'], [TIMESTAMP_S, 'timestamp'], [TIMESTAMP_MS, 'timestamp'], [TIMESTAMP_TZ, 'timestamptz'],
  [VARCHAR, 'string'], [ENUM, 'string'], [UUID, 'uuid'], [BLOB, 'binary'],
]);

/** The Iceberg type that holds all values of a DuckDB type; ids of nested fields are 0 and to be given by the table. */
export function icebergType(type: DuckDBType, where: string): IcebergType {
  if (type instanceof DuckDBDecimalType) return `decimal(${type.width},${type.scale})`;
  if (type instanceof DuckDBListType) {
    return { type: 'list', 'element-id': 0, element: icebergType(type.valueType, where), 'element-required': false };
  }
  if (type instanceof DuckDBMapType) {
    return {
      type: 'map', 'key-id': 0, key: icebergType(type.keyType, where), 'value-id': 0, value: icebergType(type.valueType, where), 'value-required': false,
    };
  }
  if (type instanceof DuckDBStructType) {
    return {
      type: 'struct',
      fields: type.entryNames.map((name, at) => ({
        id: 0, name, required: false, type: icebergType(type.entryTypes[at] as DuckDBType, `${where}.${name}`),
      })),
    };
  }
  const found = ICEBERG_TYPES.get(type.typeId);
  if (found !== undefined) return found;
  throw new MillraceError('unsupported', `a table cannot hold values of type ${type.toString()}`, { where, todo: 'Cast the column to another type.' });
}

/**
 * The select list that turns the columns of `select` into exactly those of the schema. Throws where a column is missing or surplus, and
 * where a cast could lose something without a word; a number too big for its column fails when the rows are read.
 */
export async function castColumns(session: Session, schema: Schema, select: string, options: QueryOptions): Promise<string> {
  const where = options.where;
  const sources = new Map((await columnsOf(session, select, options)).map((column) => [column.name.toLowerCase(), column]));
  const casts: string[] = [];
  for (const field of schema.fields) {
    const source = sources.get(field.name.toLowerCase());
    if (source === undefined) throw new MillraceError('bad_input', `the rows have no column ${field.name}`, { where });
    sources.delete(field.name.toLowerCase());
    const mayBeNull = source.type.typeId === INTEGER && !acceptsIntegers(field.type);
    if (!(mayBeNull && await isUntypedNull(session, select, source.name))) checkCast(source.type, field.type, field.name, where);
    casts.push(`${checked(field, `CAST(${quoteName(source.name)} AS ${duckType(field.type)})`)} AS ${quoteName(field.name)}`);
  }
  const [surplus] = sources.values();
  if (surplus !== undefined) throw new MillraceError('bad_input', `the table has no column ${surplus.name}`, { where });
  return casts.join(', ');
}

/** DuckDB reports the type of a bare NULL as INTEGER. Unlike an integer, it may be taken for a list. */
async function isUntypedNull(session: Session, select: string, column: string): Promise<boolean> {
  try {
    (await session.connection.prepare(`SELECT list_extract(${quoteName(column)}, 1) FROM (${select}\n)`)).destroySync();
    return true;
  } catch {
    return false;
  }
}

const INTEGERS = [TINYINT, SMALLINT, INTEGER, BIGINT, HUGEINT, UTINYINT, USMALLINT, UINTEGER, UBIGINT, UHUGEINT];

/** From which types a cast loses nothing, or fails loudly. */
const SOURCES: Readonly<Record<string, readonly DuckDBTypeId[]>> = Object.freeze({
  boolean: [BOOLEAN],
  int: INTEGERS,
  long: INTEGERS,
  float: [FLOAT, ...INTEGERS],
  double: [DOUBLE, FLOAT, DECIMAL, ...INTEGERS],
  date: [DATE],
  time: [TIME],
  timestamp: [TIMESTAMP, TIMESTAMP_S, TIMESTAMP_MS, TIMESTAMP_TZ, DATE],
  timestamptz: [TIMESTAMP_TZ, TIMESTAMP, TIMESTAMP_S, TIMESTAMP_MS],
  string: [VARCHAR, ENUM, UUID],
  uuid: [UUID, VARCHAR],
  binary: [BLOB],
});

function acceptsIntegers(type: IcebergType): boolean {
  return typeof type === 'string' && (decimalShape(type) !== undefined || SOURCES[type]?.includes(INTEGER) === true);
}

function checkCast(source: DuckDBType, target: IcebergType, path: string, where: string | undefined): void {
  if (source.typeId === SQLNULL || isLossless(source, target, path, where)) return;
  const wanted = duckType(target);
  throw new MillraceError('bad_input', `${path} would be cast from ${source.toString()} to ${wanted} without a word`, {
    where, todo: `Write CAST(… AS ${wanted}) in the query if that is meant.`,
  });
}

function isLossless(source: DuckDBType, target: IcebergType, path: string, where: string | undefined): boolean {
  if (typeof target === 'string') {
    if (fixedLength(target) !== undefined) throw new MillraceError('unsupported', `${path}: DuckDB cannot write values of type ${target}`, { where });
    const decimal = decimalShape(target);
    if (decimal === undefined) return SOURCES[target]?.includes(source.typeId) === true;
    return INTEGERS.includes(source.typeId) || (source instanceof DuckDBDecimalType && source.scale <= decimal.scale);
  }
  switch (target.type) {
    case 'list':
      if (!(source instanceof DuckDBListType)) return false;
      checkCast(source.valueType, target.element, `${path}.element`, where);
      return true;
    case 'map':
      if (!(source instanceof DuckDBMapType)) return false;
      checkCast(source.keyType, target.key, `${path}.key`, where);
      checkCast(source.valueType, target.value, `${path}.value`, where);
      return true;
    case 'struct':
      if (!(source instanceof DuckDBStructType)) return false;
      checkStruct(source, target.fields, path, where);
      return true;
  }
}

function checkStruct(source: DuckDBStructType, fields: readonly Field[], path: string, where: string | undefined): void {
  const entries = new Map(source.entryNames.map((name, at) => [name.toLowerCase(), source.entryTypes[at] as DuckDBType]));
  for (const field of fields) {
    const type = entries.get(field.name.toLowerCase());
    if (type === undefined) throw new MillraceError('bad_input', `the rows have no field ${path}.${field.name}`, { where });
    entries.delete(field.name.toLowerCase());
    checkCast(type, field.type, `${path}.${field.name}`, where);
  }
  const [surplus] = entries.keys();
  if (surplus !== undefined) throw new MillraceError('bad_input', `the table has no field ${path}.${surplus}`, { where });
}

/** A nested column with a check of what must not be NULL in it. Top-level primitive columns are checked by the file's statistics. */
function checked(field: Field, sql: string): string {
  if (typeof field.type === 'string') return sql;
  const inside = violation(field.type, 'v', 0);
  const conditions = [...(field.required ? ['v IS NULL'] : []), ...(inside === undefined ? [] : [inside])];
  if (conditions.length === 0) return sql;
  const message = quoteText(`the required column ${field.name}, or something required in it, is NULL`);
  return `list_transform([${sql}], lambda v: CASE WHEN ${conditions.join(' OR ')} THEN error(${message}) ELSE v END)[1]`;
}

/** SQL that is true where something required inside `value` is NULL; undefined where nothing is required. */
function violation(type: IcebergType, value: string, depth: number): string | undefined {
  if (typeof type === 'string') return undefined;
  const element = `e${depth}`;
  const ofElement = (inner: IcebergType, isRequired: boolean, list: string): string | undefined => {
    const inside = violation(inner, element, depth + 1);
    const conditions = [...(isRequired ? [`${element} IS NULL`] : []), ...(inside === undefined ? [] : [inside])];
    return conditions.length === 0 ? undefined : `coalesce(list_bool_or(list_transform(${list}, lambda ${element}: ${conditions.join(' OR ')})), FALSE)`;
  };
  switch (type.type) {
    case 'list': return ofElement(type.element, type['element-required'], value);
    case 'map': return ofElement(type.value, type['value-required'], `map_values(${value})`) ?? ofElement(type.key, false, `map_keys(${value})`);
    case 'struct': {
      const conditions = type.fields.flatMap((field) => {
        const child = `struct_extract(${value}, ${quoteText(field.name)})`;
        const inside = violation(field.type, child, depth);
        return [...(field.required ? [`${child} IS NULL`] : []), ...(inside === undefined ? [] : [inside])];
      });
      return conditions.length === 0 ? undefined : `(${value} IS NOT NULL AND (${conditions.join(' OR ')}))`;
    }
  }
}
