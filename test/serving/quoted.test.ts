// Texts as they stand in JSON: whatever letters they have, what is read again is what was written.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { quoted, quotedWithin, QuotedText } from '../../lib/serving/quoted.ts';

const texts = fc.oneof(fc.string(), fc.string({ unit: 'binary' }), fc.constantFrom('"', '\\', '\ud800', 'é', '\u2028', '\u007f', '{"a":"\\""}'));

describe('a text as JSON', () => {
  it('is read again as it was, and has letters of ASCII only', () => {
    fc.assert(fc.property(texts, (text) => {
      expect(JSON.parse(quoted(text))).toBe(text);
      expect(quoted(text)).toMatch(/^[\0-\x7f]*$/);
    }));
  });

  it('within a string of JSON is JSON when that is read', () => {
    fc.assert(fc.property(texts, (text) => {
      expect(JSON.parse(JSON.parse(`"${quotedWithin(text)}"`) as string)).toBe(text);
    }));
  });

  it('that was quoted when it was made is the text to whoever writes JSON', () => {
    fc.assert(fc.property(texts, (text) => {
      expect(JSON.stringify({ text: new QuotedText(quoted(text)) })).toBe(JSON.stringify({ text }));
    }));
  });
});
