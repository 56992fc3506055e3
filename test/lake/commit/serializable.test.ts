// Random interleavings of every kind of change: what is committed must equal the same changes one after the other.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Lake, type Table } from '../../../lib/lake/index.ts';
import { memoryLake, ORDERS } from '../support/fixtures.ts';
import { contents, RowStore, sorted, TRANSACTIONS, tryCommit, type Pending, type Row } from '../support/model.ts';

const PARTS = ['a', 'b', 'c'];

async function partitionedTable(lake: Lake): Promise<Table> {
  return lake.createTable(ORDERS, {
    columns: [{ name: 'id', type: 'long' }, { name: 'part', type: 'string' }, { name: 'value', type: 'long' }], partitionBy: ['part'],
    properties: { 'commit.manifest.min-count-to-merge': '4' },
  });
}

type Step = { client: number; kind: string; parts: [string, string] };
const anyPart = fc.constantFrom(...PARTS);
const anyStep: fc.Arbitrary<Step> = fc.record({
  client: fc.nat(3),
  kind: fc.constantFrom(...Object.keys(TRANSACTIONS)),
  parts: fc.tuple(anyPart, anyPart),
});

describe('serializable', () => {
  it('each client begins a change, others come in between, and it commits or is refused', async () => {
    let committed = 0;
    let refused = 0;
    await fc.assert(fc.asyncProperty(fc.array(anyStep, { minLength: 4, maxLength: 40 }), async (steps) => {
      const { lake } = memoryLake();
      const store = new RowStore();
      const table = await partitionedTable(lake);
      let ids = 0;
      const nextId = () => ++ids;
      let model: Row[] = PARTS.flatMap((part) => [{ id: nextId(), part, value: 1 }, { id: nextId(), part, value: 2 }]);
      await table.append(store.write(table, model));
      const pending = new Map<number, Pending>();
      for (const { client, kind, parts } of steps) {
        const ready = pending.get(client);
        if (ready === undefined) {
          pending.set(client, await (TRANSACTIONS[kind] as (typeof TRANSACTIONS)[string])(await lake.loadTable(ORDERS), store, parts, nextId));
          continue;
        }
        pending.delete(client);
        if (await tryCommit(ready)) {
          model = ready.effect(model);
          committed += 1;
        } else refused += 1;
        const now = await (await lake.loadTable(ORDERS)).scan();
        expect(contents(store, now), `after ${ready.name}`).toEqual(sorted(model));
        expect(now.snapshot?.summary['total-records']).toBe(String(model.length));
        expect(now.snapshot?.summary['total-data-files']).toBe(String(now.files.length));
      }
    }), { numRuns: 120 });
    expect(committed).toBeGreaterThan(refused); // conflicts are the exception
    expect(refused).toBeGreaterThan(0); // and do happen here
  });
});

describe('what does not touch the same rows never conflicts', () => {
  const kinds = Object.keys(TRANSACTIONS);
  it.each(kinds.flatMap((left) => kinds.map((right) => [left, right] as const)))('%s and %s on other partitions', async (left, right) => {
    const { lake } = memoryLake();
    const store = new RowStore();
    const table = await partitionedTable(lake);
    let ids = 0;
    const nextId = () => ++ids;
    await table.append(store.write(table, ['a', 'b', 'c', 'd'].flatMap((part) => [{ id: nextId(), part, value: 1 }, { id: nextId(), part, value: 2 }])));
    const begin = async (kind: string, parts: [string, string]) => (TRANSACTIONS[kind] as (typeof TRANSACTIONS)[string])(await lake.loadTable(ORDERS), store, parts, nextId);
    const first = await begin(left, ['a', 'b']);
    const second = await begin(right, ['c', 'd']);
    expect(await tryCommit(first)).toBe(true);
    const everything = left === 'overwriteAll' || right === 'overwriteAll';
    const changesNothing = ['compact', 'rewriteManifests', 'setProperty'];
    if (!everything) expect(await tryCommit(second)).toBe(true);
    else if (right === 'overwriteAll' && changesNothing.includes(left)) expect(await tryCommit(second)).toBe(true);
  });
});

describe('named anomalies', () => {
  const setUp = async () => {
    const { lake } = memoryLake();
    const store = new RowStore();
    const table = await partitionedTable(lake);
    let ids = 0;
    const nextId = () => ++ids;
    await table.append(store.write(table, [{ id: nextId(), part: 'a', value: 1 }, { id: nextId(), part: 'a', value: 3 }, { id: nextId(), part: 'b', value: 1 }]));
    const begin = async (kind: string, parts: [string, string]) => (TRANSACTIONS[kind] as (typeof TRANSACTIONS)[string])(await lake.loadTable(ORDERS), store, parts, nextId);
    return { lake, store, begin };
  };

  it('write skew: two changes that each read what the other writes, one must lose', async () => {
    const { begin } = await setUp();
    const [first, second] = [await begin('transfer', ['a', 'b']), await begin('transfer', ['b', 'a'])];
    expect([await tryCommit(first), await tryCommit(second)]).toEqual([true, false]);
  });

  it('compaction against delete: the rewritten rows must not come back', async () => {
    const { begin } = await setUp();
    const [compaction, deletion] = [await begin('compact', ['a', 'a']), await begin('deleteRows', ['a', 'a'])];
    expect([await tryCommit(deletion), await tryCommit(compaction)]).toEqual([true, false]);
  });

  it('delete against compaction: the file that the delete rewrote is gone', async () => {
    const { begin } = await setUp();
    const [compaction, deletion] = [await begin('compact', ['a', 'a']), await begin('deleteRows', ['a', 'a'])];
    expect([await tryCommit(compaction), await tryCommit(deletion)]).toEqual([true, false]);
  });

  it('compaction against append: both stay', async () => {
    const { lake, store, begin } = await setUp();
    const [compaction, append] = [await begin('compact', ['a', 'a']), await begin('append', ['a', 'a'])];
    expect([await tryCommit(append), await tryCommit(compaction)]).toEqual([true, true]);
    expect(contents(store, await (await lake.loadTable(ORDERS)).scan())).toHaveLength(5);
  });

  it('lost update: an overwrite computed before somebody\'s append', async () => {
    const { begin } = await setUp();
    const [overwrite, append] = [await begin('overwritePartition', ['a', 'a']), await begin('append', ['a', 'a'])];
    expect([await tryCommit(append), await tryCommit(overwrite)]).toEqual([true, false]);
  });

  it('with snapshot isolation only the replaced rows themselves are protected', async () => {
    const { lake, store, begin } = await setUp();
    const table = await lake.loadTable(ORDERS);
    const scan = await table.scan({ filter: { op: 'eq', column: 'part', value: 'a' } });
    const change = { remove: scan.files.map(({ file }) => file), add: store.write(table, [{ id: 99, part: 'a', value: 0 }]) };
    expect(await tryCommit(await begin('append', ['a', 'a']))).toBe(true);
    await expect(table.rewriteFiles(change, { basedOn: scan })).rejects.toThrow(/another writer added rows/);
    await expect(table.rewriteFiles(change, { basedOn: scan, isolation: 'snapshot' })).resolves.toMatchObject({ committed: true });
  });
});
