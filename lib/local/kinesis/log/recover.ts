// What a start makes of the files that it finds: the index of each segment, and an end without a torn block.
import { readdir, stat, unlink } from 'node:fs/promises';
import path from 'node:path';
import { MillraceError } from '../../../base/index.ts';
import { BLOCK_HEADER_BYTES, HEADER, isIntact, MAGIC_BYTES, readHeader, type BlockHeader } from './block.ts';
import { BlockReader } from './block-reader.ts';
import { readAt, truncateFile, openFile, closeFile, syncFile } from './files.ts';
import { Segment, type Counters } from './segment.ts';

export interface Recovered {
  /** In order; the last one grows. */
  segments: Segment[];
  counters: Counters;
  /** Bytes of a block that was being written when the process died. */
  cutBytes: number;
}

/**
 * Reads the log of a stream; what was torn at its end is cut off.
 * @throws MillraceError `io` where records that had been acknowledged are damaged or missing.
 */
export async function recoverLog(folder: string): Promise<Recovered> {
  const names = (await readdir(folder)).filter((name) => /^\d{16}\.log$/.test(name)).sort();
  const segments = names.map((name) => new Segment(folder, Number(name.slice(0, 16))));
  let counters: Counters | undefined;
  let cutBytes = 0;
  for (const [at, segment] of segments.entries()) {
    const before = segments[at - 1];
    if (before !== undefined && segment.ordinal !== before.ordinal + 1) throw damaged(before.path, 'the segment behind this one is missing');
    const isLast = at === segments.length - 1;
    segment.isSealed = !isLast;
    const saved = isLast ? undefined : await segment.loadIndex();
    if (saved !== undefined) {
      counters = saved;
      continue;
    }
    const scanned = await scanSegment(segment, counters);
    if (scanned === 'unborn' && isLast) {
      await unlink(segment.path);
      if (before !== undefined) before.isSealed = false;
      return { segments: segments.slice(0, -1), counters: counters ?? new Map(), cutBytes: 0 };
    }
    if (scanned === 'unborn' || (scanned.cutBytes > 0 && !isLast)) throw damaged(segment.path, 'a block in the middle of the log is damaged');
    ({ counters, cutBytes } = scanned);
  }
  return { segments, counters: counters ?? new Map(), cutBytes };
}

/** Indexes a segment block by block, and cuts off what follows the last whole block; 'unborn' where not even its first block is whole. */
async function scanSegment(segment: Segment, previous: Counters | undefined): Promise<{ counters: Counters; cutBytes: number } | 'unborn'> {
  const { size } = await stat(segment.path);
  const file = await openFile(segment.path, 'r+');
  try {
    const reader = new BlockReader(file, 0, size);
    let counters: Counters | undefined;
    let end = 0;
    for (;;) {
      const block = await reader.next(() => true);
      if (typeof block === 'string' || !isIntact(block.buffer, block.at, block.header)) break;
      if (counters === undefined) {
        if (block.header.shard !== HEADER) break;
        counters = segmentCounters(block.buffer, block.at, block.header);
        if (previous !== undefined && !sameCounters(counters, previous))
          throw damaged(segment.path, 'it does not go on where the segment before ends');
      } else {
        if (!follows(block.header, counters)) break;
        counters.set(block.header.shard, { last: block.header.first + block.header.records - 1, arrival: block.header.arrival });
        segment.note(block.offset, block.header);
      }
      end = reader.offset;
    }
    if (end < size) {
      await refuseLostRecords(file, segment.path, end, size);
      if (counters === undefined) return 'unborn';
      await truncateFile(file, end);
      await syncFile(file);
    }
    segment.bytes = end;
    return counters === undefined ? 'unborn' : { counters, cutBytes: size - end };
  } finally {
    await closeFile(file);
  }
}

function segmentCounters(buffer: Buffer, at: number, { payloadBytes }: BlockHeader): Counters {
  const text = buffer.toString('utf8', at + BLOCK_HEADER_BYTES, at + BLOCK_HEADER_BYTES + payloadBytes);
  return new Map((JSON.parse(text) as { counters: [number, { last: number; arrival: number }][] }).counters);
}

function sameCounters(ours: Counters, theirs: Counters): boolean {
  return [...theirs].every(([shard, { last }]) => (ours.get(shard)?.last ?? 0) === last);
}

function follows({ shard, first }: BlockHeader, counters: Counters): boolean {
  return first === (counters.get(shard)?.last ?? 0) + 1;
}

/** A whole block further on that was written after this place had been synced shows that this is no torn end, but damage. */
async function refuseLostRecords(file: number, place: string, end: number, size: number): Promise<void> {
  const window = 8 * 1024 * 1024;
  for (let start = end; start < size; start += window) {
    const buffer = await readAt(file, Buffer.allocUnsafeSlow(Math.min(window + BLOCK_HEADER_BYTES, size - start)), start);
    for (let at = buffer.indexOf(MAGIC_BYTES); at >= 0 && at < window; at = buffer.indexOf(MAGIC_BYTES, at + 1)) {
      const header = readHeader(buffer, at);
      if (header === undefined || !(header.syncedTo > end && header.syncedTo <= start + at)) continue;
      const block = await new BlockReader(file, start + at, size).next(() => true);
      if (typeof block !== 'string' && isIntact(block.buffer, block.at, block.header)) throw damaged(place, `a block at byte ${end} is damaged`);
    }
  }
}

function damaged(file: string, what: string): MillraceError {
  return new MillraceError('io', `the log of a stream is damaged: ${what}`, {
    where: path.resolve(file),
    todo: "Acknowledged records are lost there. Restore the folder of the stream from a copy, or delete the stream's folder to begin anew.",
  });
}
