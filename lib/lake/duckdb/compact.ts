// Compaction: the same rows in fewer, better files. Small files are put together, position deletes applied, rows sorted.
import { MillraceError } from '../../base/index.ts';
import type { CommitOptions } from '../commit/options.ts';
import { newSortOrder } from '../format/partition.ts';
import type { CompactionGroup } from '../maintenance/compaction.ts';
import type { TableScan } from '../scan/plan.ts';
import type { Table } from '../table.ts';
import type { DataFile, Predicate } from '../types.ts';
import type { Session } from './database.ts';
import { Stage, type Layout, type StageOptions } from './stage.ts';
import { zOrderSql } from './z-order.ts';

export interface CompactOptions extends StageOptions, Pick<CommitOptions, 'summary'> {
  /**
   * `bin-pack` (default): small files, files with deletes and files of an older partitioning are put together; the rest is left alone.
   * `sort`: all files are rewritten, sorted within their partition by `columns` or the table's sort order.
   * `z-order`: all files are rewritten, near in all of `columns` at once.
   */
  strategy?: 'bin-pack' | 'sort' | 'z-order';
  /** For `sort`: expressions such as `order_date desc` or `bucket(16, id)`. For `z-order`: two to seven columns. */
  columns?: readonly string[];
  /** Only files that may hold matching rows; best a predicate on partitions. */
  where?: Predicate;
  /** For `bin-pack`: so many small files of a partition are worth it. Default 5. */
  minInputFiles?: number;
  /** Called after each commit. */
  onProgress?: (progress: CompactResult) => void;
}

export interface CompactResult {
  filesBefore: number;
  filesAfter: number;
  bytesBefore: bigint;
  bytesAfter: bigint;
  rows: bigint;
  /** Rows that position deletes had removed already, and that are now gone from the files too. */
  rowsDeleted: bigint;
  commits: number;
  /** Groups left as they were since another writer changed their files meanwhile. */
  skipped: number;
}

/** Groups are committed together up to this many bytes, so that a long compaction is visible, and kept, piece by piece. */
const BYTES_A_COMMIT = 2n * 1024n ** 3n;

/**
 * Rewrites files of a table. The rows stay the same; readers and appends are not disturbed. Each commit replaces whole groups of files of
 * a partition; a group whose files another writer changed meanwhile is left as it is and counted.
 */
export async function compactTable(session: Session, table: Table, options: CompactOptions = {}): Promise<CompactResult> {
  const result: CompactResult = { filesBefore: 0, filesAfter: 0, bytesBefore: 0n, bytesAfter: 0n, rows: 0n, rowsDeleted: 0n, commits: 0, skipped: 0 };
  const strategy = options.strategy ?? 'bin-pack';
  if (strategy === 'bin-pack' && options.columns !== undefined) throw new MillraceError('usage', 'bin-pack sorts by no columns', { todo: 'Use sort or z-order.' });
  const stage = new Stage(session, table, options);
  const scan = await table.scan(options.where === undefined ? {} : { filter: options.where });
  try {
    for (const groups of inCommits(groupsOf(table, scan, strategy, options))) {
      await compactGroups({ session, table, stage, scan, strategy, options }, groups, result);
      await stage.clear(); // what was fetched takes no more room than one commit's files
      options.onProgress?.({ ...result });
    }
    return result;
  } finally {
    await stage.clear();
  }
}

function groupsOf(table: Table, scan: TableScan, strategy: string, options: CompactOptions): CompactionGroup[] {
  const { targetFileSize, minInputFiles } = options;
  if (strategy === 'bin-pack') return table.planCompaction(scan, { targetFileSizeBytes: targetFileSize, minInputFiles });
  // A whole partition is one group: what is sorted in pieces is not sorted.
  return table.planCompaction(scan, { targetFileSizeBytes: Number.MAX_SAFE_INTEGER, rewriteAll: true });
}

function inCommits(groups: readonly CompactionGroup[]): CompactionGroup[][] {
  const commits: CompactionGroup[][] = [];
  let bytes = BYTES_A_COMMIT;
  for (const group of groups) {
    if (bytes + group.bytes > BYTES_A_COMMIT) {
      commits.push([]);
      bytes = 0n;
    }
    commits.at(-1)?.push(group);
    bytes += group.bytes;
  }
  return commits;
}

interface Job { session: Session; table: Table; stage: Stage; scan: TableScan; strategy: string; options: CompactOptions }

async function compactGroups(job: Job, groups: readonly CompactionGroup[], result: CompactResult): Promise<void> {
  const written: { group: CompactionGroup; files: DataFile[] }[] = [];
  for (const group of groups) written.push({ group, files: await rewrite(job, group) });
  if (await commit(job, written, result) || written.length === 1) return;
  for (const each of written) await commit(job, [each], result); // those that nobody touched can still be had
}

async function rewrite({ session, table, stage, strategy, options }: Job, group: CompactionGroup): Promise<DataFile[]> {
  const rows = await stage.rowsOf(group.files);
  // What lies in one partition already need not be sorted by it: of wide rows that would take more memory than there is.
  const layout: Layout = { fewPartitions: group.specId === table.metadata['default-spec-id'] };
  if (strategy === 'z-order') layout.orderBy = await zOrderSql(session, table.schema, options.columns ?? [], rows, options.signal);
  if (strategy === 'sort') layout.sortOrder = sortOrderOf(table, options.columns);
  return await stage.write(rows, layout);
}

function sortOrderOf(table: Table, columns: readonly string[] | undefined): Layout['sortOrder'] {
  const order = columns === undefined ? table.sortOrder : newSortOrder(table.schema, columns, 0);
  if (order.fields.length > 0) return order;
  throw new MillraceError('usage', 'there is nothing to sort by: no columns were given, and the table has no sort order', { where: table.location });
}

/** False where another writer was faster. */
async function commit(
  { table, stage, scan, options }: Job, written: readonly { group: CompactionGroup; files: DataFile[] }[], result: CompactResult,
): Promise<boolean> {
  const remove = written.flatMap(({ group }) => group.files.map(({ file }) => file));
  const add = written.flatMap(({ files }) => files);
  try {
    await table.replaceFiles({ remove, add }, { summary: options.summary, signal: options.signal, basedOn: scan });
  } catch (error) {
    if (!(error instanceof MillraceError) || error.code !== 'conflict') throw error;
    if (written.length > 1) return false;
    await stage.discard(add);
    result.skipped += 1;
    return false;
  }
  const rows = sum(add, (file) => file.recordCount);
  result.filesBefore += remove.length;
  result.filesAfter += add.length;
  result.bytesBefore += sum(remove, (file) => file.fileSizeInBytes);
  result.bytesAfter += sum(add, (file) => file.fileSizeInBytes);
  result.rows += rows;
  result.rowsDeleted += sum(remove, (file) => file.recordCount) - rows;
  result.commits += 1;
  return true;
}

function sum(files: readonly DataFile[], of: (file: DataFile) => bigint): bigint {
  return files.reduce((total, file) => total + of(file), 0n);
}
