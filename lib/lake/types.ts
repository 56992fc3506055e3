// The words of the Iceberg table format, version 2, as they stand in its metadata files
// (https://iceberg.apache.org/spec/). Keys are spelled as in the JSON, so that nothing is renamed on the way.

export type PrimitiveType =
  | 'boolean' | 'int' | 'long' | 'float' | 'double'
  | 'date' | 'time' | 'timestamp' | 'timestamptz'
  | 'string' | 'uuid' | 'binary'
  | `decimal(${number},${number})` | `fixed[${number}]`;

export interface ListType { type: 'list'; 'element-id': number; element: IcebergType; 'element-required': boolean }
export interface MapType { type: 'map'; 'key-id': number; key: IcebergType; 'value-id': number; value: IcebergType; 'value-required': boolean }
export interface StructType { type: 'struct'; fields: Field[] }
export type IcebergType = PrimitiveType | ListType | MapType | StructType;

export interface Field { id: number; name: string; required: boolean; type: IcebergType; doc?: string }

export interface Schema { type: 'struct'; 'schema-id': number; 'identifier-field-ids'?: number[]; fields: Field[] }

/** `identity`, `bucket[16]`, `truncate[4]`, `year`, `month`, `day`, `hour`, `void`. */
export type Transform = 'identity' | 'year' | 'month' | 'day' | 'hour' | 'void' | `bucket[${number}]` | `truncate[${number}]`;

export interface PartitionField { 'source-id': number; 'field-id': number; name: string; transform: Transform }
export interface PartitionSpec { 'spec-id': number; fields: PartitionField[] }

export interface SortField { transform: Transform; 'source-id': number; direction: 'asc' | 'desc'; 'null-order': 'nulls-first' | 'nulls-last' }
export interface SortOrder { 'order-id': number; fields: SortField[] }

export interface SnapshotRef { 'snapshot-id': bigint; type: 'tag' | 'branch'; 'max-ref-age-ms'?: number; 'max-snapshot-age-ms'?: number; 'min-snapshots-to-keep'?: number }

export type SnapshotOperation = 'append' | 'replace' | 'overwrite' | 'delete';

/** Snapshot ids and sequence numbers are 64-bit: always bigint here, plain integers in the JSON. */
export interface Snapshot {
  'snapshot-id': bigint;
  'parent-snapshot-id'?: bigint;
  'sequence-number': bigint;
  'timestamp-ms': number;
  'manifest-list': string;
  summary: { operation: SnapshotOperation } & Record<string, string>;
  'schema-id'?: number;
}

export interface TableMetadata {
  'format-version': 1 | 2;
  'table-uuid': string;
  location: string;
  'last-sequence-number': bigint;
  'last-updated-ms': number;
  'last-column-id': number;
  schemas: Schema[];
  'current-schema-id': number;
  'partition-specs': PartitionSpec[];
  'default-spec-id': number;
  'last-partition-id': number;
  'sort-orders': SortOrder[];
  'default-sort-order-id': number;
  properties: Record<string, string>;
  'current-snapshot-id'?: bigint;
  snapshots: Snapshot[];
  'snapshot-log': { 'snapshot-id': bigint; 'timestamp-ms': number }[];
  'metadata-log': { 'metadata-file': string; 'timestamp-ms': number }[];
  refs: Record<string, SnapshotRef>;
  /** Members that nothing here interprets (statistics and the like), kept as they came. */
  other?: Record<string, unknown>;
}

/**
 * A value of a column as JavaScript holds it. int, date (days since 1970): number · long, time, timestamp, timestamptz
 * (microseconds since 1970): bigint · decimal: bigint, unscaled · float, double: number · boolean · string, uuid: string ·
 * binary, fixed: Uint8Array.
 */
export type Value = boolean | number | bigint | string | Uint8Array;

/** What a data file tells of its columns, by field id. Bounds are values, not bytes; a bound left out is unknown. */
export interface ColumnMetrics {
  columnSizes: Record<number, bigint>;
  valueCounts: Record<number, bigint>;
  nullValueCounts: Record<number, bigint>;
  nanValueCounts?: Record<number, bigint>;
  lowerBounds: Record<number, Value>;
  upperBounds: Record<number, Value>;
}

/** A file of rows (content 0), of position deletes (1) or of equality deletes (2). */
export interface DataFile {
  content: 0 | 1 | 2;
  path: string;
  format: 'PARQUET' | 'AVRO' | 'ORC';
  specId: number;
  /** One value a field of the spec, in its order; null where the source is null. Transformed values: day → days since 1970, and so on. */
  partition: (Value | null)[];
  recordCount: bigint;
  fileSizeInBytes: bigint;
  metrics: ColumnMetrics;
  sortOrderId?: number;
  splitOffsets?: bigint[];
  equalityIds?: number[];
  /** A position-delete file that deletes from one data file only may name it. */
  referencedDataFile?: string;
  /** Present where the file is encrypted, which is refused. */
  keyMetadata?: Uint8Array;
}

/** A data file as a snapshot holds it, with the deletes that apply to it. */
export interface ScanFile {
  file: DataFile;
  /** Data sequence number, after inheritance. */
  sequenceNumber: bigint;
  snapshotId: bigint;
  /** Position-delete files whose rows may point into this file. */
  positionDeletes: DataFile[];
}

/** A filter that files can be pruned by. Values are typed as in `Value`; columns are names in the current schema. */
export type Predicate =
  | { op: 'and' | 'or'; of: Predicate[] }
  | { op: 'not'; of: Predicate }
  | { op: 'eq' | 'ne' | 'lt' | 'le' | 'gt' | 'ge'; column: string; value: Value }
  | { op: 'in'; column: string; values: Value[] }
  | { op: 'is_null' | 'not_null'; column: string }
  | { op: 'true' | 'false' };

export interface TableName { namespace: string; name: string }
