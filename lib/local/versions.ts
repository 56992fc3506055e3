// The versions of a home, their aliases and canaries: without a table, an engine or an algorithm being loaded.
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { LocalFiles } from '../lake/index.ts';
import { ModelRegistry, modelStoreOn } from '../learning/registry/index.ts';
import type { Home } from './home.ts';

export { canaryCountsOf, type KeptFile } from './learning/canary-counts.ts';
export { waitingForMlflow } from './learning/mlflow-notes.ts';

export function homeRegistry(home: Pick<Home, 'root'>): ModelRegistry {
  return new ModelRegistry(modelStoreOn(new LocalFiles(), path.join(home.root, 'models')));
}

/** The predictors of a project, by the names of their training sets. */
export async function declaredPredictors(projectFolder: string): Promise<string[]> {
  const files = await readdir(path.join(projectFolder, 'predictors')).catch(() => []);
  return files.filter((file) => file.endsWith('.sql')).map((file) => file.slice(0, -'.sql'.length)).sort();
}
