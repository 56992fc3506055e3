// Making a snapshot: new manifests for what is added, rewritten ones for what is removed, a manifest list, a summary.
import type { ManifestEntry } from '../format/manifest.ts';
import { ADDED, DELETED, EXISTING, writeManifest } from '../format/manifest.ts';
import { describeManifest, writeManifestList, type ManifestFile } from '../format/manifest-list.ts';
import { currentSchema, currentSnapshot, schemasCurrentFirst, specById } from '../format/metadata.ts';
import type { LakeContext } from '../lake.ts';
import type { DataFile, Snapshot, SnapshotOperation, TableMetadata } from '../types.ts';
import type { Attempt, TableState } from './loop.ts';
import { mergeManifests } from './merge.ts';
import { SummaryBuilder } from './summary.ts';

/** Says which live files a commit removes; made anew for each base. */
export interface FileSelector {
  /** Whether the manifest may hold such a file. */
  mayContain(manifest: ManifestFile): boolean;
  selects(entry: ManifestEntry): boolean;
  /** Called after all manifests were seen; throws where a file that must be there was not. */
  finish(): void;
}

export interface SnapshotPlan {
  operation: SnapshotOperation;
  add: readonly DataFile[];
  /** undefined: nothing is removed. */
  remove?: FileSelector;
  /** Data sequence number that added files get instead of the snapshot's: compaction keeps the age of what it rewrote. */
  addWithSequenceNumber?: bigint;
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
  private readonly rewritten = new Map<string, Promise<ManifestFile>>();
  private manifestCount = 0;
  private attempts = 0;
  /** Every file written for a try, until it is known whether the try came through. */
  private readonly written = new Set<string>();

  constructor(context: LakeContext) {
    this.context = context;
    this.snapshotId = context.ids.snapshotId();
    this.token = context.ids.uuid();
  }

  async build(base: TableState, plan: SnapshotPlan): Promise<Attempt> {
    const { metadata } = base;
    const parent = currentSnapshot(metadata);
    const sequenceNumber = metadata['last-sequence-number'] + 1n;
    const summary = new SummaryBuilder();
    for (const file of plan.add) summary.add(file);

    const pending: Promise<unknown>[] = [];
    const old = parent === undefined ? [] : await this.context.store.readManifests(parent);
    const kept = await this.withoutRemoved(metadata, old, plan.remove, sequenceNumber, summary, pending);
    const merged = await mergeManifests(metadata, kept, this.snapshotId, (manifest) => this.context.store.readEntries(manifest, metadata),
      (key, group) => this.writeOnce(`merge:${key}`, metadata, group, sequenceNumber, pending));
    const added = await this.addedManifests(metadata, plan, sequenceNumber, pending);
    const manifests = [...added, ...merged].map((manifest) => (manifest.addedSnapshotId === this.snapshotId ? renumbered(manifest, sequenceNumber) : manifest));

    this.attempts += 1;
    const listPath = `${metadata.location}/metadata/snap-${this.snapshotId}-${this.attempts}-${this.token}.avro`;
    const snapshot: Snapshot = {
      'sequence-number': sequenceNumber,
      'snapshot-id': this.snapshotId,
      ...(parent === undefined ? {} : { 'parent-snapshot-id': parent['snapshot-id'] }),
      'timestamp-ms': Math.max(this.context.clock.now(), metadata['last-updated-ms']),
      summary: { operation: plan.operation, ...plan.summary, ...summary.build(parent) },
      'manifest-list': listPath,
      'schema-id': metadata['current-schema-id'],
    };
    const list = writeManifestList(manifests, { snapshotId: this.snapshotId, parentSnapshotId: parent?.['snapshot-id'], sequenceNumber });
    pending.push(this.write(listPath, list));
    this.context.store.rememberManifests(listPath, manifests);
    return { metadata: withSnapshot(metadata, snapshot), written: Promise.all(pending) };
  }

  /** Forgets the files of tries that did not come through; `kept` is what the table refers to now. */
  async discard(kept: ReadonlySet<string>): Promise<void> {
    for (const path of this.written) {
      if (!kept.has(path)) await this.context.files.delete(path).catch(() => undefined); // else the orphan sweep finds it
    }
  }

  private async write(path: string, bytes: Buffer): Promise<void> {
    this.written.add(path);
    await this.context.files.write(path, bytes, { durable: 'with-folder' });
  }

  private async addedManifests(metadata: TableMetadata, plan: SnapshotPlan, sequenceNumber: bigint, pending: Promise<unknown>[]): Promise<ManifestFile[]> {
    const groups = new Map<string, ManifestEntry[]>();
    for (const file of plan.add) {
      const key = `${file.specId}/${file.content === 0 ? 0 : 1}`;
      const entry: ManifestEntry = { status: ADDED, snapshotId: this.snapshotId, sequenceNumber: plan.addWithSequenceNumber, fileSequenceNumber: undefined, file };
      groups.set(key, [...(groups.get(key) ?? []), entry]);
    }
    return Promise.all([...groups].map(([key, entries]) => this.writeOnce(`add:${key}`, metadata, entries, sequenceNumber, pending)));
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
      kept.push(await this.writeOnce(`filter:${key}`, metadata, entries, sequenceNumber, pending));
    }
    remove?.finish();
    return kept;
  }

  /** Writes a manifest, or gives the one that an earlier try wrote under the same key. The bytes become durable with `pending`. */
  private async writeOnce(key: string, metadata: TableMetadata, entries: ManifestEntry[], sequenceNumber: bigint, pending: Promise<unknown>[]): Promise<ManifestFile> {
    const known = this.rewritten.get(key);
    if (known !== undefined) return known;
    const first = entries[0] as ManifestEntry;
    const content = first.file.content === 0 ? 0 : 1;
    const spec = specById(metadata, first.file.specId);
    const schemas = schemasCurrentFirst(metadata);
    const bytes = writeManifest(entries, content, spec, currentSchema(metadata), schemas);
    const path = `${metadata.location}/metadata/${this.token}-m${this.manifestCount++}.avro`;
    const line = describeManifest(path, bytes.length, content, spec, schemas, entries, this.snapshotId, sequenceNumber);
    pending.push(this.write(path, bytes));
    this.rewritten.set(key, Promise.resolve(line));
    return line;
  }
}

/** A manifest written for an earlier try gets the sequence number of this one; entries of older files keep the minimum down. */
function renumbered(manifest: ManifestFile, sequenceNumber: bigint): ManifestFile {
  const inheritsOnly = manifest.minSequenceNumber === manifest.sequenceNumber;
  return { ...manifest, sequenceNumber, minSequenceNumber: inheritsOnly ? sequenceNumber : manifest.minSequenceNumber };
}

/** Metadata in which the snapshot is the current one. */
export function withSnapshot(metadata: TableMetadata, snapshot: Snapshot): TableMetadata {
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
