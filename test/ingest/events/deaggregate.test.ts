// Aggregated records: taken apart whole, or kept as they are.
import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { deaggregate } from '../../../lib/ingest/events/index.ts';
import { recordOf } from './support.ts';

const text = (bytes: Uint8Array) => Buffer.from(bytes).toString('utf8');

/** Made by aws_kinesis_agg 1.2.3 (Python): keys v-1, v-2 (with an explicit hash key), v-1. */
const RECORDED = 'f3899ac20a03762d310a03762d3212273137303134313138333436303436393233313733313638373330333731353838343130353732381a0b08001a077b226e223a317d1a0d080110001a077b226e223a327d1a1008001a0c7b226e223a2253c3a36f227ddf5ec0b10b338e92b0ef6623479e180e';

test('what another library packed comes out in its order, with its keys and numbered', () => {
  const events = deaggregate(recordOf(Buffer.from(RECORDED, 'hex'), '4711'));
  expect(events.map(({ partitionKey, data, position }) => [partitionKey, text(data), position.sequence, position.subsequence])).toEqual([
    ['v-1', '{"n":1}', '4711', 0], ['v-2', '{"n":2}', '4711', 1], ['v-1', '{"n":"São"}', '4711', 2],
  ]);
});

const varint = (value: number): number[] => (value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...varint(value >>> 7)]);
const bytesField = (number: number, bytes: Uint8Array): Buffer => Buffer.concat([Buffer.from([...varint((number << 3) | 2), ...varint(bytes.length)]), bytes]);

function packed(events: readonly { key: string; data: Uint8Array }[]): Buffer {
  const keys = [...new Set(events.map(({ key }) => key))];
  const message = Buffer.concat([
    ...keys.map((key) => bytesField(1, Buffer.from(key))),
    ...events.map(({ key, data }) => bytesField(3, Buffer.concat([Buffer.from([0x08, ...varint(keys.indexOf(key))]), bytesField(3, data)]))),
  ]);
  return Buffer.concat([Buffer.from([0xf3, 0x89, 0x9a, 0xc2]), message, createHash('md5').update(message).digest()]);
}

const EVENTS = fc.array(fc.record({ key: fc.string({ minLength: 1, maxLength: 12 }), data: fc.uint8Array({ maxLength: 300 }) }), { maxLength: 40 });

test('whatever is packed comes out again', () => {
  fc.assert(fc.property(EVENTS, (events) => {
    const found = deaggregate(recordOf(packed(events)));
    expect(found.map(({ partitionKey, data }) => [partitionKey, Buffer.from(data).toString('hex')])).toEqual(events.map(({ key, data }) => [key, Buffer.from(data).toString('hex')]));
    expect(found.map(({ position }) => position.subsequence)).toEqual(events.map((_, at) => at));
  }));
});

test('one byte changed, or some missing: one record, kept as it is', () => {
  fc.assert(fc.property(EVENTS, fc.nat(), fc.integer({ min: 1, max: 255 }), fc.boolean(), (events, where, change, cut) => {
    const bytes = packed(events);
    const at = where % bytes.length;
    const damaged = cut ? bytes.subarray(0, at) : Buffer.from(bytes);
    if (!cut) damaged[at]! ^= change;
    const record = recordOf(damaged);
    expect(deaggregate(record)).toEqual([record]);
  }));
});

test('a right digest over what is no such message: kept as it is', () => {
  fc.assert(fc.property(fc.uint8Array({ minLength: 1, maxLength: 60 }), (message) => {
    const record = recordOf(Buffer.concat([Buffer.from([0xf3, 0x89, 0x9a, 0xc2]), message, createHash('md5').update(message).digest()]));
    const events = deaggregate(record);
    // Random bytes can be a message, with fields that nobody knows; they never become more than they hold.
    expect(events.reduce((sum, { data }) => sum + data.length, 0)).toBeLessThanOrEqual(record.data.length);
  }), { numRuns: 2000 });
});

test('an aggregate whose event names a key that is not there is kept as it is', () => {
  const message = bytesField(3, Buffer.concat([Buffer.from([0x08, 5]), bytesField(3, Buffer.from('{}'))]));
  const record = recordOf(Buffer.concat([Buffer.from([0xf3, 0x89, 0x9a, 0xc2]), message, createHash('md5').update(message).digest()]));
  expect(deaggregate(record)).toEqual([record]);
});

test('ordinary records are left alone', () => {
  const record = recordOf('{"a":1}');
  expect(deaggregate(record)).toEqual([record]);
});
