// Lines of answers in files: one of each day and process, deleted whole once all in it have expired. Where a line lies, whoever wrote it remembers.
import { mkdir, open, readdir, rm, type FileHandle } from 'node:fs/promises';
import path from 'node:path';
import { uuidv7 } from '../../base/index.ts';

/** Bytes of a file. */
export interface Place { file: string; from: number; length: number }

/** The one that this process writes. */
interface OwnFile { day: string; name: string; handle: FileHandle; size: number }

const DAY_MS = 86_400_000;

export class AnswerFiles {
  readonly #folder: string;
  #own: OwnFile | undefined;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** The system has them when it resolves; they are not synced. @throws what the disk says: then nothing of them counts. */
  async append(bytes: Uint8Array, now: number): Promise<Place> {
    const own = await this.#fileOf(now);
    for (let written = 0; written < bytes.length;) written += (await own.handle.write(bytes, written, bytes.length - written, own.size + written)).bytesWritten;
    const place = { file: own.name, from: own.size, length: bytes.length };
    own.size += bytes.length;
    return place;
  }

  /** What lies there; undefined where it is gone. */
  async read({ file, from, length }: Place): Promise<Buffer | undefined> {
    const handle = await open(path.join(this.#folder, path.basename(file)), 'r').catch((thrown: NodeJS.ErrnoException) => {
      if (thrown.code === 'ENOENT') return undefined;
      throw thrown;
    });
    try {
      return handle === undefined ? undefined : (await handle.read(Buffer.alloc(length), 0, length, from)).buffer;
    } finally {
      await handle?.close();
    }
  }

  /** Deletes the files of days that ended before `before`, milliseconds. */
  async sweep(before: number): Promise<void> {
    const last = dayOf(before - DAY_MS);
    for (const name of await readdir(this.#folder).catch(() => [])) if (name.slice(0, last.length) <= last) await rm(path.join(this.#folder, name), { force: true });
  }

  async close(): Promise<void> {
    await this.#own?.handle.close();
    this.#own = undefined;
  }

  async #fileOf(now: number): Promise<OwnFile> {
    const day = dayOf(now);
    if (this.#own?.day === day) return this.#own;
    await this.close();
    await mkdir(this.#folder, { recursive: true });
    const name = `${day}-${uuidv7(now)}.jsonl`;
    return (this.#own = { day, name, handle: await open(path.join(this.#folder, name), 'wx'), size: 0 });
  }
}

function dayOf(milliseconds: number): string {
  return new Date(milliseconds).toISOString().slice(0, 10);
}
