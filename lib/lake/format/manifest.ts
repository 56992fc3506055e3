// Manifests: Avro files that list data files or delete files, each with its state, partition and column metrics.
import { MillraceError } from '../../base/index.ts';
import type { ColumnMetrics, DataFile, PartitionSpec, PrimitiveType, Schema, Value } from '../types.ts';
import { readAvroFile, writeAvroFile } from './avro-file.ts';
import type { AvroIntMap } from './avro-schema.ts';
import { ByteWriter } from './bytes.ts';
import type { ManifestFile } from './manifest-list.ts';
import { MANIFEST_FIELD_NAMES, manifestSchema } from './manifest-schema.ts';
import { typedPartitionFields, type TypedPartitionField } from './partition.ts';
import { primitiveTypes } from './schema.ts';
import { bytesToUuid, unscaledFromBytes, unscaledToFixed, uuidToBytes, valueFromBytes, valueToBytes } from './single-value.ts';
import { decimalBytes, decimalShape } from './values.ts';

export const EXISTING = 0;
export const ADDED = 1;
export const DELETED = 2;

/** One entry; ids and sequence numbers after inheritance, or undefined where they are still to be inherited. */
export interface ManifestEntry {
  status: 0 | 1 | 2;
  /** The snapshot that added the file, or that deleted it where status is DELETED. */
  snapshotId: bigint | undefined;
  /** Data sequence number: which deletes apply. */
  sequenceNumber: bigint | undefined;
  /** Sequence number of the snapshot that added the file. */
  fileSequenceNumber: bigint | undefined;
  file: DataFile;
  /** The file as a manifest with that schema held it: to be copied into another with the same, rather than encoded anew. */
  encoded?: { schema: string; bytes: Uint8Array };
}

type LongMap = Record<number, bigint>;
type BytesMap = Record<number, Uint8Array>;
type Maybe<T> = T | null | undefined;

interface RawEntry {
  status: 0 | 1 | 2;
  snapshotId: Maybe<bigint>;
  sequenceNumber: Maybe<bigint>;
  fileSequenceNumber: Maybe<bigint>;
  dataFile: {
    content: 0 | 1 | 2 | undefined; path: string; format: string; partition: Record<string, unknown>; recordCount: bigint; fileSize: bigint;
    columnSizes: Maybe<AvroIntMap>; valueCounts: Maybe<AvroIntMap>; nullValueCounts: Maybe<AvroIntMap>; nanValueCounts: Maybe<AvroIntMap>;
    lowerBounds: Maybe<AvroIntMap>; upperBounds: Maybe<AvroIntMap>; keyMetadata: Maybe<Uint8Array>;
    splitOffsets: Maybe<bigint[]>; equalityIds: Maybe<number[]>; sortOrderId: Maybe<number>; referencedDataFile: Maybe<string>;
  };
  dataFileBytes: Buffer;
}

/** Columns of position-delete files (specification, "Reserved Field IDs"): their bounds tell which data files they point into. */
export const DELETE_PATH_FIELD = 2_147_483_546;
const DELETE_POSITION_FIELD = 2_147_483_545;

/** Types by field id over several schemas; the first that knows an id decides. */
function typeLookup(schemas: readonly Schema[]): (id: number) => PrimitiveType | undefined {
  return (id) => {
    if (id === DELETE_PATH_FIELD) return 'string';
    if (id === DELETE_POSITION_FIELD) return 'long';
    for (const schema of schemas) {
      const type = primitiveTypes(schema).get(id);
      if (type !== undefined) return type;
    }
    return undefined;
  };
}

/** Reads the entries of a manifest; what they inherit comes from its line in the manifest list. */
export function readManifest(bytes: Uint8Array, manifest: ManifestFile, spec: PartitionSpec, schemas: readonly Schema[]): ManifestEntry[] {
  const { header, records } = readAvroFile(bytes, manifest.path, (id, name) => (id === undefined ? name : MANIFEST_FIELD_NAMES[id] ?? (id >= 1000 ? String(id) : undefined)));
  const partition = typedPartitionFields(spec, schemas);
  const typeOf = typeLookup(schemas);
  const schema = header.metadata['avro.schema'] ?? '';
  return (records as RawEntry[]).map((raw): ManifestEntry => {
    const inherits = raw.status === ADDED || manifest.sequenceNumber === 0n;
    const inherited = inherits ? manifest.sequenceNumber : undefined;
    return {
      status: raw.status,
      snapshotId: raw.snapshotId ?? manifest.addedSnapshotId,
      sequenceNumber: raw.sequenceNumber ?? inherited,
      fileSequenceNumber: raw.fileSequenceNumber ?? inherited,
      file: dataFileOf(raw.dataFile, spec['spec-id'], partition, typeOf, manifest.path),
      encoded: { schema, bytes: raw.dataFileBytes },
    };
  });
}

