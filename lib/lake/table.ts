// One table: what it is now, and everything that can be done with it.
import {
  appendChange, deleteWhereChange, overwriteChange, replaceChange, rewriteChange, rewriteManifestsChange, rowDeltaChange, type FileRewrite, type OverwriteScope, type RowDelta,
} from './commit/changes.ts';
import { ancestors } from './commit/history.ts';
import { readState, type TableState } from './commit/loop.ts';
import {
  commitMetadata, partitioningChange, propertiesChange, removeRefChange, rollbackChange, schemaChange, sortOrderChange, tagChange, upgradeFormat,
  type MetadataChange, type TagOptions,
} from './commit/metadata-changes.ts';
import { commitSnapshot, findByWapId, type SnapshotChange } from './commit/operations.ts';
import type { ChangeOptions, CommitOptions, CommitResult, PropertyChange } from './commit/options.ts';
import type { SchemaChange } from './format/evolve.ts';
import { currentSchema, currentSnapshot, defaultSpec } from './format/metadata.ts';
import type { LakeContext } from './lake.ts';
import { planCompaction, type CompactionGroup, type CompactionOptions } from './maintenance/compaction.ts';
import { expireSnapshots, type ExpireOptions, type ExpireResult } from './maintenance/expire.ts';
import { referencedFiles } from './maintenance/references.ts';
import { relocateTable, type RelocateResult, type Relocation } from './maintenance/relocate.ts';
import { verifyTable, type VerifyOptions, type VerifyResult } from './maintenance/verify.ts';
import type { TablePointer } from './ports.ts';
import { planScan, type ScanOptions, type TableScan } from './scan/plan.ts';
import type { DataFile, PartitionSpec, Predicate, Schema, Snapshot, SortOrder, TableMetadata, TableName } from './types.ts';

/**
 * A table as of its last load, refresh or commit. Every change goes to the newest state, whatever this object has seen: what
 * others committed meanwhile is rebased on where that is right, and is a `conflict` where it is not.
 */
export class Table {
  readonly name: TableName;
  readonly context: LakeContext;
  private state: TableState;

  constructor(context: LakeContext, pointer: TablePointer, metadata: TableMetadata) {
    this.context = context;
    this.name = pointer.name;
    this.state = { pointer, metadata };
  }

  get metadata(): TableMetadata {
    return this.state.metadata;
  }

  get pointer(): TablePointer {
    return this.state.pointer;
  }

  get location(): string {
    return this.metadata.location;
  }

  get schema(): Schema {
    return currentSchema(this.metadata);
  }

  get spec(): PartitionSpec {
    return defaultSpec(this.metadata);
  }

  get sortOrder(): SortOrder {
    const id = this.metadata['default-sort-order-id'];
    return this.metadata['sort-orders'].find((order) => order['order-id'] === id) ?? { 'order-id': 0, fields: [] };
  }

  get properties(): Readonly<Record<string, string>> {
    return this.metadata.properties;
  }

  /** undefined while the table is empty. */
  get currentSnapshot(): Snapshot | undefined {
    return currentSnapshot(this.metadata);
  }

  /** The current snapshot and its ancestors, newest first. */
  get history(): Snapshot[] {
    return ancestors(this.metadata);
  }

  /** The folder in which data files belong (`write.data.path`, else `<location>/data`). */
  get dataLocation(): string {
    return this.properties['write.data.path'] ?? `${this.location}/data`;
  }

  /** Reads the newest state; true where it has changed. */
  async refresh(): Promise<boolean> {
    const before = this.state.pointer.metadataLocation;
    this.state = await readState(this.context, this.name);
    return this.state.pointer.metadataLocation !== before;
  }

  /** Which files to read, with the deletes that apply to each; of the current snapshot, or of one of the past. */
  async scan(options: ScanOptions = {}): Promise<TableScan> {
    return planScan(this.context.store, this.metadata, options);
  }

  /** The snapshot that was committed under that `wapId`, among the current one's ancestors. */
  findCommit(wapId: string): Snapshot | undefined {
    return findByWapId(this.metadata, wapId);
  }

  /** Adds files. Rebases on whatever others commit meanwhile, since adding rows loses nobody's. */
  async append(files: readonly DataFile[], options: CommitOptions = {}): Promise<CommitResult> {
    return this.commit(appendChange(files), options);
  }

  /** Replaces the whole table, partitions, or the files that match a filter. Refused where others changed what is replaced, or `reads`. */
  async overwrite(files: readonly DataFile[], scope: OverwriteScope, options: ChangeOptions = {}): Promise<CommitResult> {
    return this.commit(overwriteChange(this.context.store, this.metadata, files, scope, options), options);
  }

  /**
   * Merge, update or delete by copy on write: files with touched rows are replaced by files with the rows as they shall be. Refused where
   * those files changed, or (serializable) where others changed any row that `reads` matches.
   */
  async rewriteFiles(rewrite: FileRewrite, options: ChangeOptions = {}): Promise<CommitResult> {
    return this.commit(rewriteChange(this.context.store, rewrite, options), options);
  }

