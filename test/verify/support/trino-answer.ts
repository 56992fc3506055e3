// What a live Trino answers, in the form in which answers are recorded.
import { query } from '../../oracles/trino/query.mjs';
import type { Answer } from '../../warehouse/dialect/support/expectations.ts';

/** Whole numbers beyond 2^53 become text, as JSON has no others. Errors of the query are answers; others are thrown. */
export async function trinoAnswer(sql: string, port: number): Promise<Answer> {
  try {
    const { columns, rows } = await query(sql, { port });
    return { types: columns.map(({ type }) => type), rows: JSON.parse(JSON.stringify(rows, (_, value: unknown) => (typeof value === 'bigint' ? String(value) : value))) as unknown[][] };
  } catch (error) {
    if (error instanceof Error && /^[A-Z_]+$/.test(error.name)) return { error: error.name };
    throw error;
  }
}