function dataFileOf(
  raw: RawEntry['dataFile'], specId: number, partition: readonly TypedPartitionField[], typeOf: (id: number) => PrimitiveType | undefined, where: string,
): DataFile {
  const file: DataFile = {
    content: raw.content ?? 0,
    path: raw.path,
    format: knownFormat(raw.format, raw.path, where),
    specId,
    partition: partition.map(({ field, resultType }) => fromAvro(resultType, raw.partition[field['field-id']])),
    recordCount: raw.recordCount,
    fileSizeInBytes: raw.fileSize,
    metrics: new StoredMetrics(raw, typeOf),
  };
  if (isGiven(raw.sortOrderId)) file.sortOrderId = raw.sortOrderId;
  if (isGiven(raw.splitOffsets)) file.splitOffsets = raw.splitOffsets;
  if (isGiven(raw.equalityIds)) file.equalityIds = raw.equalityIds;
  if (isGiven(raw.referencedDataFile)) file.referencedDataFile = raw.referencedDataFile;
  if (isGiven(raw.keyMetadata)) file.keyMetadata = raw.keyMetadata;
  return file;
}

function isGiven<T>(value: Maybe<T>): value is T {
  return value !== null && value !== undefined;
}

function knownFormat(format: string, path: string, where: string): DataFile['format'] {
  switch (format.toUpperCase()) {
    case 'PARQUET': return 'PARQUET';
    case 'AVRO': return 'AVRO';
    case 'ORC': return 'ORC';
  }
  throw new MillraceError('unsupported', `${path} has the file format ${format}, which Iceberg version 2 does not know`, { where });
}

/** Metrics as a manifest holds them, decoded where somebody asks. */
export class StoredMetrics implements ColumnMetrics {
  private readonly raw: RawEntry['dataFile'];
  private readonly typeOf: (id: number) => PrimitiveType | undefined;

  constructor(raw: RawEntry['dataFile'], typeOf: (id: number) => PrimitiveType | undefined) {
    this.raw = raw;
    this.typeOf = typeOf;
  }

  get columnSizes(): LongMap {
    return longs(this.raw.columnSizes);
  }

  get valueCounts(): LongMap {
    return longs(this.raw.valueCounts);
  }

  get nullValueCounts(): LongMap {
    return longs(this.raw.nullValueCounts);
  }

  get nanValueCounts(): LongMap | undefined {
    return isGiven(this.raw.nanValueCounts) ? longs(this.raw.nanValueCounts) : undefined;
  }

  get lowerBounds(): Record<number, Value> {
    return this.bounds(this.raw.lowerBounds);
  }

  get upperBounds(): Record<number, Value> {
    return this.bounds(this.raw.upperBounds);
  }

  /** What is known of one column, without decoding the others. */
  of(id: number): { values?: bigint; nulls?: bigint; nans?: bigint; lower?: Value; upper?: Value } {
    const { raw } = this;
    const type = this.typeOf(id);
    const lower = raw.lowerBounds?.get(id) as Uint8Array | undefined;
    const upper = raw.upperBounds?.get(id) as Uint8Array | undefined;
    return {
      values: raw.valueCounts?.get(id) as bigint | undefined,
      nulls: raw.nullValueCounts?.get(id) as bigint | undefined,
      nans: raw.nanValueCounts?.get(id) as bigint | undefined,
      lower: type === undefined || lower === undefined ? undefined : valueFromBytes(type, lower),
      upper: type === undefined || upper === undefined ? undefined : valueFromBytes(type, upper),
    };
  }

  toJSON(): ColumnMetrics {
    const { columnSizes, valueCounts, nullValueCounts, nanValueCounts, lowerBounds, upperBounds } = this;
    return { columnSizes, valueCounts, nullValueCounts, ...(nanValueCounts === undefined ? {} : { nanValueCounts }), lowerBounds, upperBounds };
  }

  private bounds(map: Maybe<AvroIntMap>): Record<number, Value> {
    const bounds: Record<number, Value> = {};
    for (const [key, bytes] of Object.entries(map?.toObject() ?? {})) {
      const type = this.typeOf(Number(key));
      const value = type === undefined ? undefined : valueFromBytes(type, bytes as Uint8Array);
      if (value !== undefined) bounds[Number(key)] = value;
    }
    return bounds;
  }
}

function longs(map: Maybe<AvroIntMap>): LongMap {
  return (map?.toObject() ?? {}) as LongMap;
}

function fromAvro(type: PrimitiveType, raw: unknown): Value | null {
  if (raw === null || raw === undefined) return null;
  switch (type) {
    case 'int': case 'date': case 'float': case 'double': return Number(raw as number | bigint);
    case 'long': case 'time': case 'timestamp': case 'timestamptz': return BigInt(raw as number | bigint);
    case 'uuid': return typeof raw === 'string' ? raw : bytesToUuid(raw as Uint8Array);
    case 'boolean': case 'string': return raw as boolean | string;
  }
  return decimalShape(type) === undefined ? Uint8Array.from(raw as Uint8Array) : unscaledFromBytes(raw as Uint8Array);
}

