// What the scoring function answers from: looked at again beside the requests, kept where it cannot be looked at, and loaded quickly.
import { describe, expect, it } from 'vitest';
import type { AwsAnswer, AwsRequest } from '../../../lib/base/aws/index.ts';
import { ModelRegistry, seededRandom, trainBoostedTrees } from '../../../lib/learning/index.ts';
import { s3ModelStore } from '../../../lib/learning/aws/index.ts';
import { registryModels } from '../../../lib/serving/index.ts';
import { answersToJson, Held, type Asked, type HeldOptions } from '../../../lib/serving/aws/index.ts';

/** A bucket in memory that answers as S3 does: conditional reads and creations, listings of one level. */
function memoryBucket() {
  const objects = new Map<string, Uint8Array>();
  const state = { away: false, reads: [] as string[] };
  const answer = (status: number, body: Uint8Array | string = '', headers: Record<string, string> = {}): AwsAnswer => ({ status, body: Buffer.from(body), headers: new Headers(headers), tries: 1 });
  return {
    objects, state,
    async requests({ method, path = [], query, headers = {}, body = '' }: AwsRequest): Promise<AwsAnswer> {
      if (state.away) throw new Error('the bucket is away');
      const [, key] = path;
      if (query !== undefined) {
        const below = [...objects.keys()].filter((name) => name.startsWith(query['prefix']!)).map((name) => name.slice(query['prefix']!.length));
        const folders = new Set(below.filter((name) => name.includes('/')).map((name) => name.split('/')[0]!));
        return answer(200, [...[...folders].map((name) => `<CommonPrefixes><Prefix>${query['prefix']!}${name}/</Prefix></CommonPrefixes>`), ...below.filter((name) => !name.includes('/')).map((name) => `<Contents><Key>${query['prefix']!}${name}</Key></Contents>`)].join(''));
      }
      if (method === 'PUT') {
        if (headers['if-none-match'] === '*' && objects.has(key!)) return answer(412);
        objects.set(key!, Buffer.from(body));
        return answer(200);
      }
      state.reads.push(key!);
      const found = objects.get(key!);
      const tag = found === undefined ? '' : `"${found.length}"`;
      return found === undefined ? answer(404) : headers['if-none-match'] === tag ? answer(304) : answer(200, found, { etag: tag });
    },
  };
}

function setUp(change: Partial<HeldOptions> = {}) {
  const bucket = memoryBucket();
  const time = { now: 0 };
  const part = { load: async (engine: Asked, version: string) => ({ version, rows: (await engine.query('SELECT 1')).rows }) as never, madeFrom: () => '' };
  let refreshed = 0;
  const held = new Held({
    requests: bucket.requests, bucket: 'models', models: { refresh: async () => void (refreshed += 1) }, experiments: async () => [],
    parts: { prices: part, shipping: part, recommender: part }, clock: { now: () => time.now, sleep: async () => undefined }, ...change,
  });
  const put = (name: string, version: string, sql = 'SELECT 1') => bucket.objects.set(`serving/${name}.json`, Buffer.from(answersToJson({ version, madeFrom: version, tables: [], answers: [{ sql, result: { columns: [], rows: [[version, 9_007_199_254_740_993n]] } }] })));
  return { bucket, time, held, put, refreshes: () => refreshed };
}

