// Delivery of one stream into the lake, as Firehose does it: read, transform in batches, buffer by size and time, commit; begin again from the
// marks in the tables after whatever goes wrong.
import { MillraceError, messageOf, type Clock } from '../../base/index.ts';
import type { StreamRecord, BronzeRow } from '../../ingest/events/index.ts';
import type { Lake, Table } from '../../lake/index.ts';
import type { Database } from '../../lake/duckdb/index.ts';
import type { ShardDescription, StreamSource } from '../kinesis/index.ts';
import { compareSequences, Losses, positionIn, readableShards, ShardReader, type ShardPosition, type ShardRead } from '../shard-readers.ts';
import { Freshness, type FreshnessSummary } from '../freshness.ts';
import { lowestMark, parseMark, textOfMark } from './marks.ts';
import { RowWriter, type Row } from './row-writer.ts';
import { initialiseMarks, Target } from './target.ts';

/** Rows of the records, in any order; each says by `_shard` and `_sequence` which record it is of. Never throws for what a record holds. */
export type Transform = (records: readonly StreamRecord[]) => Promise<readonly BronzeRow[]>;

export interface DeliverySettings {
  /** Rows wait at most so long for others; default 1 s. */
  intervalMilliseconds: number;
  /** Records of so many bytes are committed at once; default 8 MiB. */
  bytes: number;
  /** How long to wait where nothing was read; default 100 ms. */
  pollMilliseconds: number;
  /** Records asked for at once, a shard; default 5,000. */
  recordsARead: number;
  /** A table that takes nothing in still moves its marks so often; default one minute. */
  idleMilliseconds: number;
  /** The longest wait after a failure; default 30 s. */
  longestPauseMilliseconds: number;
}

export const DELIVERY_DEFAULTS: DeliverySettings = Object.freeze({
  intervalMilliseconds: 1000, bytes: 8 * 1024 ** 2, pollMilliseconds: 100, recordsARead: 5000, idleMilliseconds: 60_000, longestPauseMilliseconds: 30_000,
});

export interface DeliveryOptions {
  lake: Lake;
  database: Database;
  source: StreamSource;
  stream: string;
  /** Makes or finds the tables, by their names in bronze; `rejected` among them. */
  tables: () => Promise<ReadonlyMap<string, Table>>;
  transform: Transform;
  clock: Clock;
  settings?: Partial<DeliverySettings>;
  /** After each commit of rows; upkeep hangs here. Must not throw. */
  afterCommit?: (table: Table) => void;
}

/** `millisBehindLatest` is missing before the first answer. */
export interface ShardLag { shard: string; millisBehindLatest?: number; ended: boolean }

export interface DeliveryStatus {
  stream: string;
  /** Since this process began. */
  records: number;
  rows: Record<string, number>;
  commits: number;
  throttles: number;
  /** Records that the stream's retention let go before they were delivered: at most so many, since after a crash one table may have them. */
  lost: number;
  freshness?: FreshnessSummary;
  shards: ShardLag[];
  /** What went wrong last, while it does. */
  failure?: string;
}

export const QUARANTINE = 'rejected';

/** What was read and is not committed yet. */
interface Buffer { rows: Map<string, Row[]>; arrivals: number[]; bytes: number; since: number | undefined }

/** What is open between two failures. */
interface Opened { targets: Map<string, Target>; quarantine: Target; writers: RowWriter[]; shards: ShardDescription[]; readers: Map<string, ShardReader> }

export class Delivery {
  readonly #options: DeliveryOptions;
  readonly #settings: DeliverySettings;
  readonly #freshness = new Freshness();
  readonly #losses = new Losses();
  readonly #rows: Record<string, number> = {};
  #opened: Opened | undefined;
  #buffer: Buffer = emptyBuffer();
  #records = 0;
  #commits = 0;
  #throttles = 0;
  #failure: string | undefined;

  constructor(options: DeliveryOptions) {
    this.#options = options;
    this.#settings = { ...DELIVERY_DEFAULTS, ...options.settings };
  }

