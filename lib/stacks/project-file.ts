// The project as the one file that every function carries. It says nothing of the machine that made it, so that equal projects give equal bundles.
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { ProjectFile } from '../batch/index.ts';
import type { Contracts } from '../contracts/index.ts';
import { readSqlFiles } from '../warehouse/index.ts';

/** `root`: of Millrace, whose version it takes; `project`: the folder that holds sql/. */
export async function readProjectFile(root: string, project: string, contracts: Contracts): Promise<ProjectFile> {
  const { version } = JSON.parse(await readFile(path.join(root, 'package.json'), 'utf8')) as { version: string };
  const sql = await readSqlFiles(path.join(project, 'sql'));
  return {
    version,
    contracts: [...contracts.values()].sort((a, b) => (a.name < b.name ? -1 : 1)),
    sql: sql.map((file) => ({ ...file, path: path.relative(project, file.path).split(path.sep).join('/') })),
  };
}
