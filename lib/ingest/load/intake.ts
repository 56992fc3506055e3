// Where all ways of reading end: staged rows become data files and rejected rows, and are counted file by file. What is written here
// nobody sees before it is published.
import { MillraceError } from '../../base/index.ts';
import { failuresOf, validationPlan, type Contract } from '../../contracts/index.ts';
import type { Session } from '../../lake/duckdb/index.ts';
import type { DataFile } from '../../lake/index.ts';
import type { RecordMark } from '../csv/scan.ts';
import type { PreparedFile } from '../prepared.ts';
import type { PrivacyKey } from '../privacy/keys.ts';
import type { Shape } from '../shape/resolve.ts';
import { ensureBronze } from '../tables/ensure.ts';
import { discardFiles } from '../tables/storage.ts';
import type { IngestContext, Reader } from '../types.ts';
import { findRecords, type RecordFormat } from './find-records.ts';
import type { RejectedRows } from './rejected-rows.ts';
import { bronzeSelect, extraKeys, failedRows, type Origin, type StageColumns, type Staged } from './staged.ts';
import { writeBronze } from './write-bronze.ts';

/** Bytes of text that DuckDB takes in at once: more of them need more memory, fewer make smaller data files. */
const STRETCH_BYTES = 128 * 1024 * 1024;

export interface IntakeOptions {
  contract: Contract;
  files: readonly PreparedFile[];
  /** One a file. */
  origins: readonly Origin[];
  session: Session;
  rejected: RejectedRows;
  key: PrivacyKey | undefined;
  /** Default 128 MiB. */
  stretchBytes?: number;
  signal?: AbortSignal;
}

export class Intake {
  readonly context: IngestContext;
  readonly options: IntakeOptions;
  readonly stretchBytes: number;
  reader: Reader = 'exact';
  dataFiles: DataFile[] = [];
  /** Rows in data files, by number of the file. */
  readonly accepted = new Map<number, number>();
  /** Columns that came with the files and are not in the contract. */
  readonly extras = new Set<string>();
  /** Where records start, by number of the file: to find them again. */
  readonly marks: RecordMark[][] = [];
  private readonly messages: ReadonlyMap<string, string>;

  constructor(context: IngestContext, options: IntakeOptions) {
    this.context = context;
    this.options = options;
    this.stretchBytes = options.stretchBytes ?? STRETCH_BYTES;
    this.messages = new Map(failuresOf(validationPlan(options.contract)).map(({ reason, message }) => [reason, message]));
  }

  /** Deletes what was written and will not be published. */
  async discard(): Promise<void> {
    await discardFiles(this.context.lake, this.dataFiles);
    this.dataFiles = [];
  }

  /** As if nothing had been read. */
  async takeBack(): Promise<void> {
    await this.discard();
    this.accepted.clear();
    this.reader = 'exact';
    await this.options.rejected.clear();
  }

  /**
   * Bad rows to the quarantine with the bytes they came as, good rows to data files. `counts` are of the rows that are staged, by number of
   * the file. `format`: how records are found again; undefined where they have no bytes of their own.
   */
  async take(staged: Staged, counts: ReadonlyMap<number, { accepted: number; failed: number }>, format: RecordFormat | undefined): Promise<void> {
    const { session, contract, origins, key, signal } = this.options;
    let failed = 0;
    for (const [file, each] of counts) {
      this.accepted.set(file, (this.accepted.get(file) ?? 0) + each.accepted);
      failed += each.failed;
    }
    if (failed > 0) await this.reject(staged, format);
    const jsonExtras = await extraKeys(session, staged, contract, signal);
    for (const name of [...staged.columns.extras, ...jsonExtras.keys()]) this.extras.add(name);
    const table = await ensureBronze(this.context.lake, contract, [...this.extras]);
    const select = bronzeSelect(table, contract, staged, origins, jsonExtras);
    this.dataFiles.push(...await writeBronze(this.context, { session, table, select, origins, key, signal }));
  }

  private async reject(staged: Staged, format: RecordFormat | undefined): Promise<void> {
    const { session, rejected, files, signal } = this.options;
    for await (const batch of failedRows(session, staged, format === undefined, signal)) {
      if (format === undefined) {
        for (const { file, row, failures, values } of batch) rejected.add({ file, row, reasons: failures, message: this.messageOf(failures), raw: Buffer.from(values ?? '') });
        continue;
      }
      for (const file of new Set(batch.map((each) => each.file))) {
        const failures = new Map(batch.filter((each) => each.file === file).map((each) => [each.row, each.failures]));
        const { content, file: { path } } = files[file]!.material;
        for await (const records of findRecords(content, format, this.marks[file] ?? [], [...failures.keys()])) {
          for (const { row, line, offset, raw } of records) {
            const reasons = failures.get(row) ?? [];
            failures.delete(row);
            rejected.add({ file, row, line, offset, reasons, message: this.messageOf(reasons), raw });
          }
        }
        if (failures.size > 0) throw new MillraceError('internal', `${failures.size} rejected rows were not found again`, { where: path });
      }
    }
  }

  private messageOf([reason = '']: readonly string[]): string {
    return this.messages.get(reason) ?? reason;
  }
}

/** The columns of a header as bronze has them. */
export function columnsOfShape({ columns }: Shape): StageColumns {
  const targets = columns.flatMap(({ target, extra }) => (target === undefined ? [] : [{ target, extra }]));
  return {
    present: new Set(targets.filter(({ extra }) => !extra).map(({ target }) => target)), extras: targets.filter(({ extra }) => extra).map(({ target }) => target), jsonExtras: false,
  };
}

/** A name for each column of a file: the bronze column's, or one that is left out. */
export function namesOfShape({ columns }: Shape): { all: string[]; wanted: string[] } {
  const all = columns.map(({ target }, at) => target ?? `$ignored${at}`);
  return { all, wanted: all.filter((_, at) => columns[at]?.target !== undefined) };
}
