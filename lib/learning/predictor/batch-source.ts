// What the batch predictions of a table were made from.
import type { Table } from '../../lake/index.ts';

/** What a snapshot of a predictor's table was made from: in its summary, so that the one is never without the other. */
export interface BatchSource { version: string; asOf: string; /** Of the tables that were read. */ snapshots: Readonly<Record<string, string>>; /** SHA-256 of the SELECT that read them. */ trainingSet: string }

/** The property of a snapshot's summary that holds a `BatchSource` as JSON. */
export const MADE_FROM = 'millrace.made-from';

/** Of every snapshot of a predictor's table that is still there; those of an older Millrace do not say. Oldest first. */
export function batchSources({ metadata }: Table): { id: string; at: number; source: BatchSource }[] {
  return metadata.snapshots.flatMap(({ 'snapshot-id': id, 'timestamp-ms': at, summary }) => {
    const text = summary[MADE_FROM];
    return text === undefined ? [] : [{ id: String(id), at, source: JSON.parse(text) as BatchSource }];
  }).sort((left, right) => left.at - right.at);
}
