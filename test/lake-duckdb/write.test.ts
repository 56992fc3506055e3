import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { compareValues, decimalShape, primitiveTypes, transformFunction, type PartitionSpec, type PrimitiveType, type Transform, type Value } from '../../lib/lake/index.ts';
import { quoteText, scanSql, writeRows } from '../../lib/lake/duckdb/index.ts';
import { newSchema } from '../../lib/lake/format/schema.ts';
import { anyType, cellOf, difference, primitiveType, readableSql, readValue, rowsSql, scanFiles, valueOf, workspace } from './support.ts';

let space: Awaited<ReturnType<typeof workspace>>;
beforeAll(async () => {
  space = await workspace();
});
afterAll(() => space.dispose());

const UNPARTITIONED: PartitionSpec = { 'spec-id': 0, fields: [] };
let folders = 0;
function newFolder(): string {
  folders += 1;
  return join(space.folder, `data-${folders}`);
}

const tables = fc.array(fc.record({ type: anyType(), required: fc.boolean() }), { minLength: 1, maxLength: 5 }).chain((columns) => {
  const { schema } = newSchema(columns.map(({ type, required }, at) => ({ name: ['id', 'Größe (cm)', 'a"b', "o'clock", 'select'][at] ?? '', type, required })));
  return fc.record({ schema: fc.constant(schema), rows: fc.array(fc.tuple(...schema.fields.map((field) => cellOf(field.type, field.required))), { maxLength: 12 }) });
});

describe('rows of any types', () => {
  test('come back as they were written', async () => {
    await fc.assert(fc.asyncProperty(tables, async ({ schema, rows }) => {
      const select = rowsSql(schema.fields, rows);
      const files = await writeRows(space.session, { schema, spec: UNPARTITIONED, folder: newFolder(), select });
      expect(files.length).toBe(rows.length === 0 ? 0 : 1);
      expect(await difference(space.session, select, scanSql({ schema, files: scanFiles(files) }))).toBe(0);
    }), { numRuns: 40 });
  });

  test('are inside the bounds that are reported of them, and counted', async () => {
    const columns = primitiveType().chain((type) => fc.record({ type: fc.constant(type), values: fc.array(fc.option(valueOf(type), { freq: 4 }), { minLength: 1, maxLength: 20 }) }));
    await fc.assert(fc.asyncProperty(columns, async ({ type, values }) => {
      const { schema } = newSchema([{ name: 'c', type }]);
      const [file] = await writeRows(space.session, {
        schema, spec: UNPARTITIONED, folder: newFolder(), select: rowsSql(schema.fields, values.map((value) => [value])),
      });
      const { valueCounts, nullValueCounts, nanValueCounts, lowerBounds, upperBounds } = file?.metrics ?? expect.fail('no file');
      expect(valueCounts[1]).toBe(BigInt(values.length));
      expect(nullValueCounts[1]).toBe(BigInt(values.filter((value) => value === null).length));
      if (nanValueCounts?.[1] === 0n) expect(values.some((value) => Number.isNaN(value))).toBe(false);
      for (const value of values) {
        if (value === null || Number.isNaN(value)) continue;
        if (lowerBounds[1] !== undefined) expect(compareValues(lowerBounds[1], value)).toBeLessThanOrEqual(0);
        if (upperBounds[1] !== undefined) expect(compareValues(upperBounds[1], value)).toBeGreaterThanOrEqual(0);
      }
    }), { numRuns: 100 });
  });
});

