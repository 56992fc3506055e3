// Rows that go to the quarantine, collected in a temporary table: their number knows no bound, memory does.
import { MillraceError } from '../../base/index.ts';
import type { Session } from '../../lake/duckdb/index.ts';
import type { PrivacyKey } from '../privacy/keys.ts';
import { sealPayload } from '../privacy/payload.ts';

export interface RejectedRow {
  /** Which file of the job. */
  file: number;
  row: number;
  /** Undefined for formats without lines. */
  line?: number;
  offset?: number;
  /** In the order of precedence; the first is the reason. */
  reasons: readonly string[];
  message: string;
  raw: Uint8Array;
}

/** Name of the temporary table: `file, row, line, byte_offset, reason, reasons, message, raw`. */
export const REJECTED_TABLE = '"$rejected"';

export class RejectedRows {
  /** By file, then by first reason. */
  readonly counts = new Map<number, Map<string, number>>();
  private readonly session: Session;
  private readonly source: string;
  private readonly fileIds: readonly string[];
  /** Payloads are encrypted with it; undefined: the source holds nothing personal. */
  private readonly key: PrivacyKey | undefined;
  private appender: Awaited<ReturnType<Session['connection']['createAppender']>> | undefined;

  /** The session is used by nobody else until `finish`. */
  constructor(session: Session, source: string, fileIds: readonly string[], key: PrivacyKey | undefined) {
    this.session = session;
    this.source = source;
    this.fileIds = fileIds;
    this.key = key;
  }

  async open(): Promise<void> {
    await this.session.run(`CREATE OR REPLACE TEMP TABLE ${REJECTED_TABLE} (file INTEGER, row BIGINT, line BIGINT, byte_offset BIGINT, reason VARCHAR, reasons VARCHAR, message VARCHAR, raw BLOB)`);
    this.appender = await this.session.connection.createAppender('$rejected', 'main', 'temp');
  }

  /** Forgets all rows. */
  async clear(): Promise<void> {
    this.finish();
    this.counts.clear();
    await this.open();
  }

  add(row: RejectedRow): void {
    const to = this.appender;
    const [reason] = row.reasons;
    if (to === undefined || reason === undefined) throw new MillraceError('internal', 'a rejected row without a reason, or behind the end');
    to.appendInteger(row.file);
    to.appendBigInt(BigInt(row.row));
    if (row.line === undefined) to.appendNull();
    else to.appendBigInt(BigInt(row.line));
    if (row.offset === undefined) to.appendNull();
    else to.appendBigInt(BigInt(row.offset));
    to.appendVarchar(reason);
    to.appendVarchar(JSON.stringify(row.reasons));
    to.appendVarchar(row.message);
    to.appendBlob(this.key === undefined ? row.raw : sealPayload(row.raw, this.key, { source: this.source, fileId: this.fileIds[row.file] ?? '', row: row.row }));
    to.endRow();
    const byReason = this.counts.get(row.file) ?? new Map<string, number>();
    byReason.set(reason, (byReason.get(reason) ?? 0) + 1);
    this.counts.set(row.file, byReason);
  }

  /** All rows are in the table when this returns. */
  finish(): void {
    this.appender?.closeSync();
    this.appender = undefined;
  }

  countOf(file: number): number {
    let total = 0;
    for (const count of this.counts.get(file)?.values() ?? []) total += count;
    return total;
  }

  get total(): number {
    let total = 0;
    for (const file of this.counts.keys()) total += this.countOf(file);
    return total;
  }
}
