// What a function sees of a stream, and what becomes of records that it does not take: as with a Lambda's event source mapping.
import type { KinesisStreamEvent } from 'aws-lambda';
import { beforeEach, describe, expect, test } from 'vitest';
import type { ShardPosition } from '../../../lib/local/shard-readers.ts';
import { firstFailure, invocationRecord, Mapping, type CheckpointStore, type FailedBatch, type Handler, type MappingSettings } from '../../../lib/local/mapping/index.ts';
import { VirtualClock } from '../../support/virtual-clock.ts';
import { MemoryStream } from '../support/memory-stream.ts';

let clock: VirtualClock;
let stream: MemoryStream;
let failed: FailedBatch[];
let saved: Map<string, ShardPosition>;

beforeEach(() => {
  clock = new VirtualClock();
  stream = new MemoryStream('events', 1, clock);
  failed = [];
  saved = new Map();
});

const store: CheckpointStore = { load: async () => new Map(saved), save: async (positions) => void (saved = new Map(positions)) };
const textsOf = (event: KinesisStreamEvent) => event.Records.map(({ kinesis }) => Buffer.from(kinesis.data, 'base64').toString());
const failedTexts = () => failed.map(({ records }) => records.map(({ data }) => Buffer.from(data).toString()));

/** Runs until `until` says so. */
async function run(handler: Handler, settings: Partial<MappingSettings>, until: () => boolean): Promise<Mapping> {
  const mapping = new Mapping({ source: stream, stream: 'events', handler, checkpoints: store, clock, settings, random: () => 0.5, onFailure: async (batch) => void failed.push(batch) });
  const stop = new AbortController();
  const running = mapping.run(stop.signal);
  for (let i = 0; i < 5000 && !until(); i++) await new Promise((resolve) => setTimeout(resolve, 1));
  stop.abort();
  await running;
  return mapping;
}

test('batches in order, up to their size; a restart goes on behind the checkpoint', async () => {
  for (let i = 0; i < 7; i++) stream.put('k', `r${i}`);
  const calls: string[][] = [];
  const handler: Handler = async (event) => void calls.push(textsOf(event));
  await run(handler, { batchSize: 3 }, () => calls.length === 3);
  expect(calls).toEqual([['r0', 'r1', 'r2'], ['r3', 'r4', 'r5'], ['r6']]);
  stream.put('k', 'r7');
  await run(handler, { batchSize: 3 }, () => calls.length === 4);
  expect(calls[3]).toEqual(['r7']);
});

test('the lowest record that a function names is the checkpoint, and all after it come again', async () => {
  for (let i = 0; i < 6; i++) stream.put('k', `r${i}`);
  const calls: string[][] = [];
  const handler: Handler = async (event) => {
    calls.push(textsOf(event));
    if (calls.length > 1) return { batchItemFailures: [] };
    return { batchItemFailures: [{ itemIdentifier: event.Records[4]?.kinesis.sequenceNumber ?? '' }, { itemIdentifier: event.Records[2]?.kinesis.sequenceNumber ?? '' }] };
  };
  await run(handler, { reportBatchItemFailures: true }, () => calls.length === 2);
  expect(calls).toEqual([['r0', 'r1', 'r2', 'r3', 'r4', 'r5'], ['r2', 'r3', 'r4', 'r5']]);
});

test('a poison record blocks nobody: bisected until it is alone, tried as often as it may be, then put aside whole', async () => {
  for (let i = 0; i < 8; i++) stream.put('k', i === 5 ? 'poison' : `r${i}`);
  const done: string[] = [];
  const handler: Handler = async (event) => {
    if (textsOf(event).includes('poison')) throw new Error('cannot take it');
    done.push(...textsOf(event));
  };
  const mapping = await run(handler, { bisectBatchOnFunctionError: true, maximumRetryAttempts: 2 }, () => done.length === 7);
  expect(done).toEqual(['r0', 'r1', 'r2', 'r3', 'r4', 'r6', 'r7']);
  expect(failedTexts()).toEqual([['poison']]);
  expect(failed[0]).toMatchObject({ condition: 'RetryAttemptsExhausted', attempts: 3, message: 'cannot take it' });
  // Whole, in halves, and alone: 8, 4, 2, then three times the one. Bisecting has used up no attempt.
  expect(mapping.status()).toMatchObject({ failedCalls: 6, givenUp: 1, records: 8 });
  expect(saved.get(stream.openShards[0]?.shardId ?? '')?.sequence).toBe(stream.records.at(-1)?.position.sequence);
});

test('without bisecting the whole batch is given up; without a limit it is tried for ever', async () => {
  for (let i = 0; i < 3; i++) stream.put('k', `r${i}`);
  await run(async () => Promise.reject(new Error('no')), { maximumRetryAttempts: 1 }, () => failed.length === 1);
  expect(failedTexts()).toEqual([['r0', 'r1', 'r2']]);
  saved.clear();
  failed = [];
  let calls = 0;
  await run(async () => Promise.reject(new Error(`no ${calls++}`)), {}, () => calls > 20);
  expect(failed).toEqual([]);
});

