// A home that was moved or copied: the paths of every table are mended, and then every live file is read as proof.
import { messageOf } from '../base/index.ts';
import type { Lake, Table } from '../lake/index.ts';
import { verifyRows, type Database } from '../lake/duckdb/index.ts';

export interface RelocatedTable {
  table: string;
  /** The folder that its paths named; undefined where they were right. */
  from?: string;
  snapshots: number;
  files: number;
  /** Live files that were read in the end, and the rows in them. */
  filesRead: number;
  rows: bigint;
  problems: { path: string; problem: string }[];
}

export interface RelocateOptions { lake: Lake; database: Database; signal?: AbortSignal; onProgress?: (table: string) => void }

/** Table by table, each as a whole or not at all; a table that cannot be mended is a problem in the report and stops no other. */
export async function relocateLake({ lake, database, signal, onProgress }: RelocateOptions): Promise<RelocatedTable[]> {
  const report: RelocatedTable[] = [];
  for (const name of await lake.listTables()) {
    signal?.throwIfAborted();
    const one: RelocatedTable = { table: `${name.namespace}.${name.name}`, snapshots: 0, files: 0, filesRead: 0, rows: 0n, problems: [] };
    report.push(one);
    onProgress?.(one.table);
    try {
      const table = await lake.loadTable(name);
      await relocate(table, lake.context.catalog.locationFor(name), one);
      const looked = await table.verify({ allSnapshots: true });
      const read = await database.use((session) => verifyRows(session, table, { signal }));
      Object.assign(one, { filesRead: read.files, rows: read.rows });
      one.problems.push(...looked.problems, ...read.problems);
    } catch (error) {
      signal?.throwIfAborted();
      one.problems.push({ path: one.table, problem: messageOf(error) });
    }
  }
  return report;
}

/** Data may lie beside the table's own folder, but never outside of the lake: so it is the lake's folder that is exchanged. */
async function relocate(table: Table, place: string, one: RelocatedTable): Promise<void> {
  if (table.location === place) return;
  one.from = table.location;
  const { namespace, name } = table.name;
  const inLake = `/${namespace}/${name}`;
  const relocation = table.location.endsWith(inLake) ? { from: table.location.slice(0, -inLake.length), to: place.slice(0, -inLake.length) } : { from: table.location, to: place };
  const { snapshots, files } = await table.relocate(relocation);
  Object.assign(one, { snapshots, files });
}
