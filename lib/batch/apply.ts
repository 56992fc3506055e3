// Makes the tables that contracts and models declare, and lets those that are there follow them.
import { uuidv7 } from '../base/index.ts';
import { ensureSourceTables } from '../ingest/index.ts';
import { ensureOpsTables } from '../quality/index.ts';
import { ensureModelTable } from '../warehouse/index.ts';
import { runContext, type WarehouseScope } from './run-context.ts';

/** Names of tables, sorted. `left`: the next run computes them anew, since their model changed in a way that breaks readers. */
export interface AppliedTables { made: string[]; changed: string[]; left: string[]; same: string[] }

/** Idempotent. @throws MillraceError `conflict` where a contract breaks what its bronze table holds. */
export async function applyTables(context: WarehouseScope): Promise<AppliedTables> {
  const { lake, project, clock, signal } = context;
  const before = await versions(context);
  for (const contract of project.sources.values()) {
    signal?.throwIfAborted();
    await ensureSourceTables(lake, contract);
  }
  await ensureOpsTables(lake);
  const run = runContext(context, uuidv7(clock.now()), { as_of: '1970-01-01' });
  const left: string[] = [];
  for (const name of project.models.keys()) {
    signal?.throwIfAborted();
    if (await ensureModelTable(run, name) === 'left') left.push(name);
  }
  const after = await versions(context);
  const names = [...after.keys()].sort();
  return {
    made: names.filter((name) => !before.has(name)),
    changed: names.filter((name) => before.has(name) && before.get(name) !== after.get(name)),
    left: left.sort(),
    same: names.filter((name) => before.get(name) === after.get(name) && !left.includes(name)),
  };
}

async function versions({ lake, project }: WarehouseScope): Promise<Map<string, string>> {
  // By name: nobody has to be allowed to list the databases of a whole account.
  const namespaces = new Set(['bronze', 'ops', ...[...project.models.keys()].map((name) => name.slice(0, name.indexOf('.')))]);
  const names = await Promise.all([...namespaces].map((namespace) => lake.listTables(namespace)));
  const tables = await Promise.all(names.flat().map((name) => lake.loadTable(name)));
  return new Map(tables.map((table) => [`${table.name.namespace}.${table.name.name}`, table.pointer.metadataLocation]));
}
