// What Firehose and Lambda put aside, read back: records with their places in the stream as far as they are told.
//
// Firehose writes JSON lines (developer guide, "Handle failure in data transformation" and "Handling errors for data format conversion"): rawData in
// base64, with spellings of the other members that differ by what failed. Lambda's S3 destination writes one document a batch, with the function's
// whole event as text in `payload` ("Configuring destinations for failed Kinesis invocations").
import { deaggregate } from '../events/deaggregate.ts';
import type { StreamPosition } from '../events/types.ts';

export interface FailedObject {
  /** Its key in the bucket of failed records, or its path below the folder: tells it from all others. */
  name: string;
  bytes: Uint8Array;
}

/** Where a record was given up: it could not be transformed, could not be written, could not be folded into features, or cannot even be read here. */
export type FailedAt = 'delivery.not_transformed' | 'delivery.not_written' | 'features.not_folded' | 'sweep.not_readable';

export interface FailedRecord {
  /** Number in its object, from 1. */
  row: number;
  failedAt: FailedAt;
  /** The contract whose stream it came by, where the object tells. */
  stream?: string;
  /** Without the stream; a part that is not told is missing. */
  position: Partial<Omit<StreamPosition, 'stream'>>;
  data: Uint8Array;
  /** Milliseconds since 1970. */
  arrivedAt?: number;
  /** The service's code for what went wrong. */
  code: string;
}

/** Every record of an object; what cannot be read is a record as well. `streamPrefix` is what names of streams begin with (`millrace-dev-`). */
export function readFailures({ name, bytes }: FailedObject, streamPrefix: string): FailedRecord[] {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8');
  const whole = objectOf(text);
  const records = whole !== undefined && typeof whole['payload'] === 'string' ? fromLambda(whole, whole['payload'], streamPrefix) : undefined;
  if (records !== undefined) return records.map((record, at) => ({ row: at + 1, ...record }));
  const stream = /(?:^|\/)firehose\/([a-z][a-z0-9_]*)\//.exec(name)?.[1];
  const isTransform = /(?:^|\/)processing-failed\//.test(name);
  return text.split('\n').filter((line) => line.trim() !== '').map((line, at) => ({ row: at + 1, ...fromFirehose(line, stream, isTransform ? 'delivery.not_transformed' : 'delivery.not_written') }));
}

type Found = Omit<FailedRecord, 'row'>;

function fromFirehose(line: string, stream: string | undefined, failedAt: FailedAt): Found {
  const members = objectOf(line);
  const member = membersOf(members);
  const raw = member('rawdata');
  if (members === undefined || typeof raw !== 'string') return { failedAt: 'sweep.not_readable', ...optional('stream', stream), position: {}, data: Buffer.from(line), code: '' };
  const place = membersOf(member('kinesisrecordmetadata'));
  const arrivedAt = millisecondsOf(place('approximatearrivaltimestamp') ?? member('arrivaltimestamp'));
  const sequence = textOf(place('sequencenumber') ?? member('sequencenumber'));
  const subsequence = Number(place('subsequencenumber') ?? member('subsequencenumber') ?? 0);
  return {
    failedAt, ...optional('stream', textOf(place('stream')) ?? stream),
    position: { ...optional('shard', textOf(place('shardid') ?? member('shardid'))), ...(sequence === undefined ? {} : { sequence, subsequence: Number.isSafeInteger(subsequence) ? subsequence : 0 }) },
    data: Buffer.from(raw, 'base64'), ...(arrivedAt === undefined ? {} : { arrivedAt }), code: textOf(member('lasterrorcode') ?? member('errorcode')) ?? '',
  };
}

interface LambdaRecord { eventID?: string; eventSourceARN?: string; kinesis?: { sequenceNumber?: string; data?: string; partitionKey?: string; approximateArrivalTimestamp?: number } }

/** undefined: it is another kind of object. */
function fromLambda(whole: Record<string, unknown>, payload: string, streamPrefix: string): Found[] | undefined {
  const event = objectOf(payload) as { Records?: LambdaRecord[] } | undefined;
  if (!Array.isArray(event?.Records)) return undefined;
  const context = whole['requestContext'] as { condition?: unknown } | undefined;
  return event.Records.flatMap(({ eventID = '', eventSourceARN = '', kinesis = {} }) => {
    const stream = eventSourceARN.slice(eventSourceARN.lastIndexOf('/') + 1);
    const arrivedAt = (kinesis.approximateArrivalTimestamp ?? 0) * 1000;
    const packed = {
      position: { stream, shard: eventID.split(':')[0] ?? '', sequence: kinesis.sequenceNumber ?? '', subsequence: 0 },
      partitionKey: kinesis.partitionKey ?? '', data: Buffer.from(kinesis.data ?? '', 'base64'), arrivedAt,
    };
    return deaggregate(packed).map(({ position: { shard, sequence, subsequence }, data }): Found => ({
      failedAt: 'features.not_folded', stream: stream.startsWith(streamPrefix) ? stream.slice(streamPrefix.length) : stream,
      position: { shard, sequence, subsequence }, data, ...(arrivedAt === 0 ? {} : { arrivedAt: Math.round(arrivedAt) }), code: textOf(context?.condition) ?? '',
    }));
  });
}

function objectOf(json: string): Record<string, unknown> | undefined {
  try {
    const parsed: unknown = JSON.parse(json);
    return typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed) ? (parsed as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

/** Members by their names in lower case. */
function membersOf(object: unknown): (name: string) => unknown {
  const members = new Map(Object.entries((object ?? {}) as Record<string, unknown>).map(([name, value]) => [name.toLowerCase(), value]));
  return (name) => members.get(name) ?? undefined;
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : typeof value === 'number' ? String(value) : undefined;
}

/** Firehose writes milliseconds, as a number or as text. */
function millisecondsOf(value: unknown): number | undefined {
  const number = Number(value);
  return value !== undefined && Number.isFinite(number) && number > 0 ? Math.trunc(number) : undefined;
}

function optional<Name extends string>(name: Name, value: string | undefined): Partial<Record<Name, string>> {
  return (value === undefined ? {} : { [name]: value }) as Partial<Record<Name, string>>;
}
