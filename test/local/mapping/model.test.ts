// Any schedule of failures, restarts, splits and throttles: each record is processed at least once or in the failure destination, and those of one
// key in their order.
import { setMaxListeners } from 'node:events';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { ShardPosition } from '../../../lib/local/shard-readers.ts';
import { Mapping } from '../../../lib/local/mapping/index.ts';
import { randomOf } from '../../faults/support/random.ts';
import { VirtualClock } from '../../support/virtual-clock.ts';
import { MemoryStream } from '../support/memory-stream.ts';

const percent = (most: number) => fc.integer({ min: 0, max: most }).map((share) => share / 100);
const schedule = fc.record({
  seed: fc.integer(),
  keys: fc.array(fc.integer({ min: 0, max: 5 }), { minLength: 1, maxLength: 60 }),
  poison: percent(20),
  flaky: percent(40),
  lost: percent(30),
  batchSize: fc.integer({ min: 1, max: 8 }),
  lanes: fc.integer({ min: 1, max: 4 }),
  bisect: fc.boolean(),
  report: fc.boolean(),
  restarts: fc.integer({ min: 0, max: 4 }),
  splits: fc.integer({ min: 0, max: 2 }),
});

test('at least once or put aside, in order by key', async () => {
  await fc.assert(fc.asyncProperty(schedule, async (plan) => {
    const random = randomOf(plan.seed);
    const clock = new VirtualClock();
    const stream = new MemoryStream('events', 1 + Math.floor(random() * 2), clock, { random, throttled: 0.1, expired: 0.1, broken: 0.05 });
    const poison = new Set<string>();
    for (const [at, key] of plan.keys.entries()) {
      const { position } = stream.put(`key ${key}`, String(at));
      if (random() < plan.poison) poison.add(position.sequence);
      if (random() < plan.splits / plan.keys.length) stream.split(stream.openShards[Math.floor(random() * stream.openShards.length)]?.shardId ?? '');
    }
    const settled = new Set<string>();
    const putAside = new Set<string>();
    const wrong: string[] = [];
    const earlier = new Map<string, string[]>();
    for (const { partitionKey, position } of stream.records.toSorted((a, b) => (BigInt(a.position.sequence) < BigInt(b.position.sequence) ? -1 : 1))) {
      earlier.set(partitionKey, [...earlier.get(partitionKey) ?? [], position.sequence]);
    }
    const settle = (key: string, sequence: string): void => {
      for (const before of earlier.get(key) ?? []) {
        if (before === sequence) break;
        if (!settled.has(before)) wrong.push(`${sequence} of ${key} came before ${before}`);
      }
      settled.add(sequence);
    };
    let saved = new Map<string, ShardPosition>();
    const start = () => new Mapping({
      source: stream, stream: 'events', clock, random,
      settings: {
        batchSize: plan.batchSize, parallelizationFactor: plan.lanes, bisectBatchOnFunctionError: plan.bisect, reportBatchItemFailures: plan.report,
        maximumRetryAttempts: 2, retryPauseMilliseconds: 1, readAhead: 30,
      },
      checkpoints: { load: async () => new Map(saved), save: async (positions) => void (random() < plan.lost ? undefined : (saved = new Map(positions))) },
      onFailure: async ({ records }) => {
        if (random() < 0.1) throw new Error('the destination is full');
        for (const { partitionKey, position } of records) {
          putAside.add(position.sequence);
          settle(partitionKey, position.sequence);
        }
      },
      handler: async (event) => {
        await new Promise((resolve) => setImmediate(resolve));
        if (random() < plan.flaky) throw new Error('now and then');
        const at = event.Records.findIndex(({ kinesis }) => poison.has(kinesis.sequenceNumber));
        if (at >= 0 && !plan.report) throw new Error('poison');
        for (const { kinesis } of at < 0 ? event.Records : event.Records.slice(0, at)) settle(kinesis.partitionKey, kinesis.sequenceNumber);
        return { batchItemFailures: at < 0 ? [] : [{ itemIdentifier: event.Records[at]?.kinesis.sequenceNumber }] };
      },
    });
    for (let left = plan.restarts; settled.size < plan.keys.length || left > 0; left--) {
      const stop = new AbortController();
      setMaxListeners(0, stop.signal);
      const running = start().run(stop.signal);
      const turns = left > 0 ? 1 + Math.floor(random() * 20) : 4000;
      for (let i = 0; i < turns && settled.size < plan.keys.length; i++) await new Promise((resolve) => setTimeout(resolve, 1));
      stop.abort();
      await running;
      if (left < -2) break;
    }
    expect(wrong).toEqual([]);
    expect(stream.records.filter(({ position }) => !settled.has(position.sequence))).toEqual([]);
    if (plan.bisect && plan.flaky === 0) expect([...putAside].filter((sequence) => !poison.has(sequence))).toEqual([]);
  }), { numRuns: 60 });
}, 60_000);
