// Reading the quarantine.
import type { Predicate } from '../../lake/index.ts';
import { quoteText } from '../../lake/duckdb/index.ts';
import { REJECTED } from './definitions.ts';
import { query, type Lookup } from './seen.ts';

/** Rejected rows by file. */
export async function countRejected(lookup: Lookup, source: string, fileIds: readonly string[]): Promise<Map<string, number>> {
  const table = await lookup.lake.findTable(REJECTED);
  if (table === undefined) return new Map();
  const filter: Predicate = { op: 'and', of: [{ op: 'eq', column: 'source', value: source }, { op: 'in', column: '_file_id', values: [...fileIds] }] };
  const { files } = await table.scan({ filter });
  const rows = await query(lookup, table, files, ['source', '_file_id'], (relation) =>
    `SELECT _file_id, count(*) AS rows FROM ${relation} WHERE source = ${quoteText(source)} AND _file_id IN (${fileIds.map(quoteText).join(', ')}) GROUP BY _file_id`);
  return new Map(rows.map((row) => [String(row['_file_id']), Number(row['rows'])]));
}
