// Expiry of snapshots: the metadata forget them first, then the files go that no remaining snapshot refers to.
import { MillraceError } from '../../base/index.ts';
import { commitWithRetry, type TableState } from '../commit/loop.ts';
import type { LakeContext } from '../lake.ts';
import { mapLimited } from '../store.ts';
import type { Snapshot, SnapshotRef, TableMetadata } from '../types.ts';
import { liveFilesOf, manifestsOf, statisticsPaths, withoutStatisticsOf } from './references.ts';

export interface ExpireOptions {
  /** Snapshots younger than this stay; default: the table's `history.expire.max-snapshot-age-ms`, else five days. */
  olderThanMilliseconds?: number;
  /** So many of the newest stay whatever their age; default: `history.expire.min-snapshots-to-keep`, else 1. */
  keepAtLeast?: number;
}

export interface ExpireResult {
  /** Ids of the snapshots that expired. */
  expired: bigint[];
  /** Paths of the files deleted: manifest lists, manifests, data files, delete files. */
  deleted: string[];
  /** Files that could not be deleted; the orphan sweep will find them. */
  failed: { path: string; cause: unknown }[];
}

const PARALLEL_DELETES = 16;
const FIVE_DAYS_MS = 5 * 86_400_000;

export async function expireSnapshots(context: LakeContext, start: TableState, options: ExpireOptions): Promise<{ state: TableState; result: ExpireResult }> {
  let before: TableMetadata | undefined;
  const state = await commitWithRetry(context, start, {
    attempt: async ({ metadata }) => {
      if (metadata.properties['gc.enabled'] === 'false') {
        throw new MillraceError('unsupported', 'the table says that its files are not to be deleted (gc.enabled=false)', { where: metadata.location });
      }
      const kept = keptState(metadata, options, context.clock.now());
      if (kept === metadata) return 'done';
      before = metadata;
      return { metadata: kept };
    },
    isIn: () => false,
  });
  const result: ExpireResult = { expired: [], deleted: [], failed: [] };
  if (before === undefined) return { state, result };
  const remaining = new Set(state.metadata.snapshots.map((snapshot) => snapshot['snapshot-id']));
  const expired = before.snapshots.filter((snapshot) => !remaining.has(snapshot['snapshot-id']));
  result.expired = expired.map((snapshot) => snapshot['snapshot-id']);
  const { data, leadingThere } = await unreferenced(context, before, state.metadata, expired);
  context.store.forget(leadingThere);
  for (const paths of [data, leadingThere]) {
    await mapLimited(paths, PARALLEL_DELETES, (path) => context.files.delete(path).then(() => {
      result.deleted.push(path);
    }, (cause: unknown) => {
      result.failed.push({ path, cause });
    }));
  }
  return { state, result };
}

/** Data files are deleted first, then what leads to them: where the work is cut short, the orphan sweep finds less to do. */
async function unreferenced(
  context: LakeContext, before: TableMetadata, after: TableMetadata, expired: readonly Snapshot[],
): Promise<{ data: string[]; leadingThere: string[] }> {
  const { store } = context;
  const remaining = await manifestsOf(store, after.snapshots);
  const gone = [...(await manifestsOf(store, expired)).values()].filter((manifest) => !remaining.has(manifest.path));
  const candidates = new Set(await liveFilesOf(store, before, gone));
  if (candidates.size > 0) {
    for (const path of await liveFilesOf(store, after, Array.from(remaining.values()))) candidates.delete(path);
  }
  const statistics = new Set(statisticsPaths(after));
  const leadingThere = [
    ...gone.map((manifest) => manifest.path),
    ...expired.map((snapshot) => snapshot['manifest-list']).filter((path) => path !== ''),
    ...statisticsPaths(before).filter((path) => !statistics.has(path)),
  ];
  return { data: Array.from(candidates), leadingThere };
}

/** The metadata without expired snapshots and references; the same object where nothing expires. */
function keptState(metadata: TableMetadata, options: ExpireOptions, nowMilliseconds: number): TableMetadata {
  const { properties } = metadata;
  const maxAge = options.olderThanMilliseconds ?? Number(properties['history.expire.max-snapshot-age-ms'] ?? FIVE_DAYS_MS);
  const atLeast = Math.max(1, options.keepAtLeast ?? Number(properties['history.expire.min-snapshots-to-keep'] ?? 1));
  const byId = new Map(metadata.snapshots.map((snapshot) => [snapshot['snapshot-id'], snapshot]));
  const refs: Record<string, SnapshotRef> = {};
  const kept = new Set<bigint>();
  for (const [name, ref] of Object.entries(metadata.refs)) {
    const snapshot = byId.get(ref['snapshot-id']);
    const age = ref['max-ref-age-ms'];
    if (snapshot === undefined || (name !== 'main' && age !== undefined && nowMilliseconds - snapshot['timestamp-ms'] > age)) continue;
    refs[name] = ref;
    if (ref.type === 'tag') kept.add(ref['snapshot-id']);
    else keepBranch(snapshot, byId, kept, nowMilliseconds - (ref['max-snapshot-age-ms'] ?? maxAge), ref['min-snapshots-to-keep'] ?? atLeast);
  }
  const unreferencedYoung = metadata.snapshots.filter((snapshot) => snapshot['timestamp-ms'] >= nowMilliseconds - maxAge && !isAncestor(snapshot, metadata, byId));
  for (const snapshot of unreferencedYoung) kept.add(snapshot['snapshot-id']);
  if (kept.size === metadata.snapshots.length && Object.keys(refs).length === Object.keys(metadata.refs).length) return metadata;

  const gone = new Set(metadata.snapshots.map((snapshot) => snapshot['snapshot-id']).filter((id) => !kept.has(id)));
  const log = metadata['snapshot-log'];
  const lastGone = log.findLastIndex((entry) => gone.has(entry['snapshot-id']));
  return withoutStatisticsOf({
    ...metadata,
    'last-updated-ms': Math.max(nowMilliseconds, metadata['last-updated-ms']),
    snapshots: metadata.snapshots.filter((snapshot) => kept.has(snapshot['snapshot-id'])),
    'snapshot-log': log.slice(lastGone + 1), // a log with gaps would answer "as of" wrongly
    refs,
  }, gone);
}

function keepBranch(head: Snapshot, byId: ReadonlyMap<bigint, Snapshot>, kept: Set<bigint>, notBefore: number, atLeast: number): void {
  let next: Snapshot | undefined = head;
  for (let count = 1; next !== undefined && (count <= atLeast || next['timestamp-ms'] >= notBefore); count++) {
    kept.add(next['snapshot-id']);
    next = parentOf(next, byId);
  }
}

function parentOf(snapshot: Snapshot, byId: ReadonlyMap<bigint, Snapshot>): Snapshot | undefined {
  const parent = snapshot['parent-snapshot-id'];
  return parent === undefined ? undefined : byId.get(parent);
}

const ancestorIds = new WeakMap<TableMetadata, Set<bigint>>();

/** Whether a snapshot belongs to the history of a branch. */
function isAncestor(snapshot: Snapshot, metadata: TableMetadata, byId: ReadonlyMap<bigint, Snapshot>): boolean {
  let ids = ancestorIds.get(metadata);
  if (ids === undefined) {
    ids = new Set();
    for (const ref of Object.values(metadata.refs)) {
      for (let next = ref.type === 'branch' ? byId.get(ref['snapshot-id']) : undefined; next !== undefined; next = parentOf(next, byId)) ids.add(next['snapshot-id']);
    }
    ancestorIds.set(metadata, ids);
  }
  return ids.has(snapshot['snapshot-id']);
}
