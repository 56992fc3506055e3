// The on-failure destination: batches that were given up, with their whole records, as the S3 destination of a mapping has them.
import path from 'node:path';
import type { Clock } from '../../base/index.ts';
import type { StreamRecord } from '../../ingest/events/index.ts';
import type { Files } from '../../lake/index.ts';
import { kinesisEvent, streamArn } from './kinesis-event.ts';

export interface FailedBatch {
  stream: string;
  shard: string;
  records: readonly StreamRecord[];
  condition: 'RetryAttemptsExhausted' | 'RecordAgeExceeded';
  /** Calls with these records. */
  attempts: number;
  /** What the function said last. */
  message: string;
}

/** Durable when it resolves. The same batch given again is the same. */
export type FailureDestination = (batch: FailedBatch) => Promise<void>;

/** A JSON file a batch below `folder`, named by the records' places. */
export function failuresTo(files: Files, folder: string, mapping: string, clock: Clock): FailureDestination {
  return async (batch) => {
    const { shard, records } = batch;
    const [first, last] = [records[0] as StreamRecord, records.at(-1) as StreamRecord];
    const file = path.join(folder, 'aws', 'lambda', mapping, shard, `${first.position.sequence}-${last.position.sequence}.json`);
    await files.write(file, Buffer.from(JSON.stringify(invocationRecord(batch, mapping, clock.now()))));
  };
}

/** The document that Lambda writes (developer guide, "Configuring destinations for failed Kinesis invocations", S3). */
export function invocationRecord({ stream, shard, records, condition, attempts, message }: FailedBatch, mapping: string, now: number): Record<string, unknown> {
  const [first, last] = [records[0] as StreamRecord, records.at(-1) as StreamRecord];
  return {
    requestContext: { requestId: `${shard}-${first.position.sequence}`, functionArn: `arn:aws:lambda:local:000000000000:function:${mapping}`, condition, approximateInvokeCount: attempts },
    responseContext: { statusCode: 200, executedVersion: '$LATEST', functionError: 'Unhandled', errorMessage: message },
    version: '1.0',
    timestamp: new Date(now).toISOString(),
    KinesisBatchInfo: {
      shardId: shard, startSequenceNumber: first.position.sequence, endSequenceNumber: last.position.sequence,
      approximateArrivalOfFirstRecord: new Date(first.arrivedAt).toISOString(), approximateArrivalOfLastRecord: new Date(last.arrivedAt).toISOString(),
      batchSize: records.length, streamArn: streamArn(stream),
    },
    payload: JSON.stringify(kinesisEvent(records)),
  };
}
