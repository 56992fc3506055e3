// The tables that a query reads, and how they are exchanged for others in its text.
import { MillraceError } from '../../base/index.ts';
import { parseTimestamp } from './literals.ts';
import { queryOf } from './parse.ts';
import { place } from './syntax/tokens.ts';
import type { Expression, TableRelation } from './syntax/tree.ts';
import { tablesOf } from './syntax/walk.ts';

/** A point in a table's history: a snapshot, a tag, or a time in microseconds since 1970, UTC. */
export type TimeTravel = { by: 'snapshot'; id: bigint } | { by: 'tag'; name: string } | { by: 'timestamp'; micros: bigint };

export interface TableReference {
  /** In lower case, as written: `silver.orders`; never with `$snapshots` at its end. */
  name: string;
  /** `snapshots` for `silver."orders$snapshots"`. */
  metadata?: string;
  travel?: TimeTravel;
  /** As written, for messages: `silver.orders FOR VERSION AS OF 12`. */
  text: string;
}

/** Tables in FROM and JOIN with their metadata suffix and time travel, in the order of the text. */
export function tableReferences(sql: string, file?: string): TableReference[] {
  return tablesOf(queryOf(sql, file)).map((table) => referenceOf(table, sql, file));
}

/**
 * Exchanges tables in the text of a query. `map` is given each table with its time travel and returns the text that stands for it (a
 * table's name, or a SELECT in parentheses, time travel written out), or undefined to leave it. The rest of the text, and its lines, stay.
 * A table without an alias keeps its name as one.
 */
export function rewriteTables(sql: string, map: (table: TableReference) => string | undefined, file?: string): string {
  let result = '';
  let done = 0;
  for (const table of tablesOf(queryOf(sql, file))) {
    const replacement = map(referenceOf(table, sql, file));
    if (replacement === undefined) continue;
    const alias = table.alias === undefined ? ` AS "${table.parts.at(-1)?.text.replaceAll('"', '""')}"` : '';
    result += sql.slice(done, table.nameAt.start) + replacement + alias;
    done = table.nameAt.end;
  }
  return result + sql.slice(done);
}

/** `silver."orders$snapshots"` is the table `silver.orders` and its metadata table `snapshots`. */
export function nameOf(table: TableRelation): { name: string; metadata?: string } {
  const written = table.parts.map(({ text }) => text.toLowerCase()).join('.');
  const dollar = written.lastIndexOf('$');
  return dollar < 0 ? { name: written } : { name: written.slice(0, dollar), metadata: written.slice(dollar + 1) };
}

export function referenceOf(table: TableRelation, sql: string, file?: string): TableReference {
  const text = sql.slice(table.nameAt.start, table.nameAt.end);
  const travel = table.travel && travelOf(table.travel.by, table.travel.value, file);
  return { ...nameOf(table), ...(travel && { travel }), text };
}

function travelOf(by: 'version' | 'timestamp', value: Expression, file?: string): TimeTravel {
  if (by === 'version') {
    if (value.kind === 'literal' && value.type === 'integer') return { by: 'snapshot', id: BigInt(value.text) };
    if (value.kind === 'literal' && value.type === 'string') return { by: 'tag', name: value.text };
  } else if (value.kind === 'typed' && (value.type === 'timestamp' || value.type === 'date')) {
    const parsed = parseTimestamp(value.text);
    if (parsed) return { by: 'timestamp', micros: parsed.micros };
  }
  const wanted = by === 'version' ? 'a snapshot id or a quoted tag' : "TIMESTAMP '2026-01-31 10:00:00 UTC'";
  throw new MillraceError('bad_input', `FOR ${by.toUpperCase()} AS OF wants ${wanted}`, { where: place(value.at, file) });
}
