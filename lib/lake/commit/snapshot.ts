// Making a snapshot: new manifests for what is added, rewritten ones for what is removed, a manifest list, a summary.
import type { ManifestEntry } from '../format/manifest.ts';
import { ADDED, DELETED, EXISTING, writeManifest } from '../format/manifest.ts';
import { describeManifest, writeManifestList, type ManifestFile } from '../format/manifest-list.ts';
import { currentSchema, currentSnapshot, schemasCurrentFirst, snapshotById, specById } from '../format/metadata.ts';
import type { LakeContext } from '../lake.ts';
import type { DataFile, Snapshot, SnapshotOperation, TableMetadata } from '../types.ts';
import type { Attempt } from './loop.ts';
import { mergeManifests, regroup } from './merge.ts';
import type { FileSelector } from './selectors.ts';
import { SummaryBuilder } from './summary.ts';

export interface SnapshotPlan {
  operation: SnapshotOperation;
  add: readonly DataFile[];
  /** Tells whether `add` is the same as at the last try: its manifest is then used again. */
  addKey: unknown;
  /** undefined: nothing is removed. */
  remove: FileSelector | undefined;
  /** Data sequence number that added files get instead of the snapshot's: compaction keeps the age of what it rewrote. */
  addWithSequenceNumber: bigint | undefined;
  /** So many entries go into each manifest, all of which are written anew; undefined: manifests stay, and small ones merge as they pile up. */
  entriesPerManifest: number | undefined;
  summary: Readonly<Record<string, string>>;
}

/**
 * Builds a snapshot on any base; what does not depend on the base is written once and used again by the next try. The id stays the
 * same over all tries, so that an attempt whose answer was lost can be recognised.
 */
export class SnapshotBuilder {
  readonly snapshotId: bigint;
  private readonly context: LakeContext;
  private readonly token: string;
  /** Manifests written for this or an earlier try. */
  private readonly manifests = new Map<string, { line: ManifestFile; entries: readonly ManifestEntry[]; written: Promise<void> }>();
  private readonly writtenPaths = new Set<string>();
  private addVersion = 0;
  private lastAddKey: unknown;
  private attempts = 0;

  constructor(context: LakeContext) {
    this.context = context;
    this.snapshotId = context.ids.snapshotId();
    this.token = context.ids.uuid();
  }

  /** Begins to write the manifests of added files, which every try will use; `addKey` as in the plan. */
  beginAdding(metadata: TableMetadata, plan: Pick<SnapshotPlan, 'add' | 'addKey' | 'addWithSequenceNumber'>): void {
    this.lastAddKey = plan.addKey;
    const pending: Promise<unknown>[] = [];
    this.addedManifests(metadata, plan, metadata['last-sequence-number'] + 1n, pending);
    for (const each of pending) each.catch(() => undefined); // the try that uses it will fail by it
  }

