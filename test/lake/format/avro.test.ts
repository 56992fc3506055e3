// Avro container files: ours read by another implementation (avsc), and files of other writers read by us.
import avro from 'avsc';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readAvroFile, writeAvroFile } from '../../../lib/lake/format/avro-file.ts';
import type { AvroIntMap, AvroSchema } from '../../../lib/lake/format/avro-schema.ts';
import { ByteReader, ByteWriter } from '../../../lib/lake/format/bytes.ts';
import { snappyDecompress } from '../../../lib/lake/format/snappy.ts';

const bigLong = avro.types.LongType.__with({
  fromBuffer: (bytes: Buffer) => bytes.readBigInt64LE(), toBuffer: (value: bigint) => {
    const bytes = Buffer.alloc(8);
    bytes.writeBigInt64LE(value);
    return bytes;
  },
  fromJSON: BigInt, toJSON: String, isValid: (value: unknown) => typeof value === 'bigint', compare: (a: bigint, b: bigint) => (a < b ? -1 : a > b ? 1 : 0),
});
const avscType = (schema: unknown) => avro.Type.forSchema(schema as avro.Schema, { registry: { long: bigLong } });

describe('longs', () => {
  it('of every size come back as they went, and as avsc writes them', () => {
    fc.assert(fc.property(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), (value) => {
      const writer = new ByteWriter();
      writer.long(value);
      const bytes = writer.finish();
      expect(new ByteReader(bytes).long()).toBe(value);
      expect(bytes.equals(avscType('long').toBuffer(value))).toBe(true);
    }));
  });

  it('ints likewise, at the edges too', () => {
    const edges = fc.constantFrom(0, 1, -1, 63, 64, -64, -65, 8191, 8192, 2 ** 28, -(2 ** 28) - 1, 2 ** 30, -(2 ** 30) - 1, 2 ** 31 - 1, -(2 ** 31), 2 ** 40, -(2 ** 52));
    fc.assert(fc.property(fc.oneof(edges, fc.integer(), fc.integer({ min: -(2 ** 52), max: 2 ** 52 - 1 })), (value) => {
      const writer = new ByteWriter(1);
      writer.long(value);
      expect(new ByteReader(writer.finish()).int()).toBe(value);
      expect(new ByteReader(writer.finish()).long()).toBe(BigInt(value));
    }));
  });

  it('a length beyond what an integer can hold is refused, not rounded', () => {
    const writer = new ByteWriter();
    writer.long(2n ** 62n);
    expect(() => new ByteReader(writer.finish()).int()).toThrow(RangeError);
  });
});

const SCHEMA: AvroSchema = {
  type: 'record', name: 'entry', fields: [
    { name: 'id', type: 'long', 'field-id': 1 },
    { name: 'skipped', type: { type: 'record', name: 'inner', fields: [{ name: 'a', type: ['null', { type: 'array', items: 'string' }] }, { name: 'b', type: 'double' }] }, 'field-id': 2 },
    { name: 'sizes', type: ['null', { type: 'array', logicalType: 'map', items: { type: 'record', name: 'kv', fields: [{ name: 'key', type: 'int' }, { name: 'value', type: 'long' }] } }], 'field-id': 3 },
    { name: 'names', type: { type: 'map', values: 'bytes' }, 'field-id': 4 },
    { name: 'again', type: ['null', 'inner'], 'field-id': 5 },
    { name: 'kind', type: { type: 'enum', name: 'kinds', symbols: ['x', 'y'] }, 'field-id': 6 },
    { name: 'fixed', type: { type: 'fixed', name: 'four', size: 4 }, 'field-id': 7 },
    { name: 'ratio', type: 'float', 'field-id': 8 },
    { name: 'flag', type: 'boolean', 'field-id': 9 },
  ],
};

const records = fc.array(fc.record({
  id: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  skipped: fc.record({ a: fc.option(fc.array(fc.string()).map((items) => ({ array: items }))), b: fc.double({ noNaN: true }) }),
  sizes: fc.option(fc.array(fc.record({ key: fc.nat(), value: fc.bigInt({ min: 0n, max: 2n ** 60n }) })).map((items) => ({ array: items }))),
  names: fc.dictionary(fc.string(), fc.uint8Array().map((bytes) => Buffer.from(bytes))),
  again: fc.constant(null),
  kind: fc.constantFrom('x', 'y'),
  fixed: fc.uint8Array({ minLength: 4, maxLength: 4 }).map((bytes) => Buffer.from(bytes)),
  ratio: fc.float({ noNaN: true }),
  flag: fc.boolean(),
}), { maxLength: 5 });

