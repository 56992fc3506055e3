// A million fuzzed records through the whole transform, as Firehose calls it: all accounted for, no crash, and no growth of memory.
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test } from 'vitest';
import { transformFirehose, type FirehoseTransformOptions } from '../../lib/ingest/events/index.ts';
import { Random } from '../../samples/core/random.ts';
import { fuzzedRecord } from '../ingest/events/fuzz.ts';
import { checkerOf, clicks, KEY, NOW, signups } from '../ingest/events/support.ts';

const RECORDS = 1_000_000;
const BATCH = 1000;
/** Growth beyond this between the first tenth and the end would be a leak of 30 bytes a record. */
const MOST_GROWTH = 30e6;

test('a million fuzzed records: each with its result, and memory stays flat', () => {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const used = (): number => {
    collect();
    return process.memoryUsage().heapUsed + process.memoryUsage().external;
  };
  const random = new Random(7, 'a million');
  const options: FirehoseTransformOptions = { checker: checkerOf(clicks, signups), key: KEY, stream: 'clicks', database: 'bronze', now: NOW, mostBytes: 1e9 };
  const total = { records: 0, ok: 0, accepted: 0, rejected: 0 };
  const reasons = new Map<string, number>();
  let before = 0;
  for (let batch = 0; batch < RECORDS / BATCH; batch++) {
    const records = Array.from({ length: BATCH }, (_, at) => ({
      recordId: `${batch}-${at}`, approximateArrivalTimestamp: NOW, data: Buffer.from(fuzzedRecord(random, NOW)).toString('base64'),
    }));
    const result = transformFirehose({ records }, options);
    expect(result.records.map(({ recordId }) => recordId)).toEqual(records.map(({ recordId }) => recordId));
    total.records += BATCH;
    total.ok += result.records.filter(({ result: fate, data, metadata }) => fate === 'Ok' && data !== undefined && metadata !== undefined).length;
    total.accepted += result.counters.accepted;
    total.rejected += result.counters.rejected;
    for (const [reason, count] of Object.entries(result.counters.reasons)) reasons.set(reason, (reasons.get(reason) ?? 0) + count);
    if (batch === RECORDS / BATCH / 10) before = used();
  }
  const growth = used() - before;
  expect(total.ok).toBe(RECORDS);
  expect(total.accepted + total.rejected).toBe(RECORDS);
  expect([...reasons.values()].reduce((sum, count) => sum + count, 0)).toBe(total.rejected);
  // Reasons come from the contracts alone, however many records there were.
  expect(reasons.size).toBeLessThan(80);
  expect(growth).toBeLessThan(MOST_GROWTH);
  process.stdout.write(`fuzz: ${total.accepted.toLocaleString('en')} accepted, ${total.rejected.toLocaleString('en')} rejected for ${reasons.size} reasons, heap ${(growth / 1e6).toFixed(1)} MB more\n`);
}, 600_000);
