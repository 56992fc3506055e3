// Lines that wait on the disk, however many: appended while they cannot go where they belong, and taken back in parts.
import { appendFile, open, rename, rm, stat } from 'node:fs/promises';

const CHUNK_BYTES = 1 << 20;
const NEWLINE = 10;

export class SpillFile {
  readonly #file: string;
  #holds: boolean;
  /** Bytes of the file that is being taken that were given already. */
  #given = 0;

  private constructor(file: string, holds: boolean) {
    this.#file = file;
    this.#holds = holds;
  }

  /** With what an earlier process left. */
  static async open(file: string): Promise<SpillFile> {
    return new SpillFile(file, await exists(file) || await exists(`${file}.taken`));
  }

  /** Whether lines wait. */
  get holds(): boolean {
    return this.#holds;
  }

  /** @throws what the disk says; some of the lines may be there then, so whoever tries again repeats them. */
  async append(lines: readonly string[]): Promise<void> {
    if (lines.length === 0) return;
    // A line that was cut off before does not swallow the first of these.
    await appendFile(this.#file, `\n${lines.join('\n')}\n`);
    this.#holds = true;
  }

  /**
   * The next lines, about `most`. Asking again says that those given before are kept elsewhere; nothing is given, and the file is gone, once all are.
   * A process that ends in between leaves all of it to the next one.
   */
  async take(most: number): Promise<string[]> {
    const taken = `${this.#file}.taken`;
    if (!(await exists(taken))) {
      if (!(await exists(this.#file))) {
        this.#holds = false;
        return [];
      }
      await rename(this.#file, taken);
      this.#given = 0;
    }
    const lines: string[] = [];
    const handle = await open(taken, 'r');
    try {
      let rest = Buffer.alloc(0);
      for (let at = this.#given; lines.length < most;) {
        const chunk = Buffer.alloc(CHUNK_BYTES);
        const { bytesRead } = await handle.read(chunk, 0, CHUNK_BYTES, at);
        at += bytesRead;
        rest = Buffer.concat([rest, chunk.subarray(0, bytesRead)]);
        // What follows the last line's end was cut off with the process that wrote it.
        for (let end = rest.indexOf(NEWLINE); end >= 0 && lines.length < most; end = rest.indexOf(NEWLINE)) {
          if (end > 0) lines.push(rest.toString('utf8', 0, end));
          this.#given += end + 1;
          rest = rest.subarray(end + 1);
        }
        if (bytesRead === 0) break;
      }
    } finally {
      await handle.close();
    }
    if (lines.length > 0) return lines;
    await rm(taken, { force: true });
    this.#given = 0;
    this.#holds = await exists(this.#file);
    return this.#holds ? this.take(most) : [];
  }
}

async function exists(file: string): Promise<boolean> {
  return stat(file).then(() => true, () => false);
}
