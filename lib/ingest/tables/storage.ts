// Data files of a table and the local disk, where DuckDB reads and writes: the same place at home, copies where the lake is a bucket.
import { rm, writeFile } from 'node:fs/promises';
import type { DataFile, Lake, ScanFile, Table } from '../../lake/index.ts';
import { publishTo } from '../../lake/duckdb/index.ts';
import { diskError } from '../bytes/disk-error.ts';
import { temporaryPath } from '../bytes/temporary.ts';

/** Where new data files of the table are written first. */
export function writingFolder(table: Table, temporaryFolder: string): string {
  return isLocal(table.dataLocation) ? withoutScheme(table.dataLocation) : temporaryFolder;
}

/** Brings written files to where the table keeps its data; gives them as a manifest names them. */
export async function bringToTable(lake: Lake, table: Table, files: readonly DataFile[]): Promise<DataFile[]> {
  return isLocal(table.dataLocation) ? [...files] : publishTo(lake.context.files, files, table.dataLocation);
}

/** Deletes files that no commit will name. What cannot be deleted is left to maintenance. */
export async function discardFiles(lake: Lake, files: readonly DataFile[]): Promise<void> {
  await Promise.all(files.map((file) => lake.context.files.delete(file.path).catch(() => {})));
}

/** Data files, and where each lies on this machine. */
export interface LocalFiles { files: readonly ScanFile[]; locate(path: string): string }

/** Does something with files of a table on the local disk; copies are gone afterwards. */
export async function withLocalFiles<Result>(
  lake: Lake, files: readonly ScanFile[], temporaryFolder: string, work: (files: LocalFiles) => Promise<Result>,
): Promise<Result> {
  const copies = new Map<string, string>();
  try {
    for (const path of files.flatMap(({ file, positionDeletes }) => [file.path, ...positionDeletes.map((deletes) => deletes.path)])) {
      if (isLocal(path) || copies.has(path)) continue;
      const copy = temporaryPath(temporaryFolder, 'lake');
      copies.set(path, copy);
      const bytes = await lake.context.files.read(path);
      await writeFile(copy, bytes, { mode: 0o600 }).catch((thrown: unknown) => { throw diskError(thrown, copy); });
    }
    return await work({ files, locate: (path) => copies.get(path) ?? withoutScheme(path) });
  } finally {
    await Promise.all(Array.from(copies.values(), (path) => rm(path, { force: true })));
  }
}

function isLocal(path: string): boolean {
  return path.startsWith('/') || path.startsWith('file:');
}

function withoutScheme(path: string): string {
  return path.replace(/^file:(\/\/)?/, '');
}
