// The tables behind a training set: their sources, their snapshots, and the tags that keep these.
import type { Lake } from '../../lake/index.ts';
import type { LoadedProject } from '../project.ts';

/** So long the snapshots that a version was trained on are kept, so that it can be made again. */
const KEPT_MS = 400 * 86_400_000;

/** Names of tags that keep the snapshots of models. */
export const MODEL_TAG = 'model.';

/** The snapshot of every table that the statement reads, so that the training set can be made again. */
export async function snapshotsOf(lake: Lake, sql: string): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const text of tablesOf(sql)) {
    const [namespace = '', name = ''] = text.split('.');
    const current = (await lake.findTable({ namespace, name }))?.metadata['current-snapshot-id'];
    if (current !== undefined) found[text] = String(current);
  }
  return found;
}

/** The tables that a training set reads. */
export function tablesOf(sql: string): string[] {
  return [...new Set([...sql.matchAll(/\b(silver|gold)\.([a-z_]+)\b/g)].map(([text]) => text))].sort();
}

/** The sources from which some tables are made: a training set is as of the latest date of these, whatever else the shop has seen since. */
export function sourcesBehind({ models, graph }: Pick<LoadedProject, 'models' | 'graph'>, tables: readonly string[]): Set<string> {
  const behind = new Set(tables.flatMap((table) => (models.has(table) ? [table, ...graph.upstream(table)] : [])));
  return new Set([...behind].flatMap((name) => models.get(name)?.reads ?? []).flatMap((read) => (read.startsWith('bronze.') ? [read.slice('bronze.'.length)] : [])));
}

/** Keeps snapshots from expiring, in the name of a version: `model.conversion.3`. */
export async function tagSnapshots(lake: Lake, predictor: string, version: string, snapshots: Readonly<Record<string, string>>): Promise<void> {
  for (const [text, id] of Object.entries(snapshots)) {
    const [namespace = '', name = ''] = text.split('.');
    const table = await lake.findTable({ namespace, name });
    await table?.tag(`${MODEL_TAG}${predictor}.${version}`, { snapshotId: BigInt(id), maxAgeMilliseconds: KEPT_MS });
  }
}
