// Tables of any kind for tests: arbitrary types and values, and values read back as the lake holds them.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { decimalShape, openFolderLake, type DataFile, type Field, type IcebergType, type Lake, type PrimitiveType, type ScanFile, type Value } from '../../lib/lake/index.ts';
import { Database, duckType, quoteName, valueLiteral, type Session, type SqlValue } from '../../lib/lake/duckdb/index.ts';

/** A folder, a lake in it and a DuckDB session, all gone after the test. */
export async function workspace(): Promise<{ folder: string; lake: Lake; session: Session; database: Database; dispose(): void }> {
  const folder = mkdtempSync(join(tmpdir(), 'lake-duckdb-'));
  const database = await Database.open({ threads: 2, memoryLimit: '1GB', temporaryFolder: join(folder, 'spill') });
  const session = await database.connect();
  const dispose = (): void => {
    database.close();
    rmSync(folder, { recursive: true, force: true });
  };
  return { folder, lake: openFolderLake(join(folder, 'lake')), session, database, dispose };
}

/** A value of any type: what `Value` is for primitive types; arrays, `[key, value][]` and arrays of members for nested ones. */
export type Cell = null | Value | Cell[];

const LIMITS = { int: 2 ** 31, date: 2 ** 31 };
const DAY = 86_400_000_000n;
/** What both DuckDB and JavaScript's dates reach, and what other engines read. */
const FIRST_DAY = -719_162; // 0001-01-01
const LAST_DAY = 2_932_896; // 9999-12-31

export function primitiveType(): fc.Arbitrary<PrimitiveType> {
  return fc.oneof(
    fc.constantFrom<PrimitiveType>('boolean', 'int', 'long', 'float', 'double', 'date', 'time', 'timestamp', 'timestamptz', 'string', 'uuid', 'binary'),
    fc.integer({ min: 1, max: 38 }).chain((precision) => fc.integer({ min: 0, max: precision }).map((scale): PrimitiveType => `decimal(${precision},${scale})`)),
  );
}

/** Values of a type, with its extremes more often than chance would have them. */
export function valueOf(type: PrimitiveType): fc.Arbitrary<Value> {
  const decimal = decimalShape(type);
  if (decimal !== undefined) {
    const most = 10n ** BigInt(decimal.precision) - 1n;
    return fc.oneof(fc.constantFrom(0n, most, -most, 1n, -1n), fc.bigInt({ min: -most, max: most }));
  }
  switch (type) {
    case 'boolean': return fc.boolean();
    case 'int': return fc.oneof(fc.constantFrom(0, LIMITS.int - 1, -LIMITS.int, -1), fc.integer({ min: -1000, max: 1000 }), fc.integer({ min: -LIMITS.int, max: LIMITS.int - 1 }));
    case 'long': return fc.oneof(fc.constantFrom(0n, 2n ** 63n - 1n, -(2n ** 63n), -1n), fc.bigInt({ min: -1000n, max: 1000n }), fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }));
    case 'float': return fc.oneof(fc.constantFrom(0, -0, NaN, Infinity, -Infinity), fc.float());
    case 'double': return fc.oneof(fc.constantFrom(0, -0, NaN, Infinity, -Infinity, 5e-324, Number.MAX_VALUE), fc.double());
    case 'date': return fc.oneof(fc.constantFrom(0, -1, FIRST_DAY, LAST_DAY), fc.integer({ min: -400, max: 400 }), fc.integer({ min: FIRST_DAY, max: LAST_DAY }));
    case 'time': return fc.oneof(fc.constantFrom(0n, DAY - 1n), fc.bigInt({ min: 0n, max: DAY - 1n }));
    case 'timestamp':
    case 'timestamptz': return fc.oneof(
      fc.constantFrom(0n, -1n, BigInt(FIRST_DAY) * DAY, (BigInt(LAST_DAY) + 1n) * DAY - 1n),
      fc.bigInt({ min: -3n * DAY, max: 3n * DAY }),
      fc.bigInt({ min: BigInt(FIRST_DAY) * DAY, max: (BigInt(LAST_DAY) + 1n) * DAY - 1n }),
    );
    case 'string': return fc.oneof(
      fc.constantFrom('', 'a/b=c %&+"\'', 'ÄÖÜ ß 😀😀', '\u{10ffff}'.repeat(20), 'x'.repeat(300), '\0', ' ', "';--", '\r\n'),
      fc.string({ unit: 'grapheme', maxLength: 30 }), fc.string({ unit: 'binary', maxLength: 20 }),
    );
    case 'uuid': return fc.oneof(fc.uuid(), fc.constantFrom('00000000-0000-0000-0000-000000000000', 'ffffffff-ffff-ffff-ffff-ffffffffffff'));
    default: return fc.oneof(fc.constantFrom(new Uint8Array(), new Uint8Array(20).fill(255), Uint8Array.of(0)), fc.uint8Array({ maxLength: 24 }));
  }
}

