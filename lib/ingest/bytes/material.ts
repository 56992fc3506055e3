// A file brought to where it can be read again and again: decompressed, hashed, in memory, on disk, or where it lies.
import { createHash } from 'node:crypto';
import { constants, mkdir, open, rm, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import { MillraceError } from '../../base/index.ts';
import type { FileStamp, LandingFile } from '../landing/landing-file.ts';
import { inMemory, onDisk, type Content } from './content.ts';
import { diskError } from './disk-error.ts';
import { gunzip, isGzip } from './gunzip.ts';
import { sniff, type Sniffed } from './sniff.ts';
import { temporaryPath } from './temporary.ts';
import { copyOf } from './copy.ts';

export interface Material {
  file: LandingFile;
  /** SHA-256 of the decompressed bytes, in hexadecimal digits. */
  fileId: string;
  content: Content;
  /** What its place said of it when it was read. */
  stamp: FileStamp;
  /** What it is by its first bytes. */
  sniffed: Sniffed;
  /** Throws `bad_input` where the file is not what was read any more. */
  verify(): Promise<void>;
  /** Removes what was put on disk. */
  release(): Promise<void>;
}

export interface MaterialOptions {
  /** For files that have to be decompressed or fetched and are too big for memory. */
  temporaryFolder: string;
  /** Decompressed bytes up to which a file is held in memory. */
  memoryLimit?: number;
  /** A file of more decompressed bytes is refused; default none. */
  sizeLimit?: number;
  signal?: AbortSignal;
}

const MEMORY_LIMIT = 4 * 1024 * 1024;
const HEAD_BYTES = 64 * 1024;

/**
 * Reads a file once, from end to end. Throws `bad_input` where gzip's checks fail or where it changed while it was read; `too_big` where
 * the file is bigger than the limit; `io` where it cannot be read or the disk is full. Nothing remains then.
 */
export async function materialise(file: LandingFile, options: MaterialOptions): Promise<Material> {
  const { temporaryFolder, memoryLimit = MEMORY_LIMIT, sizeLimit = Number.POSITIVE_INFINITY, signal } = options;
  const before = await file.stamp();
  const verify = async (): Promise<void> => { await checkUnchanged(file, before); };
  const chunks = file.open()[Symbol.asyncIterator]();
  const first = await chunks.next();
  const isCompressed = first.done !== true && isGzip(first.value);
  const raw = upTo(before.size, file, startingWith(first, chunks));
  const inPlace = !isCompressed && file.localPath !== undefined && before.size > memoryLimit;

  const hash = createHash('sha256');
  const sink = inPlace ? new NoSink(file.localPath!) : new GrowingSink(memoryLimit, temporaryPath(temporaryFolder, 'landing'));
  const head: Uint8Array[] = [];
  let size = 0;
  try {
    for await (const chunk of isCompressed ? gunzip(raw, file.path) : raw) {
      signal?.throwIfAborted();
      if (size < HEAD_BYTES) head.push(copyOf(chunk.subarray(0, HEAD_BYTES - size)));
      size += chunk.length;
      if (size > sizeLimit) throw tooBig(file, sizeLimit);
      hash.update(chunk);
      await sink.write(chunk);
    }
    await verify();
    return {
      file, stamp: before, fileId: hash.digest('hex'), content: await sink.content(size), sniffed: sniff(Buffer.concat(head)), verify, release: () => sink.release(),
    };
  } catch (thrown) {
    await sink.release();
    // A file that somebody writes while it is read looks damaged: say what is the matter.
    if (thrown instanceof MillraceError && thrown.code === 'bad_input') await verify();
    throw thrown;
  }
}

async function* startingWith(first: IteratorResult<Uint8Array, unknown>, rest: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    for (let next = first; next.done !== true; next = await rest.next()) yield next.value;
  } finally {
    await rest.return?.();
  }
}

/** A file may grow as fast as it is read: what it has grown by is not waited for. */
async function* upTo(size: number, file: LandingFile, chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let read = 0;
  for await (const chunk of chunks) {
    read += chunk.length;
    if (read > size) throw changed(file);
    yield chunk;
  }
}

async function checkUnchanged(file: LandingFile, before: FileStamp): Promise<void> {
  const after = await file.stamp().catch((cause: unknown) => {
    throw new MillraceError('bad_input', 'the file was removed while it was read', { where: file.path, todo: 'Nothing of it was kept; put it back whole.', cause });
  });
  if (after.version !== before.version) throw changed(file);
}

function changed(file: LandingFile): MillraceError {
  return new MillraceError('bad_input', 'the file changed while it was read: somebody is still writing it', {
    where: file.path, todo: 'Nothing of it was kept. Run ingest again when it is complete; writing it as <name>.part and renaming it at the end avoids this.',
  });
}

function tooBig(file: LandingFile, limit: number): MillraceError {
  return new MillraceError('too_big', `the file has more than ${limit.toLocaleString('en-US')} bytes (decompressed), which is the limit here`, {
    where: file.path, todo: 'Split it, or ingest it where there is more room (in an account: set bigFiles for the stage).',
  });
}

interface Sink {
  write(chunk: Uint8Array): Promise<void>;
  content(size: number): Promise<Content>;
  release(): Promise<void>;
}

/** For a file that is read where it lies. */
class NoSink implements Sink {
  private readonly path: string;

  constructor(path: string) {
    this.path = path;
  }

  async write(): Promise<void> {}

  async content(size: number): Promise<Content> {
    return onDisk(this.path, size);
  }

  async release(): Promise<void> {}
}

/** Memory first; a temporary file, readable by nobody else, once that gets too much. */
class GrowingSink implements Sink {
  private readonly limit: number;
  private readonly path: string;
  private held: Uint8Array[] = [];
  private heldBytes = 0;
  private handle: FileHandle | undefined;

  constructor(limit: number, path: string) {
    this.limit = limit;
    this.path = path;
  }

  async write(chunk: Uint8Array): Promise<void> {
    if (this.handle === undefined) {
      this.held.push(copyOf(chunk));
      this.heldBytes += chunk.length;
      if (this.heldBytes <= this.limit) return;
    }
    try {
      if (this.handle === undefined) {
        this.handle = await openPrivate(this.path);
        for (const each of this.held) await this.handle.writeFile(each);
        this.held = [];
      } else {
        await this.handle.writeFile(chunk);
      }
    } catch (thrown) {
      throw diskError(thrown, this.path);
    }
  }

  async content(size: number): Promise<Content> {
    if (this.handle === undefined) return inMemory(this.held.length === 1 ? this.held[0]! : Buffer.concat(this.held));
    await this.handle.close();
    return onDisk(this.path, size);
  }

  async release(): Promise<void> {
    this.held = [];
    if (this.handle === undefined) return;
    await this.handle.close().catch(() => {});
    await rm(this.path, { force: true });
  }
}

/** A new file that nobody else may read: what is put there may hold personal data. */
export async function openPrivate(path: string): Promise<FileHandle> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  return open(path, constants.O_CREAT | constants.O_EXCL | constants.O_RDWR, 0o600);
}