describe('a partitioned table', () => {
  const transforms = primitiveType().chain((type) => fc.record({
    type: fc.constant(type),
    transform: fc.constantFrom<Transform>('identity', 'void', 'year', 'month', 'day', 'hour', 'bucket[7]', 'truncate[3]').filter((transform) => accepts(transform, type)),
    // Rounded down, the least numbers of a type would leave it.
    values: fc.array(fc.option(valueOf(type).filter((value) => !isLeast(type, value)), { freq: 6 }), { minLength: 1, maxLength: 25 }),
  }));

  test('has every row in a file of the partition that the transform gives', async () => {
    await fc.assert(fc.asyncProperty(transforms, async ({ type, transform, values }) => {
      const { schema } = newSchema([{ name: 'n', type: 'int' }, { name: 'c', type }]);
      const spec: PartitionSpec = { 'spec-id': 4, fields: [{ 'source-id': 2, 'field-id': 1000, name: 'c_part', transform }] };
      const select = rowsSql(schema.fields, values.map((value, at) => [at, value]));
      const files = await writeRows(space.session, { schema, spec, folder: newFolder(), select });
      expect(await difference(space.session, select, scanSql({ schema, files: scanFiles(files) }))).toBe(0);
      const apply = transformFunction(transform, type);
      for (const file of files) {
        expect(file.specId).toBe(4);
        for (const [value] of (await space.session.table(`SELECT ${readableSql(type, '"c"')} FROM read_parquet(${quoteText(file.path)})`)).rows) {
          expect([apply(readValue(type, value ?? null))]).toEqual(file.partition);
        }
      }
    }), { numRuns: 120 });
  });

  test('has one file a partition, under names that the values do not show', async () => {
    const { schema } = newSchema([{ name: 'id', type: 'long' }, { name: 'kind', type: 'string' }, { name: 'at', type: 'timestamp' }]);
    const spec: PartitionSpec = {
      'spec-id': 0,
      fields: [{ 'source-id': 2, 'field-id': 1000, name: 'kind', transform: 'identity' }, { 'source-id': 3, 'field-id': 1001, name: 'at_day', transform: 'day' }],
    };
    const select = `SELECT i AS id, ['a/b', '../x', '', NULL][1 + i % 4] AS kind, TIMESTAMP '1969-12-31 12:00:00' + INTERVAL (i // 4 * 12) HOUR AS at FROM range(24) r(i)`;
    const folder = newFolder();
    const files = await writeRows(space.session, { schema, spec, folder, select });
    expect(files.map((file) => file.partition).sort()).toEqual(
      ['a/b', '../x', '', null].flatMap((kind) => [-1, 0, 1, 2].map((day) => [kind, day])).sort(),
    );
    expect(readdirSync(folder).sort()).toEqual(files.map((file) => file.path.slice(folder.length + 1)).sort());
    expect(readdirSync(folder).every((name) => /^[0-9a-f-]+\.parquet$/.test(name))).toBe(true);
  });

  test('by truncation refuses the number that rounds down to one that the type does not have', async () => {
    const { schema } = newSchema([{ name: 'n', type: 'int' }]);
    const spec: PartitionSpec = { 'spec-id': 0, fields: [{ 'source-id': 1, 'field-id': 1000, name: 'n_trunc', transform: 'truncate[10]' }] };
    const folder = newFolder();
    await expect(writeRows(space.session, { schema, spec, folder, select: 'SELECT -2147483648 AS n' })).rejects.toThrow('cannot be truncated to a partition');
    expect(readdirSync(folder)).toEqual([]);
  });

  test('is cut into files of the wanted size, within a partition and without partitions', async () => {
    const { schema } = newSchema([{ name: 'id', type: 'long' }, { name: 'text', type: 'string' }]);
    const select = `SELECT i AS id, md5(i::VARCHAR) AS text FROM range(250000) r(i)`;
    const content = (rows: string): string => `SELECT sum(hash(id, text)::HUGEINT) FROM (${rows})`;
    const expected = await space.session.value(content(select));
    const sorted = { 'order-id': 1, fields: [{ 'source-id': 2, transform: 'identity' as const, direction: 'desc' as const, 'null-order': 'nulls-last' as const }] };
    const byBucket: PartitionSpec = { 'spec-id': 0, fields: [{ 'source-id': 1, 'field-id': 1000, name: 'id_bucket', transform: 'bucket[2]' }] };
    for (const spec of [UNPARTITIONED, byBucket]) {
      for (const sortOrder of [undefined, sorted]) {
        const files = await writeRows(space.session, { schema, spec, sortOrder, folder: newFolder(), select, targetFileSize: 1_200_000 });
        expect(files.length).toBeGreaterThan(2);
        expect(Math.max(...files.map((file) => Number(file.fileSizeInBytes)))).toBeLessThan(5_000_000);
        expect(await space.session.value(content(scanSql({ schema, files: scanFiles(files) })))).toBe(expected);
        if (sortOrder === undefined || spec !== UNPARTITIONED) continue;
        expect(files.every((file) => file.sortOrderId === 1)).toBe(true);
        const ranges = files.map((file) => [file.metrics.lowerBounds[2], file.metrics.upperBounds[2]] as [Value, Value]).sort((a, b) => compareValues(a[0], b[0]));
        ranges.slice(1).forEach(([lower], at) => expect(compareValues(ranges[at]?.[1] as Value, lower)).toBeLessThanOrEqual(1));
        for (const { path } of files) {
          expect(await space.session.value(`SELECT bool_and(text <= before) FROM (SELECT text, lag(text) OVER (ORDER BY file_row_number) AS before FROM read_parquet(${quoteText(path)}))`)).toBe(true);
        }
      }
    }
  });
});

