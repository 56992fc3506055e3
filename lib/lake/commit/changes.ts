// What each kind of commit adds, removes and depends on.
import { MillraceError } from '../../base/index.ts';
import { currentSchema, currentSnapshot } from '../format/metadata.ts';
import { tupleKey } from '../format/values.ts';
import { bindPredicate, EVERYTHING } from '../scan/bound.ts';
import { FileFilter } from '../scan/filter.ts';
import type { TableStore } from '../store.ts';
import type { DataFile, Predicate, Snapshot, TableMetadata } from '../types.ts';
import { validateNoDeletes, validateNoNewDeletes, validateUntouched, type Dependence } from './conflicts.ts';
import type { SnapshotChange } from './operations.ts';
import type { ChangeOptions } from './options.ts';
import { everyFile, filesMatching, filesOfPartitions, namedFiles, type Tuple } from './selectors.ts';

/**
 * What an overwrite replaces: the whole table, partitions (tuples of the current spec's values, in its order), or the files
 * all of whose rows match a filter (a file that holds others too is refused).
 */
export type OverwriteScope = { all: true } | { partitions: readonly Tuple[] } | { where: Predicate };

export function appendChange(files: readonly DataFile[]): SnapshotChange {
  return { operation: 'append', add: files };
}

export function overwriteChange(store: TableStore, metadata: TableMetadata, files: readonly DataFile[], scope: OverwriteScope, options: ChangeOptions): SnapshotChange {
  const specId = metadata['default-spec-id'];
    return {
    operation: 'overwrite',
    add: files,
    remove: ({ metadata: now }) => {
      if ('all' in scope) return everyFile();
      if ('where' in scope) return filesMatching(filterOn(now, scope.where));
      if (now['default-spec-id'] !== specId) throw new MillraceError('conflict', 'the partitioning has changed since the change was computed', { where: now.location });
      return filesOfPartitions(now, specId, scope.partitions);
    },
    validate: async (base) => {
      if (options.isolation === 'snapshot' && options.reads === undefined) return;
      const reads = options.reads === undefined ? undefined : filterDependence(filterOn(base.metadata, options.reads));
      const own = 'all' in scope ? { touches: () => true } : 'where' in scope ? filterDependence(filterOn(base.metadata, scope.where)) : partitionDependence(specId, scope.partitions);
      await validateUntouched(store, base.metadata, base.since(), { touches: (file) => own.touches(file) || (reads?.touches(file) ?? false) });
    },
  };
}

export interface FileRewrite { remove: readonly DataFile[]; add: readonly DataFile[] }

/** Rows changed by writing their files anew: merge, update, delete. */
export function rewriteChange(store: TableStore, { remove, add }: FileRewrite, options: ChangeOptions): SnapshotChange {
  return {
    operation: add.length === 0 ? 'delete' : 'overwrite',
    add,
    remove: ({ metadata }) => namedFiles(metadata, remove),
    validate: async ({ metadata, basedOn, since }) => {
      await validateNoNewDeletes(store, metadata, basedOn, since(), remove, true);
      if (options.isolation === 'snapshot') return;
      await validateUntouched(store, metadata, since(), filterDependence(filterOn(metadata, options.reads)));
    },
  };
}

/**
 * The same rows in other files: compaction. Added files keep the age of the snapshot they were read from, so later deletes apply to them.
 * Where that snapshot had no deletes, files that are still live and still without deletes are all that matters, whatever came in between:
 * a table whose snapshots expire quickly can be compacted too.
 */
export function replaceChange(store: TableStore, { remove, add }: FileRewrite, basedOn: Snapshot | undefined): SnapshotChange {
  return {
    operation: 'replace',
    add,
    ...(basedOn === undefined ? {} : { addWithSequenceNumber: basedOn['sequence-number'] }),
    remove: ({ metadata }) => namedFiles(metadata, remove),
    validate: async ({ metadata, since }) => {
      refuseMoreRows(remove, add);
      if (basedOn?.summary['total-delete-files'] === '0') await validateNoDeletes(store, metadata, remove);
      else await validateNoNewDeletes(store, metadata, basedOn, since(), remove, false);
    },
  };
}