  async build(metadata: TableMetadata, plan: SnapshotPlan): Promise<Attempt> {
    const parent = currentSnapshot(metadata);
    const sequenceNumber = metadata['last-sequence-number'] + 1n;
    const summary = new SummaryBuilder();
    for (const file of plan.add) summary.add(file);
    if (plan.addKey !== this.lastAddKey) this.addVersion += 1;
    this.lastAddKey = plan.addKey;

    const pending: Promise<unknown>[] = [];
    const old = parent === undefined ? [] : await this.context.store.readManifests(parent);
    const kept = await this.withoutRemoved(metadata, old, plan.remove, sequenceNumber, summary, pending);
    const write = (key: string, entries: ManifestEntry[]) => this.writeOnce(key, metadata, entries, sequenceNumber, pending);
    const merged = plan.entriesPerManifest === undefined
      ? await mergeManifests(metadata, kept, this.snapshotId, (bin) => this.context.store.readAllEntries(bin, metadata), write)
      : await this.regrouped(metadata, kept, plan.entriesPerManifest, write);
    const added = this.addedManifests(metadata, plan, sequenceNumber, pending);
    const manifests = [...added, ...merged].map((manifest) => (manifest.addedSnapshotId === this.snapshotId ? renumbered(manifest, sequenceNumber) : manifest));

    this.attempts += 1;
    const listPath = `${metadata.location}/metadata/snap-${this.snapshotId}-${this.attempts}-${this.token}.avro`;
    const snapshot: Snapshot = {
      'sequence-number': sequenceNumber,
      'snapshot-id': this.snapshotId,
      ...(parent === undefined ? {} : { 'parent-snapshot-id': parent['snapshot-id'] }),
      'timestamp-ms': Math.max(this.context.clock.now(), metadata['last-updated-ms']),
      summary: {
        operation: summary.operation(plan.operation), ...plan.summary, ...summary.build(parent),
        ...(plan.entriesPerManifest === undefined ? {} : { 'manifests-created': String(merged.length), 'manifests-replaced': String(kept.length), 'manifests-kept': '0' }),
      },
      'manifest-list': listPath,
      'schema-id': metadata['current-schema-id'],
    };
    const list = writeManifestList(manifests, { snapshotId: this.snapshotId, parentSnapshotId: parent?.['snapshot-id'], sequenceNumber });
    pending.push(this.write(listPath, list));
    this.context.store.rememberManifests(listPath, manifests);
    return { metadata: withSnapshot(metadata, snapshot), written: Promise.all(pending) };
  }

  /**
   * Called when it is certain what came through; undefined: nothing did. Remembers the manifests that are in the table, and deletes
   * what was written for tries that came to nothing.
   */
  async settle(metadata: TableMetadata | undefined): Promise<void> {
    const snapshot = metadata === undefined ? undefined : snapshotById(metadata, this.snapshotId);
    const lines = snapshot === undefined ? [] : await this.context.store.readManifests(snapshot);
    const own = new Map(Array.from(this.manifests.values(), (manifest) => [manifest.line.path, manifest.entries]));
    for (const line of lines) {
      const entries = own.get(line.path);
      if (entries !== undefined) this.context.store.rememberEntries(line, entries.map((entry) => inherited(entry, line)));
    }
    if (snapshot !== undefined && this.attempts === 1) return;
    const used = new Set([snapshot?.['manifest-list'], ...lines.map((line) => line.path)]);
    for (const path of this.writtenPaths) {
      if (!used.has(path)) await this.context.files.delete(path).catch(() => undefined); // else the orphan sweep finds it
    }
  }

  private async write(path: string, bytes: Buffer): Promise<void> {
    this.writtenPaths.add(path);
    await this.context.files.write(path, bytes, { durable: 'with-folder', fresh: true });
  }

  private addedManifests(
    metadata: TableMetadata, plan: Pick<SnapshotPlan, 'add' | 'addWithSequenceNumber'>, sequenceNumber: bigint, pending: Promise<unknown>[],
  ): ManifestFile[] {
    const groups = new Map<string, ManifestEntry[]>();
    for (const file of plan.add) {
      const key = `${file.specId}/${file.content === 0 ? 0 : 1}`;
      const entry: ManifestEntry = { status: ADDED, snapshotId: this.snapshotId, sequenceNumber: plan.addWithSequenceNumber, fileSequenceNumber: undefined, file };
      const group = groups.get(key);
      if (group === undefined) groups.set(key, [entry]);
      else group.push(entry);
    }
    return Array.from(groups, ([key, entries]) => this.writeOnce(`add:${this.addVersion}:${key}`, metadata, entries, sequenceNumber, pending));
  }

  private async regrouped(
    metadata: TableMetadata, manifests: readonly ManifestFile[], entriesPerManifest: number, write: (key: string, entries: ManifestEntry[]) => ManifestFile,
  ): Promise<ManifestFile[]> {
    const live = (await this.context.store.readAllEntries(manifests, metadata)).flat().filter((entry) => entry.status !== DELETED);
    const source = manifests.map((manifest) => manifest.path).join('|');
    return regroup(live, entriesPerManifest).map((group, index) => write(`regroup:${index}:${source}`, group));
  }

