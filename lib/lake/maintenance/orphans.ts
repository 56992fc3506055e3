// Orphans: files in a table's folder that no table refers to, left over by killed writers.
import { MillraceError } from '../../base/index.ts';
import { readState } from '../commit/loop.ts';
import type { LakeContext } from '../lake.ts';
import type { FileInfo } from '../ports.ts';
import { mapLimited, PARALLEL_READS } from '../store.ts';
import type { TableName } from '../types.ts';
import { plainPath, referencedFiles } from './references.ts';

export interface OrphanOptions {
  /** Younger files stay: a writer may be about to commit them. Default three days; at least an hour unless `acceptRisk`. */
  olderThanMilliseconds?: number;
  /** Says that no writer is at work, so that younger files may go too. */
  acceptRisk?: boolean;
  /** List them, delete nothing. */
  dryRun?: boolean;
  /** Folders to sweep besides those of tables: where staging tables were that are dropped by now. */
  folders?: readonly string[];
}

export interface OrphanResult { orphans: FileInfo[]; deletedBytes: number; failed: { path: string; cause: unknown }[] }

const THREE_DAYS_MS = 3 * 86_400_000;
const ONE_HOUR_MS = 3_600_000;

/**
 * Sweeps the folders of `sweep`. A file is an orphan only if none of the tables in `all` refers to it: give every table of the lake,
 * since files may be published from one table's folder into another.
 */
export async function removeOrphans(context: LakeContext, sweep: readonly TableName[], all: readonly TableName[], options: OrphanOptions = {}): Promise<OrphanResult> {
  const age = options.olderThanMilliseconds ?? THREE_DAYS_MS;
  if (age < ONE_HOUR_MS && options.acceptRisk !== true && options.dryRun !== true) {
    throw new MillraceError('usage', 'files younger than an hour may belong to a commit under way', { todo: 'Wait, or say that no writer is at work (acceptRisk).' });
  }
  const notAfter = context.clock.now() - age;
  // Listed before the references are read: what is committed in between is then both listed and referred to.
  const found: FileInfo[] = [];
  const locations = await mapLimited(sweep, PARALLEL_READS, async (name) => (await readState(context, name)).metadata.location);
  for (const folder of new Set([...locations, ...options.folders ?? []].map(plainPath))) {
    for await (const file of context.files.list(folder)) {
      if (file.modifiedAt < notAfter) found.push(file);
    }
  }
  const referenced = new Set<string>();
  for (const name of all) {
    for (const path of await referencedFiles(context.store, await readState(context, name))) referenced.add(path);
  }
  const orphans = unique(found).filter((file) => !referenced.has(plainPath(file.path)) && !file.path.endsWith('/version-hint.text'));
  const result: OrphanResult = { orphans, deletedBytes: 0, failed: [] };
  if (options.dryRun === true) return result;
  // Oldest first: old versions of the metadata must go in their order, or a lost race could look like a won one.
  for (const file of orphans.toSorted((left, right) => left.modifiedAt - right.modifiedAt)) {
    await context.files.delete(file.path).then(() => void (result.deletedBytes += file.size), (cause: unknown) => result.failed.push({ path: file.path, cause }));
  }
  return result;
}

/** A folder may lie in another one. */
function unique(files: readonly FileInfo[]): FileInfo[] {
  return Array.from(new Map(files.map((file) => [file.path, file])).values());
}