/** Builds a manifest of entries that all have one content kind and one spec. Ids and numbers left undefined are inherited by readers. */
export function writeManifest(entries: readonly ManifestEntry[], content: 0 | 1, spec: PartitionSpec, schema: Schema, schemas: readonly Schema[]): Buffer {
  const partition = typedPartitionFields(spec, schemas);
  const typeOf = typeLookup(schemas);
  const avroSchema = JSON.stringify(manifestSchema(partition));
  const to = new ByteWriter(1024 + entries.length * 512);
  for (const entry of entries) {
    to.long(entry.status);
    optional(to, entry.snapshotId, (value) => to.long(value));
    optional(to, entry.sequenceNumber, (value) => to.long(value));
    optional(to, entry.fileSequenceNumber, (value) => to.long(value));
    if (entry.encoded?.schema === avroSchema) to.raw(entry.encoded.bytes);
    else writeFile(to, entry.file, partition, typeOf);
  }
  return writeAvroFile(avroSchema, {
    schema: JSON.stringify(schema),
    'schema-id': String(schema['schema-id']),
    'partition-spec': JSON.stringify(spec.fields),
    'partition-spec-id': String(spec['spec-id']),
    'format-version': '2',
    content: content === 0 ? 'data' : 'deletes',
  }, entries.length, to.finish());
}

function writeFile(to: ByteWriter, file: DataFile, partition: readonly TypedPartitionField[], typeOf: (id: number) => PrimitiveType | undefined): void {
  const { metrics } = file;
  to.long(file.content);
  to.string(file.path);
  to.string(file.format);
  if (file.partition.length !== partition.length) {
    throw new MillraceError('bad_input', `the file has ${file.partition.length} partition values, its spec ${partition.length}`, { where: file.path });
  }
  partition.forEach(({ resultType }, index) => optional(to, file.partition[index], (value) => writePartitionValue(to, resultType, value)));
  to.long(file.recordCount);
  to.long(file.fileSizeInBytes);
  writeMap(to, metrics.columnSizes, (value) => to.long(value));
  writeMap(to, metrics.valueCounts, (value) => to.long(value));
  writeMap(to, metrics.nullValueCounts, (value) => to.long(value));
  writeMap(to, metrics.nanValueCounts, (value) => to.long(value));
  writeMap(to, boundBytes(metrics.lowerBounds, typeOf), (value) => to.bytes(value));
  writeMap(to, boundBytes(metrics.upperBounds, typeOf), (value) => to.bytes(value));
  optional(to, file.keyMetadata, (value) => to.bytes(value));
  optional(to, file.splitOffsets, (value) => writeList(to, value));
  optional(to, file.equalityIds, (value) => writeList(to, value));
  optional(to, file.sortOrderId, (value) => to.long(value));
  optional(to, file.referencedDataFile, (value) => to.string(value));
}

function optional<T>(to: ByteWriter, value: T | null | undefined, write: (value: T) => void): void {
  if (value === null || value === undefined) return to.long(0);
  to.long(1);
  write(value);
}

function writeList(to: ByteWriter, values: readonly (number | bigint)[]): void {
  if (values.length > 0) to.long(values.length);
  for (const value of values) to.long(value);
  to.long(0);
}

/** A map by field id; one without entries is written as null, as other writers do for unknown metrics. */
function writeMap<T>(to: ByteWriter, map: Record<number, T> | undefined, write: (value: T) => void): void {
  const entries = Object.entries(map ?? {});
  if (entries.length === 0) return to.long(0);
  to.long(1);
  to.long(entries.length);
  for (const [id, value] of entries) {
    to.long(Number(id));
    write(value);
  }
  to.long(0);
}

function boundBytes(bounds: Record<number, Value>, typeOf: (id: number) => PrimitiveType | undefined): BytesMap {
  const encoded: BytesMap = {};
  for (const [key, value] of Object.entries(bounds)) {
    const type = typeOf(Number(key));
    if (type !== undefined) encoded[Number(key)] = valueToBytes(type, value);
  }
  return encoded;
}

function writePartitionValue(to: ByteWriter, type: PrimitiveType, value: Value): void {
  switch (type) {
    case 'boolean': return to.boolean(value as boolean);
    case 'int': case 'date': case 'long': case 'time': case 'timestamp': case 'timestamptz': return to.long(value as number | bigint);
    case 'float': return to.float(value as number);
    case 'double': return to.double(value as number);
    case 'string': return to.string(value as string);
    case 'binary': return to.bytes(value as Uint8Array);
    case 'uuid': return to.raw(uuidToBytes(value as string));
  }
  const decimal = decimalShape(type);
  to.raw(decimal === undefined ? (value as Uint8Array) : unscaledToFixed(value as bigint, decimalBytes(decimal.precision)));
}
