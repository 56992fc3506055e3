// The embedded runtime: every port with its adapter for one machine, opened when it is first needed.
import { readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import path from 'node:path';
import { systemClock, type Clock, type ProjectConfig } from '../base/index.ts';
import { openFolderLake, type Lake } from '../lake/index.ts';
import { Database } from '../lake/duckdb/index.ts';
import type { FeatureSet } from '../features/index.ts';
import type { LoadedPredictor, ModelRegistry } from '../learning/index.ts';
import { latestBusinessDate } from '../batch/index.ts';
import { parametersOf, type Parameters } from '../warehouse/index.ts';
import { DuckDbEngine } from '../warehouse/duckdb/index.ts';
import { openHome, spillFolder, type Home } from './home.ts';
import { loadProject, type LoadedProject } from './project.ts';

/** With 1 GB, telling three million events apart already spills to disk, and takes half as much processor time again. */
const MEMORY_LIMIT = '1500MB';

export interface RuntimeOptions {
  home: string;
  project: string;
  /** Makes the home where there is none. */
  create?: boolean;
  /** Opens a home, too, that was moved or copied: only for what mends it. */
  moved?: boolean;
  clock?: Clock;
  signal?: AbortSignal;
  /** What DuckDB may hold in memory before it spills to the home's disk; default 1.5 GB. */
  memoryLimit?: string;
}

export interface Runtime {
  /** Of Millrace. */
  version: string;
  /** The project's root: contracts/, sql/, features/, workflows/. */
  projectFolder: string;
  home: Home;
  clock: Clock;
  lake: Lake;
  signal?: AbortSignal;
  /** What is learned and where it is kept, where that is not the project's folders and the home's: in a function of an account. */
  learning?: { predictors: ReadonlyMap<string, LoadedPredictor>; features: FeatureSet; registry: ModelRegistry };
  project(): Promise<LoadedProject>;
  database(): Promise<Database>;
  engine(): Promise<DuckDbEngine>;
  /** Parameters of a statement by hand: only those that it names. */
  parameters(asOf: string | undefined, sql: string): Promise<Parameters>;
  close(): Promise<void>;
}

export async function openRuntime({ home: root, project: projectRoot, create = false, moved = false, clock = systemClock, signal, memoryLimit = MEMORY_LIMIT }: RuntimeOptions): Promise<Runtime> {
  const home = await openHome(root, { create, moved });
  const lake = openFolderLake(home.lake, { clock });
  const project = once(() => loadProject(projectRoot));
  // One of its own: DuckDB names its spill files alike in every process, and `start` has two that are busy with big tables.
  const spill = await spillFolder(home);
  const database = once(() => Database.open({ temporaryFolder: spill, memoryLimit }));
  const engine = once(async () => new DuckDbEngine({ lake, database: await database.get(), stagingFolder: path.join(home.temporary, 'staging'), clock }));
  return {
    version: versionOf(), projectFolder: projectRoot, home, clock, lake, signal,
    project: project.get,
    database: database.get,
    engine: engine.get,
    async parameters(asOf, sql) {
      const used = parametersOf(sql);
      if (used.length === 0) return {};
      const loaded = await project.get();
      return shopParameters(loaded.config.shop, used.includes('as_of') ? (asOf ?? await latestBusinessDate({ project: loaded, lake, engine: await engine.get(), signal })) : undefined);
    },
    async close() {
      (await engine.opened())?.close();
      (await database.opened())?.close();
      await rm(spill, { recursive: true, force: true });
    },
  };
}

/** What a statement may name; `asOf` is left out for one that does not ask for it. */
export function shopParameters({ currency, timeZone }: ProjectConfig['shop'], asOf = '1970-01-01'): Parameters {
  return { as_of: { type: 'date', value: asOf }, shop_currency: { type: 'varchar', value: currency }, shop_time_zone: { type: 'varchar', value: timeZone } };
}

/** Opens at the first call; `opened` tells whether that ever happened. */
function once<Value>(open: () => Promise<Value>): { get: () => Promise<Value>; opened: () => Promise<Value | undefined> } {
  let value: Promise<Value> | undefined;
  return {
    get: () => (value ??= open()),
    opened: async () => value?.catch(() => undefined),
  };
}

function versionOf(): string {
  return (JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as { version: string }).version;
}
