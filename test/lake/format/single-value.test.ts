// Bounds in their binary form (Iceberg specification, appendix D).
import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { PrimitiveType, Value } from '../../../lib/lake/index.ts';
import { valueFromBytes, valueToBytes } from '../../../lib/lake/format/single-value.ts';
import { ALL_TYPES, valueOf } from '../support/arbitraries.ts';

const hex = (text: string) => Buffer.from(text, 'hex');

it.each<[PrimitiveType, Value, string]>([
  ['boolean', false, '00'],
  ['boolean', true, '01'],
  ['int', 1234, 'd2040000'],
  ['long', 1234n, 'd204000000000000'],
  ['float', -4.5, '000090c0'],
  ['double', 6, '0000000000001840'],
  ['date', 1000, 'e8030000'],
  ['date', -1, 'ffffffff'],
  ['time', 10000n, '1027000000000000'],
  ['timestamp', 400000n, '801a060000000000'],
  ['timestamptz', -1n, 'ffffffffffffffff'],
  ['string', 'ABC', '414243'],
  ['string', '', ''],
  ['uuid', 'f79c3e09-677c-4bbd-a479-3f349cb785e7', 'f79c3e09677c4bbda4793f349cb785e7'],
  ['fixed[2]', Uint8Array.of(1, 2), '0102'],
  ['binary', Uint8Array.of(1, 2, 3), '010203'],
  ['decimal(9,2)', 1420n, '058c'],
  ['decimal(9,2)', 345n, '0159'],
  ['decimal(9,4)', 123_4567n, '12d687'],
  ['decimal(7,4)', -1234567n, 'ed2979'],
  ['decimal(9,2)', 0n, '00'],
  ['decimal(9,2)', -1n, 'ff'],
  ['decimal(9,2)', 128n, '0080'],
])('%s %s', (type, value, bytes) => {
  expect(valueToBytes(type, value).toString('hex')).toBe(bytes);
  expect(valueFromBytes(type, hex(bytes))).toEqual(value);
});

it('a bound written before its column was widened is read as the wider type', () => {
  expect(valueFromBytes('long', valueToBytes('int', -7))).toBe(-7n);
  expect(valueFromBytes('double', valueToBytes('float', 1.5))).toBe(1.5);
  expect(valueFromBytes('decimal(18,2)', valueToBytes('decimal(9,2)', -7n))).toBe(-7n);
});

it('bytes that fit no form of the type are no bound, rather than a wrong one', () => {
  expect(valueFromBytes('int', hex('01'))).toBeUndefined();
  expect(valueFromBytes('uuid', hex('0102'))).toBeUndefined();
  expect(valueFromBytes('decimal(9,2)', hex(''))).toBeUndefined();
  expect(valueFromBytes('fixed[3]', hex('0102'))).toBeUndefined();
});

it.each(ALL_TYPES)('every %s comes back as it went', (type) => {
  fc.assert(fc.property(valueOf(type), (value) => {
    expect(valueFromBytes(type, valueToBytes(type, value))).toEqual(value);
  }));
});
