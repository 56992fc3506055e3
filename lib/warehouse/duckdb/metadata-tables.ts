// The metadata tables of Athena, `"orders$snapshots"` and its like, as relations for DuckDB.
import { MillraceError } from '../../base/index.ts';
import { primitiveTypes, specById, type ColumnMetrics, type DataFile, type PrimitiveType, type Table, type Value } from '../../lake/index.ts';
import { duckType, quoteText, valueLiteral } from '../../lake/duckdb/index.ts';
import { didYouMean } from '../models/near.ts';
import type { TimeTravel } from '../../lake/index.ts';
import type { ResultColumn } from '../types.ts';

interface MetadataTable { columns: readonly ResultColumn[]; rows(table: Table, travel: TimeTravel): Promise<string[][]> }

const TIME = 'timestamp(6) with time zone';
const TEXTS = 'map(varchar, varchar)';
const COUNTS = 'map(integer, bigint)';

/** Every table has these beside it. Rows are DuckDB literals. */
const METADATA_TABLES: Readonly<Record<string, MetadataTable>> = Object.freeze({
  snapshots: {
    columns: columns({ committed_at: TIME, snapshot_id: 'bigint', parent_id: 'bigint', operation: 'varchar', manifest_list: 'varchar', summary: TEXTS }),
    rows: async ({ metadata }: Table) => metadata.snapshots.map((each) => {
      const { operation, ...summary } = each.summary;
      return [time(each['timestamp-ms']), long(each['snapshot-id']), long(each['parent-snapshot-id']), text(operation), text(each['manifest-list']), texts(summary)];
    }),
  },
  history: {
    columns: columns({ made_current_at: TIME, snapshot_id: 'bigint', parent_id: 'bigint', is_current_ancestor: 'boolean' }),
    rows: async ({ metadata }: Table) => {
      const parents = new Map(metadata.snapshots.map((each) => [each['snapshot-id'], each['parent-snapshot-id']]));
      const ancestors = new Set<bigint>();
      for (let id = metadata['current-snapshot-id']; id !== undefined; id = parents.get(id)) ancestors.add(id);
      return metadata['snapshot-log'].map((entry) => {
        const id = entry['snapshot-id'];
        return [time(entry['timestamp-ms']), long(id), long(parents.get(id)), ancestors.has(id) ? 'TRUE' : 'FALSE'];
      });
    },
  },
  refs: {
    columns: columns({
      name: 'varchar', type: 'varchar', snapshot_id: 'bigint', max_reference_age_in_ms: 'bigint', min_snapshots_to_keep: 'integer', max_snapshot_age_in_ms: 'bigint',
    }),
    rows: async ({ metadata }: Table) => Object.entries(metadata.refs).map(([name, ref]) => [
      text(name), text(ref.type.toUpperCase()), long(ref['snapshot-id']), long(ref['max-ref-age-ms']), long(ref['min-snapshots-to-keep']), long(ref['max-snapshot-age-ms']),
    ]),
  },
  files: {
    columns: columns({
      content: 'integer', file_path: 'varchar', file_format: 'varchar', partition: 'varchar', record_count: 'bigint', file_size_in_bytes: 'bigint', column_sizes: COUNTS,
      value_counts: COUNTS, null_value_counts: COUNTS, lower_bounds: 'map(integer, varchar)', upper_bounds: 'map(integer, varchar)',
    }),
    rows: async (table: Table, travel: TimeTravel) => {
      const types = primitiveTypes(table.schema);
      return (await filesOf(table, travel)).map((file) => [
        String(file.content), text(file.path), text(file.format), text(partitionText(table, file)), long(file.recordCount), long(file.fileSizeInBytes),
        counts(file.metrics.columnSizes), counts(file.metrics.valueCounts), counts(file.metrics.nullValueCounts), bounds(file.metrics, 'lowerBounds', types),
        bounds(file.metrics, 'upperBounds', types),
      ]);
    },
  },
  partitions: {
    columns: columns({ partition: 'varchar', record_count: 'bigint', file_count: 'bigint', total_size: 'bigint' }),
    rows: async (table: Table, travel: TimeTravel) => {
      const totals = new Map<string, { records: bigint; files: number; size: bigint }>();
      for (const file of (await filesOf(table, travel)).filter(({ content }) => content === 0)) {
        const key = partitionText(table, file);
        const total = totals.get(key) ?? { records: 0n, files: 0, size: 0n };
        totals.set(key, { records: total.records + file.recordCount, files: total.files + 1, size: total.size + file.fileSizeInBytes });
      }
      return [...totals].map(([key, { records, files, size }]) => [text(key), long(records), long(files), long(size)]);
    },
  },
});

