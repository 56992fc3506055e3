// An engine that reads tables at the snapshots of then, whatever has been committed since.
import type { Engine, QueryOptions } from '../types.ts';

/** Queries of these tables read these snapshots; of others, what is current. @throws `not_found` from `query` where one has expired. */
export function pinnedTo(engine: Pick<Engine, 'query'>, snapshots: Readonly<Record<string, string>>): Pick<Engine, 'query'> {
  const pins = Object.fromEntries(Object.entries(snapshots).map(([table, id]) => [table, BigInt(id)]));
  return { query: (sql: string, options: QueryOptions = {}) => engine.query(sql, { ...options, snapshots: { ...pins, ...options.snapshots } }) };
}
