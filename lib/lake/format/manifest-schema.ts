// The Avro schemas of manifests and manifest lists (Iceberg specification, "Manifests" and "Manifest Lists"), with their field ids.
import type { PrimitiveType } from '../types.ts';
import type { AvroField, AvroSchema } from './avro-schema.ts';
import type { TypedPartitionField } from './partition.ts';
import { decimalBytes, decimalShape, fixedLength } from './values.ts';

/** Names that the readers here give to the fields of manifests, whatever the writer called them. */
export const MANIFEST_FIELD_NAMES: Readonly<Record<number, string>> = {
  0: 'status', 1: 'snapshotId', 3: 'sequenceNumber', 4: 'fileSequenceNumber', 2: 'dataFile#',
  134: 'content', 100: 'path', 101: 'format', 102: 'partition', 103: 'recordCount', 104: 'fileSize',
  108: 'columnSizes', 109: 'valueCounts', 110: 'nullValueCounts', 137: 'nanValueCounts', 125: 'lowerBounds', 128: 'upperBounds',
  131: 'keyMetadata', 132: 'splitOffsets', 135: 'equalityIds', 140: 'sortOrderId', 143: 'referencedDataFile',
};

export const MANIFEST_LIST_FIELD_NAMES: Readonly<Record<number, string>> = {
  500: 'path', 501: 'length', 502: 'specId', 517: 'content', 515: 'sequenceNumber', 516: 'minSequenceNumber', 503: 'addedSnapshotId',
  504: 'addedFilesCount', 505: 'existingFilesCount', 506: 'deletedFilesCount', 512: 'addedRowsCount', 513: 'existingRowsCount',
  514: 'deletedRowsCount', 507: 'partitions', 519: 'keyMetadata',
  509: 'containsNull', 518: 'containsNan', 510: 'lowerBound', 511: 'upperBound',
};

const required = (id: number, name: string, type: AvroSchema): AvroField => ({ name, type, 'field-id': id });
const optional = (id: number, name: string, type: AvroSchema): AvroField => ({ name, type: ['null', type], default: null, 'field-id': id });
const intMap = (keyId: number, valueId: number, value: AvroSchema): AvroSchema => ({
  type: 'array', logicalType: 'map',
  items: { type: 'record', name: `k${keyId}_v${valueId}`, fields: [required(keyId, 'key', 'int'), required(valueId, 'value', value)] },
});
const list = (elementId: number, items: AvroSchema): AvroSchema => ({ type: 'array', items, 'element-id': elementId });

export const MANIFEST_LIST_SCHEMA: AvroSchema = {
  type: 'record', name: 'manifest_file', fields: [
    required(500, 'manifest_path', 'string'),
    required(501, 'manifest_length', 'long'),
    required(502, 'partition_spec_id', 'int'),
    required(517, 'content', 'int'),
    required(515, 'sequence_number', 'long'),
    required(516, 'min_sequence_number', 'long'),
    required(503, 'added_snapshot_id', 'long'),
    required(504, 'added_files_count', 'int'),
    required(505, 'existing_files_count', 'int'),
    required(506, 'deleted_files_count', 'int'),
    required(512, 'added_rows_count', 'long'),
    required(513, 'existing_rows_count', 'long'),
    required(514, 'deleted_rows_count', 'long'),
    optional(507, 'partitions', list(508, {
      type: 'record', name: 'r508', fields: [
        required(509, 'contains_null', 'boolean'),
        optional(518, 'contains_nan', 'boolean'),
        optional(510, 'lower_bound', 'bytes'),
        optional(511, 'upper_bound', 'bytes'),
      ],
    })),
    optional(519, 'key_metadata', 'bytes'),
  ],
};

/** The schema of a manifest's entries for one partition spec. */
export function manifestSchema(partition: readonly TypedPartitionField[]): AvroSchema {
  return {
    type: 'record', name: 'manifest_entry', fields: [
      required(0, 'status', 'int'),
      optional(1, 'snapshot_id', 'long'),
      optional(3, 'sequence_number', 'long'),
      optional(4, 'file_sequence_number', 'long'),
      required(2, 'data_file', {
        type: 'record', name: 'r2', fields: [
          required(134, 'content', 'int'),
          required(100, 'file_path', 'string'),
          required(101, 'file_format', 'string'),
          required(102, 'partition', { type: 'record', name: 'r102', fields: partitionFields(partition) }),
          required(103, 'record_count', 'long'),
          required(104, 'file_size_in_bytes', 'long'),
          optional(108, 'column_sizes', intMap(117, 118, 'long')),
          optional(109, 'value_counts', intMap(119, 120, 'long')),
          optional(110, 'null_value_counts', intMap(121, 122, 'long')),
          optional(137, 'nan_value_counts', intMap(138, 139, 'long')),
          optional(125, 'lower_bounds', intMap(126, 127, 'bytes')),
          optional(128, 'upper_bounds', intMap(129, 130, 'bytes')),
          optional(131, 'key_metadata', 'bytes'),
          optional(132, 'split_offsets', list(133, 'long')),
          optional(135, 'equality_ids', list(136, 'int')),
          optional(140, 'sort_order_id', 'int'),
          optional(143, 'referenced_data_file', 'string'),
        ],
      }),
    ],
  };
}

function partitionFields(partition: readonly TypedPartitionField[]): AvroField[] {
  const named = new Set<string>();
  return partition.map(({ field, resultType }) => {
    const name = avroName(field.name);
    const avro = optional(field['field-id'], name, avroType(resultType, named));
    return name === field.name ? avro : { ...avro, 'iceberg-field-name': field.name };
  });
}

/** Avro names hold letters, digits and underscores only; others are escaped as the reference implementation does. */
function avroName(name: string): string {
  const escaped = name.replace(/[^A-Za-z0-9_]/gu, (character) => `_x${(character.codePointAt(0) as number).toString(16).toUpperCase()}`);
  return /^[0-9]/.test(escaped) ? `_${escaped}` : escaped;
}

function avroType(type: PrimitiveType, named: Set<string>): AvroSchema {
  switch (type) {
    case 'date': return { type: 'int', logicalType: 'date' };
    case 'time': return { type: 'long', logicalType: 'time-micros' };
    case 'timestamp': return { type: 'long', logicalType: 'timestamp-micros', 'adjust-to-utc': false };
    case 'timestamptz': return { type: 'long', logicalType: 'timestamp-micros', 'adjust-to-utc': true };
    case 'binary': return 'bytes';
    case 'uuid': return once(named, 'uuid_fixed', { type: 'fixed', size: 16, logicalType: 'uuid' });
  }
  const decimal = decimalShape(type);
  if (decimal !== undefined) {
    return once(named, `decimal_${decimal.precision}_${decimal.scale}`, { type: 'fixed', size: decimalBytes(decimal.precision), logicalType: 'decimal', ...decimal });
  }
  const fixed = fixedLength(type);
  return fixed === undefined ? type : once(named, `fixed_${fixed}`, { type: 'fixed', size: fixed });
}

/** Avro lets a name be defined once in a schema; after that it is referred to. */
function once(named: Set<string>, name: string, schema: { type: string; [attribute: string]: unknown }): AvroSchema {
  if (named.has(name)) return name;
  named.add(name);
  return { ...schema, name };
}
