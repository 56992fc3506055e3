import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ColumnDefinition, Predicate, Table } from '../../lib/lake/index.ts';
import { deleteRows, mergeRows, overwriteRows, predicateSql, scanSql, updateRows, verifyRows, writeRows } from '../../lib/lake/duckdb/index.ts';
import { workspace } from './support.ts';

let space: Awaited<ReturnType<typeof workspace>>;
let tables = 0;
beforeAll(async () => {
  space = await workspace();
});
afterAll(() => space.dispose());

interface Row { id: number; shop: string | null; amount: number | null }
const COLUMNS: ColumnDefinition[] = [{ name: 'id', type: 'int', required: true }, { name: 'shop', type: 'string' }, { name: 'amount', type: 'int' }];

async function table(partitionBy: string[] = []): Promise<Table> {
  tables += 1;
  return await space.lake.createTable({ namespace: 'test', name: `t${tables}` }, { columns: COLUMNS, partitionBy });
}

function select(rows: readonly Row[]): string {
  const values = rows.map(({ id, shop, amount }) => `(${id}, ${shop === null ? 'NULL' : `'${shop}'`}, ${amount ?? 'NULL'})`);
  return rows.length === 0 ? 'SELECT 0 AS id, NULL::VARCHAR AS shop, NULL::INTEGER AS amount WHERE FALSE'
    : `SELECT id::INTEGER AS id, shop::VARCHAR AS shop, amount::INTEGER AS amount FROM (VALUES ${values.join(', ')}) AS r(id, shop, amount)`;
}

async function append(to: Table, rows: readonly Row[]): Promise<void> {
  await to.append(await writeRows(space.session, { schema: to.schema, spec: to.spec, folder: to.dataLocation, select: select(rows) }));
}

async function rowsOf(of: Table): Promise<Row[]> {
  await of.refresh();
  const { schema, files } = await of.scan();
  return await space.session.rows<Row & Record<string, never>>(`SELECT * FROM (${scanSql({ schema, files })}) ORDER BY ALL`);
}

async function pathsOf(of: Table): Promise<string[]> {
  return (await of.scan()).files.map(({ file }) => file.path).sort();
}

const sorted = (rows: readonly Row[]): Row[] =>
  rows.toSorted((a, b) => a.id - b.id || (a.shop ?? '~').charCodeAt(0) - (b.shop ?? '~').charCodeAt(0) || (a.amount ?? 1e9) - (b.amount ?? 1e9));

const row = (id: fc.Arbitrary<number>): fc.Arbitrary<Row> => fc.record({
  id, shop: fc.option(fc.constantFrom('a', 'b', 'c'), { freq: 5 }), amount: fc.option(fc.integer({ min: -5, max: 5 }), { freq: 5 }),
});
const ids = fc.integer({ min: 0, max: 30 });
const partitionings = fc.constantFrom<string[]>([], ['shop'], ['bucket(4, id)'], ['truncate(10, id)', 'shop']);

