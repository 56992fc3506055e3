// Lines of answers in files: one of each day and process, deleted whole once all in it have expired. Beside each lies an index: for every few megabytes of
// lines, from which id to which they are. What an index does not have yet is looked through.
import { mkdir, open, readdir, readFile, rm, type FileHandle } from 'node:fs/promises';
import path from 'node:path';
import { uuidv7 } from '../../base/index.ts';
import { lineIn, NEWLINE } from './waiting-lines.ts';

/** The first and the last of some ids, in the order of their letters: those that tell their time are mostly near each other when they are written. */
export interface IdRange { least: string; most: string }

/** Lines of a file whose ids lie in a range. */
interface Part extends IdRange { from: number; length: number }

/** What this process writes, and how far; `part`: of the lines that the index does not have. */
interface OwnFile { day: string; lines: FileHandle; size: number; index: FileHandle; indexSize: number; part: Part | undefined }

const DAY_MS = 86_400_000;
const PART_BYTES = 2 * 1024 * 1024;
const [LINES, INDEX] = ['.jsonl', '.index'];

export class AnswerFiles {
  readonly #folder: string;
  readonly #partBytes: number;
  #own: OwnFile | undefined;

  /** `partBytes`: an entry of an index is of so many bytes, or some more. */
  constructor(folder: string, partBytes: number = PART_BYTES) {
    this.#folder = folder;
    this.#partBytes = partBytes;
  }

  /** The system has them when it resolves; they are not synced. `bytes`: lines with their ends. @throws what the disk says: then nothing of them counts. */
  async append(bytes: Uint8Array, { least, most }: IdRange, now: number): Promise<void> {
    const own = await this.#fileOf(now);
    await writeAt(own.lines, bytes, own.size);
    const { part } = own;
    own.part = part === undefined
      ? { least, most, from: own.size, length: bytes.length }
      : { least: least < part.least ? least : part.least, most: most > part.most ? most : part.most, from: part.from, length: part.length + bytes.length };
    own.size += bytes.length;
    if (own.part.length >= this.#partBytes) await indexPart(own);
  }

  /** The line of that id, which begins so, whoever wrote it. */
  async find(id: string, beginning: string): Promise<string | undefined> {
    const names = await readdir(this.#folder).catch(ifThere<string[]>);
    // Most are asked for soon after they were given.
    for (const name of names?.filter((one) => one.endsWith(LINES)).toSorted().toReversed() ?? []) {
      const line = await this.#findIn(path.join(this.#folder, name.slice(0, -LINES.length)), id, beginning);
      if (line !== undefined) return line;
    }
    return undefined;
  }

  /** Deletes the files of days that ended before `before`, milliseconds. */
  async sweep(before: number): Promise<void> {
    const last = dayOf(before - DAY_MS);
    for (const name of await readdir(this.#folder).catch(() => [])) if (name.slice(0, last.length) <= last) await rm(path.join(this.#folder, name), { force: true });
  }

  async close(): Promise<void> {
    const own = this.#own;
    this.#own = undefined;
    if (own === undefined) return;
    try {
      await indexPart(own);
    } finally {
      await own.index.close();
      await own.lines.close();
    }
  }

  async #fileOf(now: number): Promise<OwnFile> {
    const day = dayOf(now);
    if (this.#own?.day === day) return this.#own;
    await this.close();
    await mkdir(this.#folder, { recursive: true });
    const base = path.join(this.#folder, `${day}-${uuidv7(now)}`);
    // The index first: a name without lines is one that nobody looks into.
    const index = await open(base + INDEX, 'wx');
    const lines = await open(base + LINES, 'wx').catch(async (thrown: unknown) => {
      await index.close();
      throw thrown;
    });
    return (this.#own = { day, lines, size: 0, index, indexSize: 0, part: undefined });
  }

  async #findIn(base: string, id: string, beginning: string): Promise<string | undefined> {
    // Before the lines are opened: what is written in between is then among those that no index has.
    const index = await readFile(base + INDEX, 'utf8').catch(ifThere<string>);
    const lines = await open(base + LINES, 'r').catch(ifThere<FileHandle>);
    if (lines === undefined) return undefined;
    try {
      let indexed = 0;
      for (const part of partsIn(index ?? '')) {
        indexed = part.from + part.length;
        if (id < part.least || id > part.most) continue;
        const bytes = await readAt(lines, part.from, part.length);
        const line = lineIn(bytes, 0, bytes.length, beginning);
        if (line !== undefined) return line;
      }
      return await lineFrom(lines, indexed, beginning, this.#partBytes);
    } finally {
      await lines.close();
    }
  }
}

/** Looks through whole lines from there on; the last one of a process that was killed may lack its end, and does not count. */
async function lineFrom(lines: FileHandle, from: number, beginning: string, most: number): Promise<string | undefined> {
  for (let size = most; ;) {
    const bytes = await readAt(lines, from, size);
    const end = bytes.lastIndexOf(NEWLINE) + 1;
    const line = lineIn(bytes, 0, end, beginning);
    if (line !== undefined) return line;
    if (end === 0 && bytes.length < size) return undefined;
    if (end === 0) size *= 2; // a line that is longer
    from += end;
  }
}

/** Up to the first that is not whole: what comes after it is looked through. */
function* partsIn(index: string): Generator<Part> {
  for (let from = 0, end = index.indexOf('\n'); end >= 0; from = end + 1, end = index.indexOf('\n', from)) {
    const part = partOf(index.slice(from, end));
    if (part === undefined) return;
    yield part;
  }
}

function partOf(line: string): Part | undefined {
  try {
    return JSON.parse(line) as Part;
  } catch {
    return undefined; // lost with the machine
  }
}

async function indexPart(own: OwnFile): Promise<void> {
  if (own.part === undefined) return;
  const entry = Buffer.from(`${JSON.stringify(own.part)}\n`);
  await writeAt(own.index, entry, own.indexSize);
  own.indexSize += entry.length;
  own.part = undefined;
}

async function writeAt(file: FileHandle, bytes: Uint8Array, from: number): Promise<void> {
  for (let written = 0; written < bytes.length;) written += (await file.write(bytes, written, bytes.length - written, from + written)).bytesWritten;
}

/** As many bytes as there are, `length` at most. */
async function readAt(file: FileHandle, from: number, length: number): Promise<Buffer> {
  const bytes = Buffer.allocUnsafe(length);
  let read = 0;
  for (let more = -1; more !== 0 && read < length; read += more) more = (await file.read(bytes, read, length - read, from + read)).bytesRead;
  return bytes.subarray(0, read);
}

/** What is not there, or is gone by now, has nothing in it. */
function ifThere<Value>(thrown: NodeJS.ErrnoException): Value | undefined {
  if (thrown.code === 'ENOENT') return undefined;
  throw thrown;
}

function dayOf(milliseconds: number): string {
  return new Date(milliseconds).toISOString().slice(0, 10);
}
