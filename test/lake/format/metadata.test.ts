// Table metadata: ids of 64 bits, unknown members, old versions.
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { newTableMetadata, type Snapshot, type TableMetadata } from '../../../lib/lake/index.ts';
import { parseMetadata, serializeMetadata } from '../../../lib/lake/format/metadata.ts';

const roundTrip = (metadata: TableMetadata) => parseMetadata(serializeMetadata(metadata), 'v1.metadata.json');
const empty = newTableMetadata({ columns: [{ name: 'id', type: 'long' }], partitionBy: ['bucket(4, id)'], sortBy: ['id desc'] }, '/lake/shop/orders', 'uuid', 1);

const anyId = fc.bigInt({ min: 1n, max: 2n ** 63n - 1n });
const anySnapshot: fc.Arbitrary<Snapshot> = fc.record({
  'snapshot-id': anyId, 'parent-snapshot-id': anyId, 'sequence-number': fc.bigInt({ min: 1n, max: 2n ** 62n }), 'timestamp-ms': fc.nat(),
  'manifest-list': fc.string({ unit: 'grapheme' }), 'schema-id': fc.nat(9),
  // Texts that look like ids must stay texts.
  summary: fc.record({ operation: fc.constant('append' as const), note: fc.oneof(fc.string({ unit: 'grapheme' }), fc.constantFrom('"snapshot-id":9007199254740993', '\\"snapshot-id": 9007199254740993,')) }),
}, { requiredKeys: ['snapshot-id', 'sequence-number', 'timestamp-ms', 'manifest-list', 'summary'] }) as unknown as fc.Arbitrary<Snapshot>;

it('snapshots come back with every bit of their ids', () => {
  fc.assert(fc.property(fc.array(anySnapshot, { maxLength: 5 }), fc.dictionary(fc.string(), fc.string({ unit: 'grapheme' })), (snapshots, properties) => {
    const metadata: TableMetadata = {
      ...empty, snapshots, properties: { ...properties, 'snapshot-id': '9007199254740993' },
      ...(snapshots[0] === undefined ? {} : { 'current-snapshot-id': snapshots[0]['snapshot-id'], refs: { main: { 'snapshot-id': snapshots[0]['snapshot-id'], type: 'branch' } } }),
      'snapshot-log': snapshots.map((each) => ({ 'snapshot-id': each['snapshot-id'], 'timestamp-ms': 5 })),
      'last-sequence-number': 2n ** 62n + 1n,
    };
    expect(roundTrip(metadata)).toEqual(metadata);
  }));
});

it('snapshots known from an earlier version are the same objects, changed ones are not', () => {
  const snapshot = (id: bigint, list: string): Snapshot => ({ 'snapshot-id': id, 'sequence-number': 1n, 'timestamp-ms': 1, 'manifest-list': list, summary: { operation: 'append' } });
  const known = [snapshot(2n ** 60n + 1n, '/a'), snapshot(7n, '/b')];
  const read = parseMetadata(serializeMetadata({ ...empty, snapshots: [known[0] as Snapshot, snapshot(7n, '/other'), snapshot(9n, '/c')] }), 'v2', known);
  expect(read.snapshots[0]).toBe(known[0]);
  expect(read.snapshots.map((each) => each['manifest-list'])).toEqual(['/a', '/other', '/c']);
});

it('what is known of an earlier version makes no difference to what is read', () => {
  const log = (snapshots: readonly Snapshot[]) => snapshots.map((each) => ({ 'snapshot-id': each['snapshot-id'], 'timestamp-ms': each['timestamp-ms'] }));
  fc.assert(fc.property(fc.array(anySnapshot, { maxLength: 4 }), fc.array(anySnapshot, { maxLength: 3 }), fc.nat(2), (earlier, added, expired) => {
    const known = roundTrip({ ...empty, snapshots: earlier }).snapshots;
    const snapshots = [...earlier.slice(expired), ...added];
    const bytes = serializeMetadata({ ...empty, snapshots, 'snapshot-log': log(snapshots), properties: { note: '"snapshots":[' } });
    expect(parseMetadata(bytes, 'v2', known)).toEqual(parseMetadata(bytes, 'v2'));
  }));
});

