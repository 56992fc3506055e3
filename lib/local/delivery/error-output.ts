// Where records go that could not be delivered: a file each, as Firehose writes its error output, named by the record's place in its stream.
import path from 'node:path';
import type { Clock } from '../../base/index.ts';
import type { Files } from '../../lake/index.ts';
import type { FailedRecord } from './transform-batches.ts';

/** Files below `folder`, for the sweep into the quarantine to take. Written again after a crash, a file is the same file. */
export function errorOutputTo(files: Files, folder: string, clock: Clock): (failed: FailedRecord) => Promise<void> {
  return async ({ record: { position, partitionKey, data, arrivedAt }, attempts, message }) => {
    const { stream, shard, sequence, subsequence } = position;
    const line = {
      attemptsMade: attempts, arrivalTimestamp: arrivedAt, errorCode: 'Lambda.FunctionError', errorMessage: message, attemptEndingTimestamp: clock.now(),
      rawData: Buffer.from(data).toString('base64'),
      kinesisRecordMetadata: { stream, shardId: shard, partitionKey, sequenceNumber: sequence, subsequenceNumber: subsequence, approximateArrivalTimestamp: arrivedAt },
    };
    const file = path.join(folder, stream, 'processing-failed', `${shard}-${sequence}-${subsequence}.json`);
    await files.write(file, Buffer.from(`${JSON.stringify(line)}\n`));
  };
}
