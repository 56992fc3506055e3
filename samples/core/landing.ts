// Files in the layout of a landing folder: written beside it, named when they are whole, counted row by row.
import { createHash, type Hash } from 'node:crypto';
import { mkdir, open, rename, rm, writeFile, type FileHandle } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { MillraceError } from '../../lib/base/index.ts';
import { Bytes } from './bytes.ts';
import { gzip } from './gzip.ts';
import { Planter, type Defects, type Planted } from './planting.ts';
import { Random } from './random.ts';
import { saoPauloKind } from './time.ts';

/** What was written so far, for a progress bar. */
export interface Progress {
  source: string;
  file: string;
  rows: number;
  bytes: number;
  done: boolean;
}

/** Rows of one file that somebody has to find, by kind and reason. */
export interface PlantedRows {
  kind: Planted['kind'];
  reason?: string;
  rows: number[];
}

/** What became of a file. */
export interface FileTruth {
  /** Below the output folder. */
  file: string;
  /** Of the file as it lies there. */
  bytes: number;
  /** SHA-256 of the decompressed bytes. */
  sha256: string;
  /** Records, the header not counted. */
  rows: number;
  bad: number;
  exact_duplicates: number;
  superseded: number;
  planted: PlantedRows[];
  /** Local times that São Paulo's clocks never showed, or showed twice, by column; of the good rows. */
  local_times: Record<string, { gap: number; overlap: number }>;
}

export interface FileOptions {
  /** Default LF. */
  lineEnd?: '\n' | '\r\n';
  /** Begin with a byte order mark. */
  mark?: boolean;
  /** Every header in quotes. */
  quotedHeader?: boolean;
  /** No line end behind the last row; for small files. */
  openEnd?: boolean;
  compressed?: boolean;
  /** Default: those of the source. */
  defects?: Defects;
}

const CHUNK = 1 << 20;
/** Room behind a full chunk for the longest row and what is planted with it. */
const MARGIN = 1 << 16;

export interface LandingOptions {
  out: string;
  seed: number;
  defectRate: number;
  defects: Readonly<Record<string, Defects>>;
  onProgress?: (progress: Progress) => void;
  signal?: AbortSignal;
}

export class Landing {
  readonly options: LandingOptions;
  readonly files: { source: string; truth: FileTruth }[] = [];
  readonly #open = new Set<LandingFile>();

  constructor(options: LandingOptions) {
    this.options = options;
  }

  get workFolder(): string {
    return join(this.options.out, '.partial');
  }

  /** Opens `<out>/<source>/<name>`; the name appears when the file is closed. */
  async file(source: string, name: string, columns: readonly string[], options: FileOptions = {}): Promise<LandingFile> {
    const file = await LandingFile.create(this, source, name, columns, options);
    this.#open.add(file);
    return file;
  }

  closed(file: LandingFile, source: string, truth: FileTruth): void {
    this.#open.delete(file);
    this.files.push({ source, truth });
  }

  /** Writes a small file as it is, outside of all counts. */
  async raw(target: string, bytes: Uint8Array | string): Promise<void> {
    const temporary = join(dirname(target), `.${basename(target)}.partial`);
    await mkdir(dirname(target), { recursive: true });
    await writeFile(temporary, bytes);
    await rename(temporary, target);
  }

  /** Removes what is not whole; an error here would hide the one that matters. */
  async end(): Promise<void> {
    for (const file of this.#open) await file.abandon();
    await rm(this.workFolder, { recursive: true, force: true }).catch(() => undefined);
  }
}

export class LandingFile {
  readonly bytes: Bytes;
  readonly #landing: Landing;
  readonly #source: string;
  readonly #name: string;
  readonly #options: FileOptions;
  readonly #handle: FileHandle;
  readonly #temporary: string;
  readonly #hash: Hash = createHash('sha256');
  readonly #planter: Planter;
  readonly #truth: FileTruth;
  readonly #whole: Buffer[] = [];
  #rowStart: number;
  #untilDefect: number;
  #shown = 0;

  private constructor(
    landing: Landing,
    source: string,
    name: string,
    columns: readonly string[],
    options: FileOptions,
    handle: FileHandle,
    temporary: string,
  ) {
    this.#landing = landing;
    this.#source = source;
    this.#name = name;
    this.#options = options;
    this.#handle = handle;
    this.#temporary = temporary;
    this.bytes = new Bytes(CHUNK + MARGIN);
    const { seed, defectRate, defects } = landing.options;
    const known = options.defects ?? defects[source];
    if (known === undefined) throw new MillraceError('internal', `no defects are declared for ${source}`);
    this.#planter = new Planter(source, columns, known, defectRate, new Random(seed, `defects.${source}/${name}`));
    this.#untilDefect = this.#planter.gap();
    this.#truth = {
      file: `${source}/${name}`,
      bytes: 0,
      sha256: '',
      rows: 0,
      bad: 0,
      exact_duplicates: 0,
      superseded: 0,
      planted: [],
      local_times: {},
    };
    if (options.mark) this.bytes.utf8('\ufeff');
    this.bytes.ascii(columns.map((column) => (options.quotedHeader ? `"${column}"` : column)).join(','));
    this.#lineEnd();
    this.#rowStart = this.bytes.at;
  }

