// The tables behind a training set: their sources, and their snapshots.
import { currentSnapshots, type Lake } from '../../lake/index.ts';
import { tablesNamedIn } from '../../warehouse/index.ts';
import type { LoadedProject } from '../project.ts';

/** The snapshot of every table that the statement reads, so that the training set can be made again. */
export function snapshotsOf(lake: Lake, sql: string): Promise<Record<string, string>> {
  return currentSnapshots(lake, tablesNamedIn(sql));
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
