// One table: what it is now, and everything that can be done with it.
import { MillraceError } from '../base/index.ts';
import { readState, type TableState } from './commit/loop.ts';
import { commitSnapshot, type CommitOptions, type CommitResult } from './commit/operations.ts';
import { currentSchema, currentSnapshot, defaultSpec } from './format/metadata.ts';
import type { LakeContext } from './lake.ts';
import type { TablePointer } from './ports.ts';
import { planScan, type ScanOptions, type TableScan } from './scan/plan.ts';
import type { DataFile, PartitionSpec, Schema, Snapshot, SortOrder, TableMetadata, TableName } from './types.ts';

export class Table {
  readonly name: TableName;
  private readonly context: LakeContext;
  private state: TableState;

  constructor(context: LakeContext, pointer: TablePointer, metadata: TableMetadata) {
    this.context = context;
    this.name = pointer.name;
    this.state = { pointer, metadata };
  }

  /** As of the last load, refresh or commit of this object. */
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

  /** Adds files. Rebases on whatever others commit meanwhile, since adding rows loses nobody's. */
  async append(files: readonly DataFile[], options: CommitOptions = {}): Promise<CommitResult> {
    return this.commit({ operation: 'append', add: files }, options);
  }

  /** Which files to read for a snapshot and a filter, with the deletes that apply to each. */
  async scan(options: ScanOptions = {}): Promise<TableScan> {
    return planScan(this.context.store, this.metadata, options);
  }

  private async commit(change: Parameters<typeof commitSnapshot>[2], options: CommitOptions): Promise<CommitResult> {
    if (this.metadata['format-version'] !== 2) {
      throw new MillraceError('unsupported', 'tables of Iceberg format version 1 can be read, not written', { where: this.location, todo: 'Upgrade it to version 2 first.' });
    }
    const { state, result } = await commitSnapshot(this.context, this.state, change, options);
    this.state = state;
    return result;
  }
}
