// Scan planning: which files of a snapshot to read for a filter, and which deletes apply to them.
import { MillraceError } from '../../base/index.ts';
import { DELETED, type ManifestEntry } from '../format/manifest.ts';
import type { ManifestFile } from '../format/manifest-list.ts';
import { currentSchema, schemaById, specById } from '../format/metadata.ts';
import type { TableStore } from '../store.ts';
import type { DataFile, Predicate, ScanFile, Schema, Snapshot, TableMetadata } from '../types.ts';
import { bindPredicate, EVERYTHING } from './bound.ts';
import { DeleteIndex, refuseEqualityDeletes } from './deletes.ts';
import { FileFilter } from './filter.ts';
import { resolveSnapshot, type TimeTravel } from './time-travel.ts';

export interface ScanOptions extends TimeTravel {
  /** Files that cannot hold a matching row are left out; files that stay may hold others too, so the filter is still to be applied. */
  filter?: Predicate;
}

export interface TableScan {
  /** undefined: the table is empty. */
  snapshot: Snapshot | undefined;
  /** The current schema; for a scan of the past, the schema of that time. */
  schema: Schema;
  files: ScanFile[];
  /** How far pruning got. */
  counts: { manifests: number; manifestsRead: number; files: number; filesKept: number };
}

/** Throws `unsupported` where a file that would have to be read is of a kind that cannot be. */
export async function planScan(store: TableStore, metadata: TableMetadata, options: ScanOptions): Promise<TableScan> {
  const { snapshot, isPast } = resolveSnapshot(metadata, options);
  const schema = isPast && snapshot?.['schema-id'] !== undefined ? schemaById(metadata, snapshot['schema-id']) : currentSchema(metadata);
  const filter = new FileFilter(metadata, options.filter === undefined ? EVERYTHING : bindPredicate(options.filter, schema));
  const counts = { manifests: 0, manifestsRead: 0, files: 0, filesKept: 0 };
  if (snapshot === undefined) return { snapshot, schema, files: [], counts };

  const manifests = (await store.readManifests(snapshot)).filter(hasLiveFiles);
  const matching = manifests.filter((manifest) => filter.manifestMayMatch(manifest));
  const entries = await readLiveEntries(store, metadata, matching.filter((manifest) => manifest.content === 0));
  const kept = entries.filter((entry) => filter.mayMatch(entry.file));
  const deleteManifests = kept.length === 0 ? [] : manifests.filter((manifest) => manifest.content === 1);
  const deletes = await readDeleteIndex(store, metadata, deleteManifests);
  const files = kept.map(({ file, sequenceNumber = 0n, snapshotId = 0n }): ScanFile => {
    refuseUnreadable(file);
    refuseEqualityDeletes(file, deletes.equalityDeletesFor(file, sequenceNumber));
    const positionDeletes = deletes.positionDeletesFor(file, sequenceNumber);
    positionDeletes.forEach(refuseUnreadable);
    return { file, sequenceNumber, snapshotId, positionDeletes };
  });
  counts.manifests = manifests.length;
  counts.manifestsRead = matching.length;
  counts.files = manifests.reduce((sum, each) => sum + (each.content === 0 ? each.addedFilesCount + each.existingFilesCount : 0), 0);
  counts.filesKept = files.length;
  return { snapshot, schema, files, counts };
}

export function hasLiveFiles(manifest: ManifestFile): boolean {
  return manifest.addedFilesCount + manifest.existingFilesCount > 0;
}

/** The live entries of manifests, in their order. */
export async function readLiveEntries(store: TableStore, metadata: TableMetadata, manifests: readonly ManifestFile[]): Promise<ManifestEntry[]> {
  const lists = await store.readAllEntries(manifests, metadata);
  return lists.flatMap((entries) => entries.filter((entry) => entry.status !== DELETED));
}

export async function readDeleteIndex(store: TableStore, metadata: TableMetadata, manifests: readonly ManifestFile[]): Promise<DeleteIndex> {
  return new DeleteIndex(await readLiveEntries(store, metadata, manifests), (specId) => specById(metadata, specId).fields.length === 0);
}

function refuseUnreadable(file: DataFile): void {
  if (file.keyMetadata !== undefined) throw new MillraceError('unsupported', 'encrypted data files cannot be read', { where: file.path });
  if (file.format !== 'PARQUET') {
    throw new MillraceError('unsupported', `data files in ${file.format} cannot be read; Parquet can`, {
      where: file.path, todo: 'Let the engine that wrote it rewrite the table as Parquet (write.format.default).',
    });
  }
}
