// All streams of a home: made, found, deleted; their log belongs to one process.
import { mkdir, readdir, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { MillraceError, syncFolder, systemClock, uuidv7, type Clock } from '../../base/index.ts';
import { KinesisError } from './errors.ts';
import { parseIterator } from './iterator.ts';
import { lockStreams } from './lock.ts';
import { diskFailure } from './log/disk-failure.ts';
import { diskFiles, type LogFiles } from './log/files.ts';
import { loadMetadata, saveMetadata, type StreamMetadata } from './metadata.ts';
import { ACCOUNT, folderName, isStreamName } from './names.ts';
import { firstShards } from './shards.ts';
import { Stream, streamNotFound, type StreamOptions } from './stream.ts';
import type {
  IteratorStart, LocalStreams, PutOptions, PutOutcome, ReadOptions, ReadResult,
  RecordInput, ShardDescription, ShardStatus, StreamDescription, StreamSettings,
} from './types.ts';

export interface LocalStreamsOptions {
  clock?: Clock;
  /** Size at which a new file of the log begins; default 64 MiB. */
  segmentBytes?: number;
  /** How long a stream is CREATING or UPDATING after a change, as on AWS; default 0: not at all. */
  transitionMilliseconds?: number;
  /** For tests: a disk that fails. */
  files?: LogFiles;
  /** How often retention is looked after; default once a minute, 0: only by `sweep`. */
  sweepMilliseconds?: number;
  /** Told what a start cut off: the end of a write that a crash had cut short, which nobody had been told was taken. */
  onTornTail?: (stream: string, bytes: number) => void;
  /** Told of a failed sweep by the timer; the next one tries again. */
  onSweepError?: (error: unknown) => void;
}

const ON_DEMAND_SHARDS = 4;
/** Prefix of folders of streams that are being deleted; no stream's folder begins like this. */
const DELETED = '.deleted-';

/**
 * Opens the streams in a folder, which is made where needed, and takes the folder for this process.
 * @throws MillraceError `conflict` where another process has them, `io` where the disk fails or acknowledged records are damaged.
 */
export async function openLocalStreams(folder: string, options: LocalStreamsOptions = {}): Promise<LocalStreams> {
  const { clock = systemClock, segmentBytes = 64 * 1024 * 1024, transitionMilliseconds = 0, files = diskFiles, sweepMilliseconds = 60_000 } = options;
  const streamOptions: StreamOptions = { clock, segmentBytes, files, transitionMilliseconds };
  await mkdir(folder, { recursive: true });
  const unlock = await lockStreams(folder);
  const streams = new Map<string, Stream>();
  try {
    await openAll(folder, streamOptions, streams);
  } catch (error) {
    await Promise.all([...streams.values()].map((stream) => stream.close()));
    await unlock();
    throw error;
  }
  for (const stream of streams.values()) if (stream.cutBytes > 0) options.onTornTail?.(stream.name, stream.cutBytes);
  const local = new OpenStreams(folder, streamOptions, streams, unlock);
  if (sweepMilliseconds > 0) local.sweepEvery(sweepMilliseconds, options.onSweepError);
  return local;
}

async function openAll(folder: string, options: StreamOptions, streams: Map<string, Stream>): Promise<void> {
  for (const entry of (await readdir(folder, { withFileTypes: true })).filter((one) => one.isDirectory())) {
    const place = path.join(folder, entry.name);
    const metadata = entry.name.startsWith(DELETED) ? undefined : await loadMetadata(place);
    if (metadata !== undefined) streams.set(metadata.name, await Stream.open(place, options, metadata));
    else if (entry.name.startsWith(DELETED) || (await isUnborn(place))) await rm(place, { recursive: true, force: true });
    else
      throw new MillraceError('io', 'a stream has lost its settings', {
        where: path.join(place, 'stream.json'),
        todo: 'Restore the file from a copy, or move the folder away.',
      });
  }
}

/** Whether a crash came between the making of a stream's folder and its settings. */
async function isUnborn(place: string): Promise<boolean> {
  return (await readdir(place)).every((name) => name === 'stream.json.tmp');
}

class OpenStreams implements LocalStreams {
  readonly folder: string;
  readonly #options: StreamOptions;
  readonly #streams: Map<string, Stream>;
  readonly #unlock: () => Promise<void>;
  /** Names that are being made or deleted. */
  readonly #busy = new Set<string>();
  #timer: NodeJS.Timeout | undefined;
  #closing: Promise<void> | undefined;

  constructor(folder: string, options: StreamOptions, streams: Map<string, Stream>, unlock: () => Promise<void>) {
    this.folder = folder;
    this.#options = options;
    this.#streams = streams;
    this.#unlock = unlock;
  }

  sweepEvery(milliseconds: number, onError: ((error: unknown) => void) | undefined): void {
    this.#timer = setInterval(() => void this.sweep().catch((error: unknown) => onError?.(error)), milliseconds).unref();
  }

  names(): string[] {
    return [...this.#streams.keys()].sort();
  }

  async createStream(name: string, settings: StreamSettings = {}): Promise<StreamDescription> {
    if (this.#closing !== undefined) throw new KinesisError('InternalFailure', 'The streams are being closed.');
    if (!isStreamName(name))
      throw new KinesisError(
        'ValidationException',
        `1 validation error detected: Value '${name}' at 'streamName' failed to satisfy constraint: ` +
          'Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+',
      );
    if (this.#streams.has(name) || this.#busy.has(name))
      throw new KinesisError('ResourceInUseException', `Stream ${name} under account ${ACCOUNT} already exists.`);
    const now = this.#options.clock.now();
    const {
      mode = settings.shardCount === undefined ? 'ON_DEMAND' : 'PROVISIONED',
      shardCount = ON_DEMAND_SHARDS,
      retentionHours = 24,
      maxRecordKiB = 1024,
      tags = {},
    } = settings;
    const metadata: StreamMetadata = { name, createdAt: now, mode, retentionHours, maxRecordKiB, tags, shards: firstShards(shardCount, now) };
    this.#busy.add(name);
    const place = path.join(this.folder, folderName(name));
    let isOurs = false;
    try {
      await mkdir(place);
      isOurs = true;
      await saveMetadata(place, metadata);
      await syncFolder(this.folder);
      const stream = await Stream.open(place, this.#options, metadata, { isNew: true });
      this.#streams.set(name, stream);
      return stream.describe();
    } catch (error) {
      if (isOurs) await rm(place, { recursive: true, force: true }).catch(() => undefined);
      throw diskFailure(error);
    } finally {
      this.#busy.delete(name);
    }
  }

  async ensureStream(name: string, settings?: StreamSettings): Promise<StreamDescription> {
    return this.#streams.has(name) ? this.describe(name) : this.createStream(name, settings);
  }

  async deleteStream(name: string): Promise<void> {
    const stream = this.#stream(name);
    this.#streams.delete(name);
    this.#busy.add(name);
    try {
      await stream.close('deleted');
      const aside = path.join(this.folder, `${DELETED}${uuidv7(this.#options.clock.now())}`);
      await rename(path.join(this.folder, folderName(name)), aside);
      await syncFolder(this.folder);
      await rm(aside, { recursive: true, force: true });
    } catch (error) {
      throw diskFailure(error);
    } finally {
      this.#busy.delete(name);
    }
  }

  describe(name: string): StreamDescription {
    return this.#stream(name).describe();
  }

  shards(name: string): ShardDescription[] {
    return this.#stream(name).shards();
  }

  status(name: string): ShardStatus[] {
    return this.#stream(name).status();
  }

  async put(name: string, records: readonly RecordInput[], options?: PutOptions): Promise<PutOutcome[]> {
    return this.#stream(name).put(records, options);
  }

  async iterator(name: string, shardId: string, from: IteratorStart): Promise<string> {
    return this.#stream(name).iterator(shardId, from);
  }

  async read(iterator: string, options: ReadOptions = {}): Promise<ReadResult> {
    const position = parseIterator(iterator, this.#options.clock.now());
    return this.#stream(position.stream).read(position, options);
  }

  async splitShard(name: string, shardId: string, newStartingHashKey: string): Promise<void> {
    await this.#stream(name).split(shardId, newStartingHashKey);
  }

  async mergeShards(name: string, shardId: string, adjacentShardId: string): Promise<void> {
    await this.#stream(name).merge(shardId, adjacentShardId);
  }

  async updateShardCount(name: string, target: number): Promise<void> {
    await this.#stream(name).scale(target);
  }

  async updateSettings(name: string, change: Parameters<LocalStreams['updateSettings']>[1]): Promise<void> {
    await this.#stream(name).updateSettings(change);
  }

  async sweep(): Promise<void> {
    for (const stream of this.#streams.values()) await stream.sweep();
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    clearInterval(this.#timer);
    const streams = [...this.#streams.values()];
    this.#streams.clear();
    await Promise.all(streams.map((stream) => stream.close()));
    await this.#unlock();
  }

  #stream(name: string): Stream {
    const stream = this.#streams.get(name);
    if (stream === undefined) throw streamNotFound(name);
    return stream;
  }
}
