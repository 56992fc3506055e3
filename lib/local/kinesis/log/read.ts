// Reading one shard's records out of the segments, by index or by time.
import { KinesisError } from '../errors.ts';
import { isIntact, visitRecords } from './block.ts';
import { BlockReader, type Block } from './block-reader.ts';
import { entryFor, type IndexEntry, type Segment, type ShardExtent } from './segment.ts';

export interface IndexedRecord {
  index: number;
  arrival: number;
  partitionKey: string;
  data: Buffer;
}

export interface ReadLimits {
  records: number;
  /** Of keys and data; the first record comes whatever its size. */
  bytes: number;
}

/**
 * The shard's records from `from` on; starts at the oldest that is kept where `from` is older. The data are views of larger buffers.
 * @throws KinesisError `InternalFailure` where a block does not match its checksum.
 */
export async function readRecords(segments: readonly Segment[], shard: number, from: number, limits: ReadLimits): Promise<IndexedRecord[]> {
  const records: IndexedRecord[] = [];
  let bytes = 0;
  for (const { segment, extent } of holding(segments, shard, (one) => one.last >= from)) {
    const start = entryFor(extent.entries, ({ first }) => first <= from);
    const isFull = await visitBlocks(segment, shard, start, (block) => {
      if (block.header.first + block.header.records <= from) return true;
      let more = true;
      visitRecords(block.buffer, block.at, block.header, ({ partitionKey, data }, position) => {
        const index = block.header.first + position;
        if (index < from) return true;
        bytes += partitionKey.length + data.length;
        more = records.length === 0 || (records.length < limits.records && bytes <= limits.bytes);
        if (more) records.push({ index, arrival: block.header.arrival, partitionKey, data });
        return more;
      });
      return more && records.length < limits.records;
    });
    if (isFull) break;
  }
  return records;
}

/** Index of the shard's first record that arrived at or after that time; undefined where there is none. */
export async function findByTime(segments: readonly Segment[], shard: number, time: number): Promise<number | undefined> {
  for (const { segment, extent } of holding(segments, shard, (one) => one.lastArrival >= time)) {
    let found: number | undefined;
    await visitBlocks(
      segment,
      shard,
      entryFor(extent.entries, ({ arrival }) => arrival < time),
      ({ header }) => {
        if (header.arrival >= time) found = header.first;
        return found === undefined;
      },
    );
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Index of the shard's oldest record that is kept. */
export function oldestIndex(segments: readonly Segment[], shard: number): number | undefined {
  return segments.find((segment) => segment.extents.has(shard))?.extents.get(shard)?.first;
}

/** A list of its own: retention may shorten the log's while it is read. */
function holding(
  segments: readonly Segment[],
  shard: number,
  isWanted: (extent: ShardExtent) => boolean,
): { segment: Segment; extent: ShardExtent }[] {
  return segments.flatMap((segment) => {
    const extent = segment.extents.get(shard);
    return extent !== undefined && isWanted(extent) ? [{ segment, extent }] : [];
  });
}

/** Visits the shard's blocks until `visit` gives false; tells whether it did. */
async function visitBlocks(segment: Segment, shard: number, start: IndexEntry, visit: (block: Block) => boolean): Promise<boolean> {
  const visited = segment.withFile(async (file) => {
    const reader = new BlockReader(file, start.offset, segment.bytes);
    for (;;) {
      const block = await reader.next((header) => header.shard === shard);
      if (block === 'end') return false;
      if (block === 'broken' || !isIntact(block.buffer, block.at, block.header)) {
        throw new KinesisError(
          'InternalFailure',
          `The log is damaged: ${segment.path} at byte ${reader.offset} does not match its checksum. Restore it from a copy.`,
        );
      }
      if (!visit(block)) return true;
    }
  });
  return visited.catch((error: unknown) => {
    // Retention was quicker: its records are no longer kept.
    if (segment.isDeleted && (error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  });
}
