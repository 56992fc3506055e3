// Makes the tables that contracts and models declare, and lets those that are there follow them.
import { uuidv7 } from '../base/index.ts';
import { ensureSourceTables } from '../ingest/index.ts';
import { ensureOpsTables } from '../quality/index.ts';
import { ensureModelTable } from '../warehouse/index.ts';
import type { BatchContext } from './context.ts';
import { runContext } from './run-context.ts';

export interface AppliedTables { made: string[]; changed: string[] }

/** Idempotent. Models whose columns change incompatibly are left to their next run, which computes them anew. */
export async function applyTables(context: BatchContext): Promise<AppliedTables> {
  const { lake, project, clock } = context;
  const before = await versions(context);
  for (const contract of project.sources.values()) await ensureSourceTables(lake, contract);
  await ensureOpsTables(lake);
  const run = runContext(context, uuidv7(clock.now()), { as_of: '1970-01-01' });
  for (const name of project.models.keys()) await ensureModelTable(run, name);
  const after = await versions(context);
  return {
    made: [...after.keys()].filter((name) => !before.has(name)),
    changed: [...after].filter(([name, location]) => before.has(name) && before.get(name) !== location).map(([name]) => name),
  };
}

async function versions({ lake, project }: BatchContext): Promise<Map<string, string>> {
  // By name: nobody has to be allowed to list the databases of a whole account.
  const namespaces = new Set(['bronze', 'ops', ...[...project.models.keys()].map((name) => name.slice(0, name.indexOf('.')))]);
  const names = await Promise.all([...namespaces].map((namespace) => lake.listTables(namespace)));
  const tables = await Promise.all(names.flat().map((name) => lake.loadTable(name)));
  return new Map(tables.map((table) => [`${table.name.namespace}.${table.name.name}`, table.pointer.metadataLocation]));
}
