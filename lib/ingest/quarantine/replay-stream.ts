// Replay of a stream's records: what conforms now goes to bronze under its own place in the stream, exactly once.
//
// As for files there are two commits, bronze first. A record is told by its place (`_stream, _shard, _sequence, _subsequence`; what was swept
// without one, by the object and the number in it): one that bronze has already, from another delivery or a replay that crashed, is only taken out
// of the quarantine. A record that was refused for its type may land in the table of another.
import { MillraceError } from '../../base/index.ts';
import { bronzeColumns, type Contract } from '../../contracts/index.ts';
import { deleteRows, quoteName, writeRows, type Session } from '../../lake/duckdb/index.ts';
import type { Predicate, Rebase, ScanFile, Table } from '../../lake/index.ts';
import { REJECTED } from '../tables/definitions.ts';
import { ensureBronze, ensureRejected } from '../tables/ensure.ts';
import { query, relationOf } from '../tables/seen.ts';
import { stageValues } from '../tables/stage-values.ts';
import { bringToTable, discardFiles, withLocalFiles, writingFolder } from '../tables/storage.ts';
import type { RowValue } from '../events/types.ts';
import type { IngestContext } from '../types.ts';
import { changeOf, type Outcome, type SourceReplay } from './replay-report.ts';
import { forStreamRows, placeSql, type StreamCandidate } from './stream-rows.ts';

export interface StreamReplayOptions { dryRun: boolean; runId: string; signal?: AbortSignal | undefined }

/** Another process put some of the records into bronze meanwhile. */
export class ReplayedMeanwhile extends Error {}

const ACCEPTED = '$replayed';
const PRESENT = '$there';
const GOOD = '$good';
const PLACE = '$place';
/** Good records that are landed at once: memory is bounded, and each such part is whole. */
const MOST_AT_ONCE = 50_000;
/** Up to so many places are given to the scan, to leave out files that cannot hold them. */
const MOST_LISTED = 500;

/** Replays the records of one source that the condition selects. */
export async function replayStream(context: IngestContext, session: Session, contract: Contract, where: string, options: StreamReplayOptions): Promise<SourceReplay> {
  const replay = new StreamReplay(context, session, contract, where, options);
  await forStreamRows(context, contract, where, (rows) => replay.take(rows), options.signal);
  await replay.flush();
  return replay.report();
}

class StreamReplay {
  private readonly context: IngestContext;
  private readonly session: Session;
  private readonly contract: Contract;
  private readonly where: string;
  private readonly options: StreamReplayOptions;
  private readonly outcomes = new Map<string, Outcome>();
  private readonly changes: Record<string, number> = {};
  /** By table, then by place: a place can be in the quarantine twice, when Firehose delivered it twice. */
  private accepted = new Map<string, Map<string, Readonly<Record<string, RowValue>>>>();
  private waiting = 0;
  private examined = 0;
  private skipped = 0;
  private there = 0;

  constructor(context: IngestContext, session: Session, contract: Contract, where: string, options: StreamReplayOptions) {
    this.context = context;
    this.session = session;
    this.contract = contract;
    this.where = where;
    this.options = options;
  }

  async take(candidates: readonly StreamCandidate[]): Promise<void> {
    for (const { place, reason, found } of candidates) {
      if (found.fate === 'skipped') {
        this.skipped++;
        continue;
      }
      this.examined++;
      this.countOutcome(reason, found.fate === 'rejected' ? found.reason : undefined);
      if (found.fate !== 'accepted') continue;
      const rows = this.accepted.get(found.table) ?? new Map<string, Readonly<Record<string, RowValue>>>();
      rows.set(place, found.values);
      this.accepted.set(found.table, rows);
      this.waiting++;
    }
    if (this.waiting >= MOST_AT_ONCE) await this.flush();
  }

  /** Lands what is good, then takes it out of the quarantine. */
  async flush(): Promise<void> {
    const { context, session, contract, where, options } = this;
    for (const [type, rows] of this.accepted) {
      const landed = await land(context, session, contractOf(context, type), rows, options);
      if (landed > 0) this.changes[`bronze.${type}`] = (this.changes[`bronze.${type}`] ?? 0) + landed;
      this.there += rows.size - landed;
    }
    const places = [...this.accepted.values()].flatMap((rows) => [...rows.keys()]);
    if (!options.dryRun && places.length > 0) await settle(context, session, contract, where, places, options);
    this.accepted = new Map();
    this.waiting = 0;
  }

  report(): SourceReplay {
    const outcomes = [...this.outcomes.values()].sort((a, b) => b.rows - a.rows || (a.from < b.from ? -1 : 1));
    const accepted = outcomes.reduce((sum, { to, rows }) => sum + (to === undefined ? rows : 0), 0);
    return {
      source: this.contract.name, examined: this.examined, accepted, outcomes, skipped: this.skipped,
      ...changeOf({ ...this.changes, ...(accepted > 0 ? { 'bronze.rejected': -accepted } : {}) }), ...(this.there === 0 ? {} : { there: this.there }),
    };
  }

  private countOutcome(from: string, to: string | undefined): void {
    const name = `${from} ${to ?? ''}`;
    const outcome = this.outcomes.get(name) ?? { from, ...(to === undefined ? {} : { to }), rows: 0 };
    outcome.rows++;
    this.outcomes.set(name, outcome);
  }
}

function contractOf({ contracts }: IngestContext, type: string): Contract {
  const contract = contracts.get(type);
  if (contract === undefined) throw new MillraceError('internal', `${type} was accepted and has no contract`);
  return contract;
}

type Rows = ReadonlyMap<string, Readonly<Record<string, RowValue>>>;