describe('a merge', () => {
  test('leaves what a loop over the rows would leave, whatever the partitioning', async () => {
    const cases = fc.record({
      partitionBy: partitionings,
      batches: fc.array(fc.uniqueArray(row(ids), { selector: (each) => each.id, maxLength: 12 }), { minLength: 1, maxLength: 4 }),
      whenMatched: fc.constantFrom('replace' as const, 'keep' as const),
    });
    await fc.assert(fc.asyncProperty(cases, async ({ partitionBy, batches, whenMatched }) => {
      const t = await table(partitionBy);
      const expected = new Map<number, Row>();
      for (const batch of batches) {
        const before = new Set(expected.keys());
        for (const each of batch) if (whenMatched === 'replace' || !before.has(each.id)) expected.set(each.id, each);
        const { rows } = await mergeRows(space.session, t, ['id'], select(batch), { whenMatched });
        const known = batch.filter((each) => before.has(each.id)).length;
        expect(rows).toEqual({ deleted: 0n, inserted: BigInt(batch.length - known), updated: whenMatched === 'keep' ? 0n : BigInt(known) });
      }
      expect(await rowsOf(t)).toEqual(sorted([...expected.values()]));
    }), { numRuns: 20 });
  });

  test('rewrites only the files that hold a touched key', async () => {
    const t = await table();
    for (const start of [0, 100, 200]) await append(t, Array.from({ length: 10 }, (_, at) => ({ id: start + at, shop: 'a', amount: 1 })));
    const before = await pathsOf(t);
    await mergeRows(space.session, t, ['id'], select([{ id: 105, shop: 'b', amount: 2 }, { id: 150, shop: 'new', amount: 3 }]));
    const after = await pathsOf(t);
    expect(before.filter((path) => after.includes(path)).length).toBe(2);
    expect((await rowsOf(t)).filter((each) => each.shop !== 'a')).toEqual([{ id: 105, shop: 'b', amount: 2 }, { id: 150, shop: 'new', amount: 3 }]);
  });

  test('deletes rows where the condition on the new rows says so', async () => {
    const t = await table();
    await append(t, [{ id: 1, shop: 'a', amount: 1 }, { id: 2, shop: 'a', amount: 1 }]);
    const changes = `SELECT *, id = 2 OR id = 9 AS gone FROM (${select([{ id: 2, shop: 'x', amount: 0 }, { id: 3, shop: 'b', amount: 1 }, { id: 9, shop: 'x', amount: 0 }])})`;
    const { rows } = await mergeRows(space.session, t, ['id'], changes, { deleteWhen: 'gone' });
    expect(rows).toEqual({ deleted: 1n, inserted: 1n, updated: 0n });
    expect(await rowsOf(t)).toEqual([{ id: 1, shop: 'a', amount: 1 }, { id: 3, shop: 'b', amount: 1 }]);
  });

  test('by several columns matches all of them, and never NULL', async () => {
    const t = await table();
    await append(t, [{ id: 1, shop: 'a', amount: 1 }, { id: 1, shop: 'b', amount: 1 }]);
    await mergeRows(space.session, t, ['id', 'shop'], select([{ id: 1, shop: 'b', amount: 7 }, { id: 1, shop: 'c', amount: 8 }]));
    expect(await rowsOf(t)).toEqual([{ id: 1, shop: 'a', amount: 1 }, { id: 1, shop: 'b', amount: 7 }, { id: 1, shop: 'c', amount: 8 }]);
    await expect(mergeRows(space.session, t, ['id', 'shop'], select([{ id: 1, shop: null, amount: 7 }]))).rejects.toThrow('the key id, shop is NULL in 1 rows');
  });

  test('with a key that comes twice is refused with the key', async () => {
    const t = await table();
    await expect(mergeRows(space.session, t, ['id'], select([{ id: 5, shop: 'a', amount: 1 }, { id: 5, shop: 'b', amount: 1 }])))
      .rejects.toThrow('the key id comes more than once in the rows to be merged: 5');
    expect(t.currentSnapshot).toBeUndefined();
  });

  test('of more keys than can be listed prunes by their range', async () => {
    const t = await table();
    await append(t, Array.from({ length: 2000 }, (_, at) => ({ id: at, shop: 'a', amount: 1 })));
    await append(t, [{ id: 5000, shop: 'far', amount: 1 }]);
    const [far] = (await t.scan({ filter: { op: 'eq', column: 'id', value: 5000 } })).files;
    await mergeRows(space.session, t, ['id'], `SELECT i::INTEGER AS id, 'm' AS shop, 2 AS amount FROM range(500, 2500) r(i)`);
    expect(await pathsOf(t)).toContain(far?.file.path);
    const rows = await rowsOf(t);
    expect(['a', 'm', 'far'].map((shop) => rows.filter((each) => each.shop === shop).length)).toEqual([500, 2000, 1]);
  });

  test('that another writer beats to the same key is computed again', async () => {
    const t = await table();
    await append(t, [{ id: 1, shop: 'a', amount: 1 }]);
    const other = await space.lake.loadTable(t.name);
    // Both start from the same state; each merge reads the other's row or is replaced by it, none is lost.
    const merges = Array.from({ length: 6 }, (_, at) => space.database.use((session) => space.lake.loadTable(t.name).then((mine) =>
      mergeRows(session, mine, ['id'], select([{ id: at % 3, shop: 'm', amount: at }, { id: 100 + at, shop: 'own', amount: at }])))));
    await Promise.all(merges);
    await other.refresh();
    const rows = await rowsOf(other);
    expect(rows.map((each) => each.id)).toEqual([0, 1, 2, 100, 101, 102, 103, 104, 105]);
    expect(rows.filter((each) => each.id < 3).every((each) => each.shop === 'm' && (each.amount ?? -1) % 3 === each.id)).toBe(true);
  });
});

