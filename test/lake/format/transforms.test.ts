// Partition transforms against the vectors of the Iceberg specification (appendix B and "Partition Transforms").
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bucketHash, transformFunction, transformResultType, type PrimitiveType, type Transform, type Value } from '../../../lib/lake/index.ts';
import { murmur3 } from '../../../lib/lake/format/murmur3.ts';

const micros = (text: string) => BigInt(Date.parse(`${text.slice(0, 23)}Z`)) * 1000n + BigInt(text.slice(23) || '0');
const days = (text: string) => Math.floor(Date.parse(`${text}T00:00:00Z`) / 86_400_000);

describe('bucket hashes are those of the specification', () => {
  const cases: [PrimitiveType, Value, number][] = [
    ['int', 34, 2017239379],
    ['long', 34n, 2017239379],
    ['decimal(9,2)', 1420n, -500754589],
    ['date', days('2017-11-16'), -653330422],
    ['time', 81_068_000_000n, -662762989],
    ['timestamp', micros('2017-11-16T22:31:08'), -2047944441],
    ['timestamp', micros('2017-11-16T22:31:08.000001'), -1207196810],
    ['timestamptz', micros('2017-11-16T22:31:08'), -2047944441],
    ['string', 'iceberg', 1210000089],
    ['uuid', 'f79c3e09-677c-4bbd-a479-3f349cb785e7', 1488055340],
    ['fixed[4]', Uint8Array.of(0, 1, 2, 3), -188683207],
    ['binary', Uint8Array.of(0, 1, 2, 3), -188683207],
  ];
  it.each(cases)('%s %s', (type, value, hash) => {
    expect(bucketHash(type, value)).toBe(hash);
  });

  it('murmur3 of inputs of every length, as the reference gives it', () => {
    const hash = (text: string) => murmur3(Buffer.from(text)) >>> 0;
    expect(['', 'a', 'aa', 'aaa', 'aaaa', 'Hello, world!'].map(hash)).toEqual([0, 0x3c2569b2, 0x371091a9, 0xb4d05fb7, 0x7eeed987, 0xc0363e43]);
  });
});

describe('truncate', () => {
  const cases: [Transform, PrimitiveType, Value, Value][] = [
    ['truncate[10]', 'int', 1, 0],
    ['truncate[10]', 'int', -1, -10],
    ['truncate[10]', 'long', -1n, -10n],
    ['truncate[50]', 'decimal(9,2)', 1065n, 1050n],
    ['truncate[10]', 'decimal(9,2)', -5n, -10n],
    ['truncate[3]', 'string', 'iceberg', 'ice'],
    ['truncate[3]', 'string', 'i', 'i'],
    ['truncate[2]', 'string', '𝄞𝄢x', '𝄞𝄢'],
  ];
  it.each(cases)('%s of %s %s', (transform, type, value, expected) => {
    expect(transformFunction(transform, type)(value)).toEqual(expected);
  });

  it('of bytes', () => {
    expect(transformFunction('truncate[2]', 'binary')(Uint8Array.of(1, 2, 3))).toEqual(Uint8Array.of(1, 2));
  });
});

describe('dates and times, also before 1970', () => {
  const cases: [Transform, PrimitiveType, Value, number][] = [
    ['year', 'date', days('2017-12-01'), 47],
    ['month', 'date', days('2017-12-01'), 575],
    ['day', 'date', days('2017-12-01'), 17501],
    ['year', 'date', days('1969-12-31'), -1],
    ['month', 'date', days('1969-12-31'), -1],
    ['month', 'date', days('1969-01-01'), -12],
    ['year', 'date', days('1969-01-01'), -1],
    ['day', 'date', days('1969-12-31'), -1],
    ['year', 'timestamp', micros('2017-12-01T10:30:55'), 47],
    ['month', 'timestamp', micros('2017-12-01T10:30:55'), 575],
    ['day', 'timestamp', micros('2017-12-01T10:30:55'), 17501],
    ['hour', 'timestamp', micros('2017-12-01T10:30:55'), 420034],
    ['hour', 'timestamp', -1n, -1],
    ['day', 'timestamptz', -1n, -1],
    ['month', 'timestamptz', -1n, -1],
    ['year', 'timestamptz', -1n, -1],
  ];
  it.each(cases)('%s of %s %s', (transform, type, value, expected) => {
    expect(transformFunction(transform, type)(value)).toBe(expected);
  });
});

it('null stays null under every transform, void gives null for everything', () => {
  for (const transform of ['identity', 'bucket[4]', 'truncate[4]', 'void'] as const) expect(transformFunction(transform, 'string')(null)).toBeNull();
  expect(transformFunction('void', 'string')('x')).toBeNull();
});

it('a transform that does not take the column\'s type is refused', () => {
  expect(() => transformResultType('hour', 'date')).toThrow(/hour does not take/);
  expect(() => transformResultType('bucket[4]', 'double')).toThrow(/bucket\[4\] does not take/);
  expect(() => transformResultType('truncate[4]', 'date')).toThrow(/does not take/);
  expect(() => transformResultType('zorder' as Transform, 'int')).toThrow(/zorder/);
});

it('buckets are always within their number', () => {
  fc.assert(fc.property(fc.string(), fc.integer({ min: 1, max: 500 }), (text, width) => {
    const bucket = transformFunction(`bucket[${width}]`, 'string')(text) as number;
    expect(bucket).toBeGreaterThanOrEqual(0);
    expect(bucket).toBeLessThan(width);
  }));
});

it('every time falls into the partition that begins at or before it', () => {
  fc.assert(fc.property(fc.bigInt({ min: -(2n ** 55n), max: 2n ** 55n }), (value) => {
    const day = transformFunction('day', 'timestamp')(value) as number;
    const hour = transformFunction('hour', 'timestamp')(value) as number;
    expect(BigInt(day) * 86_400_000_000n).toBeLessThanOrEqual(value);
    expect(BigInt(day + 1) * 86_400_000_000n).toBeGreaterThan(value);
    expect(BigInt(hour) * 3_600_000_000n).toBeLessThanOrEqual(value);
  }));
});
