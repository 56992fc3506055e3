// Data files between a table and this machine: for a table on S3 they are fetched before DuckDB reads them, and sent after it wrote them.
import { randomUUID } from 'node:crypto';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { MillraceError } from '../../base/index.ts';
import type { Table } from '../table.ts';
import type { Files } from '../ports.ts';
import type { DataFile, PartitionSpec, ScanFile, Schema, SortOrder } from '../types.ts';
import type { Session } from './database.ts';
import { localPath } from './local-path.ts';
import { scanSql, type ScanSqlOptions } from './scan.ts';
import { writeRows, type WriteOptions } from './write.ts';

export interface StageOptions {
  /** Where files of a table that is not on this machine are kept meanwhile. */
  temporaryFolder?: string;
  /** Files end at about this many bytes; default: the table's `write.target-file-size-bytes`. */
  targetFileSize?: number;
  signal?: AbortSignal;
}

/** How rows are laid out in new files; default: as the table says. */
export interface Layout extends Pick<WriteOptions, 'fewPartitions'> { schema?: Schema; spec?: PartitionSpec; sortOrder?: SortOrder; orderBy?: readonly string[] }

const TRANSFERS_AT_ONCE = 4;

/** Sends files that were written to a local folder to where the table's data are, and removes them here. */
export async function publishTo(files: Files, written: readonly DataFile[], folder: string): Promise<DataFile[]> {
  return await mapAtOnce(written, async (file) => {
    const path = `${folder.replace(/\/+$/, '')}/${basename(file.path)}`;
    await files.write(path, await readFile(localPath(file.path)));
    await rm(localPath(file.path));
    return { ...file, path };
  });
}

/** Reads and writes the rows of one table. */
export class Stage {
  readonly #session: Session;
  readonly #table: Table;
  readonly #options: StageOptions;
  readonly #fetched = new Map<string, string>();

  constructor(session: Session, table: Table, options: StageOptions) {
    this.#session = session;
    this.#table = table;
    this.#options = options;
  }

  /** The rows of some files as a SELECT, in the table's schema. */
  async rowsOf(files: readonly ScanFile[], options: ScanSqlOptions = {}): Promise<string> {
    await this.#fetch(files.flatMap(({ file, positionDeletes }) => [file.path, ...positionDeletes.map((each) => each.path)]));
    const { schema, metadata, properties } = this.#table;
    const locate = (path: string): string => this.#fetched.get(path) ?? localPath(path);
    return scanSql({ schema, files, specs: metadata['partition-specs'], properties, locate }, options);
  }

  /** Writes the rows of a SELECT where the table's data are. Nothing is committed. */
  async write(select: string, layout: Layout = {}): Promise<DataFile[]> {
    const { dataLocation, schema, spec, sortOrder, properties, context } = this.#table;
    const isLocal = isOnThisMachine(dataLocation);
    const configured = properties['write.target-file-size-bytes'];
    const written = await writeRows(this.#session, {
      schema: layout.schema ?? schema,
      spec: layout.spec ?? spec,
      sortOrder: layout.sortOrder ?? sortOrder,
      orderBy: layout.orderBy,
      ...(layout.fewPartitions === undefined ? {} : { fewPartitions: layout.fewPartitions }),
      select,
      folder: isLocal ? localPath(dataLocation) : this.#temporaryFolder(),
      targetFileSize: this.#options.targetFileSize ?? (configured === undefined ? undefined : Number(configured)),
      where: `${this.#table.name.namespace}.${this.#table.name.name}`,
      signal: this.#options.signal,
    });
    return isLocal ? written : await publishTo(context.files, written, dataLocation);
  }

  /** Deletes files that were written and will not be committed. */
  async discard(files: readonly DataFile[]): Promise<void> {
    await mapAtOnce(files, async (file) => {
      await this.#table.context.files.delete(file.path);
    });
  }

  /** Removes what was fetched. */
  async clear(): Promise<void> {
    await Promise.all(Array.from(this.#fetched.values(), (path) => rm(path, { force: true })));
    this.#fetched.clear();
  }

  async #fetch(paths: readonly string[]): Promise<void> {
    const missing = [...new Set(paths)].filter((path) => !isOnThisMachine(path) && !this.#fetched.has(path));
    if (missing.length === 0) return;
    const folder = this.#temporaryFolder();
    await mkdir(folder, { recursive: true });
    await mapAtOnce(missing, async (path) => {
      const local = join(folder, `${randomUUID()}-${basename(path)}`); // a name is never used twice: footers are remembered by it
      this.#fetched.set(path, local);
      await writeFile(local, await this.#table.context.files.read(path));
    });
  }

  #temporaryFolder(): string {
    const { temporaryFolder } = this.#options;
    if (temporaryFolder !== undefined) return temporaryFolder;
    throw new MillraceError('usage', 'the files of this table are not on this machine, and no folder was given to fetch them to', { where: this.#table.location });
  }
}

function isOnThisMachine(path: string): boolean {
  return path.startsWith('/') || path.startsWith('file:');
}

async function mapAtOnce<In, Out>(items: readonly In[], work: (item: In) => Promise<Out>): Promise<Out[]> {
  const results: Out[] = [];
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < items.length) {
      const at = next;
      next += 1;
      results[at] = await work(items[at] as In);
    }
  };
  await Promise.all(Array.from({ length: Math.min(TRANSFERS_AT_ONCE, items.length) }, worker));
  return results;
}
