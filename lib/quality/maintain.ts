// Upkeep of a lake: compaction, expiry, orphans; and then the proof that every live file still reads. One owner does all of it.
import { messageOf } from '../base/index.ts';
import { tableNameOf, type Lake, type OrphanResult, type Table, type TableName } from '../lake/index.ts';
import { compactTable, verifyRows, type CompactOptions, type Database } from '../lake/duckdb/index.ts';

/** `compact` and `expire` go table by table, `orphans` once for all, `prove` table by table again. */
export type UpkeepStep = 'compact' | 'expire' | 'orphans' | 'prove';

export interface MaintainOptions {
  lake: Lake;
  database: Database;
  /** Only these tables, `silver.orders`; default: all. */
  tables?: readonly string[];
  /** Only these steps, in their own order; default: all. */
  steps?: readonly UpkeepStep[];
  /** Where files of tables that are not on this machine are fetched to. */
  temporaryFolder?: string;
  /** Folders that are swept for orphans besides those of the tables: where staging tables were. */
  folders?: readonly string[];
  strategy?: CompactOptions['strategy'];
  columns?: readonly string[];
  /** Snapshots younger than this stay, as do tagged ones. */
  keepSnapshotsMilliseconds: number;
  /** So many of the newest stay whatever their age. */
  keepAtLeast: number;
  /** Files that nothing refers to go once they are older. */
  orphansAfterMilliseconds: number;
  signal?: AbortSignal;
  onProgress?: (table: string, step: string) => void;
}

export interface TableUpkeep {
  table: string;
  filesBefore: number;
  filesAfter: number;
  /** Snapshots that expired. */
  expired: number;
  /** Files that expiry deleted. */
  filesDeleted: number;
  /** Live files that were read in the end, and the rows in them. */
  filesRead: number;
  rows: bigint;
  checksum: string;
  problems: { path: string; problem: string }[];
}

export interface UpkeepReport { tables: TableUpkeep[]; orphans: number; orphanBytes: number; problems: number }

/** Works table by table; a table that cannot be kept up is a problem in the report and stops no other. */
export async function maintainLake(options: MaintainOptions): Promise<UpkeepReport> {
  const { lake, onProgress, steps = ['compact', 'expire', 'orphans', 'prove'] } = options;
  const names = (await lake.listTables()).filter(({ namespace, name }) => options.tables?.includes(`${namespace}.${name}`) ?? true);
  const tables: TableUpkeep[] = [];
  for (const name of names) {
    options.signal?.throwIfAborted();
    tables.push(await maintainTable(await lake.loadTable(name), steps, options));
  }
  const { orphans, deletedBytes } = steps.includes('orphans') ? await sweep(names, options) : { orphans: [], deletedBytes: 0 };
  // Read last, when everything that will be deleted has been deleted.
  for (const upkeep of steps.includes('prove') ? tables : []) {
    options.signal?.throwIfAborted();
    onProgress?.(upkeep.table, 'reading');
    await prove(upkeep, options);
  }
  return { tables, orphans: orphans.length, orphanBytes: deletedBytes, problems: tables.reduce((sum, { problems }) => sum + problems.length, 0) };
}

async function sweep(tables: readonly TableName[], { lake, orphansAfterMilliseconds, folders, onProgress }: MaintainOptions): Promise<OrphanResult> {
  onProgress?.('', 'orphans');
  return lake.removeOrphans({
    sweep: tables, olderThanMilliseconds: orphansAfterMilliseconds, acceptRisk: orphansAfterMilliseconds === 0, ...(folders === undefined ? {} : { folders }),
  });
}

async function maintainTable(table: Table, steps: readonly UpkeepStep[], options: MaintainOptions): Promise<TableUpkeep> {
  const { database, strategy = 'bin-pack', columns, keepSnapshotsMilliseconds, keepAtLeast, temporaryFolder, signal, onProgress } = options;
  const name = `${table.name.namespace}.${table.name.name}`;
  const upkeep: TableUpkeep = { table: name, filesBefore: 0, filesAfter: 0, expired: 0, filesDeleted: 0, filesRead: 0, rows: 0n, checksum: '', problems: [] };
  try {
    if (steps.includes('compact')) {
      onProgress?.(name, 'compacting');
      const compacted = await database.use((session) => compactTable(session, table, {
        strategy, signal, ...(columns === undefined ? {} : { columns }), ...(temporaryFolder === undefined ? {} : { temporaryFolder }),
      }));
      upkeep.filesBefore = compacted.filesBefore;
      upkeep.filesAfter = compacted.filesAfter;
    }
    if (steps.includes('expire')) {
      onProgress?.(name, 'expiring');
      const { expired, deleted, failed } = await table.expireSnapshots({ olderThanMilliseconds: keepSnapshotsMilliseconds, keepAtLeast });
      upkeep.expired = expired.length;
      upkeep.filesDeleted = deleted.length;
      upkeep.problems.push(...failed.map(({ path, cause }) => ({ path, problem: `could not be deleted: ${messageOf(cause)}` })));
    }
  } catch (error) {
    signal?.throwIfAborted();
    upkeep.problems.push({ path: table.location, problem: messageOf(error) });
  }
  return upkeep;
}

async function prove(upkeep: TableUpkeep, { lake, database, temporaryFolder, signal }: MaintainOptions): Promise<void> {
  try {
    const table = await lake.loadTable(tableNameOf(upkeep.table));
    // Older snapshots are looked at, the current one is read.
    const looked = await table.verify({ allSnapshots: true });
    const read = await database.use((session) => verifyRows(session, table, { signal, ...(temporaryFolder === undefined ? {} : { temporaryFolder }) }));
    upkeep.filesRead = read.files;
    upkeep.rows = read.rows;
    upkeep.checksum = read.checksum;
    upkeep.problems.push(...looked.problems, ...read.problems);
  } catch (error) {
    signal?.throwIfAborted();
    upkeep.problems.push({ path: upkeep.table, problem: messageOf(error) });
  }
}
