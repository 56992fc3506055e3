// Manifest lists: one Avro file a snapshot, one record a manifest, with counts and a summary of its partitions.
import type { PartitionSpec, Schema, Value } from '../types.ts';
import { readAvroFile, writeAvroFile } from './avro-file.ts';
import { ByteWriter } from './bytes.ts';
import { ADDED, DELETED, type ManifestEntry } from './manifest.ts';
import { MANIFEST_LIST_FIELD_NAMES, MANIFEST_LIST_SCHEMA } from './manifest-schema.ts';
import { typedPartitionFields } from './partition.ts';
import { valueToBytes } from './single-value.ts';
import { compareValues } from './values.ts';

/** What the values of one partition field range over in a manifest; bounds are in their binary form. */
export interface PartitionSummary { containsNull: boolean; containsNan?: boolean; lowerBound?: Uint8Array; upperBound?: Uint8Array }

/** A line of a manifest list. `content` 0: data files, 1: delete files. */
export interface ManifestFile {
  path: string;
  length: bigint;
  specId: number;
  content: 0 | 1;
  sequenceNumber: bigint;
  minSequenceNumber: bigint;
  addedSnapshotId: bigint;
  addedFilesCount: number;
  existingFilesCount: number;
  deletedFilesCount: number;
  addedRowsCount: bigint;
  existingRowsCount: bigint;
  deletedRowsCount: bigint;
  partitions?: PartitionSummary[];
  keyMetadata?: Uint8Array;
}

type Nullable<T> = { [K in keyof T]?: T[K] | null };

/** Reads a list. Counts that version 1 left out are taken as "some", so that no manifest is skipped for them. */
export function readManifestList(bytes: Uint8Array, where: string): ManifestFile[] {
  const { records } = readAvroFile(bytes, where, (id, name) => (id === undefined ? name : MANIFEST_LIST_FIELD_NAMES[id]));
  return (records as (Nullable<ManifestFile> & { partitions?: Nullable<PartitionSummary>[] | null })[]).map((raw) => ({
    path: raw.path as string,
    length: raw.length as bigint,
    specId: raw.specId ?? 0,
    content: raw.content ?? 0,
    sequenceNumber: raw.sequenceNumber ?? 0n,
    minSequenceNumber: raw.minSequenceNumber ?? 0n,
    addedSnapshotId: raw.addedSnapshotId ?? -1n,
    addedFilesCount: raw.addedFilesCount ?? UNKNOWN_COUNT,
    existingFilesCount: raw.existingFilesCount ?? UNKNOWN_COUNT,
    deletedFilesCount: raw.deletedFilesCount ?? UNKNOWN_COUNT,
    addedRowsCount: raw.addedRowsCount ?? 0n,
    existingRowsCount: raw.existingRowsCount ?? 0n,
    deletedRowsCount: raw.deletedRowsCount ?? 0n,
    ...(raw.partitions === null || raw.partitions === undefined ? {} : { partitions: raw.partitions.map(summaryOf) }),
    ...(raw.keyMetadata === null || raw.keyMetadata === undefined ? {} : { keyMetadata: raw.keyMetadata }),
  }));
}

const UNKNOWN_COUNT = 1;

function summaryOf(raw: Nullable<PartitionSummary>): PartitionSummary {
  return {
    containsNull: raw.containsNull ?? true,
    ...(raw.containsNan === null || raw.containsNan === undefined ? {} : { containsNan: raw.containsNan }),
    ...(raw.lowerBound === null || raw.lowerBound === undefined ? {} : { lowerBound: raw.lowerBound }),
    ...(raw.upperBound === null || raw.upperBound === undefined ? {} : { upperBound: raw.upperBound }),
  };
}

const LIST_SCHEMA_TEXT = JSON.stringify(MANIFEST_LIST_SCHEMA);

export interface ManifestListHeader { snapshotId: bigint; parentSnapshotId: bigint | undefined; sequenceNumber: bigint }

