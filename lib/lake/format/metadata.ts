// Table metadata files (Iceberg specification, "Table Metadata"): JSON to objects and back, versions 1 and 2.
import { gunzipSync } from 'node:zlib';
import { MillraceError } from '../../base/index.ts';
import type { PartitionField, PartitionSpec, Schema, Snapshot, SnapshotRef, SortOrder, TableMetadata } from '../types.ts';
import { digitsOf, idOf, parseJsonMarkingIds, stringifyJson, withIds } from './json-text.ts';
import { highestFieldId } from './schema.ts';

type Json = Record<string, unknown>;

/** Keys that are read into named members; all others are kept in `other` as they came. */
const KNOWN_KEYS = new Set([
  'format-version', 'table-uuid', 'location', 'last-sequence-number', 'last-updated-ms', 'last-column-id', 'schema', 'schemas',
  'current-schema-id', 'partition-spec', 'partition-specs', 'default-spec-id', 'last-partition-id', 'sort-orders', 'default-sort-order-id',
  'properties', 'current-snapshot-id', 'snapshots', 'snapshot-log', 'metadata-log', 'refs',
]);

/**
 * Reads a metadata file, gzipped or not. `where` is its path, for messages. Snapshots that are among `known`, those of an earlier version of
 * the same table, are taken from there: they do not change, and are most of the file.
 */
export function parseMetadata(bytes: Uint8Array, where: string, known: readonly Snapshot[] = []): TableMetadata {
  let json: Json;
  let text: string;
  try {
    const plain = bytes[0] === 0x1f && bytes[1] === 0x8b ? gunzipSync(bytes) : bytes;
    text = Buffer.from(plain.buffer, plain.byteOffset, plain.byteLength).toString('utf8');
    const shorter = withoutKnownSnapshots(text, known);
    json = parseJsonMarkingIds(shorter ?? text) as Json;
    if (shorter !== undefined) json['snapshots'] = [...known, ...json['snapshots'] as Json[]];
  } catch (cause) {
    throw new MillraceError('bad_input', `the table metadata do not parse: ${(cause as Error).message}`, { where, cause });
  }
  const version = json['format-version'];
  if (version !== 1 && version !== 2) {
    throw new MillraceError('unsupported', `the table has Iceberg format version ${String(version)}; versions 1 and 2 can be read`, { where });
  }
  return fromJson(json, version, new Map(known.map((snapshot) => [String(snapshot['snapshot-id']), snapshot])));
}

const SNAPSHOTS_KEY = '"snapshots":[';

/** The text without the snapshots that are known, where it begins with exactly these, as this library writes them; else undefined. */
function withoutKnownSnapshots(text: string, known: readonly Snapshot[]): string | undefined {
  const start = text.indexOf(SNAPSHOTS_KEY) + SNAPSHOTS_KEY.length;
  const written = joinedText(known, snapshotText);
  if (written === '' || start < SNAPSHOTS_KEY.length || !text.startsWith(written, start)) return undefined;
  const rest = text.slice(start + written.length);
  return text.slice(0, start) + (rest.startsWith(',') ? rest.slice(1) : rest);
}

