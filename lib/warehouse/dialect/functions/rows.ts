// What a row of the function tables looks like.
import type { Typed } from '../types/expression.ts';
import type { SqlType } from '../types/types.ts';
import { parseSignature, type Signature } from './signature.ts';

/** Where a function may be used: everywhere, or only in queries typed by a person, never in a model or an audit. */
export type Use = 'everywhere' | 'queries';

/** What is wrong with an argument: told at the place of the call. */
export interface Complaint { complaint: string; todo?: string }
/** SQL, SQL with a type that the signature cannot tell, or a complaint. */
export type Translated = string | { sql: string; type: SqlType } | Complaint;

interface Row {
  signatures: readonly Signature[];
  use: Use;
  /** What a person should know: how the engines differ, what is refused. Goes into the docs. */
  note?: string;
}
/** `$1`, `$2` stand for the arguments, turned into the signature's types. */
export interface ScalarRow extends Row { kind: 'scalar'; duckdb: string | ((args: readonly Typed[], returns: SqlType) => Translated) }

/**
 * How an aggregate is called: adds DISTINCT, ORDER BY, FILTER and OVER to a DuckDB aggregate. A translation may call it more than once.
 * `when` is one more condition on the rows.
 */
export type Aggregation = (name: string, args: readonly string[], when?: string) => string;
export interface AggregateRow extends Row {
  kind: 'aggregate';
  duckdb: (args: readonly Typed[], aggregate: Aggregation, returns: SqlType) => string | Complaint;
  /** Its answer depends on the order of rows: models must give one. */
  ordered: boolean;
}
export interface WindowRow extends Row { kind: 'window'; duckdb: string; ignoresNulls: boolean }
export type FunctionRow = ScalarRow | AggregateRow | WindowRow;

type Extras = { use?: Use; note?: string };
const rowOf = (signatures: string | readonly string[], { use = 'everywhere', note }: Extras) => ({
  signatures: (typeof signatures === 'string' ? [signatures] : signatures).map(parseSignature),
  use,
  ...(note !== undefined && { note }),
});

export const scalar = (signatures: string | readonly string[], duckdb: ScalarRow['duckdb'], extras: Extras = {}): ScalarRow =>
  ({ kind: 'scalar', duckdb, ...rowOf(signatures, extras) });

export const aggregate = (
  signatures: string | readonly string[], duckdb: AggregateRow['duckdb'], { ordered = false, ...extras }: Extras & { ordered?: boolean } = {},
): AggregateRow => ({ kind: 'aggregate', duckdb, ordered, ...rowOf(signatures, extras) });

export const windowed = (
  signatures: string | readonly string[], duckdb: string, { ignoresNulls = false, ...extras }: Extras & { ignoresNulls?: boolean } = {},
): WindowRow => ({ kind: 'window', duckdb, ignoresNulls, ...rowOf(signatures, extras) });

/** Fills `$1`, `$2` of a template. */
export function fill(template: string, args: readonly string[]): string {
  return template.replaceAll(/\$(\d)/g, (_, index: string) => args[Number(index) - 1] ?? 'NULL');
}
