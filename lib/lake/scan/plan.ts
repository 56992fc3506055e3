// Scan planning: which files of a snapshot to read.
import { DELETED } from '../format/manifest.ts';
import { currentSchema, currentSnapshot } from '../format/metadata.ts';
import type { TableStore } from '../store.ts';
import type { Predicate, ScanFile, Schema, Snapshot, TableMetadata } from '../types.ts';

export interface ScanOptions {
  /** Files that cannot hold a matching row are left out; files that stay may hold others too. */
  filter?: Predicate;
}

export interface TableScan {
  /** undefined: the table is empty. */
  snapshot: Snapshot | undefined;
  schema: Schema;
  files: ScanFile[];
}

export async function planScan(store: TableStore, metadata: TableMetadata, _options: ScanOptions): Promise<TableScan> {
  const snapshot = currentSnapshot(metadata);
  const files: ScanFile[] = [];
  for (const manifest of snapshot === undefined ? [] : await store.readManifests(snapshot)) {
    for (const entry of await store.readEntries(manifest, metadata)) {
      if (entry.status === DELETED) continue;
      files.push({ file: entry.file, sequenceNumber: entry.sequenceNumber ?? 0n, snapshotId: entry.snapshotId ?? 0n, positionDeletes: [] });
    }
  }
  return { snapshot, schema: currentSchema(metadata), files };
}
