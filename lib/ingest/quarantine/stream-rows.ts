// The rows of a stream in the quarantine, read and checked anew under today's contracts.
import { columnsOf, type Contract } from '../../contracts/index.ts';
import type { SqlValue } from '../../lake/duckdb/index.ts';
import { openEventChecker, type EventChecker } from '../events/checker.ts';
import { parseEvent } from '../events/parse.ts';
import { eventPlans } from '../events/plans.ts';
import { payloadPlace } from '../events/rows.ts';
import type { RowValue } from '../events/types.ts';
import { openPayload, type PayloadPlace } from '../privacy/payload.ts';
import { REJECTED } from '../tables/definitions.ts';
import { relationOf } from '../tables/seen.ts';
import { withLocalFiles } from '../tables/storage.ts';
import type { IngestContext } from '../types.ts';

/** A row of the quarantine, and what it is found to be today. */
export interface StreamCandidate {
  /** What tells it from all others: its place in the stream, or in the object it was swept from. */
  place: string;
  reason: string;
  found: { fate: 'accepted'; table: string; values: Readonly<Record<string, RowValue>> } | { fate: 'rejected'; reason: string } | { fate: 'skipped' };
}

const COLUMNS = ['source', '_file', '_file_id', '_row', 'reason', 'raw', 'raw_encoding', '_ingested_at', '_stream', '_shard', '_sequence', '_subsequence', 'layout', 'superseded_by'] as const;
const SELECTED = '_file, _file_id, _row, reason, raw, raw_encoding, epoch_us(_ingested_at), _stream, _shard, _sequence, _subsequence, layout';

/** A place as SQL: the same text as `placeOf` makes, over a relation with the columns of origin. */
export function placeSql(qualifier = ''): string {
  const column = (name: string): string => `${qualifier}${name}`;
  return `CASE WHEN ${column('_sequence')} IS NOT NULL THEN concat_ws('/', ${['_stream', '_shard', '_sequence', '_subsequence'].map(column).join(', ')}) ELSE concat_ws(':', ${column('_file_id')}, ${column('_row')}) END`;
}

/** Reads the rows that a condition over `bronze.rejected` selects, some thousand at a time, and waits for `take` between them. */
export async function forStreamRows(context: IngestContext, source: Contract, where: string, take: (rows: StreamCandidate[]) => Promise<void>, signal: AbortSignal | undefined): Promise<void> {
  const table = await context.lake.loadTable(REJECTED);
  const { files } = await table.scan({ filter: { op: 'eq', column: 'source', value: source.name } });
  const checkerOf = await checkersFor(context, source);
  await withLocalFiles(context.lake, files, context.temporaryFolder, (local) => context.database.use(async (session) => {
    const sql = `SELECT ${SELECTED} FROM ${relationOf(table, local, COLUMNS)} WHERE ${where}`;
    for await (const rows of session.stream(sql, { signal })) await take(await Promise.all(rows.map((row) => candidateOf(context, source, row, checkerOf))));
  }));
}

/** A record came by a stream, whose contract decides where the record names none. */
async function checkersFor(context: IngestContext, source: Contract): Promise<(stream: string) => EventChecker> {
  const plans = eventPlans(context.contracts.values());
  const key = plans.some(({ personal }) => Object.keys(personal).length > 0) ? await context.keys.current() : undefined;
  const checkers = new Map<string, EventChecker>();
  return (stream) => {
    const defaultType = plans.some(({ type }) => type === stream) ? stream : source.name;
    let checker = checkers.get(defaultType);
    if (checker === undefined) {
      checker = openEventChecker({ plans, defaultType, ...(key === undefined ? {} : { key }) });
      checkers.set(defaultType, checker);
    }
    return checker;
  };
}

async function candidateOf(context: IngestContext, source: Contract, row: readonly SqlValue[], checkerOf: (stream: string) => EventChecker): Promise<StreamCandidate> {
  const [file, fileId, number, reason, raw, encoding, at, stream, shard, sequence, subsequence, layout] = row;
  const text = (value: SqlValue | undefined): string => (value === null || value === undefined ? '' : String(value));
  const isPlaced = typeof sequence === 'string';
  const place = isPlaced ? [text(stream), text(shard), sequence, text(subsequence)].join('/') : `${text(fileId)}:${text(number)}`;
  const candidate = { place, reason: text(reason) };
  if (candidate.reason.endsWith('.parse.too_long') || raw === null) return { ...candidate, found: { fate: 'skipped' } };
  const bytes = await openPayload(raw as Uint8Array, text(encoding), context.keys, placeOf(source.name, { fileId, row: number, stream, shard, sequence, subsequence }));
  const ingestedAt = at as bigint;
  const origin: Record<string, RowValue> = {
    _ingested_at: ingestedAt, _stream: text(stream),
    ...(isPlaced ? { _shard: text(shard), _sequence: sequence, _subsequence: text(subsequence) } : { _file: text(file), _file_id: text(fileId), _row: number as bigint }),
  };
  if (layout !== null) return { ...candidate, found: rowAgain(source, bytes, origin) };
  const verdict = checkerOf(text(stream)).check({ data: bytes, arrivedAt: Number(ingestedAt / 1000n) });
  if (verdict.fate === 'rejected') return { ...candidate, found: { fate: 'rejected', reason: verdict.reason } };
  return { ...candidate, found: { fate: 'accepted', table: verdict.type, values: { ...verdict.values, ...origin, _contract_version: verdict.contractVersion } } };
}

/** A row that was accepted once and could not be written: its texts are those that bronze keeps, with pseudonyms for personal data. */
function rowAgain(source: Contract, bytes: Uint8Array, origin: Readonly<Record<string, RowValue>>): StreamCandidate['found'] {
  const parsed = parseEvent(bytes);
  if (!parsed.ok) return { fate: 'rejected', reason: `${source.name}.parse.${parsed.problem}` };
  const text = (name: string): string | null => {
    const value = parsed.record[name];
    return value === null || value === undefined ? null : String(value);
  };
  const values = Object.fromEntries(columnsOf(source).map(({ name }) => [name, text(name)]));
  return { fate: 'accepted', table: source.name, values: { ...values, ...origin, _contract_version: text('_contract_version') } };
}

interface Place { fileId: SqlValue | undefined; row: SqlValue | undefined; stream: SqlValue | undefined; shard: SqlValue | undefined; sequence: SqlValue | undefined; subsequence: SqlValue | undefined }

/** What the bytes of a rejected row are bound to: its place in the stream, or in its file. */
export function placeOf(source: string, { fileId, row, stream, shard, sequence, subsequence }: Place): PayloadPlace {
  return typeof sequence === 'string'
    ? payloadPlace(source, { stream: String(stream), shard: String(shard), sequence, subsequence: String(subsequence ?? 0) })
    : { source, fileId: typeof fileId === 'string' ? fileId : '', row: typeof row === 'bigint' ? row : 0n };
}
