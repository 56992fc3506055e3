// The metadata tables that every table has beside it, `"orders$snapshots"` and its like, and their columns.
import { MillraceError } from '../../base/index.ts';
import { didYouMean } from '../models/near.ts';
import type { ResultColumn } from '../types.ts';

const TIME = 'timestamp(6) with time zone';
const COUNTS = 'map(integer, bigint)';

export const METADATA_COLUMNS = Object.freeze({
  snapshots: columns({
    committed_at: TIME, snapshot_id: 'bigint', parent_id: 'bigint', operation: 'varchar', manifest_list: 'varchar', summary: 'map(varchar, varchar)',
  }),
  history: columns({ made_current_at: TIME, snapshot_id: 'bigint', parent_id: 'bigint', is_current_ancestor: 'boolean' }),
  refs: columns({
    name: 'varchar', type: 'varchar', snapshot_id: 'bigint', max_reference_age_in_ms: 'bigint', min_snapshots_to_keep: 'integer', max_snapshot_age_in_ms: 'bigint',
  }),
  files: columns({
    content: 'integer', file_path: 'varchar', file_format: 'varchar', partition: 'varchar', record_count: 'bigint',
    file_size_in_bytes: 'bigint', column_sizes: COUNTS, value_counts: COUNTS, null_value_counts: COUNTS, lower_bounds: 'map(integer, varchar)', upper_bounds: 'map(integer, varchar)',
  }),
  partitions: columns({ partition: 'varchar', record_count: 'bigint', file_count: 'bigint', total_size: 'bigint' }),
});

export type MetadataTableName = keyof typeof METADATA_COLUMNS;

function columns(types: Readonly<Record<string, string>>): readonly ResultColumn[] {
  return Object.entries(types).map(([name, type]) => ({ name, type }));
}

/** The name of a metadata table; throws `not_found` for one that there is not. */
export function metadataTableName(kind: string): MetadataTableName {
  const known = Object.keys(METADATA_COLUMNS) as MetadataTableName[];
  const found = known.find((name) => name === kind);
  if (found !== undefined) return found;
  throw new MillraceError('not_found', `tables have no $${kind}`, { todo: didYouMean(kind, known) ?? `They have ${known.map((name) => `$${name}`).join(', ')}.` });
}

export function metadataColumns(kind: string): readonly ResultColumn[] {
  return METADATA_COLUMNS[metadataTableName(kind)];
}
