// Tables by their names in SQL, and the snapshots at which they stand.
import type { Lake } from './lake.ts';
import type { TableName } from './types.ts';

/** Ids of current snapshots, of the tables that have one. */
export async function currentSnapshots(lake: Lake, tables: readonly string[]): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const text of tables) {
    const current = (await lake.findTable(tableNameOf(text)))?.metadata['current-snapshot-id'];
    if (current !== undefined) found[text] = String(current);
  }
  return found;
}

/** `silver.orders` as a namespace and a name. */
export function tableNameOf(text: string): TableName {
  const [namespace = '', name = ''] = text.split('.');
  return { namespace, name };
}