export function writeManifestList(manifests: readonly ManifestFile[], header: ManifestListHeader): Buffer {
  const to = new ByteWriter(1024 + manifests.length * 256);
  for (const manifest of manifests) writeLine(to, manifest);
  return writeAvroFile(LIST_SCHEMA_TEXT, {
    'snapshot-id': String(header.snapshotId),
    'parent-snapshot-id': header.parentSnapshotId === undefined ? 'null' : String(header.parentSnapshotId),
    'sequence-number': String(header.sequenceNumber),
    'format-version': '2',
  }, manifests.length, to.finish());
}

function writeLine(to: ByteWriter, manifest: ManifestFile): void {
  to.string(manifest.path);
  to.long(manifest.length);
  to.long(manifest.specId);
  to.long(manifest.content);
  to.long(manifest.sequenceNumber);
  to.long(manifest.minSequenceNumber);
  to.long(manifest.addedSnapshotId);
  to.long(manifest.addedFilesCount);
  to.long(manifest.existingFilesCount);
  to.long(manifest.deletedFilesCount);
  to.long(manifest.addedRowsCount);
  to.long(manifest.existingRowsCount);
  to.long(manifest.deletedRowsCount);
  if (manifest.partitions === undefined) to.long(0);
  else {
    to.long(1);
    if (manifest.partitions.length > 0) to.long(manifest.partitions.length);
    for (const summary of manifest.partitions) writeSummary(to, summary);
    to.long(0);
  }
  optionalBytes(to, manifest.keyMetadata);
}

function writeSummary(to: ByteWriter, summary: PartitionSummary): void {
  to.boolean(summary.containsNull);
  if (summary.containsNan === undefined) to.long(0);
  else {
    to.long(1);
    to.boolean(summary.containsNan);
  }
  optionalBytes(to, summary.lowerBound);
  optionalBytes(to, summary.upperBound);
}

function optionalBytes(to: ByteWriter, bytes: Uint8Array | undefined): void {
  if (bytes === undefined) return to.long(0);
  to.long(1);
  to.bytes(bytes);
}

/** The line for a manifest that was just written. Entries without numbers inherit `sequenceNumber`. */
export function describeManifest(
  path: string, length: number, content: 0 | 1, spec: PartitionSpec, schemas: readonly Schema[], entries: readonly ManifestEntry[],
  snapshotId: bigint, sequenceNumber: bigint,
): ManifestFile {
  const line: ManifestFile = {
    path, length: BigInt(length), specId: spec['spec-id'], content, sequenceNumber, minSequenceNumber: sequenceNumber, addedSnapshotId: snapshotId,
    addedFilesCount: 0, existingFilesCount: 0, deletedFilesCount: 0, addedRowsCount: 0n, existingRowsCount: 0n, deletedRowsCount: 0n,
    partitions: summarizePartitions(spec, schemas, entries),
  };
  for (const { status, file, sequenceNumber: number } of entries) {
    if (status === ADDED) {
      line.addedFilesCount += 1;
      line.addedRowsCount += file.recordCount;
    } else if (status === DELETED) {
      line.deletedFilesCount += 1;
      line.deletedRowsCount += file.recordCount;
    } else {
      line.existingFilesCount += 1;
      line.existingRowsCount += file.recordCount;
    }
    if (status !== DELETED && number !== undefined && number < line.minSequenceNumber) line.minSequenceNumber = number;
  }
  return line;
}

function summarizePartitions(spec: PartitionSpec, schemas: readonly Schema[], entries: readonly ManifestEntry[]): PartitionSummary[] {
  return typedPartitionFields(spec, schemas).map(({ resultType }, index) => {
    let containsNull = false;
    let containsNan = false;
    let low: Value | undefined;
    let high: Value | undefined;
    for (const { file } of entries) {
      const value = file.partition[index] ?? null;
      if (value === null) containsNull = true;
      else if (typeof value === 'number' && Number.isNaN(value)) containsNan = true;
      else {
        if (low === undefined || compareValues(value, low) < 0) low = value;
        if (high === undefined || compareValues(value, high) > 0) high = value;
      }
    }
    return {
      containsNull, containsNan,
      ...(low === undefined ? {} : { lowerBound: valueToBytes(resultType, low) }),
      ...(high === undefined ? {} : { upperBound: valueToBytes(resultType, high) }),
    };
  });
}