it('ids are plain integers in the JSON, beyond 2^53 too', () => {
  const snapshot: Snapshot = { 'snapshot-id': 9007199254740993n, 'sequence-number': 1n, 'timestamp-ms': 1, 'manifest-list': '/l.avro', summary: { operation: 'append' } };
  const text = Buffer.from(serializeMetadata({ ...empty, snapshots: [snapshot], 'current-snapshot-id': 9007199254740993n })).toString('utf8');
  expect(text).toContain('"snapshot-id":9007199254740993,');
  expect(text).toContain('"current-snapshot-id":9007199254740993,');
  expect(() => JSON.parse(text)).not.toThrow();
});

it('texts under such keys stay texts: a summary\'s source-snapshot-id, a property', () => {
  const snapshot: Snapshot = { 'snapshot-id': 1n, 'sequence-number': 1n, 'timestamp-ms': 1, 'manifest-list': '/l.avro', summary: { operation: 'append', 'source-snapshot-id': '9007199254740993' } };
  const bytes = serializeMetadata({ ...empty, snapshots: [snapshot], properties: { 'last-snapshot-id': '17' } });
  for (const text of [bytes, serializeMetadata(parseMetadata(bytes, 'v1'))].map((each) => Buffer.from(each).toString('utf8'))) {
    expect(text).toContain('"source-snapshot-id":"9007199254740993"');
    expect(text).toContain('"last-snapshot-id":"17"');
  }
});

it('an empty table says so as other readers expect it', () => {
  expect(Buffer.from(serializeMetadata(empty)).toString('utf8')).toContain('"current-snapshot-id":-1,');
  expect(roundTrip(empty)['current-snapshot-id']).toBeUndefined();
});

it('members that nothing here interprets are kept', () => {
  const text = Buffer.from(serializeMetadata(empty)).toString('utf8').replace('"snapshots":', '"statistics":[{"snapshot-id":9007199254740993,"statistics-path":"/s.puffin","x":1.5}],"snapshots":');
  const metadata = parseMetadata(Buffer.from(text), 'v1');
  expect(Buffer.from(serializeMetadata(metadata)).toString('utf8')).toContain('"statistics":[{"snapshot-id":9007199254740993,"statistics-path":"/s.puffin","x":1.5}]');
});

it('gzipped metadata are read', () => {
  expect(parseMetadata(gzipSync(serializeMetadata(empty)), 'v1.gz.metadata.json')).toEqual(empty);
});

describe('format version 1', () => {
  const v1 = {
    'format-version': 1, location: '/old', 'last-updated-ms': 7, 'last-column-id': 2,
    schema: { type: 'struct', fields: [{ id: 1, name: 'x', required: true, type: 'long' }, { id: 2, name: 'y', required: false, type: 'string' }] },
    'partition-spec': [{ name: 'x', transform: 'identity', 'source-id': 1 }],
    properties: {}, 'current-snapshot-id': 1, snapshots: [{ 'snapshot-id': 1, 'timestamp-ms': 5, 'manifest-list': '/l.avro' }],
  };
  it('is read: one schema, one spec, sequence numbers of 0', () => {
    const metadata = parseMetadata(Buffer.from(JSON.stringify(v1)), 'v1');
    expect(metadata.schemas).toHaveLength(1);
    expect(metadata['partition-specs']).toEqual([{ 'spec-id': 0, fields: [{ name: 'x', transform: 'identity', 'source-id': 1, 'field-id': 1000 }] }]);
    expect(metadata.snapshots[0]).toMatchObject({ 'sequence-number': 0n, 'snapshot-id': 1n });
    expect(metadata['last-partition-id']).toBe(1000);
  });
});

it('version 3 and damaged files are refused by name', () => {
  expect(() => parseMetadata(Buffer.from('{"format-version":3}'), '/t/v9.metadata.json')).toThrow(expect.objectContaining({ code: 'unsupported', where: '/t/v9.metadata.json' }));
  expect(() => parseMetadata(Buffer.from('{"format-version":2,'), '/t/v9.metadata.json')).toThrow(expect.objectContaining({ code: 'bad_input' }));
});
