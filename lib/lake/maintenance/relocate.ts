// A table whose folder was moved: Iceberg's paths are absolute, so every file that names others is written anew, and one commit swaps them in.
import { MillraceError } from '../../base/index.ts';
import { commitWithRetry, type TableState } from '../commit/loop.ts';
import { localPath } from '../files/local-path.ts';
import { DELETED, writeManifest, type ManifestEntry } from '../format/manifest.ts';
import { writeManifestList, type ManifestFile } from '../format/manifest-list.ts';
import { currentSchema, schemasCurrentFirst, specById } from '../format/metadata.ts';
import type { LakeContext } from '../lake.ts';
import { mapLimited, PARALLEL_READS } from '../store.ts';
import type { DataFile, Snapshot, TableMetadata } from '../types.ts';
import { manifestsOf, plainPath } from './references.ts';

/** The folder that the paths start with, and the one in which the files are now. */
export interface Relocation { from: string; to: string }

export interface RelocateResult { snapshots: number; manifests: number; files: number }

/**
 * Nothing of the table changes until all that is new is written; a process that dies before leaves the table as it was, and files that the
 * orphan sweep finds. Snapshots, tags and history stay.
 * @throws MillraceError `not_found` where a file is not in the new folder, `unsupported` where the table has position deletes, whose rows name
 * files too, or is of format version 1.
 */
export async function relocateTable(context: LakeContext, start: TableState, relocation: Relocation): Promise<{ state: TableState; result: RelocateResult }> {
  const moved = movedBy(relocation);
  const result: RelocateResult = { snapshots: 0, manifests: 0, files: 0 };
  const isThere = (metadata: TableMetadata) => metadata.location === moved(metadata.location);
  const state = await commitWithRetry(context, start, {
    attempt: async ({ metadata }) => {
      if (isThere(metadata)) return 'done';
      return { metadata: await relocated(context, metadata, moved, result) };
    },
    isIn: isThere,
  });
  return { state, result };
}

type Moved = (path: string) => string;

function movedBy({ from, to }: Relocation): Moved {
  const [old, now] = [localPath(from).replace(/\/+$/, ''), to.replace(/\/+$/, '')];
  return (path) => {
    const plain = localPath(path);
    return plain === old || plain.startsWith(`${old}/`) ? now + plain.slice(old.length) : path;
  };
}

async function relocated(context: LakeContext, metadata: TableMetadata, moved: Moved, result: RelocateResult): Promise<TableMetadata> {
  if (metadata['format-version'] !== 2) {
    throw new MillraceError('unsupported', 'a table of Iceberg format version 1 cannot be relocated', { where: metadata.location, todo: 'Move it back, upgrade it to version 2, and move it again.' });
  }
  const { files, store, ids } = context;
  // What is read still names the old folder; where it is now is known.
  const readable = metadata.snapshots.map((snapshot): Snapshot => ({ ...snapshot, 'manifest-list': moved(snapshot['manifest-list']) }));
  const folder = `${moved(metadata.location)}/metadata`;
  const manifests = [...(await manifestsOf(store, readable)).values()];
  const looked = new Set<string>();
  const written = new Map(await mapLimited(manifests, PARALLEL_READS, async (manifest): Promise<[string, ManifestFile]> => {
    const entries = await store.readEntries({ ...manifest, path: moved(manifest.path) }, metadata);
    const bytes = movedManifest(manifest, entries.map((entry) => movedEntry(entry, moved)), metadata);
    for (const { status, file } of entries) if (status !== DELETED) looked.add(moved(file.path));
    const path = `${folder}/${ids.uuid()}-m0.avro`;
    await files.write(path, bytes, { fresh: true });
    return [manifest.path, { ...manifest, path, length: BigInt(bytes.length) }];
  }));
  await mapLimited([...looked], PARALLEL_READS, async (path) => {
    if (await files.exists(path)) return;
    throw new MillraceError('not_found', `a data file was not moved with its table: ${path}`, { where: metadata.location, todo: 'Move or copy the whole folder, then try again.' });
  });
  const snapshots = await mapLimited(readable, PARALLEL_READS, async (snapshot): Promise<Snapshot> => {
    const lines = (await store.readManifests(snapshot)).map((line) => written.get(line.path) ?? line);
    const path = `${folder}/snap-${snapshot['snapshot-id']}-1-${ids.uuid()}.avro`;
    await files.write(path, writeManifestList(lines, {
      snapshotId: snapshot['snapshot-id'], parentSnapshotId: snapshot['parent-snapshot-id'], sequenceNumber: snapshot['sequence-number'],
    }), { fresh: true });
    return { ...snapshot, 'manifest-list': path };
  });
  Object.assign(result, { snapshots: snapshots.length, manifests: written.size, files: looked.size });
  return {
    ...movedStrings({ ...metadata, snapshots: [] }, moved),
    snapshots,
    'last-updated-ms': Math.max(context.clock.now(), metadata['last-updated-ms']),
  };
}

function movedManifest(manifest: ManifestFile, entries: readonly ManifestEntry[], metadata: TableMetadata): Buffer {
  if (manifest.content === 1) {
    throw new MillraceError('unsupported', 'the table has delete files, whose rows name data files by their old paths', {
      where: plainPath(manifest.path), todo: 'Move the folder back, compact the table (`millrace maintain`), expire its snapshots, and move it again.',
    });
  }
  return writeManifest(entries, manifest.content, specById(metadata, manifest.specId), currentSchema(metadata), schemasCurrentFirst(metadata));
}

function movedEntry({ encoded: _old, ...entry }: ManifestEntry, moved: Moved): ManifestEntry {
  const file: DataFile = { ...entry.file, path: moved(entry.file.path) };
  return { ...entry, file };
}

/** Every text in it that is a path below the old folder, at any depth. */
function movedStrings<Value>(value: Value, moved: Moved): Value {
  if (typeof value === 'string') return moved(value) as Value;
  if (Array.isArray(value)) return value.map((each: unknown) => movedStrings(each, moved)) as Value;
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, movedStrings(each as unknown, moved)])) as Value;
}
