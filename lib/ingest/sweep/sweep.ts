// What could not be delivered or folded goes to the quarantine, so that there is one. An object that is swept again replaces its own rows.
import { createHash } from 'node:crypto';
import { columnsOf, SYSTEM_COLUMNS } from '../../contracts/index.ts';
import { quoteName, overwriteRows } from '../../lake/duckdb/index.ts';
import { parseEvent } from '../events/parse.ts';
import { payloadPlace } from '../events/rows.ts';
import type { RowValue } from '../events/types.ts';
import { sealedEncoding, sealPayload } from '../privacy/payload.ts';
import type { PrivacyKey } from '../privacy/keys.ts';
import { oneAtATime } from '../publish/one-at-a-time.ts';
import { REJECTED, REJECTED_COLUMNS } from '../tables/definitions.ts';
import { ensureRejected } from '../tables/ensure.ts';
import { stageValues } from '../tables/stage-values.ts';
import type { IngestContext } from '../types.ts';
import { readFailures, type FailedAt, type FailedObject, type FailedRecord } from './read-failures.ts';

export interface SweepOptions {
  /** What names of streams begin with; default nothing, as on one machine. */
  streamPrefix?: string;
  runId?: string;
  signal?: AbortSignal;
}

export interface SweepReport { objects: number; records: number; reasons: Record<string, number> }

/** How the bytes of a swept record that was a row already are read again. */
const ROW_LAYOUT = JSON.stringify({ format: 'bronze_row' });
const SWEPT = '$swept';

const SENTENCES: Readonly<Record<FailedAt, string>> = Object.freeze({
  'delivery.not_transformed': 'the check of the record failed as a whole, or its answer was too big; the record itself was not refused',
  'delivery.not_written': 'the record was accepted, but could not be written to its table',
  'features.not_folded': 'the record could not be folded into the online features; its row in bronze does not depend on that',
  'sweep.not_readable': 'what was put aside is not in the form in which records are put aside',
});

/** Puts the records of these objects into `bronze.rejected`, in one commit. They may be deleted afterwards. */
export async function sweepFailures(context: IngestContext, objects: readonly FailedObject[], { streamPrefix = '', runId, signal }: SweepOptions = {}): Promise<SweepReport> {
  const rows: Record<string, RowValue>[] = [];
  const reasons: Record<string, number> = {};
  const fileIds: string[] = [];
  const isPersonal = [...context.contracts.values()].some(({ stream, columns }) => stream !== undefined && Object.values(columns).some(({ pii }) => pii !== undefined));
  const key = isPersonal ? await context.keys.current() : undefined;
  for (const object of objects) {
    const fileId = createHash('sha256').update(object.name).digest('hex');
    fileIds.push(fileId);
    for (const record of readFailures(object, streamPrefix)) {
      const row = rowOf(context, record, { name: object.name, fileId, key });
      rows.push(row);
      const reason = row['reason'] as string;
      reasons[reason] = (reasons[reason] ?? 0) + 1;
    }
  }
  if (rows.length > 0) {
    await context.database.use((session) => oneAtATime(context.lake, REJECTED, async () => {
      const table = await ensureRejected(context.lake);
      await stageValues(session, SWEPT, REJECTED_COLUMNS, rows);
      await overwriteRows(session, table, { op: 'in', column: '_file_id', values: fileIds }, `SELECT * FROM temp.${quoteName(SWEPT)}`, {
        isolation: 'serializable', temporaryFolder: context.temporaryFolder, signal, ...(runId === undefined ? {} : { summary: { 'millrace.run-id': runId } }),
      });
      await session.run(`DROP TABLE temp.${quoteName(SWEPT)}`);
    }));
  }
  return { objects: objects.length, records: rows.length, reasons };
}

interface Origin { name: string; fileId: string; key: PrivacyKey | undefined }

function rowOf(context: IngestContext, record: FailedRecord, { name, fileId, key }: Origin): Record<string, RowValue> {
  const written = record.failedAt === 'delivery.not_written' ? rowWritten(record.data) : undefined;
  if (written !== undefined && 'raw_encoding' in written) return rejectedBefore(written, { name, fileId, row: record.row });
  const stream = record.stream ?? '';
  const source = sourceOf(context, record, written);
  const { shard, sequence, subsequence = 0 } = written === undefined ? record.position : { shard: written['_shard'] as string, sequence: written['_sequence'] as string, subsequence: Number(written['_subsequence']) };
  const place = sequence === undefined ? { source, fileId, row: record.row } : payloadPlace(source, { stream, shard: shard ?? '', sequence, subsequence });
  const contract = context.contracts.get(source);
  const reason = `${source}.${record.failedAt}`;
  return {
    source, _file: name, _file_id: fileId, _row: BigInt(record.row), reason, reasons: JSON.stringify([reason]),
    message: record.code === '' ? SENTENCES[record.failedAt] : `${SENTENCES[record.failedAt]} (${record.code})`,
    raw: key === undefined ? record.data : sealPayload(record.data, key, place), raw_encoding: key === undefined ? 'plain' : sealedEncoding(key),
    _ingested_at: BigInt(record.arrivedAt ?? Math.trunc(context.clock.now())) * 1000n, _contract_version: contract?.version ?? null,
    _stream: stream, _shard: sequence === undefined ? (shard ?? null) : (shard ?? ''), _sequence: sequence ?? null, _subsequence: sequence === undefined ? null : String(subsequence),
    layout: written === undefined ? null : ROW_LAYOUT,
  };
}

/** The type that the record names, where a stream may bring it; else the stream's own. */
function sourceOf(context: IngestContext, { stream = '', data }: FailedRecord, written: Record<string, unknown> | undefined): string {
  if (written !== undefined) return tableOf(context, written) ?? stream;
  const parsed = parseEvent(data);
  const type = parsed.ok ? parsed.record['type'] : undefined;
  return typeof type === 'string' && context.contracts.get(type)?.stream !== undefined ? type : stream;
}

/** The contract whose columns a row has: every row names all columns of its table. */
function tableOf(context: IngestContext, written: Record<string, unknown>): string | undefined {
  const names = Object.keys(written).filter((name) => !SYSTEM_COLUMNS.includes(name)).sort().join(' ');
  return [...context.contracts.values()].find((contract) => contract.stream !== undefined && columnsOf(contract).map(({ name }) => name).sort().join(' ') === names)?.name;
}

/** A row of bronze as the transform made it: what Firehose could not write is that, and no longer the record. */
function rowWritten(data: Uint8Array): Record<string, unknown> | undefined {
  const parsed = parseEvent(data);
  return parsed.ok && typeof parsed.record['_sequence'] === 'string' && parsed.record['_ingested_at'] !== undefined && parsed.record['_contract_version'] !== undefined
    ? { ...parsed.record } : undefined;
}

/** A row that was bound for the quarantine goes there as it is, but for what tells the object it came back from. */
function rejectedBefore(written: Record<string, unknown>, { name, fileId, row }: { name: string; fileId: string; row: number }): Record<string, RowValue> {
  const values: Record<string, RowValue> = {};
  for (const { name: column, type } of REJECTED_COLUMNS) {
    const value = written[column] ?? null;
    values[column] = value === null ? null : type === 'string' ? String(value) : type === 'binary' ? Buffer.from(String(value), 'base64') : BigInt(String(value));
  }
  return { ...values, _file: name, _file_id: fileId, _row: BigInt(row) };
}
