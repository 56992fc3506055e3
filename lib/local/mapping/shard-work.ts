// One shard of a mapping: read ahead, dealt out to lanes by partition key, and how far all before a record is done.
import { createHash } from 'node:crypto';
import type { StreamRecord } from '../../ingest/events/index.ts';
import type { ShardReader } from '../shard-readers.ts';
import { batchLength } from './kinesis-event.ts';

/** Records of some keys, in order; one batch of them at a time. */
class Lane {
  readonly queue: StreamRecord[] = [];
  isBusy = false;
  /** Of the oldest in the queue. */
  waitingSince: number | undefined;
}

export class ShardWork {
  readonly reader: ShardReader;
  readonly #lanes: Lane[];
  /** Records read and not done with, in the order of the shard. */
  readonly #pending: { sequence: string; arrivedAt: number; isDone: boolean }[] = [];
  readonly #places = new Map<string, { isDone: boolean }>();
  #doneUpTo: string;

  constructor(reader: ShardReader, lanes: number) {
    this.reader = reader;
    this.#lanes = Array.from({ length: lanes }, () => new Lane());
    this.#doneUpTo = reader.position.sequence;
  }

  /** Records read and not done with. */
  get pending(): number {
    return this.#places.size;
  }

  /** Nothing is left of the shard, ever. */
  get isOver(): boolean {
    return this.reader.position.ended && this.#pending.length === 0;
  }

  /** The last record before which, and with which, all are done. */
  get position(): { sequence: string; ended: boolean } {
    return this.isOver ? this.reader.position : { sequence: this.#doneUpTo, ended: false };
  }

  get oldestArrival(): number | undefined {
    return this.#pending[0]?.arrivedAt;
  }

  take(records: readonly StreamRecord[], now: number): void {
    for (const record of records) {
      const place = { sequence: record.position.sequence, arrivedAt: record.arrivedAt, isDone: false };
      this.#pending.push(place);
      this.#places.set(place.sequence, place);
      const lane = this.#lanes[laneOf(record.partitionKey, this.#lanes.length)] as Lane;
      lane.waitingSince ??= now;
      lane.queue.push(record);
    }
  }

  done(records: readonly StreamRecord[]): void {
    for (const { position } of records) {
      const place = this.#places.get(position.sequence);
      if (place !== undefined) place.isDone = true;
      this.#places.delete(position.sequence);
    }
    let first = 0;
    while (this.#pending[first]?.isDone === true) first += 1;
    if (first > 0) this.#doneUpTo = this.#pending.splice(0, first).at(-1)?.sequence ?? this.#doneUpTo;
  }

  /** Batches that may begin now, each with what to call when it has ended; and when the next one may, where a window has to pass. */
  ready(batchSize: number, windowMilliseconds: number, now: number): { batches: { records: StreamRecord[]; end: () => void }[]; nextAt: number | undefined } {
    const batches: { records: StreamRecord[]; end: () => void }[] = [];
    let nextAt: number | undefined;
    for (const lane of this.#lanes) {
      if (lane.isBusy || lane.queue.length === 0) continue;
      const dueAt = (lane.waitingSince ?? now) + windowMilliseconds;
      const length = batchLength(lane.queue, batchSize);
      const isFull = length === batchSize || length < lane.queue.length;
      if (!isFull && now < dueAt) {
        nextAt = Math.min(nextAt ?? dueAt, dueAt);
        continue;
      }
      lane.isBusy = true;
      const records = lane.queue.splice(0, length);
      lane.waitingSince = lane.queue.length === 0 ? undefined : now;
      batches.push({ records, end: () => (lane.isBusy = false) });
    }
    return { batches, nextAt };
  }
}

/** Evenly, and not as shards are told apart: those are by the same hash's first bits. */
function laneOf(partitionKey: string, lanes: number): number {
  return lanes === 1 ? 0 : createHash('md5').update(partitionKey).digest().readUInt32LE(12) % lanes;
}
