// Properties that belong to a snapshot: each snapshot's summary tells them, and a rollback sets them back to what they were then.
import type { Snapshot, TableMetadata } from '../types.ts';
import type { PropertyChange } from './options.ts';

/**
 * `millrace.checkpoint.<stream>.<shard>`: how far a stream's shard is in the table. Set in the commit that adds the rows, so that position
 * and rows cannot part; every later snapshot repeats it, whoever commits it.
 */
export const CHECKPOINT_PREFIX = 'millrace.checkpoint.';

/** A checkpoint before the first record of a shard. */
export const CHECKPOINT_OF_NOTHING = '0';

/** The checkpoints among properties, for the summary of a snapshot that is committed with them. */
export function carriedProperties(properties: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(properties).filter(([key]) => key.startsWith(CHECKPOINT_PREFIX)));
}

/** Checkpoints as they were when the snapshot was current; of shards that it knows nothing of, nothing had been read. */
export function checkpointsAt(metadata: TableMetadata, snapshot: Snapshot): PropertyChange {
  const known = [...Object.keys(carriedProperties(metadata.properties)), ...Object.keys(carriedProperties(snapshot.summary))];
  return { set: Object.fromEntries(known.map((key) => [key, snapshot.summary[key] ?? CHECKPOINT_OF_NOTHING])) };
}
