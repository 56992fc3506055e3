// The fast path: DuckDB reads a CSV where it lies. It is believed only where the scan, which knows nothing of it, agrees.
import { rm } from 'node:fs/promises';
import { MillraceError } from '../../base/index.ts';
import { diskError } from '../bytes/disk-error.ts';
import { openPrivate } from '../bytes/material.ts';
import { temporaryPath } from '../bytes/temporary.ts';
import { isPlain } from '../csv/inspect.ts';
import type { RecordMark } from '../csv/scan.ts';
import type { PreparedCsv, PreparedFile } from '../prepared.ts';
import { columnsOfShape, namesOfShape, type Intake } from './intake.ts';
import { nameList, readCsvSql } from './read-csv.ts';
import { countStaged, stageRows, type StagedCounts } from './staged.ts';

/** Whole records of a file that DuckDB takes in at once. */
interface Stretch { path: string; firstRow: number; records: number }

/**
 * Where the scan found nothing to interpret, DuckDB's parallel reader is tried. It is believed if it finds exactly the scan's records, and in
 * their values exactly the scan's bytes. False: it is not, and nothing of what it did remains.
 */
export async function loadDirectly(intake: Intake, { body, material: { content } }: PreparedFile): Promise<boolean> {
  if (body.format !== 'csv' || content.path === undefined || !isPlain(body.scan) || body.shape.unexpected.length > 0) return false;
  intake.reader = 'duckdb';
  intake.marks[0] = body.scan.marks;
  if (await readsAlike(intake, body, content.path)) return true;
  await intake.takeBack();
  return false;
}

async function readsAlike(intake: Intake, body: PreparedCsv, path: string): Promise<boolean> {
  let rows = 0;
  let valueBytes = 0;
  try {
    for await (const stretch of stretchesOf(intake, body, path)) {
      const counts = await takeStretch(intake, body, stretch);
      if (counts.rows !== stretch.records) return false;
      rows += counts.rows;
      valueBytes += counts.valueBytes;
    }
  } catch (thrown) {
    if (thrown instanceof MillraceError && (thrown.code === 'bad_input' || thrown.code === 'internal')) return false;
    throw thrown;
  }
  // Columns that are left out were not counted.
  const isComparable = body.shape.columns.every(({ target }) => target !== undefined);
  return rows === body.scan.records && (!isComparable || valueBytes === body.scan.valueBytes);
}

async function takeStretch(intake: Intake, { shape, delimiter, scan }: PreparedCsv, { path, firstRow, records }: Stretch): Promise<StagedCounts> {
  const { session, contract, signal } = intake.options;
  const { all, wanted } = namesOfShape(shape);
  const reader = readCsvSql({ path, delimiter, columns: all, hasHeader: true, lineEnd: scan.lineEnds.crlf > 0 ? 'crlf' : 'lf', longest: scan.longestRecord });
  const staged = await stageRows(session, contract, `(SELECT ${nameList(wanted)} FROM ${reader})`, columnsOfShape(shape), { file: 0, firstRow }, signal);
  const counts = await countStaged(session, staged, signal);
  if (counts.rows === records) {
    await intake.take(staged, new Map([[0, { accepted: counts.rows - counts.failed, failed: counts.failed }]]), { format: 'csv', delimiter, fields: shape.columns.length });
  }
  return counts;
}

/** The file as it is or, where it is big, copies of pieces of it, header included. */
async function* stretchesOf(intake: Intake, { scan, header }: PreparedCsv, path: string): AsyncGenerator<Stretch> {
  if (scan.bytes <= intake.stretchBytes) {
    yield { path, firstRow: 1, records: scan.records };
    return;
  }
  const { content } = intake.options.files[0]!.material;
  const end: RecordMark = { row: scan.records + 1, offset: header.body.offset + scan.bytes, line: 0 };
  const marks = [...scan.marks, end];
  let from = marks[0]!;
  for (const [at, mark] of marks.entries()) {
    const next = marks[at + 1] ?? end;
    if (mark === from || (next.offset - from.offset <= intake.stretchBytes && mark !== end)) continue;
    const piece = temporaryPath(intake.context.temporaryFolder, 'piece');
    try {
      await copyBytes(piece, content.chunks(0, header.body.offset), content.chunks(from.offset, mark.offset));
      yield { path: piece, firstRow: from.row, records: mark.row - from.row };
    } finally {
      await rm(piece, { force: true });
    }
    from = mark;
  }
}

async function copyBytes(path: string, ...parts: AsyncIterable<Uint8Array>[]): Promise<void> {
  try {
    const handle = await openPrivate(path);
    try {
      for (const part of parts) for await (const chunk of part) await handle.writeFile(chunk);
    } finally {
      await handle.close();
    }
  } catch (thrown) {
    throw diskError(thrown, path);
  }
}
