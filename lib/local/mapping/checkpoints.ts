// How far a mapping is in each shard, kept over restarts. What is done is done at least once: a checkpoint that was lost only brings records again.
import type { Files } from '../../lake/index.ts';
import type { ShardPosition } from '../shard-readers.ts';

export interface CheckpointStore {
  load(): Promise<ReadonlyMap<string, ShardPosition>>;
  /** All shards at once; durable when it resolves. */
  save(positions: ReadonlyMap<string, ShardPosition>): Promise<void>;
}

/** One JSON file, replaced whole. */
export function checkpointsIn(files: Files, file: string): CheckpointStore {
  return {
    async load() {
      if (!await files.exists(file)) return new Map();
      return new Map(Object.entries(JSON.parse(Buffer.from(await files.read(file)).toString('utf8')) as Record<string, ShardPosition>));
    },
    async save(positions) {
      await files.write(file, Buffer.from(`${JSON.stringify(Object.fromEntries(positions), null, 1)}\n`));
    },
  };
}
