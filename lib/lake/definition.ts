// What a new table is made of, and the metadata that it starts with.
import { newPartitionFields, newSortOrder, FIRST_PARTITION_ID } from './format/partition.ts';
import { newSchema, type ColumnDefinition } from './format/schema.ts';
import type { SortOrder, TableMetadata } from './types.ts';

export interface TableDefinition {
  columns: readonly ColumnDefinition[];
  /** Names of the columns that identify a row; they must be required. */
  key?: readonly string[];
  /** `customer_state`, `month(order_date)`, `bucket(16, user_id)`, `truncate(4, zip)`, … */
  partitionBy?: readonly string[];
  /** `customer_state`, `order_date desc`, `bucket(16, id) asc nulls last`, … */
  sortBy?: readonly string[];
  properties?: Readonly<Record<string, string>>;
  /** Absolute path or s3:// URI; default: where the catalog puts a table of that name. */
  location?: string;
}

/** A table of many small commits stays quick and small: old metadata files go as new ones come, and manifests merge early. */
const DEFAULT_PROPERTIES: Readonly<Record<string, string>> = {
  'write.parquet.compression-codec': 'zstd',
  'write.metadata.delete-after-commit.enabled': 'true',
  'write.metadata.previous-versions-max': '100',
  'commit.manifest.min-count-to-merge': '30',
};

const UNSORTED: SortOrder = { 'order-id': 0, fields: [] };

/** Metadata of an empty version 2 table. */
export function newTableMetadata(definition: TableDefinition, location: string, uuid: string, nowMilliseconds: number): TableMetadata {
  const { schema, lastColumnId } = newSchema(definition.columns, definition.key);
  const fields = newPartitionFields(schema, definition.partitionBy ?? []);
  const order = newSortOrder(schema, definition.sortBy ?? [], 1);
  return {
    'format-version': 2,
    'table-uuid': uuid,
    location,
    'last-sequence-number': 0n,
    'last-updated-ms': nowMilliseconds,
    'last-column-id': lastColumnId,
    schemas: [schema],
    'current-schema-id': 0,
    'partition-specs': [{ 'spec-id': 0, fields }],
    'default-spec-id': 0,
    'last-partition-id': FIRST_PARTITION_ID - 1 + fields.length,
    'sort-orders': order['order-id'] === 0 ? [UNSORTED] : [UNSORTED, order],
    'default-sort-order-id': order['order-id'],
    properties: { ...DEFAULT_PROPERTIES, ...definition.properties },
    snapshots: [],
    'snapshot-log': [],
    'metadata-log': [],
    refs: {},
  };
}

/**
 * Metadata of an empty table with the same schemas, specs, sort orders and ids as another: what is written into it can be
 * published into the other, since the field ids are the same.
 */
export function emptyCopy(source: TableMetadata, location: string, uuid: string, nowMilliseconds: number): TableMetadata {
  const { 'current-snapshot-id': _current, other: _other, ...rest } = source;
  return {
    ...rest,
    'format-version': 2,
    'table-uuid': uuid,
    location,
    'last-sequence-number': 0n,
    'last-updated-ms': nowMilliseconds,
    snapshots: [],
    'snapshot-log': [],
    'metadata-log': [],
    refs: {},
  };
}
