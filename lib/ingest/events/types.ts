// What the stream's parts hand to each other: records with their positions, what a check finds, and rows ready for bronze.

/** Where a record lies in its stream. Sequence numbers are decimal text: they do not fit a JavaScript number. */
export interface StreamPosition {
  stream: string;
  shard: string;
  sequence: string;
  /** Number of the event within an aggregated record, from 0; 0 for a record that holds one event. */
  subsequence: number;
}

export interface StreamRecord {
  position: StreamPosition;
  partitionKey: string;
  data: Uint8Array;
  /** When the stream took it, milliseconds since 1970. */
  arrivedAt: number;
}

/** What a check of a record finds. */
export type EventVerdict = AcceptedEvent | RejectedEvent;

export interface AcceptedEvent {
  fate: 'accepted';
  /** The contract it conforms to. */
  type: string;
  contractVersion: string;
  /** Names of the contract's columns in bronze, in their order. */
  names: readonly string[];
  /** For each name the text that bronze keeps, personal data as pseudonyms. */
  texts: readonly (string | null)[];
  /** The same by name; made when it is first asked for. */
  values: Readonly<Record<string, string | null>>;
  /** When it happened, milliseconds since 1970 UTC; null where the contract names no event time, or the event has none. */
  eventTime: number | null;
  /** Keys of the event that the contract does not know; they are left out. */
  unknownKeys: number;
}

export interface RejectedEvent {
  fate: 'rejected';
  /** The contract it was checked by; the stream's own where the record does not tell. */
  type: string;
  contractVersion: string;
  /** The first failure in the order parse, columns, type, null, range, rule. */
  reason: string;
  /** All failures in that order. */
  reasons: readonly string[];
  /** The first failure in a sentence, which never quotes the record. */
  message: string;
}

/** A value of a row: text, microseconds since 1970 for times, bytes. */
export type RowValue = string | bigint | Uint8Array | null;

/** A row of `bronze.<table>`; columns that are not named are NULL. */
export interface BronzeRow {
  fate: 'accepted' | 'rejected';
  /** Name of the table in bronze: the event's type, or `rejected`. */
  table: string;
  values: Readonly<Record<string, RowValue>>;
}

/** Counted per batch; adds up over batches. */
export interface TransformCounters {
  records: number;
  accepted: number;
  rejected: number;
  /** Keys that no contract knows, left out of accepted events. */
  unknownKeys: number;
  /** Bytes of the records as they came. */
  bytes: number;
  /** Accepted events by type. */
  types: Record<string, number>;
  /** Rejected events by reason. */
  reasons: Record<string, number>;
}
