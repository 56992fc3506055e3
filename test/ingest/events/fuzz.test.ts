// A short run of what `npm run verify` does a million times: whatever comes, each record has a fate, and what is accepted is what bronze can keep.
import { expect, test } from 'vitest';
import { deaggregate, transform, type StreamRecord } from '../../../lib/ingest/events/index.ts';
import { Random } from '../../../samples/core/random.ts';
import { fuzzedRecord } from './fuzz.ts';
import { checkerOf, clicks, KEY, NOW, recordOf, signups } from './support.ts';

test('every fuzzed record is accounted for, in its order, with a reason or as text', () => {
  const random = new Random(20_261_121, 'fuzz');
  const checker = checkerOf(clicks, signups);
  let fates = 0;
  let accepted = 0;
  for (let batch = 0; batch < 40; batch++) {
    const records: StreamRecord[] = Array.from({ length: 500 }, (_, at) => recordOf(fuzzedRecord(random, NOW), `${batch * 500 + at}`)).flatMap(deaggregate);
    const { rows, counters } = transform(records, { checker, key: KEY, now: NOW });
    expect(rows).toHaveLength(records.length);
    expect(counters.accepted + counters.rejected).toBe(records.length);
    for (const [at, { fate, table, values }] of rows.entries()) {
      expect(values['_sequence']).toBe(records[at]!.position.sequence);
      if (fate === 'rejected') {
        expect(values['reason']).toMatch(/^(clicks|signups)\.[a-z_]+(\.[a-z0-9_]+)?$/);
        expect(values['raw']).toBeInstanceOf(Uint8Array);
      } else {
        expect(['clicks', 'signups']).toContain(table);
        for (const value of Object.values(values)) expect(value === null || typeof value === 'bigint' || (typeof value === 'string' && value.isWellFormed() && !value.includes('\0'))).toBe(true);
      }
    }
    fates += rows.length;
    accepted += counters.accepted;
  }
  expect(fates).toBeGreaterThan(19_000);
  expect(accepted / fates).toBeGreaterThan(0.1);
  expect(({} as Record<string, unknown>)['a']).toBeUndefined();
}, 20_000);