describe('what is answered from', () => {
  it('is looked at every half minute, one look at a time, and fetched only where it has changed', async () => {
    const { held, bucket, time, put, refreshes } = setUp();
    put('prices', 'one');
    await Promise.all([held.refreshed(), held.refreshed()]);
    expect([held.prices?.version, held.shipping, refreshes()]).toEqual(['one', undefined, 1]);
    await held.refreshed();
    expect(refreshes()).toBe(1);
    put('prices', 'second');
    time.now = 30_000;
    await held.refreshed();
    expect([held.prices?.version, refreshes()]).toEqual(['second', 2]);
    const reads = bucket.state.reads.length;
    time.now = 60_000;
    await held.refreshed();
    expect([held.prices?.version, bucket.state.reads.length]).toEqual(['second', reads + 3]);
  });

  it('stays as it was while it cannot be looked at, or was made by other statements, and is told', async () => {
    const { held, bucket, time, put } = setUp();
    put('prices', 'one');
    put('shipping', 'one');
    await held.refreshed();
    put('prices', 'second', 'SELECT 2');
    time.now = 30_000;
    await held.refreshed();
    expect([held.prices?.version, held.shipping?.version, held.failures.length]).toEqual(['one', 'one', 1]);
    bucket.state.away = true;
    time.now = 60_000;
    await held.refreshed();
    expect([held.prices?.version, held.failures]).toEqual(['one', ['the bucket is away', 'the bucket is away', 'the bucket is away']]);
  });

  it('is made again when something else that it is made from changes', async () => {
    const loads: string[] = [];
    const day = { text: 'monday' };
    const part = { load: async (_: Asked, version: string) => { loads.push(version); return { version } as never; }, madeFrom: () => day.text };
    const { held, time, put } = setUp({ parts: { prices: part, shipping: part, recommender: part } });
    put('prices', 'one');
    await held.refreshed();
    day.text = 'tuesday';
    time.now = 30_000;
    await held.refreshed();
    expect(loads).toEqual(['one', 'one']);
  });
});

describe('models of a bucket', () => {
  it('are loaded in a few milliseconds, and a new champion replaces the old one between two requests', async () => {
    const bucket = memoryBucket();
    const registry = new ModelRegistry(s3ModelStore({ requests: bucket.requests, bucket: 'models', folder: 'registry' }));
    const random = seededRandom(3);
    const names = Array.from({ length: 16 }, (_, index) => `f${index}`);
    const features = names.map((name) => ({ name, values: Float32Array.from({ length: 2_000 }, () => random.uniform()) }));
    const labels = Float32Array.from({ length: 2_000 }, (_, row) => (features[0]!.values[row]! + random.uniform() * 0.5 > 0.7 ? 1 : 0));
    const { model } = await trainBoostedTrees({ features, labels }, { trees: 200, depth: 4 }, { threads: 1 });
    const card = {
      predictor: 'conversion', question: '', entities: ['visitor'], features: names, output: 'probability', algorithm: 'gradient_boosting', parameters: {}, metrics: {}, reliability: [], importance: [],
      rows: { train: 1, validate: 0, test: 1 }, baseRate: 0.1, asOf: '2018-10-18', snapshots: {}, trainingSet: '', codeVersion: '1', trainedAt: 0, seconds: 0,
    } as unknown as Parameters<ModelRegistry['register']>[0];
    for (const version of ['1', '2']) {
      expect((await registry.register(card, { kind: 'trees', model } as never)).version).toBe(version);
    }
    await registry.setAlias('conversion', 'champion', '1', 1);
    const models = registryModels(registry, ['conversion'], () => undefined);
    await models.refresh();
    const row = Float64Array.from(features, ({ values }) => values[0]!);
    const before = models.find('conversion', 'champion')!;
    await registry.setAlias('conversion', 'champion', '2', 2);
    const looking = models.refresh();
    expect(models.find('conversion', 'champion')).toBe(before);
    await looking;
    expect([before.version, models.find('conversion', 'champion')?.version]).toEqual(['1', '2']);
    expect(models.find('conversion', 'champion')!.score(row, 1)[0]).toBe(before.score(row, 1)[0]);
    const times: number[] = [];
    for (let tried = 0; tried < 5; tried++) {
      const begun = performance.now();
      await registryModels(registry, ['conversion'], () => undefined).refresh();
      times.push(performance.now() - begun);
    }
    process.stdout.write(`a model of 200 trees of depth 4 is loaded in ${Math.min(...times).toFixed(1)} ms\n`);
    expect(Math.min(...times)).toBeLessThan(50);
  });
});