function fromJson(json: Json, version: 1 | 2, known: ReadonlyMap<string, Snapshot>): TableMetadata {
  const schemas = (json['schemas'] ?? [{ 'schema-id': 0, ...(json['schema'] as object) }]) as Schema[];
  const specs = (json['partition-specs'] ?? [{ 'spec-id': 0, fields: numberOldFields(json['partition-spec'] as PartitionField[]) }]) as PartitionSpec[];
  const current = idOf(json['current-snapshot-id']);
  const other = Object.fromEntries(Object.entries(json).filter(([key]) => !KNOWN_KEYS.has(key)).map(([key, value]) => [key, withIds(value)]));
  return {
    'format-version': version,
    'table-uuid': (json['table-uuid'] ?? '') as string,
    location: json['location'] as string,
    'last-sequence-number': idOf(json['last-sequence-number']) ?? 0n,
    'last-updated-ms': json['last-updated-ms'] as number,
    'last-column-id': (json['last-column-id'] ?? Math.max(...schemas.map(highestFieldId))) as number,
    schemas,
    'current-schema-id': (json['current-schema-id'] ?? 0) as number,
    'partition-specs': specs,
    'default-spec-id': (json['default-spec-id'] ?? 0) as number,
    'last-partition-id': (json['last-partition-id'] ?? highestPartitionId(specs)) as number,
    'sort-orders': (json['sort-orders'] ?? [{ 'order-id': 0, fields: [] }]) as SortOrder[],
    'default-sort-order-id': (json['default-sort-order-id'] ?? 0) as number,
    properties: { ...(json['properties'] as Record<string, string> | undefined) },
    ...(current === undefined || current < 0n ? {} : { 'current-snapshot-id': current }),
    snapshots: ((json['snapshots'] ?? []) as Json[]).map((snapshot) => snapshotFromJson(snapshot, known)),
    'snapshot-log': ((json['snapshot-log'] ?? []) as Json[]).map((entry) => ({
      'snapshot-id': idOf(entry['snapshot-id']) as bigint, 'timestamp-ms': entry['timestamp-ms'] as number,
    })),
    'metadata-log': (json['metadata-log'] ?? []) as TableMetadata['metadata-log'],
    refs: refsFromJson(json['refs'] as Record<string, Json> | undefined, current),
    ...(Object.keys(other).length === 0 ? {} : { other }),
  };
}

/** Version 1 let partition fields go without ids: they count from 1000 in their order. */
function numberOldFields(fields: PartitionField[] | undefined): PartitionField[] {
  return (fields ?? []).map((field, index) => ({ ...field, 'field-id': field['field-id'] ?? 1000 + index }));
}

function highestPartitionId(specs: PartitionSpec[]): number {
  return Math.max(999, ...specs.flatMap((spec) => spec.fields.map((field) => field['field-id'])));
}

const SNAPSHOT_KEYS = new Set(['snapshot-id', 'parent-snapshot-id', 'sequence-number', 'timestamp-ms', 'manifest-list', 'summary', 'schema-id']);

function snapshotFromJson(json: Json, known: ReadonlyMap<string, Snapshot>): Snapshot {
  if (typeof json['snapshot-id'] === 'bigint') return json as unknown as Snapshot; // a known one, taken over
  const same = known.get(digitsOf(json['snapshot-id']));
  if (same !== undefined && same['manifest-list'] === json['manifest-list'] && same['timestamp-ms'] === json['timestamp-ms']) return same;
  const parent = idOf(json['parent-snapshot-id']);
  return {
    ...(Object.keys(json).every((key) => SNAPSHOT_KEYS.has(key)) ? json : withIds(json) as Json),
    'snapshot-id': idOf(json['snapshot-id']) as bigint,
    ...(parent === undefined ? {} : { 'parent-snapshot-id': parent }),
    'sequence-number': idOf(json['sequence-number']) ?? 0n,
    'timestamp-ms': json['timestamp-ms'] as number,
    'manifest-list': (json['manifest-list'] ?? '') as string,
    summary: (json['summary'] ?? { operation: 'append' }) as Snapshot['summary'],
  };
}

function refsFromJson(json: Record<string, Json> | undefined, current: bigint | undefined): Record<string, SnapshotRef> {
  const refs: Record<string, SnapshotRef> = {};
  for (const [name, ref] of Object.entries(json ?? {})) {
    refs[name] = { ...ref, 'snapshot-id': idOf(ref['snapshot-id']) } as unknown as SnapshotRef;
  }
  if (refs['main'] === undefined && current !== undefined && current >= 0n) refs['main'] = { 'snapshot-id': current, type: 'branch' };
  return refs;
}

/** Snapshots do not change once made, and most of a metadata file is snapshots: their text is kept. */
const snapshotTexts = new WeakMap<Snapshot, string>();

function snapshotText(snapshot: Snapshot): string {
  let text = snapshotTexts.get(snapshot);
  if (text === undefined) {
    const { 'snapshot-id': id, 'parent-snapshot-id': parent, 'sequence-number': sequenceNumber, ...rest } = snapshot;
    const ids = `{"snapshot-id":${id},${parent === undefined ? '' : `"parent-snapshot-id":${parent},`}"sequence-number":${sequenceNumber},`;
    text = ids + stringifyRest(rest).slice(1);
    snapshotTexts.set(snapshot, text);
  }
  return text;
}

