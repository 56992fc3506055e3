// A lake in a folder of its own with the DuckDB engine over it.
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock, type Clock } from '../../../lib/base/index.ts';
import { openFolderLake, type DataFile, type Lake, type Table } from '../../../lib/lake/index.ts';
import { Database, tableColumnsFor, writeRows } from '../../../lib/lake/duckdb/index.ts';
import { DuckDbEngine } from '../../../lib/warehouse/duckdb/index.ts';
import { Relations, type Engine, type Parameters, type Project, type RunContext } from '../../../lib/warehouse/index.ts';

export class Home {
  readonly folder: string;
  readonly lake: Lake;
  readonly database: Database;
  engine: DuckDbEngine;
  runs = 0;
  clock: Clock = systemClock;

  private constructor(folder: string, database: Database) {
    this.folder = folder;
    this.lake = openFolderLake(join(folder, 'lake'));
    this.database = database;
    this.engine = this.newEngine();
  }

  /** In a folder of its own, or in one that exists. */
  static async open(folder?: string): Promise<Home> {
    return new Home(folder ?? await mkdtemp(join(tmpdir(), 'millrace-home-')), await Database.open({ memoryLimit: '500MB', threads: 2 }));
  }

  /** As a process that starts again sees it: nothing but what is on disk. */
  newEngine(): DuckDbEngine {
    return new DuckDbEngine({ lake: openFolderLake(join(this.folder, 'lake')), database: this.database, stagingFolder: join(this.folder, 'tmp/staging'), clock: systemClock });
  }

  context(project: Project, parameters: Parameters = {}, engine: Engine = this.engine): RunContext {
    this.runs += 1;
    const lake = openFolderLake(join(this.folder, 'lake'));
    return { project, lake, engine, relations: new Relations(project, lake), clock: this.clock, runId: `run-${this.runs}`, parameters };
  }

  /** Appends the rows of a DuckDB SELECT to a table; makes it where there is none. */
  async append(name: string, select: string, partitionBy: readonly string[] = []): Promise<Table> {
    const [namespace = '', table = ''] = name.split('.');
    return this.database.use(async (session) => {
      let found = await this.lake.findTable({ namespace, name: table });
      if (found === undefined) {
        found = await this.lake.createTable({ namespace, name: table }, { columns: await tableColumnsFor(session, select), partitionBy });
      }
      await found.append(await writeRows(session, { schema: found.schema, spec: found.spec, folder: found.dataLocation, select }));
      return found;
    });
  }

  /** Data files with the rows of a DuckDB SELECT, in no snapshot yet. */
  async write(table: Table, select: string): Promise<DataFile[]> {
    return this.database.use((session) => writeRows(session, { schema: table.schema, spec: table.spec, folder: table.dataLocation, select }));
  }

  /** Leaves a half-written file for each staging place, as a statement that is killed does. */
  async cutShort(name: string): Promise<void> {
    const [namespace = '', tableName = ''] = name.split('.');
    const { dataLocation } = await this.lake.loadTable({ namespace, name: tableName });
    for (const staging of await this.engine.listStagings()) await writeFile(join(dataLocation, `${staging.name}-9-0.parquet`), 'PAR1');
  }

  /** Data files in a table's folder that no snapshot holds. */
  async strayFiles(name: string): Promise<string[]> {
    const [namespace = '', tableName = ''] = name.split('.');
    const table = await this.lake.loadTable({ namespace, name: tableName });
    const held = new Set<string>();
    for (const snapshot of table.metadata.snapshots) for (const { file } of (await table.scan({ snapshotId: snapshot['snapshot-id'] })).files) held.add(file.path);
    return (await readdir(table.dataLocation)).map((file) => join(table.dataLocation, file)).filter((path) => !held.has(path));
  }

  async rows(sql: string): Promise<unknown[][]> {
    return (await this.engine.query(sql)).rows;
  }

  async close(): Promise<void> {
    this.engine.close();
    this.database.close();
    await rm(this.folder, { recursive: true, force: true });
  }
}
