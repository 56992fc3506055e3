// Data files of a table and the local disk, where DuckDB reads and writes: the same place at home, copies where the lake is a bucket.
import { readFile, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { DataFile, Lake, ScanFile, Table } from '../../lake/index.ts';
import { diskError } from '../bytes/disk-error.ts';

/** Where new data files of the table are written first. */
export function writingFolder(table: Table, temporaryFolder: string): string {
  return isLocal(table.dataLocation) ? table.dataLocation.replace(/^file:(\/\/)?/, '') : temporaryFolder;
}

/** Brings written files to where the table keeps its data; gives them as a manifest names them. */
export async function bringToTable(lake: Lake, table: Table, files: readonly DataFile[]): Promise<DataFile[]> {
  if (isLocal(table.dataLocation)) return [...files];
  return Promise.all(files.map(async (file) => {
    const path = `${table.dataLocation}/${basename(file.path)}`;
    await lake.context.files.write(path, await readFile(file.path));
    await rm(file.path, { force: true });
    return { ...file, path };
  }));
}

/** Deletes files that no commit will name. What cannot be deleted is left to maintenance. */
export async function discardFiles(lake: Lake, files: readonly DataFile[]): Promise<void> {
  await Promise.all(files.map((file) => lake.context.files.delete(file.path).catch(() => {})));
}

/** Does something with files of a table on the local disk; copies are gone afterwards. */
export async function withLocalFiles<Result>(
  lake: Lake, files: readonly ScanFile[], temporaryFolder: string, work: (files: readonly ScanFile[]) => Promise<Result>,
): Promise<Result> {
  const copies: string[] = [];
  const fetch = async (file: DataFile): Promise<DataFile> => {
    if (isLocal(file.path)) return file;
    const path = join(temporaryFolder, `lake-${process.pid}-${copies.length}-${basename(file.path)}`);
    copies.push(path);
    await writeFile(path, await lake.context.files.read(file.path), { mode: 0o600 }).catch((thrown: unknown) => { throw diskError(thrown, path); });
    return { ...file, path };
  };
  try {
    const local: ScanFile[] = [];
    for (const each of files) {
      const positionDeletes = [];
      for (const deletes of each.positionDeletes) positionDeletes.push(await fetch(deletes));
      local.push({ ...each, file: await fetch(each.file), positionDeletes });
    }
    return await work(local);
  } finally {
    await Promise.all(copies.map((path) => rm(path, { force: true })));
  }
}

function isLocal(path: string): boolean {
  return path.startsWith('/') || path.startsWith('file:');
}
