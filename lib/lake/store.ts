// Reading a table's immutable files, each parsed once in a process: metadata, manifest lists and manifests never change under a path.
import { MillraceError } from '../base/index.ts';
import { parseMetadata, schemasCurrentFirst, specById } from './format/metadata.ts';
import { readManifest, type ManifestEntry } from './format/manifest.ts';
import { readManifestList, type ManifestFile } from './format/manifest-list.ts';
import type { Files, TablePointer } from './ports.ts';
import type { Snapshot, TableMetadata } from './types.ts';

/** Holds values up to a total weight; the one unused for longest goes first. */
class BoundedCache<V> {
  private readonly entries = new Map<string, { value: V; weight: number }>();
  private readonly capacity: number;
  private total = 0;

  constructor(capacity: number) {
    this.capacity = capacity;
  }

  get(key: string): V | undefined {
    const entry = this.entries.get(key);
    if (entry === undefined) return undefined;
    this.entries.delete(key);
    this.entries.set(key, entry);
    return entry.value;
  }

  set(key: string, value: V, weight: number): void {
    this.total += weight - (this.entries.get(key)?.weight ?? 0);
    this.entries.delete(key);
    this.entries.set(key, { value, weight });
    for (const [oldest, entry] of this.entries) {
      if (this.total <= this.capacity || oldest === key) break;
      this.entries.delete(oldest);
      this.total -= entry.weight;
    }
  }

  delete(key: string): void {
    this.total -= this.entries.get(key)?.weight ?? 0;
    this.entries.delete(key);
  }
}

/** Maps in order, with at most `limit` calls under way. */
export async function mapLimited<T, R>(items: readonly T[], limit: number, work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let index = next++; index < items.length; index = next++) results[index] = await work(items[index] as T);
  };
  await Promise.all(Array.from({ length: Math.min(limit, items.length) }, worker));
  return results;
}

/** Files read at a time: as many as hide S3's latency without holding much memory. */
export const PARALLEL_READS = 16;
const SNAPSHOTS = 50_000;
const MANIFEST_LINES = 100_000;
const MANIFEST_ENTRIES = 100_000;

/** What is returned is shared: nobody may change it. */
export class TableStore {
  readonly files: Files;
  /** The newest metadata of each table, by the folder that holds them. */
  private readonly metadata = new BoundedCache<{ key: string; metadata: TableMetadata }>(SNAPSHOTS);
  private readonly lists = new BoundedCache<readonly ManifestFile[]>(MANIFEST_LINES);
  private readonly manifests = new BoundedCache<readonly ManifestEntry[]>(MANIFEST_ENTRIES);

  constructor(files: Files) {
    this.files = files;
  }

  async readMetadata(pointer: TablePointer): Promise<TableMetadata> {
    const known = this.metadata.get(folderOf(pointer));
    if (known?.key === keyOf(pointer)) return known.metadata;
    const metadata = parseMetadata(await this.files.read(pointer.metadataLocation), pointer.metadataLocation, known?.metadata.snapshots);
    this.rememberMetadata(pointer, metadata);
    return metadata;
  }

  /** Spares reading back what was just written. */
  rememberMetadata(pointer: TablePointer, metadata: TableMetadata): void {
    this.metadata.set(folderOf(pointer), { key: keyOf(pointer), metadata }, 1 + metadata.snapshots.length);
  }

  /** The manifests of a snapshot. */
  async readManifests(snapshot: Snapshot): Promise<readonly ManifestFile[]> {
    const path = snapshot['manifest-list'];
    if (path === '') {
      throw new MillraceError('unsupported', `snapshot ${snapshot['snapshot-id']} lists its manifests in the metadata file, as only Iceberg's earliest version did`, {
        todo: 'Let the engine that wrote the table rewrite its manifests.',
      });
    }
    const known = this.lists.get(path);
    if (known !== undefined) return known;
    const list = readManifestList(await this.files.read(path), path);
    this.rememberManifests(path, list);
    return list;
  }

  rememberManifests(path: string, list: readonly ManifestFile[]): void {
    this.lists.set(path, list, 1 + list.length);
  }

  /** All entries of a manifest, deleted ones included. */
  async readEntries(manifest: ManifestFile, metadata: TableMetadata): Promise<readonly ManifestEntry[]> {
    if (manifest.keyMetadata !== undefined) throw new MillraceError('unsupported', 'encrypted manifests cannot be read', { where: manifest.path });
    const known = this.manifests.get(manifest.path);
    if (known !== undefined) return known;
    const bytes = await this.files.read(manifest.path);
    const entries = readManifest(bytes, manifest, specById(metadata, manifest.specId), schemasCurrentFirst(metadata));
    this.rememberEntries(manifest, entries);
    return entries;
  }

  /** The entries of many manifests, a few files read at a time. */
  async readAllEntries(manifests: readonly ManifestFile[], metadata: TableMetadata): Promise<(readonly ManifestEntry[])[]> {
    return mapLimited(manifests, PARALLEL_READS, (manifest) => this.readEntries(manifest, metadata));
  }

  /** Of files that are deleted: a table of many small commits would fill the memory with what nobody reads again. */
  forget(paths: Iterable<string>): void {
    for (const path of paths) {
      this.lists.delete(path);
      this.manifests.delete(path);
    }
  }

  rememberEntries(manifest: ManifestFile, entries: readonly ManifestEntry[]): void {
    this.manifests.set(manifest.path, entries, 1 + entries.length);
  }
}

/** In a folder, a table that takes the name of an older one has its metadata under the same paths: the token tells them apart. */
function keyOf(pointer: TablePointer): string {
  return `${pointer.metadataLocation} ${pointer.token}`;
}

function folderOf(pointer: TablePointer): string {
  return pointer.metadataLocation.slice(0, pointer.metadataLocation.lastIndexOf('/'));
}
