// A segment: one file of the log, with a sparse index of where each shard's records lie in it.
import { readFile, stat, unlink } from 'node:fs/promises';
import path from 'node:path';
import { crc32 } from 'node:zlib';
import type { BlockHeader } from './block.ts';
import { replaceFile } from '../../../base/index.ts';
import { closeFile, openFile } from './files.ts';

/** A shard's blocks are indexed no denser than this in the file. */
const INDEX_EVERY_BYTES = 64 * 1024;

/** Where a block starts. */
export interface IndexEntry {
  offset: number;
  first: number;
  arrival: number;
}

/** What a segment holds of one shard. */
export interface ShardExtent {
  first: number;
  last: number;
  lastArrival: number;
  entries: IndexEntry[];
}

/** Per shard the index of the last record before a segment, and its arrival; outlives the segments before. */
export type Counters = Map<number, { last: number; arrival: number }>;

export class Segment {
  readonly ordinal: number;
  readonly path: string;
  /** Bytes that are written and synced. */
  bytes = 0;
  firstArrival: number | undefined;
  lastArrival = 0;
  readonly extents = new Map<number, ShardExtent>();
  #file: Promise<number> | undefined;
  #readers = 0;
  /** Whether it grows no more: then its file is open only while it is read. */
  isSealed = false;
  /** Whether retention has let it go. */
  isDeleted = false;

  constructor(folder: string, ordinal: number) {
    this.ordinal = ordinal;
    this.path = path.join(folder, `${ordinal.toString().padStart(16, '0')}.log`);
  }

  get indexPath(): string {
    return this.path.replace(/\.log$/, '.index');
  }

  /** Notes a durable block. */
  note(offset: number, { shard, records, first, arrival }: Omit<BlockHeader, 'payloadBytes' | 'syncedTo'>): void {
    this.firstArrival ??= arrival;
    this.lastArrival = Math.max(this.lastArrival, arrival);
    const extent = this.extents.get(shard);
    const entry = { offset, first, arrival };
    if (extent === undefined) {
      this.extents.set(shard, { first, last: first + records - 1, lastArrival: arrival, entries: [entry] });
      return;
    }
    extent.last = first + records - 1;
    extent.lastArrival = arrival;
    const previous = extent.entries.at(-1) as IndexEntry;
    if (offset - previous.offset >= INDEX_EVERY_BYTES) extent.entries.push(entry);
  }

  /** Runs `work` over the open file; a segment that retention lets go meanwhile is read to the end. */
  async withFile<Result>(work: (file: number) => Promise<Result>): Promise<Result> {
    this.#readers++;
    try {
      this.#file ??= openFile(this.path, 'r').catch((error: Error) => {
        this.#file = undefined;
        throw error;
      });
      return await work(await this.#file);
    } finally {
      this.#readers--;
      if (this.isSealed) await this.#letGo();
    }
  }

  /** Closes the file as soon as nobody reads it. */
  async seal(): Promise<void> {
    this.isSealed = true;
    await this.#letGo();
  }

  async #letGo(): Promise<void> {
    if (this.#readers > 0 || this.#file === undefined) return;
    const file = this.#file;
    this.#file = undefined;
    await closeFile(await file).catch(() => undefined);
  }

  async delete(): Promise<void> {
    this.isDeleted = true;
    await unlink(this.path);
    await unlink(this.indexPath).catch(() => undefined);
    await this.seal();
  }

  /** Writes the index of a segment that grows no more: without it the next start reads the whole segment. */
  async saveIndex(counters: Counters): Promise<void> {
    const text = JSON.stringify({
      bytes: this.bytes,
      firstArrival: this.firstArrival,
      lastArrival: this.lastArrival,
      counters: [...counters],
      extents: [...this.extents].map(([shard, { entries, ...rest }]) => [
        shard,
        { ...rest, entries: entries.map(({ offset, first, arrival }) => [offset, first, arrival]) },
      ]),
    });
    await replaceFile(this.indexPath, `${crc32(text)}\n${text}`);
  }

  /** Takes the saved index and gives the counters at the end of the segment; undefined where it is missing or not of this file. */
  async loadIndex(): Promise<Counters | undefined> {
    const content = await readFile(this.indexPath, 'utf8').catch(() => '');
    const cut = content.indexOf('\n');
    const text = content.slice(cut + 1);
    if (cut < 0 || content.slice(0, cut) !== String(crc32(text))) return undefined;
    const saved = JSON.parse(text) as SavedIndex;
    if ((await stat(this.path)).size !== saved.bytes) return undefined;
    this.bytes = saved.bytes;
    this.firstArrival = saved.firstArrival;
    this.lastArrival = saved.lastArrival;
    for (const [shard, extent] of saved.extents) {
      this.extents.set(shard, { ...extent, entries: extent.entries.map(([offset, first, arrival]) => ({ offset, first, arrival })) });
    }
    return new Map(saved.counters);
  }
}

interface SavedIndex {
  bytes: number;
  firstArrival?: number;
  lastArrival: number;
  counters: [number, { last: number; arrival: number }][];
  extents: [number, { first: number; last: number; lastArrival: number; entries: [number, number, number][] }][];
}

/** The entry at which a search for the record has to begin. */
export function entryFor(entries: readonly IndexEntry[], isBefore: (entry: IndexEntry) => boolean): IndexEntry {
  let low = 0;
  let high = entries.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (isBefore(entries[middle] as IndexEntry)) low = middle;
    else high = middle - 1;
  }
  return entries[low] as IndexEntry;
}
