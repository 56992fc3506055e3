// A piece of SQL for DuckDB with the type it has in Trino, and the columns it came from.
import type { Expression } from '../syntax/tree.ts';
import { duckDbType, type SqlType } from './types.ts';

/** `table<TAB>column`: where a value comes from. */
export type Origin = string;

export interface Typed {
  /** Safe to put anywhere an operand may stand: a call, a literal, or something in parentheses. */
  sql: string;
  type: SqlType;
  from: ReadonlySet<Origin>;
  /** What was written, where it decides: literals that a function wants to know. */
  source?: Expression;
}

export const NOWHERE: ReadonlySet<Origin> = new Set();

export function originsOf(parts: Iterable<{ from: ReadonlySet<Origin> }>): ReadonlySet<Origin> {
  const all = new Set<Origin>();
  for (const { from } of parts) for (const origin of from) all.add(origin);
  return all;
}

export const castTo = (sql: string, type: SqlType): string => `CAST(${sql} AS ${duckDbType(type)})`;

/** The text of a string literal; undefined for any other expression. */
export function literalText(value: Typed | undefined): string | undefined {
  const { source } = value ?? {};
  return source?.kind === 'literal' && source.type === 'string' ? source.text : undefined;
}

/** The value of an integer literal, signed or not; undefined for any other expression. */
export function literalInteger(value: Typed | undefined): number | undefined {
  const { source } = value ?? {};
  if (source?.kind === 'literal' && source.type === 'integer') return Number(source.text);
  if (source?.kind === 'unary' && source.operand.kind === 'literal' && source.operand.type === 'integer') {
    return source.operator === '-' ? -Number(source.operand.text) : Number(source.operand.text);
  }
  return undefined;
}

/**
 * SQL that fails with this message when it is evaluated, and only then. DuckDB's own error() counts as volatile: it stops the optimiser
 * and cannot stand inside TRY. A text that is no number does the same without.
 */
export function failure(message: string, type: SqlType): string {
  const raised = `CAST('${message.replaceAll("'", "''")}' AS INTEGER)`;
  return type.kind === 'varchar' || type.kind === 'unknown' ? `CAST(${raised} AS VARCHAR)` : castThroughText(raised, type);
}

function castThroughText(raised: string, type: SqlType): string {
  return `CAST(CAST(${raised} AS VARCHAR) AS ${duckDbType(type)})`;
}
