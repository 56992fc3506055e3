// The tables behind a training set: their sources, their snapshots, and the tags that keep these.
import type { Lake } from '../../lake/index.ts';
import type { LoadedProject } from '../project.ts';

const DAY_MS = 86_400_000;
/** So long the snapshots that a version was trained on are kept, so that it can be made again; of a version that never answered anybody not so long. */
export const TRAINING_KEPT_MS = 400 * DAY_MS;
export const UNUSED_KEPT_MS = 60 * DAY_MS;

/** Names of tags that keep the snapshots of models. */
export const MODEL_TAG = 'model.';

/** The snapshot of every table that the statement reads, so that the training set can be made again. */
export function snapshotsOf(lake: Lake, sql: string): Promise<Record<string, string>> {
  return currentSnapshots(lake, tablesOf(sql));
}

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
export function tableNameOf(text: string): { namespace: string; name: string } {
  const [namespace = '', name = ''] = text.split('.');
  return { namespace, name };
}

/** The tables that a training set, or several statements, read; those that only a comment speaks of are not among them. */
export function tablesOf(sql: string): string[] {
  return [...new Set([...sql.replaceAll(/--[^\n]*|\/\*[^]*?\*\//g, '').matchAll(/\b(silver|gold)\.([a-z_]+)\b/g)].map(([text]) => text))].sort();
}

/** The sources from which some tables are made: a training set is as of the latest date of these, whatever else the shop has seen since. */
export function sourcesBehind({ models, graph }: Pick<LoadedProject, 'models' | 'graph'>, tables: readonly string[]): Set<string> {
  const behind = new Set(tables.flatMap((table) => (models.has(table) ? [table, ...graph.upstream(table)] : [])));
  return new Set([...behind].flatMap((name) => models.get(name)?.reads ?? []).flatMap((read) => (read.startsWith('bronze.') ? [read.slice('bronze.'.length)] : [])));
}

/** The sources that a table is made from in the first place: its own, else those of the tables that it reads. */
export function sourcesOf({ models }: Pick<LoadedProject, 'models'>, table: string): string[] {
  const relations = models.get(table)?.relations ?? [];
  const own = relations.flatMap((name) => (name.startsWith('source.') ? [name.slice('source.'.length)] : []));
  return own.length > 0 ? own : relations.flatMap((name) => sourcesOf({ models }, name));
}

/** Keeps snapshots from expiring, in the name of a version: `model.conversion.3`. */
export async function tagSnapshots(lake: Lake, predictor: string, version: string, snapshots: Readonly<Record<string, string>>): Promise<void> {
  for (const [text, id] of Object.entries(snapshots)) {
    const table = await lake.findTable(tableNameOf(text));
    const snapshot = table?.metadata.snapshots.find((one) => String(one['snapshot-id']) === id);
    if (snapshot === undefined) continue;
    // An age counts from when the snapshot was made, which may be long ago.
    await table!.tag(`${MODEL_TAG}${predictor}.${version}`, { snapshotId: BigInt(id), maxAgeMilliseconds: Math.max(0, table!.context.clock.now() - snapshot['timestamp-ms']) + TRAINING_KEPT_MS });
  }
}
