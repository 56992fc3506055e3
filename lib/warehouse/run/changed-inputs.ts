// Which inputs of a model changed since it was last published, by which files, and through which columns that touches the model's rows.
import type { Table } from '../../lake/index.ts';
import { snapshotById } from '../../lake/index.ts';
import type { Model } from '../types.ts';
import { lastChange } from './context.ts';

/** Survives a JSON round trip. */
export interface ChangedInput {
  /** As the SELECT names it: `source.orders`, `silver.orders`. */
  relation: string;
  /** The table behind it. */
  table: string;
  /** Snapshots between which it changed; null: it was empty. */
  before: string | null;
  after: string | null;
  /** Its columns that say which rows of the model a changed row touches; undefined: that is not known, so all of them. */
  columns: readonly string[] | 'ignore' | undefined;
  /** Why `columns` is not known. */
  why?: string;
}

/** Files by which a table differs between two snapshots. */
export interface FileChanges { added: string[]; removed: string[] }

/** More changed files than this are not named one by one in SQL: then everything is computed. */
const MOST_FILES = 500;

/** Inputs whose rows are not those of the last publication, in the order of the model's relations. */
export async function changedInputs(
  model: Model, published: Readonly<Record<string, string | null>>, tables: ReadonlyMap<string, Table>,
): Promise<ChangedInput[]> {
  const changed: ChangedInput[] = [];
  for (const relation of model.relations) {
    const name = relation.replace(/^source\./, 'bronze.');
    const table = tables.get(name);
    const after = table?.metadata['current-snapshot-id'];
    const before = published[name];
    if (sameRows(table, before ?? null)) continue;
    const columns = model.changes[relation];
    const input: ChangedInput = { relation, table: name, before: before ?? null, after: after === undefined ? null : String(after), columns };
    if (columns !== undefined && columns !== 'ignore') {
      const why = await whyUnknown(table, input);
      if (why !== undefined) Object.assign(input, { columns: undefined, why });
    }
    changed.push(input);
  }
  return changed;
}

/** Whether the table holds the rows that it held at a snapshot: the same one, or only compacted since. */
function sameRows(table: Table | undefined, before: string | null): boolean {
  const metadata = table?.metadata;
  const after = metadata?.['current-snapshot-id'];
  if (metadata === undefined || after === undefined || before === null) return before === null && after === undefined;
  if (String(after) === before) return true;
  const then = snapshotById(metadata, BigInt(before));
  if (then === undefined) return false;
  return lastChange({ ...metadata, 'current-snapshot-id': then['snapshot-id'] }) === lastChange(metadata);
}

async function whyUnknown(table: Table | undefined, input: ChangedInput): Promise<string | undefined> {
  if (table === undefined) return 'it is gone';
  const before = input.before === null ? undefined : snapshotById(table.metadata, BigInt(input.before));
  if (input.before !== null && before === undefined) return 'the snapshot that was read last is expired';
  if (before?.['schema-id'] !== undefined && before['schema-id'] !== table.metadata['current-schema-id']) return 'its columns changed';
  const { added, removed } = await fileChanges(table, input);
  return added.length + removed.length > MOST_FILES ? `${added.length + removed.length} files` : undefined;
}

/** Files that the one snapshot has and the other has not. */
export async function fileChanges(table: Table, { before, after }: Pick<ChangedInput, 'before' | 'after'>): Promise<FileChanges> {
  const pathsAt = async (id: string | null) => new Map(id === null ? [] : (await table.scan({ snapshotId: BigInt(id) })).files
    .map(({ file, positionDeletes }) => [file.path, positionDeletes.map(({ path }) => path).sort().join('\n')] as const));
  const [old, now] = await Promise.all([pathsAt(before), pathsAt(after)]);
  return {
    added: [...now].filter(([path, deletes]) => old.get(path) !== deletes).map(([path]) => path),
    removed: [...old].filter(([path, deletes]) => now.get(path) !== deletes).map(([path]) => path),
  };
}
