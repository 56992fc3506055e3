// Rows of the metadata tables, `"orders$snapshots"` and its like, as relations for DuckDB.
import { primitiveTypes, specById, type ColumnMetrics, type DataFile, type PrimitiveType, type Table, type TimeTravel, type Value } from '../../lake/index.ts';
import { duckType, quoteText, valueLiteral } from '../../lake/duckdb/index.ts';
import { METADATA_COLUMNS, metadataTableName, type MetadataTableName } from '../engine/metadata-columns.ts';

type RowsOf = (table: Table, travel: TimeTravel) => Promise<string[][]>;

/** DuckDB literals, in the order of the columns. */
const ROWS: Readonly<Record<MetadataTableName, RowsOf>> = Object.freeze({
  snapshots: async ({ metadata }) => metadata.snapshots.map((each) => {
    const { operation, ...summary } = each.summary;
    return [time(each['timestamp-ms']), long(each['snapshot-id']), long(each['parent-snapshot-id']), text(operation), text(each['manifest-list']), texts(summary)];
  }),
  history: async ({ metadata }) => {
    const parents = new Map(metadata.snapshots.map((each) => [each['snapshot-id'], each['parent-snapshot-id']]));
    const ancestors = new Set<bigint>();
    for (let id = metadata['current-snapshot-id']; id !== undefined; id = parents.get(id)) ancestors.add(id);
    return metadata['snapshot-log'].map((entry) => {
      const id = entry['snapshot-id'];
      return [time(entry['timestamp-ms']), long(id), long(parents.get(id)), ancestors.has(id) ? 'TRUE' : 'FALSE'];
    });
  },
  refs: async ({ metadata }) => Object.entries(metadata.refs).map(([name, ref]) => [
    text(name), text(ref.type.toUpperCase()), long(ref['snapshot-id']), long(ref['max-ref-age-ms']), long(ref['min-snapshots-to-keep']),
    long(ref['max-snapshot-age-ms']),
  ]),
  files: async (table, travel) => {
    const types = primitiveTypes(table.schema);
    return (await filesOf(table, travel)).map((file) => [
      String(file.content), text(file.path), text(file.format), text(partitionText(table, file)), long(file.recordCount), long(file.fileSizeInBytes),
      counts(file.metrics.columnSizes), counts(file.metrics.valueCounts), counts(file.metrics.nullValueCounts), bounds(file.metrics, 'lowerBounds', types),
      bounds(file.metrics, 'upperBounds', types),
    ]);
  },
  partitions: async (table, travel) => {
    const totals = new Map<string, { records: bigint; files: number; size: bigint }>();
    for (const file of (await filesOf(table, travel)).filter(({ content }) => content === 0)) {
      const key = partitionText(table, file);
      const total = totals.get(key) ?? { records: 0n, files: 0, size: 0n };
      totals.set(key, { records: total.records + file.recordCount, files: total.files + 1, size: total.size + file.fileSizeInBytes });
    }
    return [...totals].map(([key, { records, files, size }]) => [text(key), long(records), long(files), long(size)]);
  },
});

/** A relation with the rows of a metadata table, in DuckDB's SQL. */
export async function metadataRelation(kind: string, table: Table, travel: TimeTravel): Promise<string> {
  const name = metadataTableName(kind);
  const columns = METADATA_COLUMNS[name];
  const found = await ROWS[name](table, travel);
  const items = columns.map((column, index) => `CAST(c${index} AS ${duckTypeOf(column.type)}) AS "${column.name}"`).join(', ');
  const values = found.length === 0 ? `(${columns.map(() => 'NULL').join(', ')})` : found.map((row) => `(${row.join(', ')})`).join(', ');
  return `(SELECT ${items} FROM (VALUES ${values}) AS rows_of(${columns.map((_, index) => `c${index}`).join(', ')})${found.length === 0 ? ' WHERE FALSE' : ''})`;
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