/** Appends what bronze does not have yet; gives how many rows that are. */
async function land(context: IngestContext, session: Session, contract: Contract, rows: Rows, { dryRun, runId, signal }: StreamReplayOptions): Promise<number> {
  const table = dryRun ? await context.lake.findTable({ namespace: 'bronze', name: contract.name }) : await ensureBronze(context.lake, contract);
  const lookedIn = table?.currentSnapshot;
  const columns = [...bronzeColumns(contract), { name: PLACE, type: 'string' as const }];
  await stageValues(session, ACCEPTED, columns, Array.from(rows, ([place, values]) => ({ ...values, [PLACE]: place })));
  const files = table === undefined || lookedIn === undefined ? [] : (await table.scan({ filter: within(rows), snapshotId: lookedIn['snapshot-id'] })).files;
  const fresh = rows.size - (table === undefined ? 0 : await findPresent(context, session, table, files));
  if (dryRun || table === undefined || fresh === 0) return fresh;
  const known = new Set(columns.map(({ name }) => name));
  const select = table.schema.fields.map(({ name }) => (known.has(name) ? `a.${quoteName(name)}` : `NULL::VARCHAR AS ${quoteName(name)}`)).join(', ');
  const notThere = files.length === 0 ? '' : ` ANTI JOIN temp.${quoteName(PRESENT)} AS p ON p.place = a.${quoteName(PLACE)}`;
  const written = await bringToTable(context.lake, table, await writeRows(session, {
    schema: table.schema, spec: table.spec, folder: writingFolder(table, context.temporaryFolder), select: `SELECT ${select} FROM temp.${quoteName(ACCEPTED)} AS a${notThere}`,
    compressionLevel: 1, signal, where: `bronze.${contract.name}`,
  }));
  try {
    await table.append(written, { signal, summary: { 'millrace.run-id': runId }, basedOn: { snapshot: lookedIn }, beforeCommit: (rebase) => checkNotThere(context, session, table, rebase) });
  } catch (thrown) {
    // After any other error the commit may have come through, and its files must stay.
    if (thrown instanceof ReplayedMeanwhile || (thrown instanceof MillraceError && thrown.code === 'conflict')) await discardFiles(context.lake, written);
    throw thrown;
  }
  return fresh;
}

/** Prunes a scan to files that may hold some of the places. */
function within(rows: Rows): Predicate {
  const placed = Array.from(rows.values(), (values) => values['_sequence']).filter((sequence) => typeof sequence === 'string');
  return placed.length === rows.size && placed.length <= MOST_LISTED ? { op: 'in', column: '_sequence', values: placed } : { op: 'true' };
}

/** Puts the places of staged rows that these files of bronze have into a table; gives their number. */
async function findPresent(context: IngestContext, session: Session, table: Table, files: readonly ScanFile[]): Promise<number> {
  if (files.length === 0) return 0;
  const columns = ['_file_id', '_row', '_stream', '_shard', '_sequence', '_subsequence'];
  return withLocalFiles(context.lake, files, context.temporaryFolder, async (local) => {
    await session.run(`CREATE OR REPLACE TEMP TABLE ${quoteName(PRESENT)} AS SELECT DISTINCT ${placeSql('b.')} AS place FROM ${relationOf(table, local, columns)} AS b `
      + `SEMI JOIN temp.${quoteName(ACCEPTED)} AS a ON a.${quoteName(PLACE)} = ${placeSql('b.')}`);
    const [row] = await session.rows(`SELECT count(*) AS n FROM temp.${quoteName(PRESENT)}`);
    return Number(row?.['n']);
  });
}

/** Rows that others added since they were looked for may be the very ones: look again. */
async function checkNotThere(context: IngestContext, session: Session, table: Table, rebase: Rebase): Promise<void> {
  const files = (await rebase.addedFiles()).filter((file) => file.content === 0).map((file) => ({ file, sequenceNumber: 0n, snapshotId: 0n, positionDeletes: [] }));
  if ((await findPresent(context, session, table, files)) > 0) throw new ReplayedMeanwhile();
}

/** Takes the records that are in bronze now out of the quarantine. */
async function settle(context: IngestContext, session: Session, contract: Contract, where: string, places: readonly string[], { runId, signal }: StreamReplayOptions): Promise<void> {
  await stageValues(session, GOOD, [{ name: 'place', type: 'string' }], Array.from(places, (place) => ({ place })));
  await deleteRows(session, await ensureRejected(context.lake), {
    sql: `${where} AND ${placeSql()} IN (SELECT place FROM temp.${quoteName(GOOD)})`, within: { op: 'eq', column: 'source', value: contract.name },
  }, { isolation: 'snapshot', summary: { 'millrace.run-id': runId, 'millrace.replayed': String(places.length) }, temporaryFolder: context.temporaryFolder, signal });
}

/** Whether the quarantine holds records of the source that came by a stream, or rows of its files. */
export async function kindsIn(context: IngestContext, source: string, where: string, signal?: AbortSignal): Promise<{ stream: boolean; files: boolean }> {
  const table = await context.lake.loadTable(REJECTED);
  const { files } = await table.scan({ filter: { op: 'eq', column: 'source', value: source } });
  const rows = await query({ ...context, signal }, table, files, ['source', '_file', '_file_id', 'reason', 'superseded_by', '_stream'], (relation) =>
    `SELECT DISTINCT _stream IS NOT NULL AS streamed FROM ${relation} WHERE ${where}`);
  return { stream: rows.some(({ streamed }) => streamed === true), files: rows.some(({ streamed }) => streamed !== true) };
}
