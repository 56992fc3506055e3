// The transform that Firehose calls: base64 in, rows of the Iceberg tables as JSON and base64 out, each with the table it goes to.
//
// What Firehose wants of a row: every column of the table by its name, so NULLs are written out; times as microseconds since 1970; bytes as base64.
// No record is dropped: what does not conform is a row of the quarantine.
import type { FirehoseTransformationEvent, FirehoseTransformationEventRecord, FirehoseTransformationResultRecord } from 'aws-lambda';
import type { PrivacyKey } from '../privacy/keys.ts';
import { REJECTED_COLUMNS } from '../tables/definitions.ts';
import { Base64 } from './base64.ts';
import type { EventChecker } from './checker.ts';
import { count, noCounts } from './counters.ts';
import { rejectedRow, REJECTED_TABLE } from './rows.ts';
import type { AcceptedEvent, RejectedEvent, RowValue, StreamPosition, TransformCounters } from './types.ts';

/** A result's record with the routing that Firehose's Iceberg destination reads. */
export interface RoutedRecord extends Omit<FirehoseTransformationResultRecord, 'metadata'> {
  metadata?: { otfMetadata: { destinationDatabaseName: string; destinationTableName: string; operation: 'insert' } };
}

export interface FirehoseTransformOptions {
  checker: EventChecker;
  /** Closes payloads of rejected records that may name a person. */
  key?: PrivacyKey;
  /** `_stream` of the rows. */
  stream: string;
  /** The physical name of the namespace `bronze`. */
  database: string;
  /** Milliseconds since 1970, for `_ingested_at`. */
  now: number;
  /** The most bytes of a response. */
  mostBytes?: number;
}

export interface FirehoseTransform {
  records: RoutedRecord[];
  counters: TransformCounters;
  /** Records that no longer fitted the response. Firehose puts them into its error output, from which they are swept into the quarantine. */
  overflowed: number;
}

/** Lambda answers a synchronous call with 6 MB at most; this leaves room for what wraps the records. */
const MOST_RESPONSE_BYTES = 5_900_000;
/** Of a result's record besides its id, its data and its table's name. */
const RECORD_BYTES = 60;
const ROUTE_BYTES = 160;

/**
 * Transforms a batch; a result for every record, in its order. Records that hold aggregates have been taken apart by Firehose. Never throws for
 * what a record holds.
 */
export function transformFirehose({ records }: Pick<FirehoseTransformationEvent, 'records'>, options: FirehoseTransformOptions): FirehoseTransform {
  const { checker, mostBytes = MOST_RESPONSE_BYTES } = options;
  const counters = noCounts();
  const results: RoutedRecord[] = [];
  const routes = new Map<string, RoutedRecord['metadata']>();
  const base64 = new Base64();
  let room = mostBytes;
  for (const { recordId } of records) room -= recordId.length + RECORD_BYTES;
  let overflowed = 0;
  for (const record of records) {
    const data = base64.decode(record.data);
    const verdict = checker.check({ data, arrivedAt: record.kinesisRecordMetadata?.approximateArrivalTimestamp ?? record.approximateArrivalTimestamp });
    const position = positionOf(record, options.stream);
    const json = verdict.fate === 'accepted' ? acceptedJson(verdict, position, options.now) : rejectedJson(data, verdict, position, options);
    const encoded = base64.encode(json);
    if (encoded.length + ROUTE_BYTES > room) {
      overflowed++;
      results.push({ recordId: record.recordId, result: 'ProcessingFailed' });
      continue;
    }
    room -= encoded.length + ROUTE_BYTES;
    count(counters, data.length, verdict);
    const table = verdict.fate === 'accepted' ? verdict.type : REJECTED_TABLE;
    let metadata = routes.get(table);
    if (metadata === undefined) {
      metadata = { otfMetadata: { destinationDatabaseName: options.database, destinationTableName: table, operation: 'insert' } };
      routes.set(table, metadata);
    }
    results.push({ recordId: record.recordId, result: 'Ok', data: encoded, metadata });
  }
  return { records: results, counters, overflowed };
}

/** A record put straight to Firehose has no place in a stream; its own id stands for one. */
function positionOf({ recordId, kinesisRecordMetadata: place }: FirehoseTransformationEventRecord, stream: string): StreamPosition {
  if (place === undefined) return { stream, shard: 'direct', sequence: recordId, subsequence: 0 };
  return { stream, shard: place.shardId, sequence: place.sequenceNumber, subsequence: Number(place.subsequenceNumber || 0) };
}

const FILE_COLUMNS = '"_file":null,"_file_id":null,"_row":null';

function acceptedJson({ names, texts, contractVersion }: AcceptedEvent, { shard, sequence, stream, subsequence }: StreamPosition, now: number): string {
  let json = '{';
  for (let at = 0; at < names.length; at++) {
    const text = texts[at];
    json += text == null ? `"${names[at]}":null,` : `"${names[at]}":${quoted(text)},`;
  }
  return `${json}${FILE_COLUMNS},"_ingested_at":${now}000,"_contract_version":"${contractVersion}","_stream":"${stream}","_shard":"${shard}","_sequence":"${sequence}","_subsequence":"${subsequence}"}`;
}

const NEEDS_ESCAPES = /["\\]|[^ -\uffff]/;

/** Most texts need no escape, and asking is cheaper than having each looked through. */
function quoted(text: string): string {
  return NEEDS_ESCAPES.test(text) ? JSON.stringify(text) : `"${text}"`;
}

function rejectedJson(data: Uint8Array, verdict: RejectedEvent, position: StreamPosition, options: FirehoseTransformOptions): string {
  const { values } = rejectedRow({ data, position }, verdict, options);
  return JSON.stringify(Object.fromEntries(REJECTED_COLUMNS.map(({ name }) => [name, jsonValue(values[name] ?? null)])));
}

/** Microseconds since 1970 are whole numbers that JSON and a double hold exactly until the year 2255. */
function jsonValue(value: RowValue): string | number | null {
  if (typeof value === 'bigint') return Number(value);
  return value instanceof Uint8Array ? Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('base64') : value;
}
