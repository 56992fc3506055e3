// Manifests and manifest lists: what is written comes back, whatever the types.
import avro from 'avsc';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { DataFile } from '../../../lib/lake/index.ts';
import { readAvroFile } from '../../../lib/lake/format/avro-file.ts';
import { ADDED, DELETED, EXISTING, readManifest, writeManifest, type ManifestEntry } from '../../../lib/lake/format/manifest.ts';
import { describeManifest, readManifestList, writeManifestList, type ManifestFile } from '../../../lib/lake/format/manifest-list.ts';
import { anyDataFile, WIDE_SCHEMA, WIDE_SPEC } from '../support/arbitraries.ts';

const anyEntry: fc.Arbitrary<ManifestEntry> = fc.record({
  status: fc.constantFrom(EXISTING, ADDED, DELETED) as fc.Arbitrary<0 | 1 | 2>,
  snapshotId: fc.bigInt({ min: 1n, max: 2n ** 63n - 1n }),
  sequenceNumber: fc.bigInt({ min: 1n, max: 1000n }),
  fileSequenceNumber: fc.bigInt({ min: 1n, max: 1000n }),
  file: anyDataFile,
});

const SCHEMAS = [WIDE_SCHEMA];
const line = (entries: ManifestEntry[], bytes: Buffer): ManifestFile => describeManifest('/m.avro', bytes.length, 0, WIDE_SPEC, SCHEMAS, entries, 77n, 5n);

/** Metrics of a file that was read are lazy; as plain data they compare. */
function plain(file: DataFile): DataFile {
  return JSON.parse(JSON.stringify(file, (_key, value: unknown) => (typeof value === 'bigint' ? `${value}n` : value instanceof Uint8Array ? Buffer.from(value).toString('hex')
    : typeof value === 'number' && Object.is(value, -0) ? '-0' : value))) as DataFile;
}

it('entries come back as they went, of every type', () => {
  fc.assert(fc.property(fc.array(anyEntry, { minLength: 1, maxLength: 4 }), (entries) => {
    const bytes = writeManifest(entries, 0, WIDE_SPEC, WIDE_SCHEMA, SCHEMAS);
    const read = readManifest(bytes, line(entries, bytes), WIDE_SPEC, SCHEMAS);
    expect(read.map(({ file, encoded: _encoded, ...rest }) => ({ ...rest, file: plain(file) }))).toEqual(entries.map(({ file, ...rest }) => ({ ...rest, file: plain(file) })));
  }), { numRuns: 60 });
});

it('entries taken over from another manifest are copied as they are', () => {
  fc.assert(fc.property(fc.array(anyEntry, { minLength: 1, maxLength: 4 }), (entries) => {
    const first = writeManifest(entries, 0, WIDE_SPEC, WIDE_SCHEMA, SCHEMAS);
    const read = readManifest(first, line(entries, first), WIDE_SPEC, SCHEMAS).map((entry): ManifestEntry => ({ ...entry, status: EXISTING }));
    const anew = writeManifest(read.map(({ encoded: _encoded, ...entry }) => entry), 0, WIDE_SPEC, WIDE_SCHEMA, SCHEMAS);
    expect(writeManifest(read, 0, WIDE_SPEC, WIDE_SCHEMA, SCHEMAS).equals(anew)).toBe(true);
  }), { numRuns: 40 });
});

it('added entries inherit the snapshot id and the sequence numbers of their manifest', () => {
  fc.assert(fc.property(anyDataFile, (file) => {
    const entries: ManifestEntry[] = [{ status: ADDED, snapshotId: undefined, sequenceNumber: undefined, fileSequenceNumber: undefined, file }];
    const bytes = writeManifest(entries, 0, WIDE_SPEC, WIDE_SCHEMA, SCHEMAS);
    expect(readManifest(bytes, line(entries, bytes), WIDE_SPEC, SCHEMAS)[0]).toMatchObject({ snapshotId: 77n, sequenceNumber: 5n, fileSequenceNumber: 5n });
  }), { numRuns: 10 });
});

