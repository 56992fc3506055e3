// What happened to a table between two snapshots: read from the manifests that each snapshot in between wrote.
import { ADDED, DELETED } from '../format/manifest.ts';
import { currentSnapshot } from '../format/metadata.ts';
import type { TableStore } from '../store.ts';
import type { DataFile, Snapshot, TableMetadata } from '../types.ts';

/** The ancestors of the current snapshot that came after `since`, oldest first; undefined where `since` is not an ancestor. */
export function snapshotsSince(metadata: TableMetadata, since: bigint | undefined): Snapshot[] | undefined {
  const current = currentSnapshot(metadata);
  if (current?.['snapshot-id'] === since) return [];
  const byId = new Map(metadata.snapshots.map((snapshot) => [snapshot['snapshot-id'], snapshot]));
  const found: Snapshot[] = [];
  let next = current;
  while (next !== undefined) {
    found.push(next);
    const parent: bigint | undefined = next['parent-snapshot-id'];
    if (parent === since) return found.reverse();
    next = parent === undefined ? undefined : byId.get(parent);
  }
  return undefined;
}

/** The current snapshot and its ancestors, newest first, as far back as they have not expired. */
export function ancestors(metadata: TableMetadata): Snapshot[] {
  const byId = new Map(metadata.snapshots.map((snapshot) => [snapshot['snapshot-id'], snapshot]));
  const found: Snapshot[] = [];
  let next = currentSnapshot(metadata);
  while (next !== undefined) {
    found.push(next);
    const parent: bigint | undefined = next['parent-snapshot-id'];
    next = parent === undefined ? undefined : byId.get(parent);
  }
  return found;
}

export interface SnapshotChanges { added: DataFile[]; removed: DataFile[]; addedDeletes: DataFile[] }

/** The files that one snapshot added and removed. */
export async function changesOf(store: TableStore, metadata: TableMetadata, snapshot: Snapshot): Promise<SnapshotChanges> {
  const id = snapshot['snapshot-id'];
  const own = (await store.readManifests(snapshot)).filter((manifest) => manifest.addedSnapshotId === id);
  const changes: SnapshotChanges = { added: [], removed: [], addedDeletes: [] };
  for (const entry of (await store.readAllEntries(own, metadata)).flat()) {
    if (entry.snapshotId !== id) continue;
    const isData = entry.file.content === 0;
    if (entry.status === ADDED) (isData ? changes.added : changes.addedDeletes).push(entry.file);
    else if (entry.status === DELETED && isData) changes.removed.push(entry.file);
  }
  return changes;
}