it('records that avsc encoded are read, with fields renamed and skipped by their ids', () => {
  const type = avro.Type.forSchema(SCHEMA as avro.Schema, { registry: { long: bigLong }, wrapUnions: true });
  const names: Record<number, string> = { 1: 'id', 3: 'sizes', 4: 'labels', 6: 'kind', 7: 'fixed', 8: 'ratio', 9: 'flag' };
  fc.assert(fc.property(records, fc.constantFrom('null' as const, 'deflate' as const), (given, codec) => {
    const file = writeAvroFile(JSON.stringify(SCHEMA), { greeting: 'hällo' }, given.length, Buffer.concat(given.map((record) => type.toBuffer(record))), codec);
    const { header, records: read } = readAvroFile(file, 'test', (id) => (id === undefined ? undefined : names[id]));
    expect(header.metadata['greeting']).toBe('hällo');
    expect(read.map((record) => ({ ...(record as { sizes: AvroIntMap | null }), sizes: (record as { sizes: AvroIntMap | null }).sizes?.toObject() ?? null }))).toEqual(given.map(({ id, sizes, names: labels, kind, fixed, ratio, flag }) => ({
      id, sizes: sizes === null ? null : Object.fromEntries(sizes.array.map(({ key, value }) => [key, value])), labels, kind, fixed, ratio, flag,
    })));
  }));
});

it('a file that we wrote is read by avsc', async () => {
  const to = new ByteWriter();
  for (const value of [1n, 2n ** 60n]) to.long(value);
  const file = writeAvroFile('"long"', { 'format-version': '2' }, 2, to.finish());
  const decoder = new avro.streams.BlockDecoder({ parseHook: (schema) => avscType(schema) });
  const values: unknown[] = [];
  decoder.on('data', (value) => values.push(value));
  await new Promise<void>((resolve, reject) => decoder.on('end', () => resolve()).on('error', reject).end(file));
  expect(values).toEqual([1n, 2n ** 60n]);
});

describe('a damaged file is named', () => {
  const to = new ByteWriter();
  to.long(7);
  const file = writeAvroFile('"long"', {}, 1, to.finish(), 'null');
  it.each([
    ['cut short', file.subarray(0, file.length - 5)],
    ['not Avro at all', Buffer.from('PAR1 and so on')],
    ['empty', Buffer.alloc(0)],
    ['with a wrong sync marker', Buffer.concat([file.subarray(0, file.length - 1), Buffer.from([file.at(-1) as number ^ 1])])],
  ])('%s', (_name, bytes) => {
    expect(() => readAvroFile(bytes, '/lake/m0.avro', () => undefined)).toThrow(expect.objectContaining({ code: 'bad_input', where: '/lake/m0.avro' }));
  });
});

it('a codec that cannot be read is refused by its name', () => {
  const header = { 'avro.schema': '"long"', 'avro.codec': 'brotli' };
  const to = new ByteWriter();
  to.raw(Buffer.from('Obj\u0001'));
  to.long(2);
  for (const [key, value] of Object.entries(header)) {
    to.string(key);
    to.string(value);
  }
  to.long(0);
  to.raw(Buffer.alloc(16));
  to.long(1);
  to.bytes(Buffer.from([0]));
  to.raw(Buffer.alloc(16));
  expect(() => readAvroFile(to.finish(), 'm.avro', () => undefined)).toThrow(/brotli/);
});

describe('Snappy', () => {
  it('literals and copies, overlapping ones too', () => {
    // "ab" as a literal, then a copy of 10 bytes from 2 back: abababababab
    expect(snappyDecompress(Buffer.from([12, 0x04, 0x61, 0x62, ((10 - 4) << 2) | 1, 2])).toString()).toBe('abababababab');
    expect(snappyDecompress(Buffer.from([5, 0x10, 0x68, 0x65, 0x6c, 0x6c, 0x6f])).toString()).toBe('hello');
    expect(snappyDecompress(Buffer.from([0])).length).toBe(0);
  });

  it('damaged data are refused', () => {
    expect(() => snappyDecompress(Buffer.from([5, 0x10, 0x68]))).toThrow(RangeError);
    expect(() => snappyDecompress(Buffer.from([5, 0x01, 9]))).toThrow(RangeError);
    expect(() => snappyDecompress(Buffer.from([200, 0x00, 0x61]))).toThrow(RangeError);
  });
});

it('equal content gives an equal file', () => {
  const once = () => writeAvroFile('"long"', { a: 'b' }, 1, Buffer.from([2]));
  expect(once().equals(once())).toBe(true);
});
