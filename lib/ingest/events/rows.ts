// What becomes of a checked record: its row in the bronze table of its type, or in the quarantine.
import { sealedEncoding, sealPayload, type PayloadPlace } from '../privacy/payload.ts';
import type { PrivacyKey } from '../privacy/keys.ts';
import type { EventChecker } from './checker.ts';
import type { AcceptedEvent, BronzeRow, RejectedEvent, RowValue, StreamPosition, StreamRecord } from './types.ts';

/** What is kept of a record that is too long to be read. */
const KEPT_OF_TOO_LONG_EVENT = 64 * 1024;

/** The table of rejected records, in bronze. */
export const REJECTED_TABLE = 'rejected';

export interface RowContext {
  checker: Pick<EventChecker, 'mayBePersonal'>;
  /** Payloads of records that may name a person are closed with it. */
  key?: PrivacyKey;
  /** When the row is made, milliseconds since 1970. */
  now: number;
}

/** Columns that say where an event came from. */
function originColumns({ stream, shard, sequence, subsequence }: StreamPosition, contractVersion: string, now: number): Record<string, RowValue> {
  return {
    _ingested_at: BigInt(Math.trunc(now)) * 1000n, _contract_version: contractVersion,
    _stream: stream, _shard: shard, _sequence: sequence, _subsequence: String(subsequence),
  };
}

export function acceptedRow(record: Pick<StreamRecord, 'position'>, event: AcceptedEvent, { now }: Pick<RowContext, 'now'>): BronzeRow {
  return { fate: 'accepted', table: event.type, values: { ...event.values, ...originColumns(record.position, event.contractVersion, now) } };
}

/** What of a refused record comes from its check, or from whoever else refused it. */
export type Refusal = Pick<RejectedEvent, 'type' | 'contractVersion' | 'reasons' | 'message'>;

/** A row for `bronze.rejected`. The bytes are closed where they may name a person, bound to the record's place in the stream. */
export function rejectedRow(record: Pick<StreamRecord, 'position' | 'data'>, refusal: Refusal, { checker, key, now }: RowContext): BronzeRow {
  const { type, contractVersion, reasons, message } = refusal;
  const kept = reasons[0]?.endsWith('.parse.too_long') === true ? record.data.subarray(0, KEPT_OF_TOO_LONG_EVENT) : record.data;
  const seal = key !== undefined && checker.mayBePersonal(type) ? key : undefined;
  return {
    fate: 'rejected', table: REJECTED_TABLE, values: {
      source: type, reason: reasons[0] ?? null, reasons: JSON.stringify(reasons), message,
      raw: seal === undefined ? kept : sealPayload(kept, seal, payloadPlace(type, record.position)),
      raw_encoding: seal === undefined ? 'plain' : sealedEncoding(seal),
      ...originColumns(record.position, contractVersion, now),
    },
  };
}

/** What the closed bytes of a rejected record are bound to. */
export function payloadPlace(source: string, { stream, shard, sequence, subsequence }: Omit<StreamPosition, 'subsequence'> & { subsequence: number | bigint | string }): PayloadPlace {
  return { source, fileId: `${stream}/${shard}/${sequence}`, row: BigInt(subsequence) };
}
