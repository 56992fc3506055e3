// Bounds cut to a length must stay bounds.
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { compareValues } from '../../../lib/lake/index.ts';
import { truncateLower, truncateUpper } from '../../../lib/lake/format/truncate-bounds.ts';

it('upper bounds are rounded up, lower bounds cut', () => {
  expect(truncateLower('abcdef', 3)).toBe('abc');
  expect(truncateUpper('abcdef', 3)).toBe('abd');
  expect(truncateUpper('abc', 3)).toBe('abc');
  expect(truncateUpper('ab\u{10ffff}x', 3)).toBe('ac');
  expect(truncateUpper('\u{10ffff}\u{10ffff}x', 2)).toBeUndefined();
  expect(truncateUpper('a\ud7ffx', 2)).toBe('a\ue000');
  expect(truncateUpper(Uint8Array.of(1, 255, 9), 2)).toEqual(Uint8Array.of(2));
  expect(truncateUpper(Uint8Array.of(255, 255, 9), 2)).toBeUndefined();
  expect(truncateUpper(17n, 2)).toBe(17n);
});

const text = fc.string({ unit: fc.constantFrom('a', 'z', 'ü', '€', '\ud7ff', '\ue000', '\uffff', '𝄞', '\u{10ffff}'), maxLength: 8 });

it.each([['text', text], ['bytes', fc.uint8Array({ maxLength: 8 })]] as const)('%s: lower ≤ value ≤ upper, and short enough', (_name, arbitrary) => {
  fc.assert(fc.property<[string | Uint8Array, number]>(arbitrary as fc.Arbitrary<string | Uint8Array>, fc.integer({ min: 1, max: 5 }), (value, length) => {
    const lower = truncateLower(value, length);
    const upper = truncateUpper(value, length);
    expect(compareValues(lower, value)).toBeLessThanOrEqual(0);
    if (upper !== undefined) expect(compareValues(upper, value)).toBeGreaterThanOrEqual(0);
    for (const bound of [lower, upper ?? '']) expect(Array.from(bound as string).length).toBeLessThanOrEqual(length);
  }));
});

it('texts are ordered as their UTF-8 bytes are', () => {
  fc.assert(fc.property(text, text, (left, right) => {
    expect(Math.sign(compareValues(left, right))).toBe(Buffer.compare(Buffer.from(left), Buffer.from(right)));
  }));
});