describe('the header of a manifest', () => {
  const file = fc.sample(anyDataFile, 1)[0] as DataFile;
  const bytes = writeManifest([{ status: ADDED, snapshotId: 1n, sequenceNumber: undefined, fileSequenceNumber: undefined, file }], 1, WIDE_SPEC, WIDE_SCHEMA, SCHEMAS);
  const { header } = readAvroFile(bytes, 'm', () => undefined);

  it('holds what the specification asks for', () => {
    expect(JSON.parse(header.metadata['schema'] as string)).toEqual(WIDE_SCHEMA);
    expect(JSON.parse(header.metadata['partition-spec'] as string)).toEqual(WIDE_SPEC.fields);
    expect(header.metadata).toMatchObject({ 'schema-id': '0', 'partition-spec-id': '3', 'format-version': '2', content: 'deletes', 'avro.codec': 'deflate' });
  });

  it('has a schema that another Avro implementation accepts, odd partition names included', () => {
    expect(() => avro.Type.forSchema(header.schema as avro.Schema)).not.toThrow();
  });
});

const anyLine: fc.Arbitrary<ManifestFile> = fc.record({
  path: fc.string({ minLength: 1 }), length: fc.bigInt({ min: 1n, max: 2n ** 40n }), specId: fc.nat(9), content: fc.constantFrom(0 as const, 1 as const),
  sequenceNumber: fc.bigInt({ min: 0n, max: 2n ** 62n }), minSequenceNumber: fc.bigInt({ min: 0n, max: 2n ** 62n }), addedSnapshotId: fc.bigInt({ min: 1n, max: 2n ** 63n - 1n }),
  addedFilesCount: fc.nat(), existingFilesCount: fc.nat(), deletedFilesCount: fc.nat(),
  addedRowsCount: fc.bigInt({ min: 0n, max: 2n ** 62n }), existingRowsCount: fc.bigInt({ min: 0n, max: 2n ** 62n }), deletedRowsCount: fc.bigInt({ min: 0n, max: 2n ** 62n }),
  partitions: fc.array(fc.record({
    containsNull: fc.boolean(), containsNan: fc.boolean(),
    lowerBound: fc.uint8Array().map((bytes) => Buffer.from(bytes)), upperBound: fc.uint8Array().map((bytes) => Buffer.from(bytes)),
  }, { requiredKeys: ['containsNull'] }), { maxLength: 3 }),
});

it('manifest lists come back as they went', () => {
  fc.assert(fc.property(fc.array(anyLine, { maxLength: 5 }), (lines) => {
    const bytes = writeManifestList(lines, { snapshotId: 9_007_199_254_740_993n, parentSnapshotId: undefined, sequenceNumber: 4n });
    expect(readManifestList(bytes, 'list')).toEqual(lines);
    expect(readAvroFile(bytes, 'list', () => undefined).header.metadata).toMatchObject({ 'snapshot-id': '9007199254740993', 'parent-snapshot-id': 'null', 'sequence-number': '4', 'format-version': '2' });
  }));
});

it('the line of a manifest counts its files and rows by state, and spans its partitions', () => {
  const spec = { 'spec-id': 0, fields: [{ 'source-id': 10, 'field-id': 1000, name: 'c10', transform: 'identity' as const }] };
  const [template] = fc.sample(anyDataFile, 1) as [DataFile];
  const entry = (status: 0 | 1 | 2, state: string | null, rows: bigint, sequenceNumber: bigint | undefined): ManifestEntry =>
    ({ status, snapshotId: 1n, sequenceNumber, fileSequenceNumber: sequenceNumber, file: { ...template, specId: 0, partition: [state], recordCount: rows } });
  const described = describeManifest('/m', 10, 0, spec, SCHEMAS, [entry(1, 'SP', 5n, undefined), entry(0, 'RJ', 7n, 3n), entry(2, null, 11n, 2n)], 77n, 9n);
  expect(described).toMatchObject({
    addedFilesCount: 1, existingFilesCount: 1, deletedFilesCount: 1, addedRowsCount: 5n, existingRowsCount: 7n, deletedRowsCount: 11n,
    sequenceNumber: 9n, minSequenceNumber: 3n, addedSnapshotId: 77n,
  });
  expect(described.partitions).toEqual([{ containsNull: true, containsNan: false, lowerBound: Buffer.from('RJ'), upperBound: Buffer.from('SP') }]);
});
