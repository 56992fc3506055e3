// From prepared files to rows in data files and rows in the quarantine's antechamber. What it writes nobody sees before it is published.
import { rm } from 'node:fs/promises';
import { MillraceError } from '../../base/index.ts';
import { columnsOf, failuresOf, validationPlan, type Contract } from '../../contracts/index.ts';
import { quoteName, type Session } from '../../lake/duckdb/index.ts';
import type { DataFile, Table } from '../../lake/index.ts';
import { diskError } from '../bytes/disk-error.ts';
import { openPrivate } from '../bytes/material.ts';
import { temporaryPath } from '../bytes/temporary.ts';
import { isPlain } from '../csv/inspect.ts';
import type { RecordMark } from '../csv/scan.ts';
import { spoolCsv } from '../csv/spool-csv.ts';
import { spoolJson } from '../json/spool-json.ts';
import { parquetSelect } from '../parquet/read-parquet.ts';
import type { PreparedCsv, PreparedFile } from '../prepared.ts';
import type { PrivacyKey } from '../privacy/keys.ts';
import type { Shape } from '../shape/resolve.ts';
import { ensureBronze } from '../tables/ensure.ts';
import { discardFiles } from '../tables/storage.ts';
import type { IngestContext, Reader } from '../types.ts';
import { findRecords, type RecordFormat } from './find-records.ts';
import { readCsvSql } from './read-csv.ts';
import type { RejectedRows } from './rejected-rows.ts';
import { Spool } from './spool.ts';
import {
  bronzeSelect, countByFile, countStaged, dropStaged, extraKeys, failedRows, stageRows, type Origin, type StageColumns, type Staged, type StagedCounts,
} from './staged.ts';
import { writeBronze } from './write-bronze.ts';

/** Bytes of text that DuckDB takes in at once: more of them need more memory, fewer make smaller data files. */
const STRETCH_BYTES = 128 * 1024 * 1024;

export interface Loaded {
  dataFiles: DataFile[];
  /** By number of the file. */
  accepted: Map<number, number>;
  reader: Reader;
  /** Columns that came with the files and are not in the contract. */
  extras: Set<string>;
}

export interface LoaderOptions {
  contract: Contract;
  files: readonly PreparedFile[];
  origins: readonly Origin[];
  session: Session;
  rejected: RejectedRows;
  key: PrivacyKey | undefined;
  /** Default 128 MiB. */
  stretchBytes?: number;
  signal?: AbortSignal;
}

export class Loader {
  private readonly context: IngestContext;
  private readonly options: LoaderOptions;
  private readonly stretchBytes: number;
  private readonly messages: ReadonlyMap<string, string>;
  private readonly loaded: Loaded = { dataFiles: [], accepted: new Map(), reader: 'exact', extras: new Set() };
  /** Where records start, by number of the file: to find them again. */
  private readonly marks: RecordMark[][] = [];

  constructor(context: IngestContext, options: LoaderOptions) {
    this.context = context;
    this.options = options;
    this.stretchBytes = options.stretchBytes ?? STRETCH_BYTES;
    this.messages = new Map(failuresOf(validationPlan(options.contract)).map(({ reason, message }) => [reason, message]));
  }

  /** Loads all files of the job. Where it rejects, nothing that it wrote remains. */
  async load(): Promise<Loaded> {
    try {
      const [file] = this.options.files;
      if (file === undefined) return this.loaded;
      if (file.body.format === 'parquet') await this.loadParquet(file, file.body.rows);
      else if (this.options.files.length > 1 || !await this.loadDirectly(file)) await this.loadSpooled();
      return this.loaded;
    } catch (thrown) {
      await this.discard();
      throw thrown;
    } finally {
      await dropStaged(this.options.session).catch(() => {});
    }
  }

  /** Deletes what was written and will not be published. */
  async discard(): Promise<void> {
    await discardFiles(this.context.lake, this.loaded.dataFiles);
    this.loaded.dataFiles = [];
  }

  // --- DuckDB reads the file where it lies ---------------------------------------------------------------------------------------------

  /**
   * Where the scan found nothing to interpret, DuckDB's parallel reader is tried; it is believed if it finds exactly the scan's records, and in
   * their values exactly the scan's bytes. False: it is not, and nothing of what it did remains.
   */
  private async loadDirectly(file: PreparedFile): Promise<boolean> {
    const { body, material: { content } } = file;
    if (body.format !== 'csv' || content.path === undefined || !isPlain(body.scan) || body.shape.unexpected.length > 0) return false;
    this.loaded.reader = 'duckdb';
    this.marks[0] = body.scan.marks;
    let rows = 0;
    let valueBytes = 0;
    try {
      for await (const stretch of this.stretches(content.path, body)) {
        const counts = await this.takeStretch(body, stretch);
        if (counts.rows !== stretch.records) return await this.takeBack();
        rows += counts.rows;
        valueBytes += counts.valueBytes;
      }
    } catch (thrown) {
      if (thrown instanceof MillraceError && (thrown.code === 'bad_input' || thrown.code === 'internal')) return this.takeBack();
      throw thrown;
    }
    const comparable = body.shape.columns.every(({ target }) => target !== undefined);
    if (rows !== body.scan.records || (comparable && valueBytes !== body.scan.valueBytes)) return this.takeBack();
    return true;
  }

