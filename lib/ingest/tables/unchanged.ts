// Files that need not be read again: the list of files knows them as they lie, and bronze has what they brought.
import { quoteText } from '../../lake/duckdb/index.ts';
import { FILES } from './definitions.ts';
import { ensureFiles } from './ensure.ts';
import { findSeen, query, type Lookup } from './seen.ts';

export interface PlacedFile { source: string; path: string; stamp: string }
export interface UnchangedFile { fileId: string; file: string; bytes: number }

/** By path. A file whose rows were taken out of bronze again (by a rollback) is not among them. */
export async function findUnchanged(lookup: Lookup, files: readonly PlacedFile[]): Promise<Map<string, UnchangedFile>> {
  const unchanged = new Map<string, UnchangedFile>();
  if (files.length === 0 || !(await lookup.lake.tableExists(FILES))) return unchanged;
  const table = await ensureFiles(lookup.lake);
  const scan = await table.scan();
  if (scan.files.length === 0) return unchanged;
  const rows = await query(lookup, table, scan.files, ['source', '_file', '_file_id', 'bytes', 'path', 'stamp'], (relation) =>
    `SELECT source, _file AS file, _file_id AS id, bytes, path, stamp FROM ${relation} WHERE path IN (${files.map(({ path }) => quoteText(path)).join(', ')})`);
  const listed = new Map(rows.map((row) => [[row['source'], row['path'], row['stamp']].join('\n'), row]));
  for (const source of new Set(files.map((file) => file.source))) {
    const found = files.filter((file) => file.source === source)
      .flatMap(({ path, stamp }) => {
        const row = listed.get([source, path, stamp].join('\n'));
        return row === undefined ? [] : [{ path, fileId: String(row['id']), file: String(row['file']), bytes: Number(row['bytes']) }];
      });
    if (found.length === 0) continue;
    const { byId } = await findSeen(lookup, source, found.map(({ fileId }) => fileId));
    for (const { path, ...file } of found) if (byId.has(file.fileId)) unchanged.set(path, file);
  }
  return unchanged;
}
