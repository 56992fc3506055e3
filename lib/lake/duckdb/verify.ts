// Proof that every live file reads: all of its columns are decoded, and its rows counted against the manifest.
import { MillraceError, messageOf } from '../../base/index.ts';
import type { ScanOptions } from '../scan/plan.ts';
import type { Table } from '../table.ts';
import type { ScanFile } from '../types.ts';
import type { Session } from './database.ts';
import { nameOf } from './rows.ts';
import { quoteName } from './sql-text.ts';
import { Stage, type StageOptions } from './stage.ts';

export interface VerifyRowsOptions extends StageOptions, Pick<ScanOptions, 'snapshotId' | 'ref' | 'asOf'> {
  onProgress?: (progress: { files: number; of: number }) => void;
}

export interface VerifyRowsResult {
  files: number;
  /** Rows that a reader sees, deletes applied. */
  rows: bigint;
  /** Of the rows, in any order and any files: two snapshots that hold the same rows have the same. */
  checksum: string;
  problems: { path: string; problem: string }[];
}

const FILES_AT_ONCE = 200;
/** Files of a table that is elsewhere are fetched: so much room they may take, but for one file. */
const BYTES_AT_ONCE = 2n * 1024n ** 3n;

/** Reads every row of a snapshot (default: the current one). Problems are reported, not thrown. */
export async function verifyRows(session: Session, table: Table, options: VerifyRowsOptions = {}): Promise<VerifyRowsResult> {
  const { snapshotId, ref, asOf } = options;
  const { files } = await table.scan({ snapshotId, ref, asOf });
  const stage = new Stage(session, table, options);
  const result: VerifyRowsResult = { files: 0, rows: 0n, checksum: '', problems: [] };
  let checksum = 0n;
  const add = (read: FileContent[]): void => {
    for (const content of read) {
      result.rows += content.rows;
      checksum = BigInt.asUintN(128, checksum + content.checksum);
    }
  };
  try {
    for (const some of inPortions(files)) {
      add(await readFiles(session, table, stage, some, options, result.problems));
      await stage.clear();
      result.files += some.length;
      options.onProgress?.({ files: result.files, of: files.length });
    }
    return { ...result, checksum: checksum.toString(16).padStart(32, '0') };
  } finally {
    await stage.clear();
  }
}

function inPortions(files: readonly ScanFile[]): ScanFile[][] {
  const portions: ScanFile[][] = [];
  let bytes = BYTES_AT_ONCE;
  for (const file of files) {
    const size = [file.file, ...file.positionDeletes].reduce((sum, { fileSizeInBytes }) => sum + fileSizeInBytes, 0n);
    if (bytes + size > BYTES_AT_ONCE || portions.at(-1)?.length === FILES_AT_ONCE) {
      portions.push([]);
      bytes = 0n;
    }
    portions.at(-1)?.push(file);
    bytes += size;
  }
  return portions;
}

interface FileContent { rows: bigint; checksum: bigint }

/** Some files by one query; where that fails, one by one, to learn which of them it was. */
async function readFiles(
  session: Session, table: Table, stage: Stage, files: readonly ScanFile[], options: VerifyRowsOptions, problems: VerifyRowsResult['problems'],
): Promise<FileContent[]> {
  try {
    return await readContents(session, table, stage, files, options, problems);
  } catch (error) {
    if (error instanceof MillraceError && error.code === 'interrupted') throw error;
    const [only] = files;
    if (only === undefined) return [];
    if (files.length === 1) {
      problems.push({ path: only.file.path, problem: messageOf(error) });
      return [];
    }
    const contents: FileContent[] = [];
    for (const file of files) contents.push(...await readFiles(session, table, stage, [file], options, problems));
    return contents;
  }
}

async function readContents(
  session: Session, table: Table, stage: Stage, files: readonly ScanFile[], options: VerifyRowsOptions, problems: VerifyRowsResult['problems'],
): Promise<FileContent[]> {
  const columns = table.schema.fields.map((field) => quoteName(field.name)).join(', ');
  const query = { signal: options.signal, where: nameOf(table) };
  const sql = (rows: string): string => `SELECT "$path" AS path, count(*) AS rows, sum(hash(${columns})::HUGEINT) AS checksum FROM (${rows}) GROUP BY ALL`;
  const stored = await session.rows<{ path: string; rows: bigint; checksum: bigint }>(
    sql(await stage.rowsOf(files.map((each) => ({ ...each, positionDeletes: [] })), { withPosition: true })), query,
  );
  const counts = new Map(stored.map((each) => [each.path, each.rows]));
  const wrong = files.flatMap(({ file }) => {
    const rows = counts.get(file.path) ?? 0n;
    return rows === file.recordCount ? [] : [{ path: file.path, problem: `it holds ${rows} rows, its manifest says ${file.recordCount}` }];
  });
  if (files.every((each) => each.positionDeletes.length === 0)) {
    problems.push(...wrong);
    return stored;
  }
  const visible = await session.rows<{ path: string; rows: bigint; checksum: bigint }>(sql(await stage.rowsOf(files, { withPosition: true })), query);
  problems.push(...wrong);
  return visible;
}
