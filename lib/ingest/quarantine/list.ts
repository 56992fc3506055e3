// What lies in the quarantine: by file and reason, and row by row.
import type { Predicate } from '../../lake/index.ts';
import { quoteText, type SqlRow } from '../../lake/duckdb/index.ts';
import { MillraceError } from '../../base/index.ts';
import { openPayload } from '../privacy/payload.ts';
import { FILES, REJECTED } from '../tables/definitions.ts';
import { query } from '../tables/seen.ts';
import type { IngestContext } from '../types.ts';
import { placeOf } from './stream-rows.ts';

/** Which rows are meant; members left out mean all. */
export interface QuarantineFilter {
  source?: string;
  /** Name of the file, or its id. */
  file?: string;
  /** Name of the stream: records that came by it. */
  stream?: string;
  reason?: string;
  /** Settled rows too: those of files that a mended one replaces. */
  withSettled?: boolean;
}

export interface QuarantineGroup {
  source: string;
  /** undefined: it came by a stream. */
  file?: string;
  fileId?: string;
  /** The stream it came by; undefined: it came with a file. */
  stream?: string;
  reason: string;
  message: string;
  rows: number;
  /** The first line of them in the file. */
  line?: number;
  /** When they were refused, ISO 8601, UTC. */
  since: string;
  contractVersion: string;
  /** A file of the same name that landed later: perhaps the mended one. */
  newerFileId?: string;
}

/** Rejected rows by source, file and reason, the most first. */
export async function listQuarantine(context: IngestContext, filter: QuarantineFilter = {}, signal?: AbortSignal): Promise<QuarantineGroup[]> {
  const columns = ['source', '_file', '_file_id', 'line', 'reason', 'message', '_ingested_at', '_contract_version', 'superseded_by', '_stream'];
  // What was swept from objects of failed records is listed by its stream: there may be thousands of them.
  const ofFile = (column: string): string => `CASE WHEN _stream IS NULL THEN ${column} END`;
  const [rows, newer] = await Promise.all([
    fromRejected(context, filter, columns, (relation, where) =>
      `SELECT source, any_value(${ofFile('_file')}) AS file, ${ofFile('_file_id')} AS file_id, _stream AS stream, reason, min_by(message, coalesce(line, 0)) AS message, count(*) AS rows, min(line) AS line, `
      + `strftime(min(_ingested_at), '%Y-%m-%dT%H:%M:%SZ') AS since, max(_contract_version) AS version FROM ${relation} WHERE ${where} `
      + `GROUP BY source, ${ofFile('_file_id')}, _stream, reason ORDER BY rows DESC, source, file, reason`, signal),
    newestByName(context, signal),
  ]);
  return rows.map((row) => {
    const newest = newer.get(`${text(row, 'source')}\n${text(row, 'file')}`);
    return {
      source: text(row, 'source'), reason: text(row, 'reason'), message: text(row, 'message'), rows: Number(row['rows']), since: text(row, 'since'), contractVersion: text(row, 'version'),
      ...optional('file', row['file']), ...optional('fileId', row['file_id']), ...optional('stream', row['stream']), ...(row['line'] === null ? {} : { line: Number(row['line']) }),
      ...(newest === undefined || newest === row['file_id'] || row['file_id'] === null ? {} : { newerFileId: newest }),
    };
  });
}

export interface QuarantinedRow {
  source: string;
  file?: string;
  fileId?: string;
  row?: number;
  line?: number;
  byteOffset?: number;
  /** Where it lay in a stream. */
  stream?: string;
  shard?: string;
  sequence?: string;
  subsequence?: number;
  reasons: string[];
  message: string;
  contractVersion: string;
  /** The bytes as text; undefined where they are encrypted and `reveal` was not asked for. */
  raw?: string;
  encrypted: boolean;
}

export interface ShowOptions extends QuarantineFilter {
  /** Default 20. */
  limit?: number;
  /** Open encrypted bytes, which may name a person. */
  reveal?: boolean;
}