  private async withoutRemoved(
    metadata: TableMetadata, manifests: readonly ManifestFile[], remove: FileSelector | undefined, sequenceNumber: bigint, summary: SummaryBuilder,
    pending: Promise<unknown>[],
  ): Promise<ManifestFile[]> {
    const kept: ManifestFile[] = [];
    for (const manifest of manifests) {
      if (manifest.addedFilesCount + manifest.existingFilesCount === 0) continue; // holds only what an earlier snapshot deleted
      if (remove === undefined || !remove.mayContain(manifest)) {
        kept.push(manifest);
        continue;
      }
      const live = (await this.context.store.readEntries(manifest, metadata)).filter((entry) => entry.status !== DELETED);
      const gone = new Set(live.filter((entry) => remove.selects(entry)));
      if (gone.size === 0) {
        kept.push(manifest);
        continue;
      }
      for (const { file } of gone) summary.remove(file);
      const entries = live.map((entry): ManifestEntry => (gone.has(entry) ? { ...entry, status: DELETED, snapshotId: this.snapshotId } : { ...entry, status: EXISTING }));
      const key = `${manifest.path}:${live.map((entry) => (gone.has(entry) ? '1' : '0')).join('')}`;
      kept.push(this.writeOnce(`filter:${key}`, metadata, entries, sequenceNumber, pending));
    }
    remove?.finish();
    return kept;
  }

  /** Writes a manifest, or gives the one that an earlier try wrote under the same key. The bytes become durable with `pending`. */
  private writeOnce(key: string, metadata: TableMetadata, entries: ManifestEntry[], sequenceNumber: bigint, pending: Promise<unknown>[]): ManifestFile {
    let manifest = this.manifests.get(key);
    if (manifest === undefined) {
      const { file } = entries[0] as ManifestEntry;
      const content = file.content === 0 ? 0 : 1;
      const spec = specById(metadata, file.specId);
      const schemas = schemasCurrentFirst(metadata);
      const bytes = writeManifest(entries, content, spec, currentSchema(metadata), schemas);
      const path = `${metadata.location}/metadata/${this.token}-m${this.manifests.size}.avro`;
      const line = describeManifest(path, bytes.length, content, spec, schemas, entries, this.snapshotId, sequenceNumber);
      manifest = { line, entries, written: this.write(path, bytes) };
      this.manifests.set(key, manifest);
    }
    pending.push(manifest.written);
    return manifest.line;
  }
}

/** The entry as a reader of the manifest would see it. */
function inherited(entry: ManifestEntry, line: ManifestFile): ManifestEntry {
  return { ...entry, sequenceNumber: entry.sequenceNumber ?? line.sequenceNumber, fileSequenceNumber: entry.fileSequenceNumber ?? line.sequenceNumber };
}

/** A manifest written for an earlier try gets the sequence number of this one; entries of older files keep the minimum down. */
function renumbered(manifest: ManifestFile, sequenceNumber: bigint): ManifestFile {
  const inheritsOnly = manifest.minSequenceNumber === manifest.sequenceNumber;
  return { ...manifest, sequenceNumber, minSequenceNumber: inheritsOnly ? sequenceNumber : manifest.minSequenceNumber };
}

/** Metadata in which the snapshot is the current one. */
function withSnapshot(metadata: TableMetadata, snapshot: Snapshot): TableMetadata {
  const id = snapshot['snapshot-id'];
  return {
    ...metadata,
    'last-sequence-number': snapshot['sequence-number'],
    'last-updated-ms': snapshot['timestamp-ms'],
    'current-snapshot-id': id,
    snapshots: [...metadata.snapshots, snapshot],
    'snapshot-log': [...metadata['snapshot-log'], { 'timestamp-ms': snapshot['timestamp-ms'], 'snapshot-id': id }],
    refs: { ...metadata.refs, main: { ...metadata.refs['main'], 'snapshot-id': id, type: 'branch' } },
  };
}
