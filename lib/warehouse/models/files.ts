// The SQL files of a project, found by folder: sql/<layer>/<table>.sql, and sql/audits/<name>.sql.
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { MillraceError } from '../../base/index.ts';

export interface SqlFile { layer: string; name: string; path: string; text: string }

const IDENTIFIER = /^[a-z_][a-z0-9_]*$/;

/** Every `.sql` file in the folders below `folder`, sorted by path. Throws where a name cannot be a table's. */
export async function readSqlFiles(folder: string): Promise<SqlFile[]> {
  const layers = await readdir(folder, { withFileTypes: true }).catch((cause: unknown) => {
    throw new MillraceError('not_found', `there is no folder of SQL at ${folder}`, { todo: 'Make it, or run in the project\'s folder.', cause });
  });
  const found: SqlFile[] = [];
  for (const layer of layers.filter((entry) => entry.isDirectory()).map((entry) => entry.name).sort()) {
    const files = (await readdir(join(folder, layer), { recursive: true })).filter((file) => file.endsWith('.sql')).sort();
    found.push(...await Promise.all(files.map(async (file) => {
      const path = join(folder, layer, file);
      const name = file.slice(Math.max(file.lastIndexOf('/'), file.lastIndexOf('\\')) + 1, -'.sql'.length);
      if (!IDENTIFIER.test(name) || !IDENTIFIER.test(layer)) {
        throw new MillraceError('bad_input', `'${layer}.${name}' cannot be a table's name`, { where: path, todo: 'Use lower-case letters, digits and _.' });
      }
      return { layer, name, path, text: await readFile(path, 'utf8') };
    })));
  }
  return found;
}