/** Columns of a metadata table; throws `not_found` for one that there is not. */
export function metadataColumns(kind: string): readonly ResultColumn[] {
  return metadataTable(kind).columns;
}

/** A relation with the rows of a metadata table, in DuckDB's SQL. */
export async function metadataRelation(kind: string, table: Table, travel: TimeTravel): Promise<string> {
  const { columns, rows } = metadataTable(kind);
  const items = columns.map(({ name, type }, index) => `CAST(c${index} AS ${duckTypeOf(type)}) AS "${name}"`).join(', ');
  const found = await rows(table, travel);
  const values = found.length === 0 ? `(${columns.map(() => 'NULL').join(', ')})` : found.map((row) => `(${row.join(', ')})`).join(', ');
  return `(SELECT ${items} FROM (VALUES ${values}) AS rows_of(${columns.map((_, index) => `c${index}`).join(', ')})${found.length === 0 ? ' WHERE FALSE' : ''})`;
}

function metadataTable(kind: string): MetadataTable {
  const found = METADATA_TABLES[kind];
  if (found !== undefined) return found;
  const known = Object.keys(METADATA_TABLES);
  throw new MillraceError('not_found', `tables have no $${kind}`, { todo: didYouMean(kind, known) ?? `They have ${known.map((each) => `$${each}`).join(', ')}.` });
}

async function filesOf(table: Table, travel: TimeTravel): Promise<DataFile[]> {
  const { files } = await table.scan(travel);
  const deletes = new Map(files.flatMap(({ positionDeletes }) => positionDeletes).map((file) => [file.path, file]));
  return [...files.map(({ file }) => file), ...deletes.values()];
}

/** `order_date_month=2018-05/zone=3`; transformed values as they are stored, days and months since 1970 among them. */
function partitionText(table: Table, { specId, partition }: DataFile): string {
  return specById(table.metadata, specId).fields.map(({ name }, index) => `${name}=${partition[index] === null ? 'null' : String(partition[index])}`).join('/');
}

function columns(types: Readonly<Record<string, string>>): ResultColumn[] {
  return Object.entries(types).map(([name, type]) => ({ name, type }));
}

function duckTypeOf(type: string): string {
  return type.toUpperCase().replace('(6)', '');
}

const text = (value: string) => quoteText(value);
const long = (value: bigint | number | undefined) => (value === undefined ? 'NULL' : `${value}::BIGINT`);
const time = (milliseconds: number) => `TIMESTAMPTZ '${new Date(milliseconds).toISOString()}'`;
const texts = (map: Readonly<Record<string, string>>) => `MAP {${Object.entries(map).map(([key, value]) => `${text(key)}: ${text(value)}`).join(', ')}}`;
const counts = (map: Readonly<Record<number, bigint>>) => `MAP {${Object.entries(map).map(([id, count]) => `${id}: ${count}`).join(', ')}}`;

function bounds(metrics: ColumnMetrics, which: 'lowerBounds' | 'upperBounds', types: ReadonlyMap<number, PrimitiveType>): string {
  const entries = Object.entries(metrics[which]).flatMap(([id, value]: [string, Value]) => {
    const type = types.get(Number(id));
    return type === undefined || type === 'binary' || type.startsWith('fixed') ? [] : [`${id}: CAST(${valueLiteral(type, value)} AS ${duckType('string')})`];
  });
  return `MAP {${entries.join(', ')}}`;
}
