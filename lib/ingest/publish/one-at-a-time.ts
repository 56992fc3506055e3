// Jobs of one process queue for the tables that they share; between processes the lake's own conflict checks decide.
import { textOf, type Lake, type TableName } from '../../lake/index.ts';

const queues = new WeakMap<Lake, Map<string, Promise<unknown>>>();

/** Runs work on a table after what was asked for before. */
export async function oneAtATime<Result>(lake: Lake, table: TableName, work: () => Promise<Result>): Promise<Result> {
  const tables = queues.get(lake) ?? new Map<string, Promise<unknown>>();
  queues.set(lake, tables);
  const before = tables.get(textOf(table)) ?? Promise.resolve();
  const result = before.then(work, work);
  tables.set(textOf(table), result.catch(() => undefined));
  return result;
}
