// What every adapter of `Catalog` must do, and what tables over it must do together; the same suite for folder and Glue.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Lake, newTableMetadata, type Catalog, type Files, type Table, type TableName } from '../../../lib/lake/index.ts';
import { parseMetadata, serializeMetadata } from '../../../lib/lake/format/metadata.ts';
import { dataFile, pathsOf } from '../support/fixtures.ts';

export interface CatalogSetup {
  files: Files;
  catalog: Catalog;
  /** A namespace that exists and holds no tables. */
  namespace: string;
  close?(): Promise<void> | void;
}

export function catalogContract(name: string, open: () => Promise<CatalogSetup>): void {
  describe(`catalog: ${name}`, () => {
    let setup: CatalogSetup;
    let serial = 0;
    const fresh = (): TableName => ({ namespace: setup.namespace, name: `t${serial++}` });
    const newLake = () => new Lake({ files: setup.files, catalog: setup.catalog });
    const newTable = (table: TableName, properties: Record<string, string> = {}): Promise<Table> => newLake().createTable(table, {
      columns: [{ name: 'id', type: 'long' }, { name: 'state', type: 'string', doc: 'Two letters.' }], partitionBy: ['state'], properties,
    });
    beforeAll(async () => {
      setup = await open();
    });
    afterAll(async () => setup.close?.());

    describe('pointers', () => {
      const metadataOf = (table: TableName, note: string) =>
        serializeMetadata(newTableMetadata({ columns: [{ name: 'id', type: 'long' }], properties: { note } }, setup.catalog.locationFor(table), 'u', 1));
      const columns = [{ name: 'id', type: 'bigint' }];
      const noteAt = async (location: string) => parseMetadata(await setup.files.read(location), location).properties['note'];

      it('a table that was never made is not there', async () => {
        expect(await setup.catalog.load(fresh())).toBeUndefined();
      });

      it('create, load, commit: the pointer leads to the newest metadata', async () => {
        const table = fresh();
        const location = setup.catalog.locationFor(table);
        const created = await setup.catalog.create(table, location, metadataOf(table, 'one'), columns);
        if (created.outcome !== 'committed') throw new Error(created.outcome);
        expect(await setup.catalog.load(table)).toEqual(created.pointer);
        const second = await setup.catalog.commit(created.pointer, location, metadataOf(table, 'two'), columns);
        if (second.outcome !== 'committed') throw new Error(second.outcome);
        const loaded = await setup.catalog.load(table);
        expect(loaded).toEqual(second.pointer);
        expect(await noteAt(loaded?.metadataLocation ?? '')).toBe('two');
      });

      it('a second table of the same name is a conflict', async () => {
        const table = fresh();
        const location = setup.catalog.locationFor(table);
        await setup.catalog.create(table, location, metadataOf(table, 'one'), columns);
        expect(await setup.catalog.create(table, location, metadataOf(table, 'two'), columns)).toEqual({ outcome: 'conflict' });
        expect(await noteAt((await setup.catalog.load(table))?.metadataLocation ?? '')).toBe('one');
      });

      it('a commit on a pointer that is behind is a conflict, and changes nothing', async () => {
        const table = fresh();
        const location = setup.catalog.locationFor(table);
        const created = await setup.catalog.create(table, location, metadataOf(table, 'one'), columns);
        if (created.outcome !== 'committed') throw new Error(created.outcome);
        await setup.catalog.commit(created.pointer, location, metadataOf(table, 'two'), columns);
        expect(await setup.catalog.commit(created.pointer, location, metadataOf(table, 'lost'), columns)).toEqual({ outcome: 'conflict' });
        expect(await noteAt((await setup.catalog.load(table))?.metadataLocation ?? '')).toBe('two');
      });

      it('of many commits on one pointer exactly one wins', async () => {
        const table = fresh();
        const location = setup.catalog.locationFor(table);
        const created = await setup.catalog.create(table, location, metadataOf(table, 'one'), columns);
        if (created.outcome !== 'committed') throw new Error(created.outcome);
        const outcomes = await Promise.all(Array.from({ length: 8 }, (_, index) => setup.catalog.commit(created.pointer, location, metadataOf(table, `${index}`), columns)));
        const winners = outcomes.flatMap((each, index) => (each.outcome === 'committed' ? [String(index)] : []));
        expect(winners).toHaveLength(1);
        expect(await noteAt((await setup.catalog.load(table))?.metadataLocation ?? '')).toBe(winners[0]);
      });

      it('what a commit must wait for fails: nothing is visible', async () => {
        const table = fresh();
        const location = setup.catalog.locationFor(table);
        const created = await setup.catalog.create(table, location, metadataOf(table, 'one'), columns);
        if (created.outcome !== 'committed') throw new Error(created.outcome);
        const after = Promise.reject(new Error('no space left'));
        await expect(setup.catalog.commit(created.pointer, location, metadataOf(table, 'two'), columns, { after })).rejects.toThrow(/no space left/);
        expect(await setup.catalog.load(table)).toEqual(created.pointer);
      });

      it('list names tables, drop forgets them and leaves their data', async () => {
        const tables = [fresh(), fresh()];
        for (const table of tables) await newTable(table);
        const [kept, dropped] = tables as [TableName, TableName];
        const file = `${setup.catalog.locationFor(dropped)}/data/x.parquet`;
        await setup.files.write(file, Buffer.from('rows'));
        await setup.catalog.drop(dropped);
        const listed = (await setup.catalog.list(setup.namespace)).map((each) => each.name);
        expect(listed).toContain(kept.name);
        expect(listed).not.toContain(dropped.name);
        expect(await setup.catalog.list()).toEqual(expect.arrayContaining([kept]));
        expect(await setup.catalog.load(dropped)).toBeUndefined();
        expect(await setup.files.exists(file)).toBe(true);
      });

      it('a name that was dropped can be used again, by a table that knows nothing of the old one', async () => {
        const name = fresh();
        const lake = newLake();
        const definition = (note: string) => ({ columns: [{ name: 'id', type: 'long' as const }], properties: { note } });
        const old = await lake.createTable(name, definition('old'));
        await old.append([dataFile(old)]);
        await lake.dropTable(name);
        const again = await lake.createTable(name, definition('new'));
        expect((await lake.loadTable(name)).properties['note']).toBe('new');
        expect((await again.scan()).files).toEqual([]);
        expect((await (await newLake().loadTable(name)).scan()).files).toEqual([]);
      });
    });

    describe('tables', () => {
      it('what one writer commits, another reads', async () => {
        const table = await newTable(fresh());
        const files = [dataFile(table, { partition: ['SP'] }), dataFile(table, { partition: ['RJ'] })];
        await table.append(files);
        const other = await newLake().loadTable(table.name);
        expect(pathsOf((await other.scan()).files)).toEqual(files.map((file) => file.path).sort());
        expect(other.metadata).toEqual(table.metadata);
      });

      it('writers at once: every commit is in, exactly once', async () => {
        const name = fresh();
        await newTable(name);
        const writers = 8;
        const each = 4;
        const written = await Promise.all(Array.from({ length: writers }, async (_, writer) => {
          const table = await newLake().loadTable(name);
          const paths: string[] = [];
          for (let index = 0; index < each; index++) {
            const file = dataFile(table, { partition: [`p${writer}`] });
            await table.append([file]);
            paths.push(file.path);
          }
          return paths;
        }));
        const table = await newLake().loadTable(name);
        expect(pathsOf((await table.scan()).files)).toEqual(written.flat().sort());
        expect(table.metadata.snapshots).toHaveLength(writers * each);
        expect(table.metadata['last-sequence-number']).toBe(BigInt(writers * each));
      }, 120_000);

      it('writers at once with one id: the commit is in once', async () => {
        const name = fresh();
        const first = await newTable(name);
        const file = dataFile(first, { partition: ['SP'] });
        const results = await Promise.all(Array.from({ length: 6 }, async () => (await newLake().loadTable(name)).append([file], { wapId: 'run-1' })));
        expect(results.filter((result) => result.committed)).toHaveLength(1);
        expect((await (await newLake().loadTable(name)).scan()).files).toHaveLength(1);
      }, 60_000);

      it('schema changes and properties by several writers all stay', async () => {
        const name = fresh();
        await newTable(name);
        await Promise.all(Array.from({ length: 5 }, async (_, index) => {
          const table = await newLake().loadTable(name);
          await table.evolveSchema([{ op: 'add', column: { name: `c${index}`, type: 'string' } }]);
          await table.setProperties({ set: { [`k${index}`]: 'v' } });
        }));
        const table = await newLake().loadTable(name);
        expect(table.schema.fields.map((field) => field.name).sort()).toEqual(['c0', 'c1', 'c2', 'c3', 'c4', 'id', 'state']);
        expect(new Set(table.schema.fields.map((field) => field.id)).size).toBe(7);
        expect(Object.keys(table.properties).filter((key) => /^k\d$/.test(key))).toHaveLength(5);
      }, 60_000);

      it('old metadata files go as new ones come', async () => {
        const table = await newTable(fresh(), { 'write.metadata.previous-versions-max': '3' });
        for (let index = 0; index < 8; index++) await table.setProperties({ set: { index: String(index) } });
        let count = 0;
        for await (const file of setup.files.list(`${table.location}/metadata`)) count += Number(file.path.includes('.metadata.json'));
        expect(count).toBe(4);
        expect((await newLake().loadTable(table.name)).properties['index']).toBe('7');
      });

      it('expiry leaves what the table still needs, and nothing else', async () => {
        const table = await newTable(fresh());
        const first = dataFile(table, { partition: ['SP'] });
        const second = dataFile(table, { partition: ['SP'] });
        for (const file of [first, second]) await setup.files.write(file.path, Buffer.alloc(1000));
        await table.append([first]);
        await table.overwrite([second], { all: true });
        const result = await table.expireSnapshots({ olderThanMilliseconds: -1000, keepAtLeast: 1 });
        expect(result.expired).toHaveLength(1);
        expect(await setup.files.exists(first.path)).toBe(false);
        expect((await (await newLake().loadTable(table.name)).verify({ allSnapshots: true })).problems).toEqual([]);
      });
    });
  });
}
