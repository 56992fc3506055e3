// JSON of Python's clients and of XGBoost's files.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parsePythonJson } from '../../lib/base/index.ts';

describe('JSON with NaN and Infinity', () => {
  it('has null where a value is missing, and keeps the words of texts', () => {
    expect(parsePythonJson('{"a": [NaN, 1, -Infinity, Infinity], "NaN": "is NaN, \\"NaN\\" or \\\\"}')).toEqual({ a: [null, 1, -Infinity, Infinity], NaN: 'is NaN, "NaN" or \\' });
  });

  it('is what JSON is where those words are missing', () => {
    fc.assert(fc.property(fc.jsonValue(), (value) => {
      expect(parsePythonJson(`[NaN, ${JSON.stringify(value)}]`)).toEqual([null, JSON.parse(JSON.stringify(value))]);
    }));
  });

  it('says what is wrong with anything else', () => {
    for (const text of ['{"a": nan}', 'NaNs', '"NaN', '{"a": constructor}', '']) expect(() => parsePythonJson(text)).toThrow(SyntaxError);
  });

  it('is read or refused at once, however it is made', () => {
    const started = performance.now();
    for (const text of [`"${'\\"'.repeat(500_000)}`, '"'.repeat(1_000_001), `[NaN, "${'x'.repeat(20_000_000)}"`]) expect(() => parsePythonJson(text)).toThrow(SyntaxError);
    expect(performance.now() - started).toBeLessThan(10_000); // with a look at each quote's end it is many minutes
  });
});