  private async takeBack(): Promise<false> {
    await this.discard();
    this.loaded.accepted.clear();
    this.loaded.reader = 'exact';
    await this.options.rejected.clear();
    return false;
  }

  /** The file as it is, or copies of pieces of it, header included, each of whole records. */
  private async *stretches(path: string, { scan, header }: PreparedCsv): AsyncGenerator<{ path: string; firstRow: number; records: number }> {
    if (scan.bytes <= this.stretchBytes) {
      yield { path, firstRow: 1, records: scan.records };
      return;
    }
    const { content } = this.options.files[0]!.material;
    const end: RecordMark = { row: scan.records + 1, offset: header.body.offset + scan.bytes, line: 0 };
    let from = scan.marks[0]!;
    for (const [at, mark] of [...scan.marks, end].entries()) {
      const next = scan.marks[at + 1] ?? end;
      if (mark === from || (next.offset - from.offset <= this.stretchBytes && mark !== end)) continue;
      const piece = temporaryPath(this.context.temporaryFolder, 'piece');
      try {
        await copyBytes(piece, content.chunks(0, header.body.offset), content.chunks(from.offset, mark.offset));
        yield { path: piece, firstRow: from.row, records: mark.row - from.row };
      } finally {
        await rm(piece, { force: true });
      }
      from = mark;
    }
  }

  private async takeStretch({ shape, delimiter, scan }: PreparedCsv, stretch: { path: string; firstRow: number; records: number }): Promise<StagedCounts> {
    const { session, contract, signal } = this.options;
    const names = shape.columns.map(({ target }, at) => target ?? `$ignored${at}`);
    const reader = readCsvSql({
      path: stretch.path, delimiter, columns: names, hasHeader: true, lineEnd: scan.lineEnds.crlf > 0 ? 'crlf' : 'lf', longest: scan.longestRecord,
    });
    const columns = columnsOfShape(shape);
    const relation = `(SELECT ${shape.columns.flatMap(({ target }) => (target === undefined ? [] : [quoteName(target)])).join(', ')} FROM ${reader})`;
    const staged = await stageRows(session, contract, relation, columns, { file: 0, firstRow: stretch.firstRow }, signal);
    const counts = await countStaged(session, staged, signal);
    if (counts.rows === stretch.records) {
      this.add(new Map([[0, { accepted: counts.rows - counts.failed, failed: counts.failed }]]));
      await this.take(staged, counts.failed, { format: 'csv', delimiter, fields: shape.columns.length });
    }
    return counts;
  }

  // --- our own reader, by way of a spool -----------------------------------------------------------------------------------------------

  private async loadSpooled(): Promise<void> {
    const { files, contract, rejected, signal } = this.options;
    const [{ body: first }] = files as [PreparedFile];
    this.loaded.reader = first.format === 'jsonl' ? 'json' : 'exact';
    const target = { spool: this.newSpool(first.format === 'csv' ? first.delimiter : ',') };
    const afterChunk = async (): Promise<void> => {
      await target.spool.flush();
      if (target.spool.bytes < this.stretchBytes) return;
      await this.takeSpool(target.spool, first);
      target.spool = this.newSpool(target.spool.delimiter);
    };
    try {
      for (const [number, { body, material }] of files.entries()) {
        const marks: RecordMark[] = [];
        this.marks[number] = marks;
        if (body.format === 'csv') await spoolCsv(contract.name, number, material.content, body, target, rejected, marks, { afterChunk, signal });
        else if (body.format === 'jsonl') await spoolJson(contract, number, material.content, body.skip, target, rejected, marks, { afterChunk, signal });
      }
      await this.takeSpool(target.spool, first);
    } finally {
      await target.spool.remove();
    }
  }

  private async takeSpool(spool: Spool, like: PreparedFile['body']): Promise<void> {
    try {
      if (spool.rows === 0) return;
      await spool.close();
      const { session, contract, signal } = this.options;
      const isCsv = like.format === 'csv';
      const columns: StageColumns = isCsv ? columnsOfShape(like.shape) : { present: new Set(columnsOf(contract).map(({ name }) => name)), extras: [], jsonExtras: true };
      const names = isCsv ? like.shape.columns.map(({ target }, at) => target ?? `$ignored${at}`) : [...columns.present, '$extras'];
      const reader = readCsvSql({
        path: spool.path, delimiter: spool.delimiter, columns: ['$file', '$row', ...names], hasHeader: false, lineEnd: 'lf', longest: spool.longestRow + 64,
      });
      const wanted = names.filter((name) => !name.startsWith('$ignored')).map(quoteName);
      const staged = await stageRows(session, contract, `(SELECT "$file"::INTEGER AS "$file", "$row"::BIGINT AS "$row", ${wanted.join(', ')} FROM ${reader})`, columns, undefined, signal);
      const counts = await countByFile(session, staged, signal);
      const rows = [...counts.values()].reduce((sum, { accepted, failed }) => sum + accepted + failed, 0);
      if (rows !== spool.rows) {
        throw new MillraceError('internal', `DuckDB read ${rows} rows of ${spool.rows} well-formed ones`, { todo: 'This is a defect; nothing was kept. Please report it with the file.' });
      }
      this.add(counts);
      const failed = [...counts.values()].reduce((sum, each) => sum + each.failed, 0);
      await this.take(staged, failed, isCsv ? { format: 'csv', delimiter: like.delimiter, fields: like.header.names.length } : { format: 'jsonl' });
    } finally {
      await spool.remove();
    }
  }

