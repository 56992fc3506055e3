// The rows of a replay: read from the quarantine, parsed and checked anew, told apart from those that bronze has already.
import { temporaryPath } from '../bytes/temporary.ts';
import { columnsOf, type Contract } from '../../contracts/index.ts';
import { quoteName, quoteText, type Session } from '../../lake/duckdb/index.ts';
import type { Snapshot } from '../../lake/index.ts';
import { parseReason } from '../load/problems.ts';
import { readCsvSql } from '../load/read-csv.ts';
import { Spool } from '../load/spool.ts';
import { FILE, ROW, stageRows, type Origin, type Staged } from '../load/staged.ts';
import type { PrivacyKey } from '../privacy/keys.ts';
import { openPayload } from '../privacy/payload.ts';
import { bronzeTable, REJECTED } from '../tables/definitions.ts';
import { findSeen, query, relationOf } from '../tables/seen.ts';
import { withLocalFiles } from '../tables/storage.ts';
import type { IngestContext } from '../types.ts';
import { Reparser } from './reparse.ts';
import { changeOf, type Outcome, type SourceReplay } from './replay-report.ts';

const CANDIDATES = '"$candidates"';
const PRESENT = '"$present"';

export class Candidates {
  /** The files of the rows, by number. */
  origins: Origin[] = [];
  key: PrivacyKey | undefined;
  /** The snapshot of bronze in which the rows were looked for. */
  lookedIn: Snapshot | undefined;
  private readonly context: IngestContext;
  private readonly session: Session;
  private readonly contract: Contract;
  private readonly signal: AbortSignal | undefined;
  private readonly spool: Spool;
  private staged: Staged | undefined;
  private examined = 0;
  private skipped = 0;

  constructor(context: IngestContext, session: Session, contract: Contract, signal: AbortSignal | undefined) {
    this.context = context;
    this.session = session;
    this.contract = contract;
    this.signal = signal;
    this.spool = new Spool(temporaryPath(context.temporaryFolder, 'replay'), ',');
  }

  /** Reads the rows that a condition over `bronze.rejected` selects. */
  async collect(where: string): Promise<void> {
    const { context, session, contract, signal } = this;
    this.key = Object.values(contract.columns).some(({ pii }) => pii !== undefined) ? await context.keys.current() : undefined;
    const table = await context.lake.loadTable(REJECTED);
    const { files } = await table.scan({ filter: { op: 'eq', column: 'source', value: contract.name } });
    const columns = ['source', '_file', '_file_id', '_row', 'reason', 'raw', 'raw_encoding', '_ingested_at', 'layout', '_stream', 'superseded_by'];
    await this.findFiles(where, table, files, columns);
    const numbers = new Map(this.origins.map(({ fileId }, number) => [fileId, number]));
    await session.run(`CREATE OR REPLACE TEMP TABLE ${CANDIDATES} (file INTEGER, row BIGINT, reason VARCHAR, verdict VARCHAR)`);
    const appender = await session.connection.createAppender('$candidates', 'main', 'temp');
    const reparser = new Reparser(contract);
    const tooLong = parseReason(contract.name, 'too_long');
    await withLocalFiles(context.lake, files, context.temporaryFolder, (local) => context.database.use(async (reading) => {
      const sql = `SELECT _file_id, _row, reason, raw, raw_encoding, layout FROM ${relationOf(table, local, columns)} WHERE ${where}`;
      for await (const batch of reading.stream(sql, { signal })) {
        for (const [fileId, row, reason, raw, encoding, layout] of batch) {
          const number = numbers.get(String(fileId));
          if (number === undefined || typeof layout !== 'string' || reason === tooLong) {
            this.skipped++;
            continue;
          }
          const bytes = await openPayload(raw as Uint8Array, String(encoding), context.keys, { source: contract.name, fileId: String(fileId), row: row as bigint });
          const found = reparser.read(bytes, layout);
          this.examined++;
          appender.appendInteger(number);
          appender.appendBigInt(row as bigint);
          appender.appendVarchar(String(reason));
          if (found.ok) appender.appendNull();
          else appender.appendVarchar(found.reason);
          appender.endRow();
          if (found.ok) this.spool.appendValues(number, Number(row), found.values);
        }
        await this.spool.flush();
      }
    }));
    appender.closeSync();
    await this.spool.close();
    await this.stage();
    await this.findPresent();
  }

  /** Files that have landed; rows of others are none of ours. */
  private async findFiles(where: string, table: Parameters<typeof query>[1], files: Parameters<typeof query>[2], columns: readonly string[]): Promise<void> {
    const { context, contract, signal } = this;
    const rows = await query({ ...context, signal }, table, files, columns, (relation) =>
      `SELECT _file_id AS id, min(_file) AS file, epoch_us(min(_ingested_at)) AS at FROM ${relation} WHERE ${where} AND _file_id IS NOT NULL GROUP BY 1 ORDER BY 1`);
    const seen = await findSeen({ ...context, signal }, contract.name, rows.map((row) => String(row['id'])));
    this.lookedIn = seen.snapshot;
    this.origins = rows.filter((row) => seen.byId.has(String(row['id'])))
      .map((row) => ({ file: String(row['file']), fileId: String(row['id']), ingestedAt: row['at'] as bigint, contractVersion: contract.version }));
  }

