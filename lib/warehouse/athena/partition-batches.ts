// Athena writes at most 100 partitions in a statement: a SELECT cut into pieces that each write no more.
import { MillraceError } from '../../base/index.ts';
import type { PartitionField, PartitionSpec, Schema } from '../../lake/index.ts';
import { quoteName, quoteString } from '../dialect/index.ts';
import type { ResultColumn } from '../types.ts';

export const MOST_OPEN_PARTITIONS = 100;

export interface PartitionExpression { sql: string; name: string }

/** SQL that tells which partition a row is in, a column each; and into how many each such group is divided further by buckets. */
export function partitionExpressions(schema: Schema, spec: PartitionSpec): { expressions: PartitionExpression[]; buckets: number } {
  const expressions: PartitionExpression[] = [];
  let buckets = 1;
  for (const field of spec.fields) {
    const size = /^bucket\[(\d+)\]$/.exec(field.transform)?.[1];
    if (size !== undefined) buckets *= Number(size);
    else if (field.transform !== 'void') expressions.push({ sql: expressionOf(schema, field), name: `p${expressions.length}` });
  }
  if (buckets > MOST_OPEN_PARTITIONS) {
    throw new MillraceError('unsupported', `${buckets} buckets are more partitions than Athena writes in one statement`, {
      todo: `Use at most ${MOST_OPEN_PARTITIONS} buckets.`,
    });
  }
  return { expressions, buckets };
}

function expressionOf(schema: Schema, field: PartitionField): string {
  const column = schema.fields.find(({ id }) => id === field['source-id']);
  if (column === undefined) throw new MillraceError('internal', `the partition ${field.name} has no column`);
  const name = quoteName(column.name);
  const width = /^truncate\[(\d+)\]$/.exec(field.transform)?.[1];
  if (width !== undefined) return column.type === 'string' ? `substr(${name}, 1, ${width})` : `${name} - ((${name} % ${width}) + ${width}) % ${width}`;
  return field.transform === 'identity' ? name : `date_trunc('${field.transform}', ${name})`;
}

/** A SELECT of the partitions that the rows of `sql` are in. */
export function partitionsQuery(sql: string, expressions: readonly PartitionExpression[]): string {
  return `SELECT DISTINCT ${expressions.map(({ sql: expression, name }) => `${expression} AS ${name}`).join(', ')} FROM (${sql}) AS staged_rows`;
}

/**
 * The SELECT in pieces, by conditions on its partitions. `found`: rows of `partitionsQuery`, values as the engine gives them. One piece,
 * the SELECT as it is, where that is few enough.
 */
export function inBatches(
  sql: string, expressions: readonly PartitionExpression[], buckets: number, columns: readonly ResultColumn[], found: readonly unknown[][],
): string[] {
  const capacity = Math.max(1, Math.floor(MOST_OPEN_PARTITIONS / buckets));
  if (found.length <= capacity) return [sql];
  const termOf = (values: readonly unknown[]) =>
    values.map((value, index) => condition(expressions[index]?.sql ?? '', value, columns[index]?.type ?? 'varchar')).join(' AND ');
  const terms = found.map(termOf).sort();
  const pieces: string[] = [];
  for (let from = 0; from < terms.length; from += capacity) {
    pieces.push(`SELECT * FROM (${sql}) AS staged_rows WHERE ${terms.slice(from, from + capacity).map((term) => `(${term})`).join(' OR ')}`);
  }
  return pieces;
}

function condition(expression: string, value: unknown, type: string): string {
  if (value === null || value === undefined) return `${expression} IS NULL`;
  return `${expression} = CAST(${quoteString(String(value))} AS ${type})`;
}
