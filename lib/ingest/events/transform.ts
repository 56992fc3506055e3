// A batch of records becomes rows of bronze: each record one row, in its order, whatever is wrong with it.
import type { PrivacyKey } from '../privacy/keys.ts';
import type { EventChecker } from './checker.ts';
import { count, noCounts } from './counters.ts';
import { acceptedRow, rejectedRow } from './rows.ts';
import type { BronzeRow, StreamRecord, TransformCounters } from './types.ts';

export interface TransformOptions {
  checker: EventChecker;
  /** Closes payloads of rejected records that may name a person. */
  key?: PrivacyKey;
  /** Milliseconds since 1970, for `_ingested_at`. */
  now: number;
}

/** `rows[i]` is what became of `records[i]`, which have been taken apart before (`deaggregate`). Never throws for what a record holds. */
export function transform(records: readonly StreamRecord[], options: TransformOptions): { rows: BronzeRow[]; counters: TransformCounters } {
  const counters = noCounts();
  const rows = records.map((record) => {
    const verdict = options.checker.check(record);
    count(counters, record.data.length, verdict);
    return verdict.fate === 'accepted' ? acceptedRow(record, verdict, options) : rejectedRow(record, verdict, options);
  });
  return { rows, counters };
}
