// Records as a Lambda function gets them, and what it says of them.
import type { KinesisStreamBatchResponse, KinesisStreamEvent } from 'aws-lambda';
import type { StreamRecord } from '../../ingest/events/index.ts';

/** Names of the machine's own account, where an ARN is wanted. */
export function streamArn(stream: string): string {
  return `arn:aws:kinesis:local:000000000000:stream/${stream}`;
}

export function kinesisEvent(records: readonly StreamRecord[]): KinesisStreamEvent {
  return {
    Records: records.map(({ position: { stream, shard, sequence }, partitionKey, data, arrivedAt }) => ({
      eventSource: 'aws:kinesis', eventVersion: '1.0', eventID: `${shard}:${sequence}`, eventName: 'aws:kinesis:record', invokeIdentityArn: 'arn:aws:iam::000000000000:role/local',
      awsRegion: 'local', eventSourceARN: streamArn(stream),
      kinesis: {
        kinesisSchemaVersion: '1.0', partitionKey, sequenceNumber: sequence, approximateArrivalTimestamp: arrivedAt / 1000,
        data: Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString('base64'),
      },
    })),
  };
}

/** A synchronous call takes 6 MB. */
const PAYLOAD_BYTES = 6_000_000;
const ENVELOPE_BYTES = 600;

/** How many of the first records make one call. */
export function batchLength(records: readonly StreamRecord[], batchSize: number): number {
  let bytes = 0;
  for (let at = 0; at < records.length && at < batchSize; at++) {
    const record = records[at] as StreamRecord;
    bytes += Math.ceil(record.data.length / 3) * 4 + record.partitionKey.length + ENVELOPE_BYTES;
    if (at > 0 && bytes > PAYLOAD_BYTES) return at;
  }
  return Math.min(records.length, batchSize);
}

/**
 * Index of the first record that failed; `records.length` where none did. As Lambda reads a response: nothing, or no list, is success; an
 * identifier that is none of the batch's, or missing, is failure of the whole batch.
 */
export function firstFailure(response: unknown, records: readonly StreamRecord[]): number {
  const failures = (response as Partial<KinesisStreamBatchResponse> | null | undefined)?.batchItemFailures;
  if (!Array.isArray(failures) || failures.length === 0) return records.length;
  const places = new Map(records.map(({ position }, at) => [position.sequence, at]));
  return Math.min(...failures.map((failure: { itemIdentifier?: unknown } | null) => places.get(String(failure?.itemIdentifier)) ?? 0));
}
