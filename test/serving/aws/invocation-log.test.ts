// The log of a function that stands still between requests: in the stream before the answer leaves, else in the bucket, else with the next request.
import { describe, expect, it } from 'vitest';
import { invocationLog, kinesisPut, type InvocationLogOptions } from '../../../lib/serving/aws/index.ts';
import { systemClock } from '../../../lib/base/index.ts';
import { awsRequests } from '../../../lib/base/aws/index.ts';
import type { PredictionRecord } from '../../../lib/serving/index.ts';
import { everything, openStreams, serve, temporaryFolder } from '../../local/kinesis/support.ts';
import { VirtualClock } from '../../support/virtual-clock.ts';
import { memoryStore } from '../support.ts';

const record = (id: number, change: Partial<PredictionRecord> = {}): PredictionRecord => ({
  prediction_id: `p${id}`, request_id: 'r', predicted_at: 1, kind: 'churn', version: 'v1', experiment: null, variant: null, unit: null, entity: '{}', features: '{}', response: '{}', score: 0.5,
  fallback: false, key_id: 'k', latency_ms: 1, ...change,
});

function setUp(change: Partial<InvocationLogOptions> = {}) {
  const state = { stream: true, bucket: true };
  const kept: string[] = [];
  const aside: string[] = [];
  const recent = memoryStore();
  const log = invocationLog({
    recent, clock: new VirtualClock(),
    async put(_stream, records) {
      if (!state.stream) throw new Error('the stream is away');
      kept.push(...records.map(({ partitionKey }) => partitionKey));
      return records.map(() => ({ ok: true }));
    },
    async setAside(lines) {
      if (!state.bucket) throw new Error('the bucket is away');
      aside.push(...lines.trim().split('\n').map((line) => (JSON.parse(line) as PredictionRecord).prediction_id));
    },
    ...change,
  });
  return { log, state, kept, aside, recent };
}

describe('the log of a function', () => {
  it('has what was answered in the stream, and findable, once it was flushed', async () => {
    const { log, kept } = setUp();
    log.predicted([record(1), record(2, { fallback: true }), record(3, { kind: 'price' })]);
    expect([log.waiting, (await log.find('p1'))?.kind]).toEqual([3, 'churn']);
    expect(await log.flush()).toEqual({ answers: { churn: { answers: 2, fallbacks: 1 }, price: { answers: 1, fallbacks: 0 } }, logged: 3, setAside: 0, waiting: 0, lost: 0, unfindable: 0 });
    expect([kept, log.waiting, (await log.find('p3'))?.kind, await log.find('p9')]).toEqual([['p1', 'p2', 'p3'], 0, 'price', undefined]);
    expect(await log.flush()).toMatchObject({ answers: {}, logged: 0 });
  });

  it('puts aside what the stream does not take', async () => {
    const { log, state, kept, aside } = setUp();
    state.stream = false;
    log.predicted([record(1), record(2)]);
    expect(await log.flush()).toMatchObject({ logged: 0, setAside: 2, waiting: 0 });
    expect([kept, aside, (await log.find('p1'))?.prediction_id]).toEqual([[], ['p1', 'p2'], 'p1']);
  });

  it('says that it is full while neither takes anything, so that answers are marked, and no more once one does', async () => {
    const { log, state } = setUp({ mostWaiting: 2 });
    Object.assign(state, { stream: false, bucket: false });
    log.predicted([record(1), record(2)]);
    await log.flush();
    expect(log.isFull).toBe(true);
    log.predicted([record(3)]);
    state.bucket = true;
    expect(await log.flush()).toMatchObject({ setAside: 2, lost: 1 });
    expect(log.isFull).toBe(false);
  });

  it('keeps with it what neither takes, and catches up', async () => {
    const { log, state, kept } = setUp();
    Object.assign(state, { stream: false, bucket: false });
    log.predicted([record(1)]);
    expect(await log.flush()).toMatchObject({ waiting: 1, lost: 0 });
    log.predicted([record(2)]);
    state.stream = true;
    expect(await log.flush()).toMatchObject({ logged: 2, waiting: 0, answers: { churn: { answers: 1, fallbacks: 0 } } });
    expect(kept).toEqual(['p1', 'p2']);
  });

  it('tells how many it had no room for', async () => {
    const { log, state } = setUp({ mostWaiting: 2 });
    Object.assign(state, { stream: false, bucket: false });
    log.predicted([record(1), record(2), record(3)]);
    expect(await log.flush()).toMatchObject({ waiting: 2, lost: 1 });
    expect(await log.flush()).toMatchObject({ waiting: 2, lost: 0 });
  });

  it('sends again only what the stream refused', async () => {
    const calls: string[][] = [];
    const { log } = setUp({
      async put(_stream, records) {
        calls.push(records.map(({ partitionKey }) => partitionKey));
        return records.map((_, index) => ({ ok: calls.length > 1 || index === 0 }));
      },
    });
    log.predicted([record(1), record(2), record(3)]);
    expect(await log.flush()).toMatchObject({ logged: 3 });
    expect(calls).toEqual([['p1', 'p2', 'p3'], ['p2', 'p3']]);
  });

  it('is well when only the place of recent answers is away, and says how many cannot be found', async () => {
    const recent = { ...memoryStore(), write: async () => { throw new Error('away'); } };
    const { log, kept } = setUp({ recent });
    log.predicted([record(1)]);
    expect(await log.flush()).toMatchObject({ logged: 1, unfindable: 1 });
    expect(kept).toEqual(['p1']);
  });

  it('tells the caller when an outcome could not be kept', async () => {
    const { log, state, kept } = setUp();
    const outcome = { outcome_id: 'o1', prediction_id: 'p1', unit: null, outcome: 'purchase', value: 1, occurred_at: 1, key_id: 'k' };
    await log.happened([outcome]);
    expect(kept).toEqual(['o1']);
    state.stream = false;
    await expect(log.happened([outcome])).rejects.toMatchObject({ code: 'io', todo: expect.stringContaining('same outcome_id') as string });
  });
});

describe('records by signed requests', () => {
  it('arrive in the streams that speak the API of Kinesis, in as many calls as its limits ask for', async () => {
    const streams = await openStreams(await temporaryFolder());
    await streams.createStream('millrace-dev-predictions', { shardCount: 1 });
    const { url } = await serve(streams);
    const requests = awsRequests({ service: 'kinesis', region: 'eu-central-1', endpoint: url, clock: systemClock, credentials: () => ({ accessKeyId: 'a', secretAccessKey: 'b' }) });
    const put = kinesisPut(requests, 'millrace-dev-');
    const data = Array.from({ length: 1_100 }, (_, index) => ({ partitionKey: `p${index}`, data: Buffer.from(`record ${index}`) }));
    expect(new Set((await put('predictions', data)).map(({ ok }) => ok))).toEqual(new Set([true]));
    expect((await everything(streams, 'millrace-dev-predictions')).map(({ text }) => text)).toEqual(data.map((one) => one.data.toString()));
    await expect(put('nothing', data.slice(0, 1))).rejects.toMatchObject({ code: 'io', message: expect.stringContaining('ResourceNotFoundException') as string });
  });
});