  static async create(
    landing: Landing,
    source: string,
    name: string,
    columns: readonly string[],
    options: FileOptions,
  ): Promise<LandingFile> {
    await mkdir(landing.workFolder, { recursive: true });
    await mkdir(join(landing.options.out, source), { recursive: true });
    const temporary = join(landing.workFolder, `${source}-${name}`);
    return new LandingFile(landing, source, name, columns, options, await open(temporary, 'w'), temporary);
  }

  /** Rows so far, planted ones included: the `_row` of the last one. */
  get rows(): number {
    return this.#truth.rows;
  }

  /** Time to `drain`. */
  get full(): boolean {
    return this.bytes.at >= CHUNK;
  }

  /** A local time of São Paulo, counted where clocks never showed it or showed it twice; 0 is none. */
  localTime(column: string, second: number): void {
    if (second === 0) return;
    this.bytes.time(second);
    const kind = saoPauloKind(second);
    if (kind !== 'valid') (this.#truth.local_times[column] ??= { gap: 0, overlap: 0 })[kind]++;
  }

  /** Ends the row that was written into `bytes`, and plants a defect beside it when it is time. */
  endRow(): void {
    this.#lineEnd();
    this.#truth.rows++;
    if (--this.#untilDefect <= 0) this.#plant();
    this.#rowStart = this.bytes.at;
  }

  /** Hands the bytes on to the disk. Throws `interrupted` when the signal was aborted. */
  async drain(): Promise<void> {
    const { signal, onProgress } = this.#landing.options;
    if (signal?.aborted)
      throw new MillraceError('interrupted', 'the sample was not finished', {
        where: this.#truth.file,
        todo: 'Run it again; files that were whole are kept.',
      });
    await this.#write(this.bytes.buffer.subarray(0, this.bytes.at));
    this.bytes.at = 0;
    this.#rowStart = 0;
    if (this.#truth.bytes - this.#shown >= 8 * CHUNK) {
      this.#shown = this.#truth.bytes;
      onProgress?.({ source: this.#source, file: this.#name, rows: this.#truth.rows, bytes: this.#truth.bytes, done: false });
    }
  }

  /** Gives the file its name. */
  async close(): Promise<FileTruth> {
    if (this.#options.openEnd) this.bytes.at -= this.#options.lineEnd === '\r\n' ? 2 : 1;
    await this.drain();
    if (this.#options.compressed) {
      const packed = gzip(Buffer.concat(this.#whole));
      await this.#handle.write(packed);
      this.#truth.bytes = packed.length;
    }
    await this.#handle.close();
    this.#truth.sha256 = this.#hash.digest('hex');
    await rename(this.#temporary, join(this.#landing.options.out, this.#source, this.#name));
    this.#landing.closed(this, this.#source, this.#truth);
    this.#landing.options.onProgress?.({
      source: this.#source,
      file: this.#name,
      rows: this.#truth.rows,
      bytes: this.#truth.bytes,
      done: true,
    });
    return this.#truth;
  }

  /** Closes the file without a name. */
  async abandon(): Promise<void> {
    await this.#handle.close().catch(() => undefined);
  }

  async #write(chunk: Buffer): Promise<void> {
    this.#hash.update(chunk);
    if (this.#options.compressed) {
      this.#whole.push(Buffer.from(chunk));
      return;
    }
    for (let at = 0; at < chunk.length;) {
      const { bytesWritten } = await this.#handle.write(chunk, at, chunk.length - at);
      at += bytesWritten;
    }
    this.#truth.bytes += chunk.length;
  }

  #lineEnd(): void {
    if (this.#options.lineEnd === '\r\n') this.bytes.byte(13);
    this.bytes.byte(10);
  }

  #plant(): void {
    this.#untilDefect = this.#planter.gap();
    const { bytes } = this;
    const lineEnd = this.#options.lineEnd === '\r\n' ? 2 : 1;
    const row = bytes.buffer.toString('latin1', this.#rowStart, bytes.at - lineEnd);
    const planted = this.#planter.plant(row);
    const put = (text: string) => {
      bytes.at += bytes.buffer.write(text, bytes.at, 'latin1');
      this.#lineEnd();
    };
    if (planted.kind === 'superseded') {
      bytes.at = this.#rowStart;
      put(planted.row);
      this.#note(planted, this.#truth.rows);
      put(row);
      this.#truth.superseded++;
    } else {
      put(planted.row);
      this.#note(planted, this.#truth.rows + 1);
      if (planted.kind === 'bad') this.#truth.bad++;
      else this.#truth.exact_duplicates++;
    }
    this.#truth.rows++;
  }

  #note(planted: Planted, row: number): void {
    const reason = planted.kind === 'bad' ? planted.reason : undefined;
    let group = this.#truth.planted.find((each) => each.kind === planted.kind && each.reason === reason);
    if (group === undefined)
      this.#truth.planted.push((group = { kind: planted.kind, ...(reason === undefined ? {} : { reason }), rows: [] }));
    group.rows.push(row);
  }
}
