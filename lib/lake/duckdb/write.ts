// Writes the rows of a SELECT as Parquet files that an Iceberg table can take in, and tells what is in them.
import { randomBytes } from 'node:crypto';
import { mkdir, readdir, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { MillraceError, uuidv7 } from '../../base/index.ts';
import type { DataFile, Field, PartitionSpec, Schema, SortOrder, Value } from '../types.ts';
import { castColumns } from './columns.ts';
import type { Session } from './database.ts';
import { syncFiles } from './durable.ts';
import { fieldIds } from './field-ids.ts';
import { quoteName, quoteText } from './sql-text.ts';
import { metricsOf, type FileStatistics } from './statistics.ts';
import { fieldExpression, partitionKey, transformSql, type PartitionKey } from './transform-sql.ts';

export interface WriteOptions {
  schema: Schema;
  spec: PartitionSpec;
  /** Rows are sorted by it within a partition. */
  sortOrder?: SortOrder;
  /** SQL over the schema's columns to sort by instead, within a partition. */
  orderBy?: readonly string[];
  /** A local folder, made where there is none. Files of others in it are left alone. */
  folder: string;
  /** DuckDB SQL that gives exactly the schema's columns, by name, in any order. */
  select: string;
  /** Files end at about this many bytes; default 256 MiB. */
  targetFileSize?: number;
  /** Says that the rows fall into less than a hundred partitions, so that they need not be sorted by it; spares a fifth of the time. */
  fewPartitions?: boolean;
  /** Of zstd; default DuckDB's own, 3. With 1 a COPY takes a quarter less time, and files are about as big. */
  compressionLevel?: number;
  /** First part of the names of all files written; default: a new UUID. */
  writeId?: string;
  signal?: AbortSignal;
  /** What the rows are for, in error messages: the table's name. */
  where?: string;
}

const DEFAULT_FILE_SIZE = 256 * 1024 * 1024;
/**
 * Up to this many rows DuckDB writes each partition once, at the end. Of more it writes all of them every so often, and where there are
 * more partitions than files may be open that makes many small files, so that rows are then sorted by partition first.
 */
const ROWS_WITHOUT_CLUSTERING = 500_000;
/** A file may exceed the wanted size by this factor before it is cut. */
const TOLERANCE = 1.5;

/**
 * Writes the rows of a SELECT into new Parquet files (zstd, field ids) and returns what a manifest must say of each: partition, counts,
 * sizes, bounds. One or more files a partition, none where there are no rows. Files are on disk for good when this resolves; where it
 * rejects, nothing remains.
 *
 * Throws `bad_input` where columns are missing, surplus or of a type that would lose information, where a required column holds NULL,
 * or a date is infinite; `unsupported` for columns of type fixed.
 */
export async function writeRows(session: Session, options: WriteOptions): Promise<DataFile[]> {
  const writeId = options.writeId ?? uuidv7(Date.now());
  const job = new WriteJob(session, options, writeId);
  await mkdir(options.folder, { recursive: true });
  try {
    const files = await job.write();
    await syncFiles(files.map((file) => file.path), options.folder);
    return files;
  } catch (error) {
    await removeFilesOf(options.folder, writeId);
    throw error;
  }
}

async function removeFilesOf(folder: string, writeId: string): Promise<void> {
  const names = await readdir(folder).catch(() => []);
  await Promise.all(names.filter((name) => name.startsWith(writeId)).map((name) => rm(join(folder, name), { force: true })));
}

/** A partition field as a column that DuckDB partitions by and leaves out of the files. */
interface KeyColumn { name: string; key: PartitionKey }

class WriteJob {
  readonly #session: Session;
  readonly #options: WriteOptions;
  readonly #writeId: string;
  readonly #keys: (KeyColumn | undefined)[];
  #copies = 0;

  constructor(session: Session, options: WriteOptions, writeId: string) {
    this.#session = session;
    this.#options = options;
    this.#writeId = writeId;
    this.#keys = keyColumns(options.schema, options.spec);
  }

  async write(): Promise<DataFile[]> {
    const { schema, select, sortOrder, where, signal } = this.#options;
    const projection = await castColumns(this.#session, schema, select, { where, signal });
    const rows = `SELECT ${projection} FROM (${select}\n)`;
    const order = this.#options.orderBy ?? (sortOrder === undefined ? [] : orderBy(schema, sortOrder));
    const written = this.#keys.some((key) => key !== undefined) ? await this.#partitioned(rows, order) : await this.#whole(rows, order);
    // Of no rows DuckDB makes a file too, which nothing would ever refer to.
    await Promise.all(written.filter((file) => file.count === 0n).map((file) => rm(file.filename, { force: true })));
    const files = await this.#toSize(written.filter((file) => file.count > 0n), order.length > 0);
    const dataFiles = files.map((file) => this.#dataFile(file, order.length > 0));
    for (const file of dataFiles) checkRequired(schema, file, where);
    return dataFiles;
  }

  async #whole(rows: string, order: readonly string[]): Promise<FileStatistics[]> {
    // A single COPY to one file keeps the order; one that cuts files does not.
    if (order.length > 0) return await this.#copy(`SELECT * FROM (${rows}) ORDER BY ${order.join(', ')}`, []);
    return await this.#copy(rows, [`FILE_SIZE_BYTES ${this.#targetFileSize}`]);
  }

  async #partitioned(rows: string, order: readonly string[]): Promise<FileStatistics[]> {
    const keys = this.#keys.filter((key) => key !== undefined);
    const names = keys.map((key) => quoteName(key.name));
    const withKeys = `SELECT *, ${keys.map((key) => `${key.key.sql} AS ${quoteName(key.name)}`).join(', ')} FROM (${rows})`;
    const isClustered = order.length > 0
      || (this.#options.fewPartitions !== true && await this.#estimatedRows(withKeys) > ROWS_WITHOUT_CLUSTERING);
    const clustered = isClustered ? ` ORDER BY ${[...names, ...order].join(', ')}` : '';
    return await this.#copy(withKeys + clustered, [`PARTITION_BY (${names.join(', ')})`, 'HIVE_FILE_PATTERN false']);
  }

  async #copy(rows: string, copyOptions: readonly string[]): Promise<FileStatistics[]> {
    const { schema, folder, compressionLevel, where, signal } = this.#options;
    const prefix = `${this.#writeId}-${this.#copies}`;
    this.#copies += 1;
    const isSingle = copyOptions.length === 0;
    const target = isSingle ? join(folder, `${prefix}.parquet`) : folder;
    const options = [
      'FORMAT parquet', 'COMPRESSION zstd', 'RETURN_STATS', `FIELD_IDS ${fieldIds(schema)}`, ...copyOptions,
      ...(compressionLevel === undefined ? [] : [`COMPRESSION_LEVEL ${compressionLevel}`]),
      ...(isSingle ? [] : [`FILENAME_PATTERN ${quoteText(`${prefix}-{i}`)}`, 'OVERWRITE_OR_IGNORE']),
    ];
    const sql = `COPY (${rows}) TO ${quoteText(target)} (${options.join(', ')})`;
    return await this.#session.rows(sql, { where, signal }) as unknown as FileStatistics[];
  }

  /** Cuts files that are much too big into pieces of the same partition. */
  async #toSize(files: readonly FileStatistics[], isSorted: boolean): Promise<FileStatistics[]> {
    const sized: FileStatistics[] = [];
    for (const file of files) {
      const pieces = Math.ceil(Number(file.file_size_bytes) / this.#targetFileSize);
      if (Number(file.file_size_bytes) <= this.#targetFileSize * TOLERANCE) sized.push(file);
      else sized.push(...await this.#cut(file, isSorted ? pieces : 1));
    }
    return sized;
  }

  /** The rows of one file as several: in ranges of rows where their order matters, else by size. */
  async #cut(file: FileStatistics, ranges: number): Promise<FileStatistics[]> {
    const columns = this.#options.schema.fields.map((field) => quoteName(field.name)).join(', ');
    const rows = `SELECT ${columns} FROM read_parquet(${quoteText(file.filename)})`;
    const cut: FileStatistics[] = [];
    if (ranges === 1) {
      cut.push(...await this.#copy(rows, [`FILE_SIZE_BYTES ${this.#targetFileSize}`]));
    } else {
      const step = Math.ceil(Number(file.count) / ranges);
      for (let from = 0; from < Number(file.count); from += step) {
        cut.push(...await this.#copy(`${rows} WHERE file_row_number >= ${from} AND file_row_number < ${from + step}`, []));
      }
    }
    await rm(file.filename);
    return cut.map((piece) => ({ ...piece, partition_keys: file.partition_keys }));
  }

  #dataFile(file: FileStatistics, isSorted: boolean): DataFile {
    const { schema, spec, sortOrder, orderBy } = this.#options;
    return {
      content: 0,
      path: file.filename,
      format: 'PARQUET',
      specId: spec['spec-id'],
      partition: this.#partition(file),
      recordCount: file.count,
      fileSizeInBytes: file.file_size_bytes,
      metrics: metricsOf(schema, file),
      // Threads interleave while they write partitions, so that only the files of an unpartitioned table are sorted from end to end.
      ...(isSorted && sortOrder !== undefined && orderBy === undefined && this.#keys.length === 0 ? { sortOrderId: sortOrder['order-id'] } : {}),
    };
  }

  #partition(file: FileStatistics): (Value | null)[] {
    const texts = new Map((file.partition_keys ?? []).map(({ key, value }) => [key, value]));
    return this.#keys.map((column) => {
      const text = column === undefined ? null : texts.get(column.name) ?? null;
      return text === null || column === undefined ? null : column.key.parse(text);
    });
  }

  async #estimatedRows(select: string): Promise<number> {
    const { where, signal } = this.#options;
    const [plan] = await this.#session.rows<{ explain_value: string }>(`EXPLAIN (FORMAT json) ${select}`, { where, signal });
    const counts = /"Estimated Cardinality": "(\d+)"/g; // of all operators: the greatest is on the safe side
    return Math.max(0, ...Array.from((plan?.explain_value ?? '').matchAll(counts), (match) => Number(match[1])));
  }

  get #targetFileSize(): number {
    return this.#options.targetFileSize ?? DEFAULT_FILE_SIZE;
  }
}