/** The texts of lists by their first item: the next list mostly is the last one and some items more. */
const joinedTexts = new WeakMap<object, { items: readonly object[]; text: string }>();

function joinedText<T extends object>(items: readonly T[], textOf: (item: T) => string): string {
  const [first] = items;
  if (first === undefined) return '';
  const last = joinedTexts.get(first);
  const known = last !== undefined && last.items.length <= items.length && last.items.every((item, index) => item === items[index]) ? last : { items: [], text: '' };
  const added = items.slice(known.items.length).map(textOf).join(',');
  const text = known.text === '' || added === '' ? known.text + added : `${known.text},${added}`;
  joinedTexts.set(first, { items, text });
  return text;
}

/** Quick where there is no bigint, as in all snapshots that this library knows. */
function stringifyRest(rest: object): string {
  try {
    return JSON.stringify(rest);
  } catch {
    return stringifyJson(rest);
  }
}

/** The bytes of a version 2 metadata file, members in the order of the reference implementation. */
export function serializeMetadata(metadata: TableMetadata): Uint8Array {
  const { snapshots, 'snapshot-log': log, 'metadata-log': previous, refs, other, ...rest } = metadata;
  const head = stringifyJson({
    'format-version': rest['format-version'],
    'table-uuid': rest['table-uuid'],
    location: rest.location,
    'last-sequence-number': rest['last-sequence-number'],
    'last-updated-ms': rest['last-updated-ms'],
    'last-column-id': rest['last-column-id'],
    'current-schema-id': rest['current-schema-id'],
    schemas: rest.schemas,
    'default-spec-id': rest['default-spec-id'],
    'partition-specs': rest['partition-specs'],
    'last-partition-id': rest['last-partition-id'],
    'default-sort-order-id': rest['default-sort-order-id'],
    'sort-orders': rest['sort-orders'],
    properties: rest.properties,
    'current-snapshot-id': rest['current-snapshot-id'] ?? -1n,
    refs,
    ...other,
  });
  const logText = joinedText(log, (entry) => `{"timestamp-ms":${entry['timestamp-ms']},"snapshot-id":${entry['snapshot-id']}}`);
  const text = `${head.slice(0, -1)},"snapshots":[${joinedText(snapshots, snapshotText)}],"snapshot-log":[${logText}],`
    + `"metadata-log":${JSON.stringify(previous)}}`;
  return Buffer.from(text, 'utf8');
}

export function currentSchema(metadata: TableMetadata): Schema {
  return schemaById(metadata, metadata['current-schema-id']);
}

export function schemaById(metadata: TableMetadata, id: number): Schema {
  const schema = metadata.schemas.find((each) => each['schema-id'] === id);
  if (schema === undefined) throw new MillraceError('bad_input', `the metadata name a schema ${id} that they do not hold`, { where: metadata.location });
  return schema;
}

export function specById(metadata: TableMetadata, id: number): PartitionSpec {
  const spec = metadata['partition-specs'].find((each) => each['spec-id'] === id);
  if (spec === undefined) throw new MillraceError('bad_input', `the metadata name a partition spec ${id} that they do not hold`, { where: metadata.location });
  return spec;
}

export function defaultSpec(metadata: TableMetadata): PartitionSpec {
  return specById(metadata, metadata['default-spec-id']);
}

export function snapshotById(metadata: TableMetadata, id: bigint): Snapshot | undefined {
  return metadata.snapshots.find((snapshot) => snapshot['snapshot-id'] === id);
}

export function currentSnapshot(metadata: TableMetadata): Snapshot | undefined {
  const id = metadata['current-snapshot-id'];
  return id === undefined ? undefined : snapshotById(metadata, id);
}

/** All schemas, the current one first: where types of fields are looked up. */
export function schemasCurrentFirst(metadata: TableMetadata): Schema[] {
  const current = currentSchema(metadata);
  return [current, ...metadata.schemas.filter((schema) => schema !== current).reverse()];
}
