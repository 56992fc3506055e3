// Every file that a table refers to: what no sweep may delete.
import { localPath } from '../files/local-path.ts';
import type { TableState } from '../commit/loop.ts';
import { mapLimited, PARALLEL_READS, type TableStore } from '../store.ts';
import { readLiveEntries } from '../scan/plan.ts';
import type { Snapshot, TableMetadata } from '../types.ts';
import type { ManifestFile } from '../format/manifest-list.ts';

/** Paths as they are compared: `file:` and `s3a:` spellings of a path are the path. */
export function plainPath(path: string): string {
  return localPath(path).replace(/^s3[an]:\/\//, 's3://');
}

/** Paths of metadata files, manifest lists, manifests, data and delete files, and statistics, of every snapshot. */
export async function referencedFiles(store: TableStore, state: TableState): Promise<Set<string>> {
  const { pointer, metadata } = state;
  const paths = new Set<string>([pointer.metadataLocation, ...metadata['metadata-log'].map((entry) => entry['metadata-file']), ...statisticsPaths(metadata)]);
  const manifests = await manifestsOf(store, metadata.snapshots);
  for (const snapshot of metadata.snapshots) paths.add(snapshot['manifest-list']);
  for (const path of manifests.keys()) paths.add(path);
  for (const path of await liveFilesOf(store, metadata, Array.from(manifests.values()))) paths.add(path);
  return new Set([...paths].map(plainPath));
}

/** The manifests of some snapshots, each once, by path. */
export async function manifestsOf(store: TableStore, snapshots: readonly Snapshot[]): Promise<Map<string, ManifestFile>> {
  const lists = await mapLimited(snapshots, PARALLEL_READS, (snapshot) => store.readManifests(snapshot));
  return new Map(lists.flat().map((manifest) => [manifest.path, manifest]));
}

/** Paths of the data and delete files that manifests hold as live. */
export async function liveFilesOf(store: TableStore, metadata: TableMetadata, manifests: readonly ManifestFile[]): Promise<string[]> {
  return (await readLiveEntries(store, metadata, manifests)).map((entry) => entry.file.path);
}

interface StatisticsFile { 'snapshot-id': bigint; 'statistics-path': string }

function statisticsFiles(metadata: TableMetadata): StatisticsFile[] {
  const { other } = metadata;
  return [...(other?.['statistics'] as StatisticsFile[] | undefined ?? []), ...(other?.['partition-statistics'] as StatisticsFile[] | undefined ?? [])];
}

export function statisticsPaths(metadata: TableMetadata): string[] {
  return statisticsFiles(metadata).map((file) => file['statistics-path']);
}

/** Metadata without the statistics of snapshots that are gone. */
export function withoutStatisticsOf(metadata: TableMetadata, gone: ReadonlySet<bigint>): TableMetadata {
  if (metadata.other === undefined) return metadata;
  const kept = (key: string) => {
    const files = metadata.other?.[key] as StatisticsFile[] | undefined;
    return files === undefined ? {} : { [key]: files.filter((file) => !gone.has(file['snapshot-id'])) };
  };
  return { ...metadata, other: { ...metadata.other, ...kept('statistics'), ...kept('partition-statistics') } };
}
