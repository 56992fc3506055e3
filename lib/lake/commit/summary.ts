// The statistics of a snapshot's summary, named and counted as the reference implementation does (SnapshotSummary).
import { tupleKey } from '../format/values.ts';
import type { DataFile, Snapshot, SnapshotOperation } from '../types.ts';

interface Side { dataFiles: number; records: bigint; size: bigint; deleteFiles: number; positionFiles: number; equalityFiles: number; positions: bigint; equalities: bigint }

/** Collects the files that a commit adds and removes. */
export class SummaryBuilder {
  private readonly added = emptySide();
  private readonly removed = emptySide();
  private readonly partitions = new Set<string>();

  add(file: DataFile): void {
    this.count(this.added, file);
  }

  remove(file: DataFile): void {
    this.count(this.removed, file);
  }

  private count(side: Side, file: DataFile): void {
    this.partitions.add(`${file.specId}/${tupleKey(file.partition)}`);
    side.size += file.fileSizeInBytes;
    switch (file.content) {
      case 0:
        side.dataFiles += 1;
        side.records += file.recordCount;
        break;
      case 1:
        side.deleteFiles += 1;
        side.positionFiles += 1;
        side.positions += file.recordCount;
        break;
      case 2:
        side.deleteFiles += 1;
        side.equalityFiles += 1;
        side.equalities += file.recordCount;
    }
  }

  /** An overwrite that removed nothing was an append after all, one that added nothing a delete. */
  operation(planned: SnapshotOperation): SnapshotOperation {
    if (planned !== 'overwrite') return planned;
    if (this.removed.dataFiles === 0 && this.added.deleteFiles === 0) return 'append';
    return this.added.dataFiles === 0 ? 'delete' : 'overwrite';
  }

  /** Entries of the summary. Totals continue those of the parent; where it has none they are left out, as they would be wrong. */
  build(parent: Snapshot | undefined): Record<string, string> {
    const { added, removed } = this;
    const entries: Record<string, string> = {};
    const put = (key: string, value: number | bigint) => {
      if (value > 0) entries[key] = String(value);
    };
    put('added-data-files', added.dataFiles);
    put('deleted-data-files', removed.dataFiles);
    put('added-delete-files', added.deleteFiles);
    put('added-position-delete-files', added.positionFiles);
    put('added-equality-delete-files', added.equalityFiles);
    put('removed-delete-files', removed.deleteFiles);
    put('removed-position-delete-files', removed.positionFiles);
    put('removed-equality-delete-files', removed.equalityFiles);
    put('added-records', added.records);
    put('deleted-records', removed.records);
    put('added-files-size', added.size);
    put('removed-files-size', removed.size);
    put('added-position-deletes', added.positions);
    put('removed-position-deletes', removed.positions);
    put('added-equality-deletes', added.equalities);
    put('removed-equality-deletes', removed.equalities);
    entries['changed-partition-count'] = String(this.partitions.size);
    const total = (key: string, plus: number | bigint, minus: number | bigint) => {
      const before = parent === undefined ? '0' : parent.summary[key];
      if (before !== undefined && /^\d+$/.test(before)) entries[key] = String(BigInt(before) + BigInt(plus) - BigInt(minus));
    };
    total('total-records', added.records, removed.records);
    total('total-files-size', added.size, removed.size);
    total('total-data-files', added.dataFiles, removed.dataFiles);
    total('total-delete-files', added.deleteFiles, removed.deleteFiles);
    total('total-position-deletes', added.positions, removed.positions);
    total('total-equality-deletes', added.equalities, removed.equalities);
    return entries;
  }
}

function emptySide(): Side {
  return { dataFiles: 0, records: 0n, size: 0n, deleteFiles: 0, positionFiles: 0, equalityFiles: 0, positions: 0n, equalities: 0n };
}