  /** Compaction: the same rows in other files. Refused where one of the files changed; what others add meanwhile stays. */
  async replaceFiles(rewrite: FileRewrite, options: CommitOptions = {}): Promise<CommitResult> {
    const basedOn = options.basedOn === undefined ? this.currentSnapshot : options.basedOn.snapshot;
    return this.commit(replaceChange(this.context.store, rewrite, basedOn), options);
  }

  /** Removes these files, with all their rows. */
  async deleteFiles(files: readonly DataFile[], options: ChangeOptions = {}): Promise<CommitResult> {
    return this.rewriteFiles({ remove: files, add: [] }, options);
  }

  /** Removes the files all of whose rows match; `bad_input` where a file holds other rows too. */
  async deleteWhere(predicate: Predicate, options: CommitOptions = {}): Promise<CommitResult> {
    return this.commit(deleteWhereChange(predicate), options);
  }

  /** Merge on read: adds rows, and position-delete files that delete others. */
  async rowDelta(delta: RowDelta, options: ChangeOptions = {}): Promise<CommitResult> {
    return this.commit(rowDeltaChange(this.context.store, delta, options), options);
  }

  /** Lists the same files in fewer manifests, by partition. `withoutDeleted`: also where only files are to be listed no more that the snapshot before lost, with the least and greatest values in them. */
  async rewriteManifests(options: CommitOptions & { entriesPerManifest?: number; withoutDeleted?: boolean } = {}): Promise<CommitResult> {
    return this.commit(rewriteManifestsChange(this.context.store, options.entriesPerManifest, options.withoutDeleted), options);
  }

  /** What is worth compacting in a scan of this table. */
  planCompaction(scan: TableScan, options: CompactionOptions = {}): CompactionGroup[] {
    return planCompaction(this.metadata, scan, options);
  }

  /** Forgets old snapshots, then deletes the files that only they refer to. Tagged snapshots stay. */
  async expireSnapshots(options: ExpireOptions = {}): Promise<ExpireResult> {
    const { state, result } = await expireSnapshots(this.context, this.state, options);
    this.state = state;
    return result;
  }

  /** Mends the paths of a table whose folder was moved; see `relocateTable`. */
  async relocate(relocation: Relocation): Promise<RelocateResult> {
    const { state, result } = await relocateTable(this.context, this.state, relocation);
    this.state = state;
    return result;
  }

  /** Looks at every file that the table refers to: is it there, has it the size it should have? */
  async verify(options: VerifyOptions = {}): Promise<VerifyResult> {
    return verifyTable(this.context, this.state, options);
  }

  /** Adds, renames, drops, moves, widens columns; refused by name where it is not compatible. */
  async evolveSchema(changes: readonly SchemaChange[]): Promise<void> {
    await this.change(schemaChange(changes));
  }

  /** `['month(order_date)', 'zone']`: how files are partitioned from now on. */
  async setPartitioning(expressions: readonly string[]): Promise<void> {
    await this.change(partitioningChange(expressions));
  }

  /** `['customer_id', 'order_date desc']`: how writers shall sort from now on. */
  async setSortOrder(expressions: readonly string[]): Promise<void> {
    await this.change(sortOrderChange(expressions));
  }

  async setProperties(change: PropertyChange): Promise<void> {
    await this.change(propertiesChange(change));
  }

  /** Makes an ancestor current again, with a stream's checkpoints as they were then. `properties` may set back more that belongs to the snapshot. */
  async rollback(snapshotId: bigint, properties: (snapshot: Snapshot) => PropertyChange | undefined = () => undefined): Promise<void> {
    await this.change(rollbackChange(snapshotId, properties, () => this.context.clock.now()));
  }

  /** Names a snapshot, and so keeps it from expiring. */
  async tag(name: string, options: TagOptions = {}): Promise<void> {
    await this.change(tagChange(name, options));
  }

  /** Paths of all files that any snapshot refers to, and of the metadata. */
  async referencedFiles(): Promise<Set<string>> {
    return referencedFiles(this.context.store, this.state);
  }

  async removeTag(name: string): Promise<void> {
    await this.change(removeRefChange(name));
  }

  /** From format version 1 to 2; its files stay as they are. */
  async upgradeFormat(): Promise<void> {
    await this.change(upgradeFormat);
  }

  /** A change of metadata of the caller's own, applied again on each new base; the same object means that there is nothing to do. */
  async change(change: MetadataChange): Promise<void> {
    this.state = await commitMetadata(this.context, this.state, change);
  }

  private async commit(change: SnapshotChange, options: CommitOptions): Promise<CommitResult> {
    const { state, result } = await commitSnapshot(this.context, this.state, change, options);
    this.state = state;
    return result;
  }
}
