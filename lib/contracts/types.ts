// What a contract is: everything that is known about a source, declared once.

/** What a column holds. Money is DECIMAL(18,4) with the contract's currency; times become UTC microseconds. */
export type ColumnKind = 'id' | 'text' | 'integer' | 'decimal' | 'money' | 'boolean' | 'timestamp' | 'date' | 'epoch_ms';

/** direct: identifies a person, stored only as a pseudonym. */
export type PiiClass = 'name' | 'email' | 'phone' | 'street';

export interface Column {
  kind: ColumnKind;
  /** NULL (an empty field) is allowed. Default false. */
  nullable: boolean;
  description?: string;
  pii?: PiiClass;
  /** Inclusive bounds; of numbers, or of times as ISO text. */
  min?: number | string;
  max?: number | string;
  /** Values that are accepted; others are `not_accepted`. */
  accepted?: readonly string[];
  /** Full-match regular expression, in the part of the syntax that RE2 and JavaScript share. */
  pattern?: string;
  /** Name of the source (or `source.column`) it points to. Never a reason to quarantine. */
  references?: string;
  /** ids and integers exported as decimals: `17850.0` becomes `17850`. */
  canonical?: 'integer';
  /** decimal only: digits and scale. */
  precision?: number;
  scale?: number;
  /** decimal and money: digits behind the scale are rounded half away from zero instead of refused as `too_precise`. */
  round?: boolean;
  /** timestamp and date: accepted text formats, strptime style (`%m/%d/%Y %H:%M`); ISO 8601 is always accepted. */
  formats?: readonly string[];
  /** Header spellings that mean the same column. */
  aliases?: readonly string[];
  /** Lower-case name in our tables where the source's header is spelled otherwise (`InvoiceNo` → `invoice_no`). */
  as?: string;
}

export interface FilePolicy {
  /** Official file names, exact or with `*`. Anything under landing/<source>/ belongs to the source as well. */
  names: readonly string[];
  format: 'csv' | 'jsonl' | 'parquet';
  delimiter?: ',' | ';' | '\t' | '|';
  /**
   * Columns in a file that the contract does not know: `evolve` adds them to bronze as strings (default, but not with a stream); `quarantine` refuses the
   * rows; `ignore` drops them (default with a stream).
   */
  extraColumns: 'evolve' | 'quarantine' | 'ignore';
  /** Columns of the contract that a file lacks: `null` where nullable (else the file is refused); `refuse` always refuses. */
  missingColumns: 'null' | 'refuse';
}

export interface StreamPolicy { maxAgeDays: number; maxFutureMinutes: number; partitionKey: string }

export interface Contract {
  name: string;
  description: string;
  owner: string;
  version: string;
  files?: FilePolicy;
  stream?: StreamPolicy;
  /** IANA zone of local times in the source. */
  timeZone: string;
  currency?: string;
  /** Business key, in table names: silver keeps the last row a key. Empty: every row stands for itself. */
  key: readonly string[];
  /**
   * `key` (default with a key); `row`: rows equal in all columns count once; `none`; `first`: the key is one column, the producer's id of what
   * happened, and may be empty; of rows with the same id the first by event time, then by arrival, counts, and a row without an id has the
   * hash of its columns for one.
   */
  duplicates: 'key' | 'row' | 'none' | 'first';
  /** The column that says when it happened, by its table name. */
  eventTime?: string;
  /** By header, in the source's spelling; the table name of each is `as`, or the header in lower case. */
  columns: Readonly<Record<string, Column>>;
  /** Named rules in the SQL subset, over typed columns by table name; a row for which one is false is quarantined, NULL passes. */
  rules: Readonly<Record<string, string>>;
  /** Days that bronze keeps; undefined: for ever. */
  retentionDays?: number;
}

/** `<source>.<column>.<what>` or `<source>.<rule>`; the order is the order of precedence (parse, columns, type, null, range, rule). */
export interface Failure { reason: string; column?: string; message: string }
