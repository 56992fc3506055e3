// A record as the exact reader gives it, and what can be wrong with one.

export type CsvProblem = 'unclosed_quote' | 'text_after_quote' | 'too_long' | 'invalid_utf8' | 'nul_byte' | 'too_few_fields' | 'too_many_fields';

export interface CsvRecord {
  /** 1 for the first record behind the header. */
  row: number;
  /** Physical line on which it starts, the header being line 1. */
  line: number;
  /** Where it starts in the decompressed bytes. */
  offset: number;
  /** Its bytes, without the line end, are `window[from, to)`; of a too long one the first only. Valid until the sink returns. */
  window: Uint8Array;
  from: number;
  to: number;
  /** Bytes that it has in the file, which are more than `to - from` for a too long one. */
  length: number;
  /** 0 where the end of the record is not known for certain. */
  fields: number;
  /** An unquoted field holds a quote: to be quoted anew before a strict reader sees it. */
  strayQuote: boolean;
  /** Empty for a well-formed record; else the first problem decides. */
  problems: readonly CsvProblem[];
}

/** The bytes of a record; valid until the sink returns. */
export function bytesOf(record: CsvRecord): Uint8Array {
  return record.window.subarray(record.from, record.to);
}

/** Takes records as they come; one object for all of them, so that what is kept has to be copied. */
export type RecordSink = (record: CsvRecord) => void;
