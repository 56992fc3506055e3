// Loads a project from its folder: contracts, models, workflows, settings.
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { MillraceError, type ProjectConfig } from '../base/index.ts';
import { SYSTEM_TABLES } from '../batch/index.ts';
import { loadContracts } from '../contracts/index.ts';
import { loadModels, type Project } from '../warehouse/index.ts';
import type { Workflow } from '../workflow/index.ts';

export interface LoadedProject extends Project { config: ProjectConfig; workflows: ReadonlyMap<string, Workflow> }

/** `root` holds millrace.config.ts, contracts/, sql/ and workflows/. */
export async function loadProject(root: string): Promise<LoadedProject> {
  const [config, contracts, batch] = await Promise.all([
    exportOf<ProjectConfig>(path.join(root, 'millrace.config.ts'), 'config'),
    loadContracts(path.join(root, 'contracts')),
    exportOf<Workflow>(path.join(root, 'workflows', 'batch.ts'), 'batch'),
  ]);
  const models = await loadModels(path.join(root, 'sql'), contracts, SYSTEM_TABLES);
  return { ...models, config, workflows: new Map([[batch.name, batch]]) };
}

async function exportOf<Value>(file: string, name: string): Promise<Value> {
  const module = (await import(pathToFileURL(file).href).catch((cause: unknown) => {
    throw new MillraceError('bad_input', `${path.basename(file)} cannot be loaded`, { where: file, cause });
  })) as Record<string, unknown>;
  if (module[name] === undefined) throw new MillraceError('bad_input', `${path.basename(file)} exports no '${name}'`, { where: file });
  return module[name] as Value;
}