test('records that are too old are put aside without a call', async () => {
  stream.put('k', 'old');
  await clock.sleep(60_000);
  stream.put('k', 'young');
  const calls: string[][] = [];
  await run(async (event) => void calls.push(textsOf(event)), { maximumRecordAgeMilliseconds: 30_000 }, () => calls.length === 1);
  expect(calls).toEqual([['young']]);
  expect(failed).toMatchObject([{ condition: 'RecordAgeExceeded', attempts: 0 }]);
});

test('a failing batch comes to its age while it is tried again', async () => {
  stream.put('k', 'stuck');
  await run(async () => Promise.reject(new Error('no')), { maximumRecordAgeMilliseconds: 5000 }, () => failed.length === 1);
  expect(failed).toMatchObject([{ condition: 'RecordAgeExceeded', message: 'no' }]);
});

test('a key that is slow, or does not go on at all, starves no other', async () => {
  for (let i = 0; i < 200; i++) stream.put(i % 2 === 0 ? 'hot' : `cold ${i}`, `${i % 2 === 0 ? 'hot' : 'cold'} ${i}`);
  const cold: string[] = [];
  await run(async (event) => {
    const texts = textsOf(event);
    if (texts.some((text) => text.startsWith('hot'))) throw new Error('never');
    cold.push(...texts);
  }, { parallelizationFactor: 10, batchSize: 5 }, () => cold.length > 70);
  expect(cold.length).toBeGreaterThan(70); // those that share its lane wait
});

test('records of a shard wait for those of its parents, also where those are tried again', async () => {
  for (let i = 0; i < 5; i++) stream.put('k', `before ${i}`);
  stream.split(stream.openShards[0]?.shardId ?? '');
  for (let i = 0; i < 5; i++) stream.put('k', `after ${i}`);
  const done: string[] = [];
  let failures = 0;
  await run(async (event) => {
    if (failures++ < 4) throw new Error('not yet');
    done.push(...textsOf(event));
  }, { batchSize: 2 }, () => done.length === 10);
  expect(done).toEqual([...Array.from({ length: 5 }, (_, i) => `before ${i}`), ...Array.from({ length: 5 }, (_, i) => `after ${i}`)]);
  expect([...saved.values()].some(({ ended }) => ended)).toBe(true);
});

test('while the failure destination takes nothing, what follows the batch waits', async () => {
  for (let i = 0; i < 6; i++) stream.put('k', i < 2 ? 'poison' : `r${i}`);
  const seen: string[] = [];
  let refusals = 0;
  const mapping = new Mapping({
    source: stream, stream: 'events', checkpoints: store, clock, random: () => 0.5, settings: { batchSize: 2, maximumRetryAttempts: 0 },
    handler: async (event) => {
      if (textsOf(event).includes('poison')) throw new Error('no');
      seen.push(...textsOf(event));
    },
    onFailure: async () => {
      refusals += 1;
      if (refusals < 4) throw new Error('the disk is full');
      seen.push('put aside');
    },
  });
  const stop = new AbortController();
  const running = mapping.run(stop.signal);
  for (let i = 0; i < 5000 && seen.length < 5; i++) await new Promise((resolve) => setTimeout(resolve, 1));
  stop.abort();
  await running;
  expect(seen).toEqual(['put aside', 'r2', 'r3', 'r4', 'r5']);
});

test('a batch waits for others as long as its window, not longer', async () => {
  const began = clock.now();
  stream.put('k', 'r0');
  let at = 0;
  await run(async () => void (at = clock.now()), { maximumBatchingWindowMilliseconds: 3000 }, () => at > 0);
  expect(at - began).toBeGreaterThanOrEqual(3000);
  expect(at - began).toBeLessThan(5000);
});

describe('responses', () => {
  const records = () => ['a', 'b', 'c'].map((text) => stream.put('k', text));

  test.each([
    ['nothing', undefined, 3], ['null', null, 3], ['no list', {}, 3], ['an empty list', { batchItemFailures: [] }, 3], ['a null list', { batchItemFailures: null }, 3],
    ['an unknown record', { batchItemFailures: [{ itemIdentifier: '17' }] }, 0], ['an empty name', { batchItemFailures: [{ itemIdentifier: '' }] }, 0],
    ['a null name', { batchItemFailures: [{ itemIdentifier: null }] }, 0], ['a misspelt key', { batchItemFailures: [{ item: 'x' }] }, 0],
  ])('%s', (_name, response, expected) => {
    expect(firstFailure(response, records())).toBe(expected);
  });

  test('the destination gets whole records', () => {
    const batch = records();
    const document = invocationRecord({ stream: 'events', shard: 's', records: batch, condition: 'RetryAttemptsExhausted', attempts: 3, message: 'no' }, 'features', clock.now());
    const payload = JSON.parse(String(document['payload'])) as KinesisStreamEvent;
    expect(textsOf(payload)).toEqual(['a', 'b', 'c']);
    expect(document['KinesisBatchInfo']).toMatchObject({ batchSize: 3, startSequenceNumber: batch[0]?.position.sequence });
  });
});