/** Compaction applies deletes, so rows may become fewer, never more. */
function refuseMoreRows(remove: readonly DataFile[], add: readonly DataFile[]): void {
  const count = (files: readonly DataFile[]) => files.reduce((sum, file) => sum + (file.content === 0 ? file.recordCount : 0n), 0n);
  if (count(add) <= count(remove)) return;
  throw new MillraceError('bad_input', `the new files hold ${count(add)} rows, the ones they replace only ${count(remove)}`, { where: add[0]?.path });
}

/** Files all of whose rows match go; nothing is rewritten, and whatever matches at the time of the commit is meant. */
export function deleteWhereChange(predicate: Predicate): SnapshotChange {
  return {
    operation: 'delete',
    add: [],
    remove: ({ metadata }) => filesMatching(filterOn(metadata, predicate)),
  };
}

/** About eight megabytes of manifest, with metrics of a dozen columns. */
const DEFAULT_ENTRIES_PER_MANIFEST = 20_000;

/** The same files, listed by partition in as few manifests as will do. Nothing is committed where that would not make them fewer. */
export function rewriteManifestsChange(store: TableStore, entriesPerManifest: number = DEFAULT_ENTRIES_PER_MANIFEST, withoutDeleted = false): SnapshotChange {
  return {
    operation: 'replace',
    add: [],
    entriesPerManifest,
    isNeeded: async (metadata) => {
      const snapshot = currentSnapshot(metadata);
      if (snapshot === undefined) return false;
      const fewest = new Map<string, number>();
      const manifests = await store.readManifests(snapshot);
      if (withoutDeleted && manifests.some(({ deletedFilesCount }) => deletedFilesCount !== 0)) return true;
      for (const each of manifests) {
        const key = `${each.specId}/${each.content}`;
        fewest.set(key, (fewest.get(key) ?? 0) + each.addedFilesCount + each.existingFilesCount);
      }
      const wanted = [...fewest.values()].reduce((sum, entries) => sum + Math.ceil(entries / entriesPerManifest), 0);
      return wanted < manifests.length;
    },
  };
}

export interface RowDelta {
  /** New rows. */
  add?: readonly DataFile[];
  /** Position-delete files. */
  deletes: readonly DataFile[];
  /** The data files that they point into, which must still be live. */
  deletesFrom: readonly DataFile[];
}

/** Rows deleted by position-delete files, merge-on-read. */
export function rowDeltaChange(store: TableStore, delta: RowDelta, options: ChangeOptions): SnapshotChange {
  const equality = delta.deletes.find((file) => file.content !== 1);
  if (equality !== undefined) throw new MillraceError('unsupported', 'only position deletes can be committed', { where: equality.path });
  const paths = new Set(delta.deletesFrom.map((file) => file.path));
  return {
    operation: delta.add === undefined || delta.add.length === 0 ? 'delete' : 'overwrite',
    add: [...(delta.add ?? []), ...delta.deletes],
    remove: ({ metadata }) => {
      const present = namedFiles(metadata, delta.deletesFrom);
      // Looks for the files without removing them: finish() still refuses where one is gone.
      return { ...present, selects: (entry) => (paths.has(entry.file.path) && present.selects(entry), false) };
    },
    validate: async ({ metadata, basedOn, since }) => {
      await validateNoNewDeletes(store, metadata, basedOn, since(), delta.deletesFrom, true);
      if (options.isolation === 'snapshot') return;
      await validateUntouched(store, metadata, since(), filterDependence(filterOn(metadata, options.reads)));
    },
  };
}

/** Without a predicate every row counts. */
function filterOn(metadata: TableMetadata, predicate: Predicate | undefined): FileFilter {
  return new FileFilter(metadata, predicate === undefined ? EVERYTHING : bindPredicate(predicate, currentSchema(metadata)));
}

function filterDependence(filter: FileFilter): Dependence {
  return { touches: (file) => filter.mayMatch(file) };
}

function partitionDependence(specId: number, partitions: readonly Tuple[]): Dependence {
  const keys = new Set(partitions.map(tupleKey));
  return { touches: (file) => file.specId !== specId || keys.has(tupleKey(file.partition)) };
}
