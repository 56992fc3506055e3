// Reading all shards of a stream as their lineage wants it: a shard is read once those that it was split or merged from are read to their end.
import { isKinesisError, recordsBetween, type IteratorStart, type ReadResult, type ShardDescription, type StreamSource } from './kinesis/index.ts';

/** Sequence numbers are decimal text of any length without leading zeros. Negative: left comes first. */
export function compareSequences(left: string, right: string): number {
  if (left.length !== right.length) return left.length - right.length;
  return left < right ? -1 : left > right ? 1 : 0;
}

/** How far a consumer is in a shard: the last record that it is done with (`0`: none yet), and whether nothing comes after it. */
export interface ShardPosition { sequence: string; ended: boolean }

export interface ShardRead {
  shard: string;
  records: ReadResult['records'];
  /** Where reading stands after this. */
  position: ShardPosition;
}

/** Of a stream that was deleted and made again, positions in the old one say nothing about the new one. */
export function positionIn(shard: ShardDescription, position: ShardPosition | undefined): ShardPosition {
  const isOfAnother = position === undefined || compareSequences(position.sequence, shard.startingSequence) < 0;
  return isOfAnother ? { sequence: '0', ended: false } : position;
}

function startAfter({ sequence }: ShardPosition, first: IteratorStart): IteratorStart {
  return sequence === '0' ? first : { type: 'AFTER_SEQUENCE_NUMBER', sequence };
}

export interface ShardReaderOptions {
  source: StreamSource;
  stream: string;
  shard: ShardDescription;
  position: ShardPosition;
  /** Where a shard begins that nothing is known of; default its oldest record. */
  first?: IteratorStart;
}

/** One shard, read from a position on. */
export class ShardReader {
  readonly shard: ShardDescription;
  readonly #options: ShardReaderOptions;
  #position: ShardPosition;
  #iterator: string | undefined;
  /** Reads that the stream refused for now. */
  throttles = 0;
  /** Records that retention let go before they were read here, by the number of the last that had been read. */
  readonly lost = new Map<string, number>();
  /** undefined before the first answer. */
  millisBehindLatest: number | undefined;

  constructor(options: ShardReaderOptions) {
    this.shard = options.shard;
    this.#options = options;
    this.#position = options.position;
  }

  get position(): ShardPosition {
    return this.#position;
  }

  /** What comes next; nothing where the stream asks to come again later. */
  async read(limit: number, waitMilliseconds = 0, signal?: AbortSignal): Promise<ShardRead> {
    const { source, stream, shard } = this.#options;
    if (this.#position.ended) return this.#result([]);
    try {
      this.#iterator ??= await source.iterator(stream, shard.shardId, startAfter(this.#position, this.#options.first ?? { type: 'TRIM_HORIZON' }));
      const { records, next, millisBehindLatest } = await source.read(this.#iterator, { limit, waitMilliseconds, ...(signal === undefined ? {} : { signal }) });
      this.#noteLost(records);
      this.#iterator = next;
      this.millisBehindLatest = millisBehindLatest;
      const last = records.at(-1)?.position.sequence ?? this.#position.sequence;
      // A mark of `0` would be a shard of which nothing is known, and an empty one is at its end too.
      this.#position = next === undefined ? { sequence: last === '0' ? shard.startingSequence : last, ended: true } : { sequence: last, ended: false };
      return this.#result(records);
    } catch (thrown) {
      if (isKinesisError(thrown, 'ExpiredIteratorException')) this.#iterator = undefined;
      else if (isKinesisError(thrown, 'ProvisionedThroughputExceededException')) this.throttles += 1;
      else throw thrown;
      return this.#result([]);
    }
  }

  /** A shard's records are numbered without gaps; who begins at the newest has lost nothing. */
  #noteLost([oldest]: ReadResult['records']): void {
    const { sequence } = this.#position;
    const first = this.#options.first?.type ?? 'TRIM_HORIZON';
    const between = oldest === undefined || (sequence === '0' && first !== 'TRIM_HORIZON') ? 0 : recordsBetween(sequence, oldest.position.sequence);
    if (between !== undefined && between > 0) this.lost.set(sequence, between);
  }

  #result(records: ShardRead['records']): ShardRead {
    return { shard: this.shard.shardId, records, position: this.#position };
  }
}

/** Records that were lost to retention, each gap once however often it was met; of one consumer of a stream. */
export class Losses {
  readonly #gaps = new Map<string, number>();

  add({ shard, lost }: Pick<ShardReader, 'shard' | 'lost'>): void {
    for (const [after, records] of lost) this.#gaps.set(`${shard.shardId} ${after}`, records);
  }

  get records(): number {
    return [...this.#gaps.values()].reduce((sum, records) => sum + records, 0);
  }
}

/** Shards that may be read now: not at their end, and no parent of theirs is listed that is not at its own. */
export function readableShards(shards: readonly ShardDescription[], hasEnded: (shardId: string) => boolean): ShardDescription[] {
  const waiting = new Set(shards.map(({ shardId }) => shardId).filter((shardId) => !hasEnded(shardId)));
  return shards.filter(({ shardId, parentShardId, adjacentParentShardId }) =>
    waiting.has(shardId) && ![parentShardId, adjacentParentShardId].some((parent) => parent !== undefined && waiting.has(parent)));
}
