// Validation before each try: what others committed since must not touch what this commit depends on.
import { MillraceError } from '../../base/index.ts';
import { readDeleteIndex } from '../scan/plan.ts';
import type { ManifestFile } from '../format/manifest-list.ts';
import { currentSnapshot } from '../format/metadata.ts';
import type { TableStore } from '../store.ts';
import type { DataFile, Snapshot, TableMetadata } from '../types.ts';
import { changesOf, snapshotsSince } from './history.ts';

/** The rows that a commit depends on. */
export interface Dependence {
  /** Files others added or removed, or delete files they added, must not be such: the change was computed as if they were not there. */
  touches(file: DataFile): boolean;
}

/** Throws `conflict` where the base is no ancestor any more: after a rollback, or when it has expired. */
export function requireHistory(metadata: TableMetadata, basedOn: bigint | undefined): Snapshot[] {
  const since = snapshotsSince(metadata, basedOn);
  if (since !== undefined) return since;
  throw new MillraceError('conflict', `the snapshot ${basedOn ?? '(none)'} that the change was computed from is not in the table's history any more`, {
    where: metadata.location, todo: 'The table was rolled back, or its snapshots have expired. Read it again and repeat the change.',
  });
}

/**
 * Nobody added rows that the commit would have had to see, nor removed rows that it saw (serializable isolation). Compactions
 * move rows between files without changing any, so they do not count.
 */
export async function validateUntouched(store: TableStore, metadata: TableMetadata, since: readonly Snapshot[], dependence: Dependence): Promise<void> {
  for (const snapshot of since) {
    if (snapshot.summary.operation === 'replace') continue;
    const changes = await changesOf(store, metadata, snapshot);
    refuse(changes.added, 'added', snapshot, dependence);
    refuse(changes.removed, 'removed', snapshot, dependence);
    refuse(changes.addedDeletes, 'added deletes in', snapshot, dependence);
  }
}

function refuse(files: readonly DataFile[], verb: string, snapshot: Snapshot, dependence: Dependence): void {
  const file = files.find((each) => dependence.touches(each));
  if (file === undefined) return;
  throw new MillraceError('conflict', `another writer ${verb} rows that this change depends on (snapshot ${snapshot['snapshot-id']}, ${snapshot.summary.operation})`, {
    where: file.path, todo: 'Read the table again and repeat the change.',
  });
}

/** Nobody deleted rows, by delete files, from the files that the commit replaces: the rewritten rows would bring them back. */
export async function validateNoNewDeletes(
  store: TableStore, metadata: TableMetadata, basedOn: Snapshot | undefined, since: readonly Snapshot[], replaced: readonly DataFile[], equalityDeletesToo: boolean,
): Promise<void> {
  // Deletes that were there before are part of what was read; merged manifests may list them again.
  const before = basedOn?.['sequence-number'] ?? 0n;
  for (const snapshot of since) {
    const manifests = (await store.readManifests(snapshot)).filter((each) => each.content === 1 && each.addedSnapshotId === snapshot['snapshot-id']);
    await refuseDeletes(store, metadata, manifests, before, replaced, equalityDeletesToo);
  }
}

/** As above, for files that had no deletes at all: none may apply to them now. */
export async function validateNoDeletes(store: TableStore, metadata: TableMetadata, replaced: readonly DataFile[]): Promise<void> {
  const snapshot = currentSnapshot(metadata);
  const manifests = snapshot === undefined ? [] : (await store.readManifests(snapshot)).filter((each) => each.content === 1);
  await refuseDeletes(store, metadata, manifests, -1n, replaced, false);
}

async function refuseDeletes(
  store: TableStore, metadata: TableMetadata, manifests: readonly ManifestFile[], olderThan: bigint, replaced: readonly DataFile[], equalityDeletesToo: boolean,
): Promise<void> {
  if (manifests.length === 0) return;
  const deletes = await readDeleteIndex(store, metadata, manifests);
  for (const file of replaced) {
    const [found] = [...deletes.positionDeletesFor(file, olderThan + 1n), ...(equalityDeletesToo ? deletes.equalityDeletesFor(file, olderThan) : [])];
    if (found === undefined) continue;
    throw new MillraceError('conflict', 'another writer deleted rows of a file that this change replaces', {
      where: `${found.path}, which deletes rows of ${file.path}`, todo: 'Read the table again and repeat the change.',
    });
  }
}