describe('rows that do not fit', () => {
  const { schema } = newSchema([
    { name: 'id', type: 'int', required: true }, { name: 'price', type: 'decimal(9,2)' }, { name: 'day', type: 'date' },
    { name: 'tags', type: { type: 'list', 'element-id': 0, element: 'string', 'element-required': true } },
  ]);
  const spec: PartitionSpec = { 'spec-id': 0, fields: [{ 'source-id': 1, 'field-id': 1000, name: 'id', transform: 'truncate[10]' }] };
  const good = { id: 'i::INTEGER', price: '1.25::DECIMAL(9,2)', day: "DATE '2026-01-01'", tags: "['a']" };
  const cases: [string, Record<string, string>, RegExp][] = [
    ['a NULL in a required column', { id: 'CASE WHEN i = 30 THEN NULL ELSE i END' }, /required column id is NULL in 1 row/],
    ['a NULL in a required place of a list', { tags: "CASE WHEN i = 7 THEN [NULL::VARCHAR] ELSE ['b'] END" }, /required column tags, or something required in it, is NULL/],
    ['a number too big', { price: 'i * 10000000::DECIMAL(18,2)' }, /Casting value .* to type DECIMAL\(9,2\) failed/],
    ['a cast that would round', { price: '1.2345::DECIMAL(9,4)' }, /price would be cast from DECIMAL\(9,4\) to DECIMAL\(9,2\) without a word/],
    ['a cast that would cut', { day: "TIMESTAMP '2026-01-01 10:00:00'" }, /day would be cast from TIMESTAMP to DATE/],
    ['a text for a number', { id: "'5'" }, /id would be cast from VARCHAR to INTEGER/],
    ['an infinite date', { day: "DATE 'infinity'" }, /infinity is not a value/],
    ['a surplus column', { more: '1' }, /the table has no column more/],
  ];
  test.each(cases)('%s: an error by name, and no file is left', async (_, change, message) => {
    const columns = Object.entries({ ...good, ...change }).map(([name, sql]) => `${sql} AS ${name}`).join(', ');
    const folder = newFolder();
    await expect(writeRows(space.session, { schema, spec, folder, select: `SELECT ${columns} FROM range(100) r(i)`, where: 'shop.items' })).rejects.toThrow(message);
    expect(readdirSync(folder)).toEqual([]);
  });

  test('a column that is missing is named', async () => {
    await expect(writeRows(space.session, { schema, spec, folder: newFolder(), select: 'SELECT 1 AS id' })).rejects.toThrow('the rows have no column price');
  });

  test('files of others in the folder survive a failure', async () => {
    const folder = newFolder();
    const [first] = await writeRows(space.session, { schema, spec, folder, select: "SELECT 1 AS id, NULL AS price, NULL AS day, ['x'] AS tags" });
    await expect(writeRows(space.session, { schema, spec, folder, select: "SELECT NULL AS id, NULL AS price, NULL AS day, ['x'] AS tags" })).rejects.toThrow('required');
    expect(readdirSync(folder)).toEqual([first?.path.slice(folder.length + 1)]);
  });
});

test('statistics tell of NaN in a later row group', async () => {
  const { schema } = newSchema([{ name: 'x', type: 'double' }]);
  const files = await writeRows(space.session, {
    schema, spec: UNPARTITIONED, folder: newFolder(), select: `SELECT CASE WHEN i = 299999 THEN 'nan'::DOUBLE ELSE i END AS x FROM range(300000) r(i)`,
  });
  for (const { path, metrics } of files) {
    const hasNan = await space.session.value(`SELECT bool_or(isnan(x)) FROM read_parquet(${quoteText(path)})`);
    expect(metrics.lowerBounds[1]).toBeDefined();
    expect(metrics.upperBounds[1] === undefined).toBe(hasNan);
    expect(metrics.nanValueCounts?.[1]).toBe(hasNan === true ? undefined : 0n);
  }
});

test('every primitive type has metrics by its id, also inside structs', async () => {
  const { schema } = newSchema([{ name: 's', type: { type: 'struct', fields: [{ id: 0, name: 'a b', required: false, type: 'int' }] } }]);
  const [file] = await writeRows(space.session, { schema, spec: UNPARTITIONED, folder: newFolder(), select: `SELECT {'a b': i::INTEGER} AS s FROM range(5) r(i)` });
  expect([...primitiveTypes(schema).keys()]).toEqual([2]);
  expect(file?.metrics).toMatchObject({ valueCounts: { 2: 5n }, nullValueCounts: { 2: 0n }, lowerBounds: { 2: 0 }, upperBounds: { 2: 4 } });
});

function isLeast(type: PrimitiveType, value: Value): boolean {
  const decimal = decimalShape(type);
  return value === -(2 ** 31) || value === -(2n ** 63n) || (decimal !== undefined && (value as bigint) - 3n <= -(10n ** BigInt(decimal.precision)));
}

function accepts(transform: Transform, type: PrimitiveType): boolean {
  try {
    transformFunction(transform, type);
    return true;
  } catch {
    return false;
  }
}
