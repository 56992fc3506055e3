// The commits that make a snapshot: append, overwrite, delete, replace.
import { snapshotById } from '../format/metadata.ts';
import type { LakeContext } from '../lake.ts';
import type { DataFile, Snapshot, SnapshotOperation, TableMetadata } from '../types.ts';
import { commitWithRetry, type TableState } from './loop.ts';
import { SnapshotBuilder } from './snapshot.ts';

/** Sets and removes table properties in the commit that makes the snapshot. */
export interface PropertyChange { set?: Readonly<Record<string, string>>; remove?: readonly string[] }

export interface CommitOptions {
  /** Entries for the snapshot's summary. */
  summary?: Readonly<Record<string, string>>;
  /** Names what is committed: where an ancestor snapshot carries the same id, nothing is committed again. Stored as `wap.id`. */
  wapId?: string;
  properties?: PropertyChange;
  signal?: AbortSignal;
}

export interface CommitResult {
  snapshot: Snapshot;
  /** False where the commit was found in the table already, by its `wapId`. */
  committed: boolean;
}

export interface SnapshotChange { operation: SnapshotOperation; add: readonly DataFile[] }

export async function commitSnapshot(
  context: LakeContext, start: TableState, change: SnapshotChange, options: CommitOptions,
): Promise<{ state: TableState; result: CommitResult }> {
  const builder = new SnapshotBuilder(context);
  let found: Snapshot | undefined;
  const state = await commitWithRetry(context, start, {
    attempt: async (base) => {
      found = options.wapId === undefined ? undefined : findByWapId(base.metadata, options.wapId);
      if (found !== undefined) return 'done';
      const summary = { ...options.summary, ...(options.wapId === undefined ? {} : { 'wap.id': options.wapId }) };
      const attempt = await builder.build(base, { operation: change.operation, add: change.add, summary });
      return { ...attempt, metadata: withProperties(attempt.metadata, options.properties) };
    },
    isIn: (metadata) => snapshotById(metadata, builder.snapshotId) !== undefined,
  }, options.signal);
  const snapshot = found ?? snapshotById(state.metadata, builder.snapshotId) as Snapshot;
  return { state, result: { snapshot, committed: found === undefined } };
}

/** The ancestor of the current snapshot that carries the id. */
export function findByWapId(metadata: TableMetadata, wapId: string): Snapshot | undefined {
  const byId = new Map(metadata.snapshots.map((snapshot) => [snapshot['snapshot-id'], snapshot]));
  let next = metadata['current-snapshot-id'];
  while (next !== undefined) {
    const snapshot = byId.get(next);
    if (snapshot === undefined || snapshot.summary['wap.id'] === wapId) return snapshot;
    next = snapshot['parent-snapshot-id'];
  }
  return undefined;
}

function withProperties(metadata: TableMetadata, change: PropertyChange | undefined): TableMetadata {
  if (change === undefined) return metadata;
  const properties = { ...metadata.properties, ...change.set };
  for (const key of change.remove ?? []) delete properties[key];
  return { ...metadata, properties };
}
