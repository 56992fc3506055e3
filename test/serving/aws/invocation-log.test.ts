// The log of a function that stands still between requests: in the stream before the answer leaves, else in the bucket, else with the next request.
import { describe, expect, it } from 'vitest';
import { invocationLog, kinesisPut, type InvocationLogOptions } from '../../../lib/serving/aws/index.ts';
import { systemClock } from '../../../lib/base/index.ts';
import { awsRequests } from '../../../lib/base/aws/index.ts';
import type { PredictionRecord } from '../../../lib/serving/index.ts';
import { everything, openStreams, serve, temporaryFolder } from '../../local/kinesis/support.ts';
import { VirtualClock } from '../../support/virtual-clock.ts';
import { memoryStore, testApp } from '../support.ts';

const record = (id: number, change: Partial<PredictionRecord> = {}): PredictionRecord => ({
  prediction_id: `p${id}`, request_id: 'r', predicted_at: 1, kind: 'churn', version: 'v1', experiment: null, variant: null, unit: null, entity: '{}', features: '{}', response: '{}', score: 0.5,
  fallback: false, key_id: 'k', latency_ms: 1, ...change,
});

/** Until a place that has just failed is tried again. */
const REST_MS = 16_000;

function setUp(change: Partial<InvocationLogOptions> = {}) {
  const state = { stream: true, bucket: true };
  const kept: string[] = [];
  const aside: string[] = [];
  const recent = memoryStore();
  const clock = new VirtualClock();
  const log = invocationLog({
    recent, clock,
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
  return { log, state, kept, aside, recent, rest: () => clock.sleep(REST_MS) };
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

  it('keeps with it what neither takes, and catches up', async () => {
    const { log, state, kept, rest } = setUp();
    Object.assign(state, { stream: false, bucket: false });
    log.predicted([record(1)]);
    expect(await log.flush()).toMatchObject({ waiting: 1, lost: 0 });
    log.predicted([record(2)]);
    state.stream = true;
    expect([await log.flush(), (await log.find('p1'))?.prediction_id]).toMatchObject([{ logged: 0, waiting: 2 }, 'p1']);
    await rest();
    expect(await log.flush()).toMatchObject({ logged: 2, waiting: 0, answers: {} });
    expect(kept).toEqual(['p1', 'p2']);
  });

  it('is full from so many records, or bytes, on: what comes then is counted as lost, until there is room again', async () => {
    for (const limit of [{ mostWaiting: 2 }, { mostWaitingBytes: 300 }]) {
      const { log, state, kept, rest } = setUp(limit);
      Object.assign(state, { stream: false, bucket: false });
      expect(log.isFull).toBe(false);
      // A request that begins while there is room is kept whole.
      log.predicted([record(1), record(2), record(3)]);
      expect([await log.flush(), log.isFull]).toMatchObject([{ waiting: 3, lost: 0 }, true]);
      log.predicted([record(4)]);
      expect([await log.flush(), log.isFull]).toMatchObject([{ waiting: 3, lost: 1 }, true]);
      state.stream = true;
      await rest();
      expect([await log.flush(), log.isFull, kept]).toMatchObject([{ logged: 3, waiting: 0, lost: 0 }, false, ['p1', 'p2', 'p3']]);
    }
  });

  it('leaves alone what has just failed, so that no answer waits for what is not there', async () => {
    const tried: string[] = [];
    const { log, rest } = setUp({
      put: async () => { tried.push('stream'); throw new Error('away'); },
      setAside: async () => { tried.push('bucket'); throw new Error('away'); },
    });
    for (let request = 0; request < 20; request++) {
      log.predicted([record(request)]);
      await log.flush();
    }
    expect(tried).toEqual(['stream', 'bucket']);
    await rest();
    await log.flush();
    expect([tried.length, log.waiting]).toEqual([4, 20]);
  });

  it('delivers a backlog in parts, so that the request which finds the stream back does not carry all of it', async () => {
    const { log, state, kept, rest } = setUp();
    Object.assign(state, { stream: false, bucket: false });
    for (let one = 0; one < 20; one++) log.predicted([record(one, { features: 'x'.repeat(2 ** 20) })]);
    await log.flush();
    state.stream = true;
    await rest();
    const counts = [];
    for (let request = 0; request < 4; request++) counts.push((await log.flush()).logged);
    expect([counts, new Set(kept).size]).toEqual([[7, 7, 6, 0], 20]);
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

describe('a stream that goes away for long', () => {
  it('leaves marked fall-backs once its records have no room, loses none of the others, and has them all when it is back', async () => {
    const folder = await temporaryFolder();
    const streams = await openStreams(folder);
    await streams.createStream('millrace-dev-predictions', { shardCount: 1 });
    const endpoint = await serve(streams);
    const place = { region: 'eu-central-1', clock: systemClock, credentials: () => ({ accessKeyId: 'a', secretAccessKey: 'b' }), tries: 2, timeoutMilliseconds: 2_000 };
    const [kinesis, s3] = [awsRequests({ ...place, service: 'kinesis', endpoint: endpoint.url }), awsRequests({ ...place, service: 's3', endpoint: endpoint.url })];
    let later = 0;
    const log = invocationLog({
      put: kinesisPut(kinesis, 'millrace-dev-'), recent: memoryStore(), clock: { ...systemClock, now: () => Date.now() + later, sleep: (milliseconds) => systemClock.sleep(milliseconds) }, mostWaiting: 30,
      async setAside(lines) {
        if ((await s3({ method: 'PUT', path: ['models', 'waiting/one.jsonl'], body: lines })).status !== 200) throw new Error('the bucket is away, too');
      },
    });
    const app = testApp({ log });
    /** As the function does for each request. */
    const ask = async () => {
      const { body } = await app.send('POST', '/v1/predict/conversion', { rows: Array.from({ length: 10 }, () => ({ visitor_id: 'v1', item_id: 'i1', discount: 0.1 })) });
      const counts = await log.flush();
      return { answers: (body as { predictions: { prediction_id: string; fallback: boolean; reason: string | null }[] }).predictions, counts };
    };
    const byModel: string[] = [];
    const asked = async () => {
      const { answers, counts } = await ask();
      byModel.push(...answers.filter(({ fallback }) => !fallback).map(({ prediction_id: id }) => id));
      return [...new Set(answers.map(({ reason }) => reason)), counts.waiting, counts.lost];
    };
    expect(await asked()).toEqual([null, 0, 0]);
    await endpoint.close();
    expect([await asked(), await asked(), await asked(), await asked(), await asked()]).toEqual([[null, 10, 0], [null, 20, 0], [null, 30, 0], ['log_full', 30, 10], ['log_full', 30, 10]]);
    await serve(streams, { port: Number(new URL(endpoint.url).port) });
    later += REST_MS;
    expect([await asked(), await asked()]).toEqual([['log_full', 0, 10], [null, 0, 0]]);
    const keys = (await everything(streams, 'millrace-dev-predictions')).map(({ key }) => key);
    expect([keys.length, new Set(keys)]).toEqual([50, new Set(byModel)]);
  });
});
