// The tables of a shop as it stood, made in staging places: one statement a table, for an engine that takes none of hundreds of stages.
import { uuidv7, type Clock } from '../../base/index.ts';
import { newTableMetadata } from '../../lake/index.ts';
import { icebergTypeOf, type Engine, type QueryOptions, type Staging } from '../../warehouse/index.ts';
import type { StoodTable } from './as-it-stood.ts';

export interface StoodTablesOptions extends Pick<QueryOptions, 'parameters' | 'snapshots' | 'signal'> {
  clock: Clock;
  /** Whose staging places they are: upkeep lets go those of a run that died. */
  runId: string;
}

/** Makes the tables, those at once that need not wait for each other; gives `work` what stands for each, by name; lets the places go, whatever happened. */
export async function withStoodTables<Result>(engine: Engine, tables: readonly StoodTable[], options: StoodTablesOptions, work: (overlays: Readonly<Record<string, string>>) => Promise<Result>): Promise<Result> {
  const { clock, runId, ...query } = options;
  const places: Staging[] = [];
  const made = new Map<string, Promise<string>>();
  const standing = async (names: Iterable<string>): Promise<Record<string, string>> => Object.fromEntries(await Promise.all([...names].map(async (name) => [name, await made.get(name)!] as const)));
  const make = async ({ name, sql, reads }: StoodTable): Promise<string> => {
    const overlaid = { ...query, overlays: await standing(reads) };
    const columns = await engine.describe(sql, overlaid);
    // Unpartitioned, whatever the table itself is: nothing is ever read of it but whole.
    const shape = newTableMetadata({ columns: columns.map((column) => ({ name: column.name, type: icebergTypeOf(column) })) }, '', uuidv7(clock.now()), clock.now());
    const place = await engine.createStaging(name, runId, shape);
    places.push(place);
    for (const statement of await engine.stagingStatements(place, sql, overlaid)) await engine.execute(statement, query.signal === undefined ? {} : { signal: query.signal });
    return engine.stagedRelation(place);
  };
  for (const table of tables) made.set(table.name, make(table));
  try {
    await Promise.allSettled(made.values());
    return await work(await standing(made.keys()));
  } finally {
    // One that stays is let go by upkeep, as those of a run that died are.
    await Promise.allSettled(places.map((place) => engine.discard(place, false)));
  }
}
