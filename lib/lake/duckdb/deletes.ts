// Position deletes: which rows of which files are gone (Iceberg specification, "Position Delete Files").
import { MillraceError } from '../../base/index.ts';
import type { DataFile, ScanFile } from '../types.ts';
import { hasIds } from './name-mapping.ts';
import { readFileSchema } from './footer.ts';
import { pathList } from './local-path.ts';
import { quoteText } from './sql-text.ts';

/** Reserved field ids of the two columns of a position-delete file. */
const PATH_ID = 2147483546;
const POSITION_ID = 2147483545;

/** A SELECT of (file, position): the place of a data file in the list, and a row of it that is deleted. */
export function deletedRows(files: readonly ScanFile[], locate: (path: string) => string): string {
  const deletes = new Map<string, DataFile>();
  for (const { positionDeletes } of files) for (const each of positionDeletes) deletes.set(each.path, each);
  const deleteFiles = [...deletes.values()];
  deleteFiles.forEach((file) => check(file, locate(file.path)));
  const places = new Map(deleteFiles.map(({ path }, at) => [path, at]));
  // Which delete file may speak of which data file has been decided by the plan: by sequence numbers, that is, by time.
  const pairs = files.flatMap(({ file, positionDeletes }, at) =>
    positionDeletes.map(({ path }) => `(${at}, ${quoteText(file.path)}, ${places.get(path)})`));
  return `SELECT DISTINCT "$pairs".file, "$deletes".position
    FROM (SELECT path, position, file_index::BIGINT AS delete_file FROM read_parquet(${pathList(Array.from(places.keys(), locate))}, schema = MAP {
      ${PATH_ID}: {name: 'path', type: 'VARCHAR', default_value: NULL}, ${POSITION_ID}: {name: 'position', type: 'BIGINT', default_value: NULL}})
    ) AS "$deletes"
    JOIN (VALUES ${pairs.join(', ')}) AS "$pairs"(file, path, delete_file) USING (path, delete_file)`;
}

function check(file: DataFile, path: string): void {
  if (file.format !== 'PARQUET') throw new MillraceError('unsupported', `delete files in ${file.format} cannot be read; Parquet can`, { where: file.path });
  if (!hasIds(readFileSchema(path).fields)) {
    throw new MillraceError('unsupported', 'a delete file has no field ids', { where: file.path });
  }
}