/** One a field of the spec; undefined for void fields and for those whose column was dropped, which are always null. */
function keyColumns(schema: Schema, spec: PartitionSpec): (KeyColumn | undefined)[] {
  const tag = randomBytes(4).toString('hex'); // no column of a table is called that
  return spec.fields.map((field, at) => {
    const source = fieldExpression(schema, field['source-id']);
    if (field.transform === 'void' || source === undefined) return undefined;
    if (typeof source.type !== 'string') throw new MillraceError('bad_input', `the partition ${field.name} is of a nested column`);
    return { name: `$partition_${at}_${tag}`, key: partitionKey(field.transform, source.type, source.sql) };
  });
}

function orderBy(schema: Schema, order: SortOrder): string[] {
  return order.fields.flatMap((field) => {
    const source = fieldExpression(schema, field['source-id']);
    if (source === undefined || typeof source.type !== 'string' || field.transform === 'void') return [];
    const nulls = field['null-order'] === 'nulls-first' ? 'NULLS FIRST' : 'NULLS LAST';
    return [`${transformSql(field.transform, source.type, source.sql)} ${field.direction.toUpperCase()} ${nulls}`];
  });
}

/** The statistics show a NULL in a required column; `columns.ts` checks what has none. */
function checkRequired(schema: Schema, file: DataFile, where: string | undefined): void {
  const empty = (field: Field): boolean => field.required && (file.metrics.nullValueCounts[field.id] ?? 0n) > 0n;
  const found = schema.fields.find(empty);
  if (found === undefined) return;
  throw new MillraceError('bad_input', `the required column ${found.name} is NULL in ${file.metrics.nullValueCounts[found.id]} rows`, {
    where: where ?? basename(file.path), todo: 'Leave these rows out or give them a value.',
  });
}
