// The transform as Firehose calls it: aggregates taken apart, in batches that a Lambda's payload holds, tried again, and what cannot be transformed
// put out with its error instead of being lost or holding up the others.
import { setImmediate } from 'node:timers/promises';
import { messageOf, type Clock } from '../../base/index.ts';
import { deaggregate, type BronzeRow, type StreamRecord } from '../../ingest/events/index.ts';
import type { Transform } from './delivery.ts';

/** A synchronous call of a Lambda takes 6 MB; records go as base64, with some fields of their own. */
const PAYLOAD_BYTES = 6_000_000;
const ENVELOPE_BYTES = 400;
/** Enough to be quick, few enough that the endpoint and the features of the same process have their turn soon. */
const RECORDS_A_BATCH = 500;
/** Firehose's own number of retries. */
const ATTEMPTS = 4;
const FIRST_PAUSE_MS = 20;

export interface FailedRecord { record: StreamRecord; attempts: number; message: string }

export interface TransformBatchesOptions {
  /** What `lambdas/validate` does with a batch: `rows[i]` is of `records[i]`. */
  transform: (records: readonly StreamRecord[]) => Promise<readonly BronzeRow[]> | readonly BronzeRow[];
  /** Takes records that cannot be transformed; durable when it resolves, and the same whether it is called once or again after a crash. */
  errorOutput: (failed: FailedRecord) => Promise<void>;
  clock: Clock;
}

export function transformInBatches({ transform, errorOutput, clock }: TransformBatchesOptions): Transform {
  const whole = async (batch: readonly StreamRecord[]): Promise<readonly BronzeRow[]> => {
    let failure: unknown;
    for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
      try {
        const rows = await transform(batch);
        if (rows.length !== batch.length) throw new Error(`the transform gave ${rows.length} rows of ${batch.length} records`);
        return rows;
      } catch (thrown) {
        failure = thrown;
        if (attempt < ATTEMPTS) await clock.sleep(FIRST_PAUSE_MS * 2 ** attempt);
      }
    }
    const [only] = batch;
    if (batch.length === 1 && only !== undefined) {
      await errorOutput({ record: only, attempts: ATTEMPTS, message: messageOf(failure) });
      return [];
    }
    const middle = batch.length >> 1;
    return [...await whole(batch.slice(0, middle)), ...await whole(batch.slice(middle))];
  };
  return async (records) => {
    const rows: BronzeRow[] = [];
    for (const batch of batchesOf(records.flatMap(deaggregate))) {
      for (const row of await whole(batch)) rows.push(row);
      await setImmediate();
    }
    return rows;
  };
}

/** In order, each as large as a payload allows; a record that is larger than a payload is alone. */
export function batchesOf(records: readonly StreamRecord[]): StreamRecord[][] {
  const batches: StreamRecord[][] = [];
  let batch: StreamRecord[] = [];
  let bytes = 0;
  for (const record of records) {
    const size = Math.ceil(record.data.length / 3) * 4 + record.partitionKey.length + ENVELOPE_BYTES;
    if (batch.length > 0 && (bytes + size > PAYLOAD_BYTES || batch.length === RECORDS_A_BATCH)) {
      batches.push(batch);
      batch = [];
      bytes = 0;
    }
    batch.push(record);
    bytes += size;
  }
  if (batch.length > 0) batches.push(batch);
  return batches;
}
