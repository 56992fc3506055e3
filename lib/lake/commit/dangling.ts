// Delete files that point into nothing any more once a commit has removed data files: they go with it.
import { DeleteIndex, placeOf } from '../scan/deletes.ts';
import { hasLiveFiles, readLiveEntries } from '../scan/plan.ts';
import { currentSnapshot } from '../format/metadata.ts';
import type { TableStore } from '../store.ts';
import type { TableMetadata } from '../types.ts';
import { namedFiles, type FileSelector } from './selectors.ts';

/** At most one selector, of the position-delete files that apply to no data file left over by `removed`. */
export async function danglingDeletes(store: TableStore, metadata: TableMetadata, removed: FileSelector | undefined): Promise<FileSelector[]> {
  const snapshot = currentSnapshot(metadata);
  if (snapshot === undefined || removed === undefined) return [];
  const manifests = (await store.readManifests(snapshot)).filter(hasLiveFiles);
  const deleteManifests = manifests.filter((manifest) => manifest.content === 1);
  if (deleteManifests.length === 0) return [];

  const data = await readLiveEntries(store, metadata, manifests.filter((manifest) => manifest.content === 0));
  const gone = data.filter((entry) => removed.selects(entry));
  const places = new Set(gone.map(({ file }) => placeOf(file)));
  const deletes = await readLiveEntries(store, metadata, deleteManifests);
  const index = new DeleteIndex(deletes, () => false);
  const inUse = new Set<string>();
  for (const entry of data) {
    if (!places.has(placeOf(entry.file)) || removed.selects(entry)) continue;
    for (const file of index.positionDeletesFor(entry.file, entry.sequenceNumber ?? 0n)) inUse.add(file.path);
  }
  const dangling = deletes.filter((entry) => entry.file.content === 1 && places.has(placeOf(entry.file)) && !inUse.has(entry.file.path) && !removed.selects(entry));
  return dangling.length === 0 ? [] : [namedFiles(metadata, dangling.map((entry) => entry.file))];
}