  /** Delivers until the signal aborts; then commits what it has read, and resolves. Failures are waited out. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock } = this.#options;
    for (let failures = 0; !signal.aborted;) {
      const step = await this.#step().catch((thrown: unknown) => {
        // Read and not taken, taken and not committed: only from the marks can all be made good.
        this.close();
        this.#failure = messageOf(thrown);
        return undefined;
      });
      failures = step === undefined ? failures + 1 : 0;
      if (step !== undefined) this.#failure = undefined;
      const pause = step === undefined ? Math.min(this.#settings.longestPauseMilliseconds, 25 * 2 ** failures) : step === 'idle' ? this.#settings.pollMilliseconds : 0;
      if (pause > 0) await clock.sleep(pause, signal).catch(() => undefined);
    }
    try {
      // Tables that took nothing in lately move their marks as well: who begins after retention has let records go then knows which were lost.
      await this.flush(true);
    } finally {
      this.close();
    }
  }

  async #step(): Promise<'idle' | 'busy'> {
    const read = await this.poll();
    if (this.isDue()) await this.flush();
    return read === 0 ? 'idle' : 'busy';
  }

  /** Reads once from every shard that may be read, and transforms. Gives the number of records. */
  async poll(): Promise<number> {
    const opened = this.#opened ??= await this.#open();
    const readable = readableShards(opened.shards, (shard) => opened.readers.get(shard)?.position.ended === true);
    const reads = await Promise.all(readable.map(({ shardId }) => opened.readers.get(shardId)!.read(this.#settings.recordsARead)));
    for (const reader of opened.readers.values()) this.#losses.add(reader);
    for (const read of reads) await this.#take(opened, read);
    if (reads.some(({ position }) => position.ended)) await this.#refreshShards(opened);
    return reads.reduce((sum, { records }) => sum + records.length, 0);
  }

  /** Whether the buffer is full, or its oldest record has waited long enough. */
  isDue(): boolean {
    const { since, bytes } = this.#buffer;
    const waited = since === undefined ? 0 : this.#options.clock.now() - since;
    return since !== undefined && (bytes >= this.#settings.bytes || waited >= this.#settings.intervalMilliseconds);
  }

  /** Commits what is in the buffer, one commit a table, with how far each shard was read; `isLast`: in every table. */
  async flush(isLast = false): Promise<void> {
    const opened = this.#opened;
    if (opened === undefined) return;
    const { rows, arrivals } = this.#buffer;
    this.#buffer = emptyBuffer();
    const positions = Array.from(opened.readers.values(), ({ shard, position }) => ({ shard: shard.shardId, position }));
    await settleAll(Array.from(opened.targets.values(), (target) => this.#bring(opened, target, rows.get(target.name) ?? [], positions, isLast)));
    const now = this.#options.clock.now();
    for (const arrivedAt of arrivals) this.#freshness.add(now - arrivedAt, now);
  }

  /** Lets go of what is open; what was not committed is read again. */
  close(): void {
    for (const reader of this.#opened?.readers.values() ?? []) this.#throttles += reader.throttles;
    for (const writer of this.#opened?.writers ?? []) writer.close();
    this.#opened = undefined;
    this.#buffer = emptyBuffer();
  }

  status(): DeliveryStatus {
    const readers = [...this.#opened?.readers.values() ?? []];
    const freshness = this.#freshness.summary(this.#options.clock.now());
    return {
      stream: this.#options.stream, records: this.#records, rows: { ...this.#rows }, commits: this.#commits,
      throttles: readers.reduce((sum, { throttles }) => sum + throttles, this.#throttles),
      lost: this.#losses.records,
      ...(freshness === undefined ? {} : { freshness }),
      shards: readers.map(({ shard, position, millisBehindLatest }) => ({ shard: shard.shardId, ...(millisBehindLatest === undefined ? {} : { millisBehindLatest }), ended: position.ended })),
      ...(this.#failure === undefined ? {} : { failure: this.#failure }),
    };
  }

  async #open(): Promise<Opened> {
    const { source, stream, database, clock } = this.#options;
    const shards = await source.listShards(stream);
    const writers: RowWriter[] = [];
    const targets = new Map<string, Target>();
    for (const [name, table] of await this.#options.tables()) {
      const writer = new RowWriter(await database.connect());
      writers.push(writer);
      targets.set(name, new Target(name, table, stream, writer, clock.now()));
    }
    const quarantine = targets.get(QUARANTINE);
    if (quarantine === undefined) throw new MillraceError('internal', 'delivery needs the quarantine among its tables');
    const opened: Opened = { targets, quarantine, writers, shards: [], readers: new Map() };
    try {
      await this.#addShards(opened, shards);
    } catch (thrown) {
      for (const writer of writers) writer.close();
      throw thrown;
    }
    return opened;
  }

  /** Shards that came by a split or a merge; those that retention took are forgotten. */
  async #refreshShards(opened: Opened): Promise<void> {
    await this.#addShards(opened, await this.#options.source.listShards(this.#options.stream));
  }

  async #addShards(opened: Opened, shards: readonly ShardDescription[]): Promise<void> {
    const { source, stream, clock } = this.#options;
    const targets = [...opened.targets.values()];
    await initialiseMarks(targets, opened.quarantine, shards.map(({ shardId }) => shardId), clock.now());
    for (const shard of shards) {
      if (opened.readers.has(shard.shardId)) continue;
      // Each table skips what it has already: reading begins at the mark that is furthest behind.
      const position = positionIn(shard, lowestMark(targets.map((target) => target.markOf(shard.shardId))));
      opened.readers.set(shard.shardId, new ShardReader({ source, stream, shard, position }));
    }
    opened.shards = [...shards];
    const listed = new Set(shards.map(({ shardId }) => shardId));
    for (const shard of opened.readers.keys()) if (!listed.has(shard)) opened.readers.delete(shard);
  }

  async #take(opened: Opened, { records }: ShardRead): Promise<void> {
    if (records.length === 0) return;
    const now = this.#options.clock.now();
    this.#buffer.since ??= now;
    for (const row of await this.#options.transform(records)) {
      const { table, values } = row;
      const target = opened.targets.get(table);
      if (target === undefined) throw new MillraceError('internal', `the transform sends a row to bronze.${table}, which is no table of the stream`);
      if (isInTable(target, values)) continue;
      const rows = this.#buffer.rows.get(table);
      if (rows === undefined) this.#buffer.rows.set(table, [values]);
      else rows.push(values);
    }
    for (const { data, arrivedAt } of records) {
      this.#buffer.bytes += data.length;
      this.#buffer.arrivals.push(arrivedAt);
    }
    this.#records += records.length;
  }

  async #bring(opened: Opened, target: Target, rows: readonly Row[], positions: readonly { shard: string; position: ShardPosition }[], isLast: boolean): Promise<void> {
    const { clock } = this.#options;
    const now = clock.now();
    const isIdle = rows.length === 0;
    if (isIdle && !isLast && now - target.markedAt < this.#settings.idleMilliseconds) return;
    const marks = new Map(positions.flatMap(({ shard, position }) => (isAhead(position, parseMark(target.markOf(shard))) ? [[shard, textOfMark(position)] as const] : [])));
    const gone = [...target.marks.keys()].filter((shard) => !opened.readers.has(shard) && parseMark(target.markOf(shard)).ended);
    if (isIdle) {
      if (marks.size + gone.length > 0) await target.advance(marks, gone, now);
      else target.markedAt = now;
      return;
    }
    await target.commit(rows, marks, gone, now);
    this.#commits += 1;
    this.#rows[target.name] = (this.#rows[target.name] ?? 0) + rows.length;
    this.#options.afterCommit?.(target.table);
  }
}

function emptyBuffer(): Buffer {
  return { rows: new Map(), arrivals: [], bytes: 0, since: undefined };
}

/** The row's record is not beyond the table's mark of its shard. */
function isInTable(target: Target, values: Row): boolean {
  const mark = parseMark(target.markOf(String(values['_shard'])));
  return compareSequences(String(values['_sequence']), mark.sequence) <= 0;
}

function isAhead(position: ShardPosition, mark: ShardPosition): boolean {
  const order = compareSequences(position.sequence, mark.sequence);
  return order > 0 || (order === 0 && position.ended && !mark.ended);
}

/** Waits for all, then fails with the first failure: nobody is still at work when the caller begins anew. */
async function settleAll(work: readonly Promise<void>[]): Promise<void> {
  const failed = (await Promise.allSettled(work)).find((each) => each.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
}