describe('a delete', () => {
  const predicates: fc.Arbitrary<Predicate> = fc.letrec<{ any: Predicate }>((tie) => ({
    any: fc.oneof({ maxDepth: 2 },
      fc.record({ op: fc.constantFrom('eq' as const, 'ne' as const, 'lt' as const, 'ge' as const), column: fc.constant('id'), value: ids }),
      fc.record({ op: fc.constantFrom('eq' as const, 'gt' as const), column: fc.constant('shop'), value: fc.constantFrom('a', 'b') }),
      fc.record({ op: fc.constant('in' as const), column: fc.constant('amount'), values: fc.array(fc.integer({ min: -5, max: 5 }), { maxLength: 3 }) }),
      fc.record({ op: fc.constantFrom('is_null' as const, 'not_null' as const), column: fc.constantFrom('shop', 'amount') }),
      fc.record({ op: fc.constantFrom('and' as const, 'or' as const), of: fc.array(tie('any'), { minLength: 1, maxLength: 3 }) }),
      fc.record({ op: fc.constant('not' as const), of: tie('any') }),
    ),
  })).any;

  /** Three-valued logic, as SQL has it. */
  function evaluate(predicate: Predicate, of: Row): boolean | null {
    switch (predicate.op) {
      case 'true': return true;
      case 'false': return false;
      case 'not': { const inner = evaluate(predicate.of, of); return inner === null ? null : !inner; }
      case 'and': { const all = predicate.of.map((each) => evaluate(each, of)); return all.includes(false) ? false : all.includes(null) ? null : true; }
      case 'or': { const any = predicate.of.map((each) => evaluate(each, of)); return any.includes(true) ? true : any.includes(null) ? null : false; }
      case 'is_null': return of[predicate.column as keyof Row] === null;
      case 'not_null': return of[predicate.column as keyof Row] !== null;
    }
    const value = of[predicate.column as keyof Row];
    if (predicate.op === 'in') return predicate.values.length === 0 ? false : value === null ? null : predicate.values.includes(value);
    if (value === null) return null;
    const other = predicate.value as typeof value;
    return { eq: value === other, ne: value !== other, lt: value < other, le: value <= other, gt: value > other, ge: value >= other }[predicate.op];
  }

  test('takes away the rows for which the filter is true, not those for which it is unknown', async () => {
    const cases = fc.record({ partitionBy: partitionings, batches: fc.array(fc.array(row(ids), { maxLength: 8 }), { maxLength: 3 }), predicate: predicates });
    await fc.assert(fc.asyncProperty(cases, async ({ partitionBy, batches, predicate }) => {
      const t = await table(partitionBy);
      for (const batch of batches) if (batch.length > 0) await append(t, batch);
      const all = batches.flat();
      const gone = all.filter((each) => evaluate(predicate, each) === true);
      const { rows, commit } = await deleteRows(space.session, t, predicate);
      expect(rows.deleted).toBe(BigInt(gone.length));
      expect(commit === undefined).toBe(gone.length === 0);
      expect(await rowsOf(t)).toEqual(sorted(all.filter((each) => !gone.includes(each))));
    }), { numRuns: 40 });
  });

  test('leaves files without matching rows, and removes whole ones without writing', async () => {
    const t = await table(['shop']);
    await append(t, [{ id: 1, shop: 'a', amount: 1 }, { id: 2, shop: 'b', amount: 1 }, { id: 3, shop: 'b', amount: 2 }]);
    const before = await pathsOf(t);
    await deleteRows(space.session, t, { op: 'eq', column: 'shop', value: 'b' });
    expect(before).toContain((await pathsOf(t))[0]);
    expect(t.currentSnapshot?.summary.operation).toBe('delete');
  });

  test('takes SQL too', async () => {
    const t = await table();
    await append(t, [{ id: 1, shop: 'a', amount: 1 }, { id: 2, shop: 'bb', amount: null }]);
    await deleteRows(space.session, t, { sql: 'length(shop) = 2', within: { op: 'is_null', column: 'amount' } });
    expect(await rowsOf(t)).toEqual([{ id: 1, shop: 'a', amount: 1 }]);
  });
});

