// The commits that make a snapshot, as one procedure: check, validate, build, swap.
import { MillraceError } from '../../base/index.ts';
import { currentSnapshot, snapshotById } from '../format/metadata.ts';
import type { LakeContext } from '../lake.ts';
import type { DataFile, Snapshot, SnapshotOperation, TableMetadata } from '../types.ts';
import { carriedProperties } from './carried.ts';
import { danglingDeletes } from './dangling.ts';
import { requireHistory } from './conflicts.ts';
import { ancestors, changesOf, snapshotsSince } from './history.ts';
import { commitWithRetry, type TableState } from './loop.ts';
import type { CommitOptions, CommitResult, PropertyChange, Rebase } from './options.ts';
import { prepareFiles } from './prepare.ts';
import { anyOf, type FileSelector } from './selectors.ts';
import { SnapshotBuilder } from './snapshot.ts';

/** A base on which a change is tried. */
export interface Base {
  metadata: TableMetadata;
  /** The snapshot that the change was computed from; undefined: from the empty table. */
  basedOn: Snapshot | undefined;
  /** What came since then, oldest first; throws `conflict` where that cannot be told any more. */
  since(): readonly Snapshot[];
}

export interface SnapshotChange {
  operation: SnapshotOperation;
  add: readonly DataFile[];
  /** What is removed, on that base; undefined: nothing. */
  remove?(base: Base): FileSelector;
  /** Throws `conflict` where the change does not hold on that base. Appends have none: they may rebase blindly. */
  validate?(base: Base): Promise<void>;
  /** Data sequence number of added files, where it is not the snapshot's own. */
  addWithSequenceNumber?: bigint;
  /** Write all manifests anew, with so many entries each. */
  entriesPerManifest?: number;
  /** False: on that base there is nothing to do. */
  isNeeded?(metadata: TableMetadata): Promise<boolean>;
}

export async function commitSnapshot(
  context: LakeContext, start: TableState, change: SnapshotChange, options: CommitOptions,
): Promise<{ state: TableState; result: CommitResult }> {
  const builder = new SnapshotBuilder(context);
  const basedOn = options.basedOn === undefined ? currentSnapshot(start.metadata) : options.basedOn.snapshot;
  let lastSeen = basedOn?.['snapshot-id'];
  if (change.add.length > 0 && options.wapId === undefined && options.beforeCommit === undefined && start.metadata['format-version'] === 2) {
    builder.beginAdding(start.metadata, { add: prepareFiles(change.add, start.metadata), addKey: change.add, addWithSequenceNumber: change.addWithSequenceNumber });
  }
  let found: { snapshot: Snapshot | undefined } | undefined;

  const state = await commitWithRetry(context, start, {
    attempt: async ({ metadata }) => {
      refuseOldFormat(metadata);
      if (options.wapId !== undefined) {
        const earlier = findByWapId(metadata, options.wapId);
        if (earlier !== undefined) {
          found = { snapshot: earlier };
          return 'done';
        }
      }
      const revision = await options.beforeCommit?.(rebaseOf(context, metadata, lastSeen));
      lastSeen = metadata['current-snapshot-id'];
      if (revision === 'skip' || await change.isNeeded?.(metadata) === false) {
        found = { snapshot: currentSnapshot(metadata) };
        return 'done';
      }
      const base: Base = { metadata, basedOn, since: () => requireHistory(metadata, basedOn?.['snapshot-id']) };
      await change.validate?.(base);
      const add = revision?.add ?? change.add;
      const removed = change.remove?.(base);
      const changed = options.metadataChange?.(metadata) ?? metadata;
      const target = withProperties(withProperties(changed, options.properties), revision?.properties);
      const attempt = await builder.build(target, {
        operation: change.operation,
        add: prepareFiles(add, target),
        addKey: add,
        entriesPerManifest: change.entriesPerManifest,
        addWithSequenceNumber: change.addWithSequenceNumber,
        remove: removed === undefined ? undefined : anyOf([removed, ...await danglingDeletes(context.store, metadata, change.remove?.(base))]),
        summary: { ...carriedProperties(target.properties), ...options.summary, ...revision?.summary, ...(options.wapId === undefined ? {} : { 'wap.id': options.wapId }) },
      });
      return attempt;
    },
    isIn: (metadata) => snapshotById(metadata, builder.snapshotId) !== undefined,
    settled: (metadata) => builder.settle(metadata),
  }, options.signal);
  return { state, result: { snapshot: found === undefined ? snapshotById(state.metadata, builder.snapshotId) : found.snapshot, committed: found === undefined } };
}

function refuseOldFormat(metadata: TableMetadata): void {
  if (metadata['format-version'] === 2) return;
  throw new MillraceError('unsupported', 'tables of Iceberg format version 1 can be read, not written', {
    where: metadata.location, todo: 'Upgrade the table to version 2 first.',
  });
}

function rebaseOf(context: LakeContext, metadata: TableMetadata, lastSeen: bigint | undefined): Rebase {
  // After a rollback there is no telling what is new: everything is.
  const newSnapshots = snapshotsSince(metadata, lastSeen) ?? ancestors(metadata).reverse();
  return {
    metadata, newSnapshots,
    addedFiles: async () => (await Promise.all(newSnapshots.map((snapshot) => changesOf(context.store, metadata, snapshot)))).flatMap(({ added }) => added),
  };
}

/** The ancestor of the current snapshot that carries the id. */
export function findByWapId(metadata: TableMetadata, wapId: string): Snapshot | undefined {
  return ancestors(metadata).find((snapshot) => snapshot.summary['wap.id'] === wapId || snapshot.summary['published-wap-id'] === wapId);
}

export function withProperties(metadata: TableMetadata, change: PropertyChange | undefined): TableMetadata {
  if (change === undefined) return metadata;
  const properties = { ...metadata.properties, ...change.set };
  for (const key of change.remove ?? []) delete properties[key];
  return { ...metadata, properties };
}