  private newSpool(delimiter: string): Spool {
    return new Spool(temporaryPath(this.context.temporaryFolder, 'spool'), delimiter);
  }

  // --- Parquet -------------------------------------------------------------------------------------------------------------------------

  private async loadParquet(file: PreparedFile, rows: number): Promise<void> {
    const { session, contract, rejected, signal } = this.options;
    const { body, material } = file;
    if (body.format !== 'parquet' || material.content.path === undefined) throw new MillraceError('internal', 'a Parquet file that is not on disk');
    this.loaded.reader = 'parquet';
    const staged = await stageRows(session, contract, parquetSelect(material.content.path, 0, body), columnsOfShape(body.shape), undefined, signal);
    const counts = await countByFile(session, staged, signal);
    const { accepted = 0, failed = 0 } = counts.get(0) ?? {};
    if (accepted + failed !== rows) {
      throw new MillraceError('bad_input', `the Parquet file has ${accepted + failed} rows where its footer says ${rows}`, { where: material.file.path, todo: 'Nothing of it was kept; write it again.' });
    }
    if (body.shape.unexpected.length === 0) {
      this.add(counts);
      await this.take(staged, failed, undefined);
      return;
    }
    await session.run(`UPDATE "$staged" SET _failures = ['${contract.name}.columns.unexpected']`);
    for await (const batch of failedRows(session, staged, true, signal)) {
      for (const { row, failures, values } of batch) {
        rejected.add({ file: 0, row, reasons: failures, message: `the contract does not know ${body.shape.unexpected.join(', ')}`, raw: Buffer.from(values ?? '') });
      }
    }
  }

  // --- what all of them end in ---------------------------------------------------------------------------------------------------------

  private add(counts: ReadonlyMap<number, { accepted: number }>): void {
    for (const [file, { accepted }] of counts) this.loaded.accepted.set(file, (this.loaded.accepted.get(file) ?? 0) + accepted);
  }

  /** Bad rows to the quarantine with the bytes they came as, good rows to data files. */
  private async take(staged: Staged, failed: number, format: RecordFormat | undefined): Promise<void> {
    const { session, contract, origins, key, signal } = this.options;
    if (failed > 0) await this.reject(staged, format);
    const jsonExtras = await extraKeys(session, staged, contract, signal);
    for (const name of [...staged.columns.extras, ...jsonExtras.keys()]) this.loaded.extras.add(name);
    const table: Table = await ensureBronze(this.context.lake, contract, [...this.loaded.extras]);
    const select = bronzeSelect(table, contract, staged, origins, jsonExtras);
    this.loaded.dataFiles.push(...await writeBronze(this.context, { session, table, select, origins, key, signal }));
  }

  private async reject(staged: Staged, format: RecordFormat | undefined): Promise<void> {
    const { session, rejected, files, signal } = this.options;
    const message = ([reason]: readonly string[]): string => this.messages.get(reason ?? '') ?? reason ?? '';
    for await (const batch of failedRows(session, staged, format === undefined, signal)) {
      if (format === undefined) {
        for (const { file, row, failures, values } of batch) rejected.add({ file, row, reasons: failures, message: message(failures), raw: Buffer.from(values ?? '') });
        continue;
      }
      for (const file of new Set(batch.map((each) => each.file))) {
        const failures = new Map(batch.filter((each) => each.file === file).map((each) => [each.row, each.failures]));
        for await (const records of findRecords(files[file]!.material.content, format, this.marks[file] ?? [], [...failures.keys()])) {
          for (const { row, line, offset, raw } of records) {
            const reasons = failures.get(row) ?? [];
            failures.delete(row);
            rejected.add({ file, row, line, offset, reasons, message: message(reasons), raw });
          }
        }
        if (failures.size > 0) throw new MillraceError('internal', `${failures.size} rejected rows were not found again`, { where: files[file]!.material.file.path });
      }
    }
  }
}

function columnsOfShape({ columns }: Shape): StageColumns {
  const targets = columns.flatMap(({ target, extra }) => (target === undefined ? [] : [{ target, extra }]));
  return {
    present: new Set(targets.filter(({ extra }) => !extra).map(({ target }) => target)), extras: targets.filter(({ extra }) => extra).map(({ target }) => target), jsonExtras: false,
  };
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
