// The words a contract file is written in: one constructor a kind of column.
import type { Column, ColumnKind, PiiClass } from './types.ts';

interface Common {
  /** An empty field is allowed. Default false. */
  nullable?: boolean;
  description?: string;
  /** Values that are accepted; others are `not_accepted`. Written as they stand in the source. */
  accepted?: readonly string[];
  /** Header spellings that mean the same column. */
  aliases?: readonly string[];
  /** Lower-case name in the tables where the header is spelled otherwise: `InvoiceNo` → `invoice_no`. */
  as?: string;
  /** The source (or `source.column`) it points to; documentation and lineage, never a reason to quarantine. */
  references?: string;
}
interface Bounded<Bound> { min?: Bound; max?: Bound }
interface Patterned { pattern?: string }
interface Personal { pii?: PiiClass }
interface Formatted { formats?: readonly string[] }

export type IdOptions = Common & Patterned & { canonical?: 'integer' };
export type TextOptions = Common & Patterned & Personal;
export type IntegerOptions = Common & Bounded<number> & { canonical?: 'integer' };
export type MoneyOptions = Common & Bounded<number | string> & { round?: boolean };
export type DecimalOptions = MoneyOptions & { precision: number; scale: number };
export type TimeOptions = Common & Bounded<string> & Formatted;
export type EpochOptions = Common & Bounded<number>;

const column = (kind: ColumnKind, options: Partial<Column>): Column => Object.freeze({ nullable: false, ...options, kind });

/** A business key, kept as a string whatever it looks like. Spaces around it do not count. */
export const id = (options: IdOptions = {}): Column => column('id', options);

/** Text as it came, spaces included. */
export const text = (options: TextOptions = {}): Column => column('text', options);

/** A whole number of 64 bits (BIGINT). `canonical: 'integer'` also takes `17.0`, as exports write whole numbers of a column that has gaps. */
export const integer = (options: IntegerOptions = {}): Column => column('integer', options);

/** An exact number with a fixed number of decimals; more decimals than that are `too_precise`, unless `round` is set. */
export const decimal = (options: DecimalOptions): Column => column('decimal', options);

/** An amount in the contract's currency, DECIMAL(18,4). */
export const money = (options: MoneyOptions = {}): Column => column('money', options);

/** true or false: `true, false, t, f, yes, no, y, n, 1, 0` in any case. */
export const boolean = (options: Common = {}): Column => column('boolean', options);

/** A date and a time of day: ISO 8601 or one of `formats`. Without an offset it is local time in the contract's zone. */
export const timestamp = (options: TimeOptions = {}): Column => column('timestamp', options);

/** A calendar date: ISO 8601 or one of `formats`; a time of midnight behind it is allowed. */
export const date = (options: TimeOptions = {}): Column => column('date', options);

/** Milliseconds since 1970-01-01T00:00Z, as a whole number. */
export const epochMs = (options: EpochOptions = {}): Column => column('epoch_ms', options);
