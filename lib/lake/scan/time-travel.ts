// Which snapshot a scan reads: the current one, or one of the past by id, time or name.
import { MillraceError } from '../../base/index.ts';
import { currentSnapshot, snapshotById } from '../format/metadata.ts';
import type { Snapshot, TableMetadata } from '../types.ts';

/** At most one of the three. */
export interface TimeTravel {
  snapshotId?: bigint;
  /** The table as it was at that instant: milliseconds since 1970, UTC. */
  asOf?: number;
  /** A tag or branch. */
  ref?: string;
}

/** Throws `not_found` where the snapshot does not exist, or not any more. */
export function resolveSnapshot(metadata: TableMetadata, travel: TimeTravel): { snapshot: Snapshot | undefined; isPast: boolean } {
  const given = [travel.snapshotId, travel.asOf, travel.ref].filter((each) => each !== undefined);
  if (given.length === 0) return { snapshot: currentSnapshot(metadata), isPast: false };
  if (given.length > 1) throw new MillraceError('bad_input', 'give one of snapshotId, asOf and ref, not several');
  if (travel.snapshotId !== undefined) return { snapshot: existing(metadata, travel.snapshotId, `snapshot ${travel.snapshotId}`), isPast: true };
  if (travel.ref !== undefined) {
    const ref = metadata.refs[travel.ref];
    if (ref === undefined) {
      throw new MillraceError('not_found', `there is no tag or branch ${travel.ref}`, {
        where: metadata.location, todo: `There are ${Object.keys(metadata.refs).sort().join(', ') || 'none'}.`,
      });
    }
    return { snapshot: existing(metadata, ref['snapshot-id'], `the snapshot of ${travel.ref}`), isPast: ref.type === 'tag' };
  }
  return { snapshot: asOf(metadata, travel.asOf as number), isPast: true };
}

function asOf(metadata: TableMetadata, time: number): Snapshot {
  const entry = metadata['snapshot-log'].filter((each) => each['timestamp-ms'] <= time).at(-1);
  if (entry === undefined) {
    throw new MillraceError('not_found', `the table has no snapshot as old as ${new Date(time).toISOString()}`, {
      where: metadata.location, todo: 'It was made later, or the snapshots of that time have expired.',
    });
  }
  return existing(metadata, entry['snapshot-id'], `the snapshot of ${new Date(time).toISOString()}`);
}

function existing(metadata: TableMetadata, id: bigint, what: string): Snapshot {
  const snapshot = snapshotById(metadata, id);
  if (snapshot === undefined) throw new MillraceError('not_found', `${what} does not exist, or has expired`, { where: metadata.location });
  return snapshot;
}