test('an update sets columns of matching rows, by values as they were', async () => {
  const t = await table(['shop']);
  await append(t, [{ id: 1, shop: 'a', amount: 1 }, { id: 2, shop: 'b', amount: 2 }, { id: 3, shop: null, amount: 3 }]);
  const { rows } = await updateRows(space.session, t, { op: 'ge', column: 'id', value: 2 }, { amount: 'amount * 10 + id', shop: `coalesce(shop, 'none')` });
  expect(rows).toEqual({ updated: 2n, deleted: 0n, inserted: 0n });
  expect(await rowsOf(t)).toEqual([{ id: 1, shop: 'a', amount: 1 }, { id: 2, shop: 'b', amount: 22 }, { id: 3, shop: 'none', amount: 33 }]);
});

test('an overwrite replaces what matches by new rows in one commit', async () => {
  const t = await table();
  await append(t, [{ id: 1, shop: 'a', amount: 1 }, { id: 2, shop: 'b', amount: 2 }]);
  const { rows } = await overwriteRows(space.session, t, { op: 'eq', column: 'shop', value: 'b' }, select([{ id: 7, shop: 'b', amount: 7 }, { id: 8, shop: 'b', amount: 8 }]));
  expect(rows).toEqual({ updated: 0n, deleted: 1n, inserted: 2n });
  expect(await rowsOf(t)).toEqual([{ id: 1, shop: 'a', amount: 1 }, { id: 7, shop: 'b', amount: 7 }, { id: 8, shop: 'b', amount: 8 }]);
  expect(t.history.length).toBe(2);
  await overwriteRows(space.session, t, { op: 'eq', column: 'shop', value: 'nobody' }, select([{ id: 9, shop: 'c', amount: 9 }]));
  expect((await rowsOf(t)).length).toBe(4);
});

test('a change that fails leaves no file and no snapshot behind', async () => {
  const t = await table();
  await append(t, [{ id: 1, shop: 'a', amount: 1 }]);
  const files = async (): Promise<string[]> => {
    const paths: string[] = [];
    for await (const { path } of space.lake.context.files.list(t.location)) paths.push(path);
    return paths.sort();
  };
  const before = await files();
  await expect(updateRows(space.session, t, { op: 'true' }, { id: 'NULL' })).rejects.toThrow('the required column id is NULL');
  await expect(deleteRows(space.session, t, { sql: 'no_such_column = 1' })).rejects.toThrow('no_such_column');
  expect(await files()).toEqual(before);
});

test('the rows of all files are proved to read, and a broken file is named', async () => {
  const t = await table();
  for (let at = 0; at < 4; at++) await append(t, [{ id: at, shop: 'a', amount: at }, { id: at + 10, shop: null, amount: null }]);
  const whole = await verifyRows(space.session, t);
  expect(whole).toMatchObject({ files: 4, rows: 8n, problems: [] });
  await mergeRows(space.session, t, ['id'], select([{ id: 2, shop: 'a', amount: 2 }]));
  expect((await verifyRows(space.session, t)).checksum).toBe(whole.checksum);
  await mergeRows(space.session, t, ['id'], select([{ id: 2, shop: 'a', amount: 3 }]));
  expect((await verifyRows(space.session, t)).checksum).not.toBe(whole.checksum);

  const [broken, gone] = (await t.scan()).files.map(({ file }) => file);
  const bytes = await space.lake.context.files.read(broken?.path ?? '');
  await space.lake.context.files.write(broken?.path ?? '', Uint8Array.from(bytes, (byte, at) => (at > 3 && at < bytes.length * 0.2 ? byte ^ 0x55 : byte)));
  await space.lake.context.files.delete(gone?.path ?? '');
  const report = await verifyRows(space.session, t);
  expect(report.problems.map((each) => each.path).sort()).toEqual([broken?.path, gone?.path].sort());
  expect(report.rows).toBe(4n);
});

test('a predicate is quoted well in SQL', () => {
  const schema = { type: 'struct' as const, 'schema-id': 0, fields: [{ id: 1, name: `o"c`, required: false, type: 'string' as const }] };
  expect(predicateSql({ op: 'and', of: [{ op: 'eq', column: `o"c`, value: `it's` }, { op: 'not', of: { op: 'is_null', column: `o"c` } }] }, schema))
    .toBe(`(("o""c" = ('it''s')) AND (NOT ("o""c" IS NULL)))`);
  expect(() => predicateSql({ op: 'is_null', column: 'x' }, schema)).toThrow('there is no column x');
});