/** Any type, up to two levels deep. Ids are given by the table. */
export function anyType(depth = 2): fc.Arbitrary<IcebergType> {
  if (depth === 0) return primitiveType();
  const inner = anyType(depth - 1);
  const nested: fc.Arbitrary<IcebergType> = fc.oneof(
    fc.record({ element: inner, required: fc.boolean() }).map(({ element, required }): IcebergType => ({ type: 'list', 'element-id': 0, element, 'element-required': required })),
    fc.record({ value: inner, required: fc.boolean() }).map(({ value, required }): IcebergType => ({ type: 'map', 'key-id': 0, key: 'string', 'value-id': 0, value, 'value-required': required })),
    fc.array(fc.record({ type: inner, required: fc.boolean() }), { minLength: 1, maxLength: 3 }).map((members): IcebergType => ({
      type: 'struct', fields: members.map(({ type, required }, at): Field => ({ id: 0, name: ['x', 'Übung "1"', 'key'][at] ?? '', required, type })),
    })),
  );
  return fc.oneof({ weight: 3, arbitrary: primitiveType() }, { weight: 1, arbitrary: nested });
}

export function cellOf(type: IcebergType, required: boolean): fc.Arbitrary<Cell> {
  const value: fc.Arbitrary<Cell> = typeof type === 'string' ? valueOf(type) : nestedOf(type);
  return required ? value : fc.option(value, { freq: 5 });
}

function nestedOf(type: Exclude<IcebergType, string>): fc.Arbitrary<Cell> {
  switch (type.type) {
    case 'list': return fc.array(cellOf(type.element, type['element-required']), { maxLength: 4 });
    case 'map': return fc.uniqueArray(fc.tuple(cellOf(type.key, true), cellOf(type.value, type['value-required'])), { maxLength: 3, selector: ([key]) => key });
    case 'struct': return fc.tuple(...type.fields.map((field) => cellOf(field.type, field.required)));
  }
}

/** A cell as SQL of exactly its type. */
export function cellSql(type: IcebergType, cell: Cell): string {
  if (cell === null) return `CAST(NULL AS ${duckType(type)})`;
  if (typeof type === 'string') return `CAST(${valueLiteral(type, cell as Value)} AS ${duckType(type)})`;
  const cells = cell as Cell[];
  switch (type.type) {
    case 'list': return `CAST([${cells.map((each) => cellSql(type.element, each)).join(', ')}] AS ${duckType(type)})`;
    case 'struct': return `{${type.fields.map((field, at) => `${quoteName(field.name)}: ${cellSql(field.type, cells[at] ?? null)}`).join(', ')}}`;
    case 'map': {
      const part = (at: 0 | 1, of: IcebergType): string => `[${cells.map((each) => cellSql(of, (each as Cell[])[at] ?? null)).join(', ')}]`;
      return `CAST(MAP(${part(0, type.key)}, ${part(1, type.value)}) AS ${duckType(type)})`;
    }
  }
}

/** Rows as a SELECT. */
export function rowsSql(fields: readonly Field[], rows: readonly (readonly Cell[])[]): string {
  const names = fields.map((field) => quoteName(field.name));
  if (rows.length === 0) return `SELECT ${fields.map((field) => `CAST(NULL AS ${duckType(field.type)}) AS ${quoteName(field.name)}`).join(', ')} WHERE FALSE`;
  return `SELECT * FROM (VALUES ${rows.map((row) => `(${fields.map((field, at) => cellSql(field.type, row[at] ?? null)).join(', ')})`).join(',\n')}) AS r(${names.join(', ')})`;
}

/** How many rows are in one of two relations and not in the other, each as often as it is there. */
export async function difference(session: Session, left: string, right: string): Promise<number> {
  const count = `SELECT count(*) FROM`;
  const both = `SELECT (${count} ((FROM (${left})) EXCEPT ALL (FROM (${right})))) + (${count} ((FROM (${right})) EXCEPT ALL (FROM (${left}))))`;
  return Number(await session.value(both));
}

/** A column's value as the lake holds it. */
export function readValue(type: PrimitiveType, value: SqlValue): Value | null {
  if (value === null) return null;
  switch (type) {
    case 'date': return Number(value);
    case 'time': case 'timestamp': case 'timestamptz': return BigInt(value as string | bigint);
    default: return decimalShape(type) === undefined ? value as Value : BigInt((value as string).replace('.', ''));
  }
}

/** The SQL under which `readValue` takes a column. */
export function readableSql(type: PrimitiveType, expression: string): string {
  switch (type) {
    case 'date': return `(${expression} - DATE '1970-01-01')`;
    case 'time': case 'timestamp': case 'timestamptz': return `epoch_us(${expression})`;
    default: return expression;
  }
}

export function scanFiles(files: readonly DataFile[]): ScanFile[] {
  return files.map((file) => ({ file, sequenceNumber: 1n, snapshotId: 1n, positionDeletes: [] }));
}