  private async stage(): Promise<void> {
    const { contract, session, spool, signal } = this;
    const names = columnsOf(contract).map(({ name }) => name);
    const reader = spool.rows === 0
      ? `(SELECT ${['$file', '$row', ...names, '$extras'].map((name) => `NULL::VARCHAR AS ${quoteName(name)}`).join(', ')} WHERE false)`
      : readCsvSql({ path: spool.path, delimiter: ',', columns: ['$file', '$row', ...names, '$extras'], hasHeader: false, lineEnd: 'lf', longest: spool.longestRow + 64 });
    const relation = `(SELECT * REPLACE ("$file"::INTEGER AS "$file", "$row"::BIGINT AS "$row") FROM ${reader})`;
    this.staged = await stageRows(session, contract, relation, { present: new Set(names), extras: [], jsonExtras: true }, undefined, signal);
  }

  /** Rows that a replay before put into bronze, and did not come to take out of the quarantine. */
  private async findPresent(): Promise<void> {
    const { context, session, contract, origins, lookedIn } = this;
    const table = await context.lake.findTable(bronzeTable(contract.name));
    await session.run(`CREATE OR REPLACE TEMP TABLE ${PRESENT} (file INTEGER, row BIGINT)`);
    if (table === undefined || lookedIn === undefined || origins.length === 0) return;
    const fileIds = origins.map(({ fileId }) => fileId);
    const { files } = await table.scan({ filter: { op: 'in', column: '_file_id', values: fileIds }, snapshotId: lookedIn['snapshot-id'] });
    await withLocalFiles(context.lake, files, context.temporaryFolder, (local) => session.run(
      `INSERT INTO ${PRESENT} SELECT list_position([${fileIds.map(quoteText).join(', ')}], _file_id) - 1, _row FROM ${relationOf(table, local, ['_file_id', '_row'])} `
      + `WHERE _file_id IN (${fileIds.map(quoteText).join(', ')})`));
  }

  async report(): Promise<SourceReplay> {
    const relation = this.accounted().relation;
    const rows = await this.session.rows(
      `SELECT c.reason AS "from", coalesce(c.verdict, s._failures[1]) AS "to", count(*) AS rows FROM ${CANDIDATES} AS c LEFT JOIN ${relation} AS s ON c.file = s.${FILE} AND c.row = s.${ROW} `
      + 'GROUP BY ALL ORDER BY rows DESC, 1, 2', { signal: this.signal });
    const outcomes = rows.map((row): Outcome => ({ from: String(row['from']), rows: Number(row['rows']), ...(row['to'] === null ? {} : { to: String(row['to']) }) }));
    const accepted = outcomes.reduce((sum, { to, rows: count }) => sum + (to === undefined ? count : 0), 0);
    const there = await this.countPresent(relation);
    const changes = { ...(accepted > there ? { [`bronze.${this.contract.name}`]: accepted - there } : {}), ...(accepted > 0 ? { 'bronze.rejected': -accepted } : {}) };
    return { source: this.contract.name, examined: this.examined, accepted, outcomes, skipped: this.skipped, ...changeOf(changes), ...(there === 0 ? {} : { there }) };
  }

  /** Good rows that bronze has already. */
  private async countPresent(relation: string): Promise<number> {
    const [row] = await this.session.rows(`SELECT count(*) AS n FROM ${relation} AS s SEMI JOIN ${PRESENT} AS p ON s.${FILE} = p.file AND s.${ROW} = p.row WHERE s._failures IS NULL`, { signal: this.signal });
    return Number(row?.['n'] ?? 0);
  }

  /** Good rows that bronze does not have. */
  fresh(): Staged {
    const { columns, relation } = this.accounted();
    return { columns, relation: `(SELECT s.* FROM ${relation} AS s ANTI JOIN ${PRESENT} AS p ON s.${FILE} = p.file AND s.${ROW} = p.row)` };
  }

  /** `place` (`file id:row`) of all good rows, whether they had to be appended or not. */
  acceptedSelect(): string {
    const ids = this.origins.map(({ fileId }) => quoteText(fileId)).join(', ');
    return `SELECT [${ids}][${FILE} + 1] || ':' || ${ROW} AS place FROM ${this.accounted().relation} WHERE _failures IS NULL`;
  }

  async release(): Promise<void> {
    await this.spool.remove();
  }

  private accounted(): Staged {
    return this.staged ?? { columns: { present: new Set(), extras: [], jsonExtras: false }, relation: '' };
  }
}