/** Single rows with what they came as, in the order of files and rows. */
export async function showQuarantine(context: IngestContext, options: ShowOptions = {}, signal?: AbortSignal): Promise<QuarantinedRow[]> {
  const columns = ['source', '_file', '_file_id', '_row', 'line', 'byte_offset', 'reason', 'reasons', 'message', 'raw', 'raw_encoding', '_contract_version', 'superseded_by', '_stream', '_shard', '_sequence', '_subsequence'];
  const rows = await fromRejected(context, options, columns, (relation, where) =>
    `SELECT source, _file, _file_id, _row, line, byte_offset, reasons, message, raw, raw_encoding, _contract_version, _stream, _shard, _sequence, _subsequence FROM ${relation} WHERE ${where} `
    + `ORDER BY source, _file, _file_id, _row, _stream, _shard, length(_sequence), _sequence, length(_subsequence), _subsequence LIMIT ${options.limit ?? 20}`, signal);
  return Promise.all(rows.map(async (row) => {
    const encoding = text(row, 'raw_encoding');
    const place = placeOf(text(row, 'source'), { fileId: row['_file_id'], row: row['_row'], stream: row['_stream'], shard: row['_shard'], sequence: row['_sequence'], subsequence: row['_subsequence'] });
    const encrypted = encoding !== 'plain';
    const raw = encrypted && options.reveal !== true ? undefined : await openPayload(row['raw'] as Uint8Array, encoding, context.keys, place);
    return {
      source: place.source, reasons: JSON.parse(text(row, 'reasons')) as string[], message: text(row, 'message'), contractVersion: text(row, '_contract_version'), encrypted,
      ...optional('file', row['_file']), ...optional('fileId', row['_file_id']), ...number('row', row['_row']), ...number('line', row['line']),
      ...number('byteOffset', row['byte_offset']), ...optional('stream', row['_stream']), ...optional('shard', row['_shard']), ...optional('sequence', row['_sequence']),
      ...(row['_subsequence'] === null ? {} : { subsequence: Number(row['_subsequence']) }), ...(raw === undefined ? {} : { raw: Buffer.from(raw).toString('utf8') }),
    };
  }));
}

/** Names or ids of files as SQL; throws `bad_input` for a source that no contract declares. */
export function whereOf(context: IngestContext, { source, file, stream, reason, withSettled }: QuarantineFilter): { sql: string; within: Predicate } {
  if (source !== undefined && !context.contracts.has(source)) {
    throw new MillraceError('not_found', `there is no source ${source}`, { todo: `The sources are ${[...context.contracts.keys()].join(', ')}.` });
  }
  const conditions = [
    ...(source === undefined ? [] : [`source = ${quoteText(source)}`]),
    ...(stream === undefined ? [] : [`_stream = ${quoteText(stream)}`]),
    ...(file === undefined ? [] : [`(_file = ${quoteText(file)} OR _file_id = ${quoteText(file)} OR ends_with(_file, ${quoteText(`/${file}`)}))`]),
    ...(reason === undefined ? [] : [`(reason = ${quoteText(reason)} OR ends_with(reason, ${quoteText(`.${reason}`)}))`]),
    ...(withSettled === true ? [] : ['superseded_by IS NULL']),
  ];
  return { sql: conditions.join(' AND ') || 'TRUE', within: source === undefined ? { op: 'true' } : { op: 'eq', column: 'source', value: source } };
}

async function fromRejected(
  context: IngestContext, filter: QuarantineFilter, columns: readonly string[], sql: (relation: string, where: string) => string, signal?: AbortSignal,
): Promise<SqlRow[]> {
  const where = whereOf(context, filter);
  const table = await context.lake.findTable(REJECTED);
  if (table === undefined) return [];
  const { files } = await table.scan({ filter: where.within });
  if (files.length === 0) return [];
  return query({ ...context, signal }, table, files, columns, (relation) => sql(relation, where.sql));
}

async function newestByName(context: IngestContext, signal?: AbortSignal): Promise<Map<string, string>> {
  const table = await context.lake.findTable(FILES);
  if (table === undefined) return new Map();
  const { files } = await table.scan();
  const rows = files.length === 0 ? [] : await query({ ...context, signal }, table, files, ['source', '_file', '_file_id', 'ingested_at'], (relation) =>
    `SELECT source, _file AS file, arg_max(_file_id, ingested_at) AS newest FROM ${relation} GROUP BY source, _file`);
  return new Map(rows.map((row) => [`${text(row, 'source')}\n${text(row, 'file')}`, text(row, 'newest')]));
}

function text(row: SqlRow, name: string): string {
  const value = row[name];
  return value === null || value === undefined ? '' : String(value);
}

function optional<Name extends string>(name: Name, value: unknown): Partial<Record<Name, string>> {
  return (typeof value === 'string' ? { [name]: value } : {}) as Partial<Record<Name, string>>;
}

function number<Name extends string>(name: Name, value: unknown): Partial<Record<Name, number>> {
  return (typeof value === 'bigint' || typeof value === 'number' ? { [name]: Number(value) } : {}) as Partial<Record<Name, number>>;
}
