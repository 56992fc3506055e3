// Names of tables as people type them.
import { MillraceError } from '../base/index.ts';
import type { Lake, Table } from '../lake/index.ts';
import { didYouMean } from '../warehouse/index.ts';

/** Loads `silver.orders`; an unknown name is answered with near ones. */
export async function tableNamed(lake: Lake, text: string): Promise<Table> {
  const [namespace, name, ...rest] = text.split('.');
  if (!namespace || !name || rest.length > 0) {
    const meant = (await lake.listTables()).filter((one) => one.name === text).map((one) => `${one.namespace}.${one.name}`);
    throw new MillraceError('usage', `'${text}' is not the name of a table`, { todo: meant.length > 0 ? `Write ${meant.join(' or ')}.` : 'Write namespace and name: silver.orders.' });
  }
  const found = await lake.findTable({ namespace, name });
  if (found !== undefined) return found;
  const names = (await lake.listTables()).map((one) => `${one.namespace}.${one.name}`);
  throw new MillraceError('not_found', `there is no table ${text}`, { todo: didYouMean(text, names) ?? '`millrace tables` lists them.' });
}

/** A snapshot's id as a user gives it, one of the table's. */
export function snapshotNamed(table: Table, text: string): bigint {
  const id = /^\d+$/.test(text) ? BigInt(text) : table.metadata.refs[text]?.['snapshot-id'];
  if (id === undefined || !table.metadata.snapshots.some((snapshot) => snapshot['snapshot-id'] === id)) {
    throw new MillraceError('not_found', `${table.name.namespace}.${table.name.name} has no snapshot or tag '${text}'`, {
      todo: `\`millrace history ${table.name.namespace}.${table.name.name}\` lists them.`,
    });
  }
  return id;
}
