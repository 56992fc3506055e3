// Records that wait as lines: each is found by its id, and read again as it was.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { idAt, lineAt, lineBeginning, lineOf, WaitingLines } from '../../../lib/local/serving/waiting-lines.ts';
import { quoted, QuotedText, type NewPrediction } from '../../../lib/serving/index.ts';

const text = fc.oneof(fc.string({ unit: 'binary' }), fc.string());
const json = fc.oneof(text, text.map((plain) => new QuotedText(quoted(plain))));
const records: fc.Arbitrary<NewPrediction> = fc.record({
  prediction_id: text, request_id: text, predicted_at: fc.maxSafeNat(), kind: text, version: text, experiment: fc.option(text), variant: fc.option(text), unit: fc.option(text),
  entity: json, features: json, response: json, score: fc.option(fc.double()), fallback: fc.boolean(), key_id: text, latency_ms: fc.double({ min: 0, noNaN: true }),
  reason: text, device: text,
}, { requiredKeys: ['prediction_id', 'request_id', 'predicted_at', 'kind', 'version', 'experiment', 'variant', 'unit', 'entity', 'features', 'response', 'score', 'fallback', 'key_id', 'latency_ms'] });

describe('lines that wait', () => {
  it('say what JSON.stringify says of the record', () => {
    fc.assert(fc.property(records, (record) => {
      expect(JSON.parse(lineOf(record))).toEqual(JSON.parse(JSON.stringify(record)));
    }));
  });

  it('come out in the order in which they came, each with its id, and are found until they are dropped', () => {
    fc.assert(fc.property(fc.uniqueArray(records, { selector: ({ prediction_id }) => prediction_id, maxLength: 20 }), fc.integer({ min: 1, max: 7 }), (all, most) => {
      const waiting = new WaitingLines();
      for (const record of all) waiting.add(lineOf(record));
      const out: string[] = [];
      for (let lines = waiting.oldest(most); lines !== undefined; lines = waiting.oldest(most)) {
        for (let at = 0; at < lines.starts.length - 1; at++) {
          expect(waiting.find(lineBeginning(idAt(lines, at)))).toBe(lineAt(lines, at));
          out.push(idAt(lines, at));
        }
        waiting.drop(lines);
      }
      expect(out).toEqual(all.map(({ prediction_id }) => prediction_id));
      expect(waiting.count).toBe(0);
    }));
  });
});
