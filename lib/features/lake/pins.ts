// What a check compares: each source's table as it is, and the bronze rows that it was made from, not those that came since.
import { snapshotById, tableNameOf, type Lake } from '../../lake/index.ts';
import { publishedInputs, type Project } from '../../warehouse/index.ts';
import type { FeatureSet } from '../load.ts';
import type { CompiledSource } from '../source.ts';

export interface Pins {
  /** Snapshots by table, as queries take them. */
  snapshots: Readonly<Record<string, bigint>>;
  /** Rows of bronze, by table, that came after the source's table was made. */
  newer: Readonly<Record<string, number>>;
}

const MOST_TRIES = 5;

/**
 * For each source that views are made of: the snapshot of its table, and that of bronze which it was computed from. A table that is missing, or of
 * which nobody knows any more what it was computed from, is left as it is.
 */
export async function pinsOf({ project, lake, features }: { project: Project; lake: Lake; features: FeatureSet }): Promise<Pins> {
  const snapshots: Record<string, bigint> = {};
  const newer: Record<string, number> = {};
  for (const source of features.sources.values()) {
    if (features.viewsOf(source.name).length === 0 || !project.models.has(source.table)) continue;
    const found = await together(project, lake, source);
    if (found === undefined) continue;
    const bronze = `bronze.${source.contract.name}`;
    snapshots[source.table] = found.table;
    snapshots[bronze] = found.bronze;
    const { metadata } = await lake.loadTable({ namespace: 'bronze', name: source.contract.name });
    const rows = (id: bigint | undefined) => Number((id === undefined ? undefined : snapshotById(metadata, id))?.summary['total-records'] ?? 0);
    const more = rows(metadata['current-snapshot-id']) - rows(found.bronze);
    if (more > 0) newer[bronze] = more;
  }
  return { snapshots, newer };
}

/** Both of one publication: it is looked again where another one came in between. */
async function together(project: Project, lake: Lake, { table, contract }: CompiledSource): Promise<{ table: bigint; bronze: bigint } | undefined> {
  const current = async () => (await lake.findTable(tableNameOf(table)))?.metadata['current-snapshot-id'];
  for (let tried = 0; tried < MOST_TRIES; tried++) {
    const before = await current();
    if (before === undefined) return undefined;
    const inputs = await publishedInputs({ project, lake }, table);
    if (await current() !== before) continue;
    const read = inputs?.[`bronze.${contract.name}`];
    return read == null ? undefined : { table: before, bronze: BigInt(read) };
  }
  return undefined;
}
