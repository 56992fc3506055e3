// From a shop's files to an answer that can be explained and computed again: train, promote, compare, roll back, serve, and a canary that goes wrong.
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { systemClock } from '../../../lib/base/index.ts';
import { ModelRegistry, compileTrees, modelStoreOn, scoreRows, type Canary, type ModelCard, type TreeModel } from '../../../lib/learning/index.ts';
import { LocalFiles } from '../../../lib/lake/index.ts';
import { featuresOf, lookThrough, openApiService, openRuntime, predictorsOf, registryOf, type Runtime, type TrainingReport } from '../../../lib/local/index.ts';
import type { Scope } from '../../../lib/serving/index.ts';
import { PROJECT, trainingHome, type TrainingHome } from './home.ts';

// A busy machine takes several times as long.
vi.setConfig({ testTimeout: 120_000 });

let shop: TrainingHome;
let conversion: TrainingReport;
let churn: TrainingReport;
beforeAll(async () => {
  shop = await trainingHome();
  conversion = await shop.json('train', 'conversion');
  churn = await shop.json('train', 'churn');
}, 120_000);
afterAll(() => shop?.remove());

const modelFile = (version: string, predictor = 'conversion'): Buffer => readFileSync(path.join(shop.home, 'models', predictor, version, 'model.json'));

/** Asks the API of the home while `work` goes on; gives the answers that were logged. */
async function served(work: (ask: (body: unknown, url?: string) => Promise<{ status: number; body: unknown }>, runtime: Runtime) => Promise<void>, scopes: readonly Scope[] = ['predict', 'models']): Promise<Record<string, unknown>[]> {
  // So that the service looks every few milliseconds whether a canary is to be ended.
  const clock = { now: () => systemClock.now(), sleep: (ms: number, signal?: AbortSignal) => systemClock.sleep(Math.min(ms, 40), signal) };
  const runtime = await openRuntime({ home: shop.home, project: PROJECT, clock });
  const logged: Record<string, unknown>[] = [];
  const stop = new AbortController();
  try {
    const api = await openApiService(runtime, {
      port: 0,
      put: async (stream, records) => {
        if (stream === 'predictions') logged.push(...records.map(({ data }) => JSON.parse(Buffer.from(data as Uint8Array).toString()) as Record<string, unknown>));
        return records.map((_, index) => ({ ok: true as const, sequence: String(index), shardId: 'shard' }));
      },
    });
    const key = api.keys.addForNow('test', { scopes });
    const running = api.run(stop.signal);
    await work(async (body, url = '/v1/predict/conversion') => {
      const response = await fetch(`${api.server.url}${url}`, { method: body === undefined ? 'GET' : 'POST', headers: { 'x-api-key': key, 'content-type': 'application/json' }, ...(body === undefined ? {} : { body: JSON.stringify(body) }) });
      return { status: response.status, body: await response.json() };
    }, runtime);
    while (api.status !== undefined && (await api.status()).waitingInLog > 0) await systemClock.sleep(10);
    stop.abort();
    await running;
    return logged;
  } finally {
    stop.abort();
    await runtime.close();
  }
}

describe('training', () => {
  it('gives versions that beat the naive answer, pass the gate and answer', () => {
    for (const { card, gate, promoted } of [conversion, churn]) {
      expect(card.metrics['auc']).toBeGreaterThan(0.75);
      expect(gate.checks.map(({ check }) => check)).toEqual(expect.arrayContaining(['auc beside the naive answer', 'milliseconds to score a row']));
      expect(gate.passes && promoted).toBe(true);
    }
    expect(churn.card.slices?.map(({ column, value }) => `${column} ${value}`)).toContain('customer_state SP');
  });

  it('looks for features that see their future, and finds none', () => {
    expect(conversion.card.leaks).toMatchObject({ leaks: [], whole: [] });
    expect(churn.card.leaks?.leaks).toEqual([]);
    expect(churn.card.leaks?.rows).toBeGreaterThan(500);
    expect(conversion.card.suspects).toEqual([]);
  });

  it('gives the same bytes for the same seed and snapshots, looks for leaks once, and keeps the snapshots that it read', async () => {
    const again = await shop.json<TrainingReport>('train', 'conversion', '--keep-champion');
    expect(again.promoted).toBe(false);
    expect(Buffer.compare(modelFile('2'), modelFile('1'))).toBe(0);
    expect(again.card.leaks).toEqual(conversion.card.leaks);
    const runtime = await openRuntime({ home: shop.home, project: PROJECT });
    try {
      const table = await runtime.lake.loadTable({ namespace: 'silver', name: 'events' });
      expect(String(table.metadata.refs['model.conversion.1']?.['snapshot-id'])).toBe(conversion.card.snapshots['silver.events']);
    } finally {
      await runtime.close();
    }
  });

  it('looks by itself, too, before anything is trained, and asks no table where an earlier version was looked through', async () => {
    const runtime = await openRuntime({ home: shop.home, project: PROJECT });
    try {
      const engine = async (): Promise<never> => { throw new Error('a table was asked'); };
      expect(await lookThrough({ ...runtime, engine }, 'conversion')).toEqual(conversion.card.leaks);
      const registry = new ModelRegistry(modelStoreOn(new LocalFiles(), path.join(shop.folder, 'no-versions')));
      const found = await lookThrough({ ...runtime, learning: { predictors: await predictorsOf(runtime), features: await featuresOf(runtime), registry } }, 'conversion');
      expect(found).toEqual(conversion.card.leaks);
    } finally {
      await runtime.close();
    }
  });

  it('searches for settings on earlier rows, and keeps every trial in the card', async () => {
    const { card } = await shop.json<TrainingReport>('train', 'conversion', '--keep-champion', '--tune', '--trials', '3', '--seed', '5');
    expect(card.tuning?.trials.map(({ trial }) => trial)).toEqual([0, 1, 2, 3]);
    expect(Date.parse(card.tuning!.before)).toBeLessThan(Date.parse('2018-10-01'));
    const { out } = await shop.millrace(['models', 'card', 'conversion', '3']);
    expect(out).toContain('## Search for settings');
    expect(out).toContain('(chosen)');
  });
});

describe('versions', () => {
  it('are listed, compared, promoted and rolled back', async () => {
    expect((await shop.millrace(['promote', 'conversion', '2'])).out).toContain('version 2 of conversion is champion, in place of 1');
    expect((await shop.millrace(['models'])).out).toMatch(/conversion +2 +champion/);
    const compared = await shop.json<(ModelCard & { onSameRows: { rows: number; metrics: Record<string, number> } })[]>('compare', 'conversion', '1', '2');
    // The model is the same, and so are the rows that it is asked of.
    expect(compared[0]!.onSameRows).toEqual(compared[1]!.onSameRows);
    expect(compared[1]!.onSameRows).toMatchObject({ rows: compared[1]!.rows.test, metrics: { auc: compared[1]!.metrics['auc'] } });
    expect(compared[0]!.metrics).toEqual(compared[1]!.metrics);
    expect((await shop.millrace(['rollback', 'conversion'])).out).toContain('version 1 of conversion answers again, in place of 2');
    expect((await shop.millrace(['promote', 'conversion', '9'], { code: 4 })).err).toContain('there is no version 9 of conversion');
  });

  it('have a card that says what they are for, made from, good for and not', async () => {
    const { out } = await shop.millrace(['models', 'card', 'churn']);
    for (const heading of ['# churn, version 1', '## Intended use', '## Data', '## Metrics', '## Calibration', '## What it uses', '## Limits', '## How it was made']) expect(out).toContain(heading);
    expect(out).toContain('No feature sees its future');
  });

  it('are not promoted against the gate, unless forced', async () => {
    const registry = await withRegistry((one) => one.card('churn', '1'));
    const { version: _version, ...card } = registry;
    await withRegistry(async (one) => one.register({ ...card, gate: { passes: false, checks: [], reasons: ['auc is 0.4, and must be at least 0.5'] } }, await one.model('churn', '1')));
    expect((await shop.millrace(['promote', 'churn', '2'], { code: 5 })).err).toContain('auc is 0.4');
    await shop.millrace(['promote', 'churn', '2', '--force']);
    await shop.millrace(['rollback', 'churn']);
  });
});

async function withRegistry<Result>(work: (registry: ReturnType<typeof registryOf>) => Promise<Result>): Promise<Result> {
  const runtime = await openRuntime({ home: shop.home, project: PROJECT });
  try {
    return await work(registryOf(runtime));
  } finally {
    await runtime.close();
  }
}

describe('an answer', () => {
  it('over HTTP is that of the model, is explained, and is computed again from the lake', async () => {
    await shop.millrace(['features', 'backfill']);
    let id = '';
    let score = 0;
    const logged = await served(async (ask) => {
      const { status, body } = await ask({ rows: [{ visitorid: '257597', itemid: '355908' }] });
      expect(status).toBe(200);
      const [answer] = (body as { predictions: { prediction_id: string; score: number; version: string; fallback: boolean }[] }).predictions;
      expect(answer).toMatchObject({ version: '1', fallback: false });
      id = answer!.prediction_id;
      score = answer!.score;
    });
    expect(logged.map(({ prediction_id: one }) => one)).toEqual([id]);
    const inputs = JSON.parse(String(logged[0]!['features'])) as Record<string, number | null>;
    const row = Float32Array.from(conversion.card.features, (name) => inputs[name] ?? Number.NaN);
    expect(scoreRows(compileTrees(await withRegistry(async (registry) => (await registry.model('conversion', '1')).model as TreeModel)), row)[0]).toBeCloseTo(score, 6);

    mkdirSync(path.join(shop.folder, 'log/predictions'), { recursive: true });
    writeFileSync(path.join(shop.folder, 'log/predictions/predictions-1.jsonl'), logged.map((record) => `${JSON.stringify(record)}\n`).join(''));
    await shop.millrace(['ingest', path.join(shop.folder, 'log')]);
    const explained = await shop.json<{ features: { name: string; contribution: number }[]; bias: number }>('explain', id);
    const margin = explained.features.reduce((sum, { contribution }) => sum + contribution, explained.bias);
    expect(1 / (1 + Math.exp(-margin))).toBeCloseTo(score, 4);
    expect(await shop.json('reproduce', id)).toMatchObject({ equal: true, differences: [], version: '1' });
  });
});

describe('a canary that goes wrong', () => {
  it('is rolled back under load, and nobody goes without an answer', async () => {
    // Its card has fewer inputs than its model, which then gives no number.
    const { version: _version, ...card } = await withRegistry((registry) => registry.card('conversion', '1'));
    const bad = await withRegistry(async (registry) => registry.register({ ...card, features: card.features.slice(0, 3) }, await registry.model('conversion', '1')));
    expect((await shop.millrace(['promote', 'conversion', bad.version, '--canary', '30%'])).out).toContain('answers 30 % of the traffic');
    expect((await shop.millrace(['promote', 'conversion', '2'], { code: 5 })).err).toContain('is a canary');
    expect(await shop.json('train', 'conversion')).toMatchObject({ promoted: false, canary: bad.version });

    const versions: string[] = [];
    await served(async (ask) => {
      expect((await ask(undefined, '/v1/models')).body).toMatchObject({ models: expect.arrayContaining([expect.objectContaining({ version: bad.version, canary_share: 0.3 })]) as unknown });
      let next = 0;
      const caller = async (): Promise<void> => {
        while (next < 400) {
          const { status, body } = await ask({ rows: [{ visitorid: `v${next++}`, itemid: '355908' }] });
          expect(status).toBe(200);
          versions.push((body as { predictions: { version: string; score: number }[] }).predictions[0]!.version);
        }
      };
      await Promise.all(Array.from({ length: 8 }, caller));
      for (let tried = 0; tried < 200 && (await withRegistry((registry) => registry.state('conversion'))).canary !== undefined; tried++) await systemClock.sleep(20);
      expect((await ask(undefined, '/v1/models')).body).toMatchObject({ models: expect.not.arrayContaining([expect.objectContaining({ version: bad.version })]) as unknown });
    });
    expect(versions).toHaveLength(400);
    expect(new Set(versions)).toEqual(new Set(['1']));
    const state = await withRegistry((registry) => registry.state('conversion'));
    expect(state).toMatchObject({ aliases: { champion: '1' }, change: { what: 'canary_rolled_back', version: bad.version } });
    expect(state.canary as Canary | undefined).toBeUndefined();
    expect(state.change?.reasons?.[0]).toMatch(/share of errors is/);
    expect((await shop.millrace(['models'])).out).toContain(`the canary of conversion, version ${bad.version}, went back`);
  });

  it('that is good takes over once it has answered enough', async () => {
    expect((await shop.millrace(['promote', 'conversion', '2', '--canary', '50%', '--hours', '0', '--answers', '20'])).out).toContain('takes over after 20 answers');
    await served(async (ask) => {
      for (let visitor = 0; visitor < 80; visitor++) expect((await ask({ rows: [{ visitorid: `w${visitor}`, itemid: '355908' }] })).status).toBe(200);
      for (let tried = 0; tried < 200 && (await withRegistry((registry) => registry.state('conversion'))).canary !== undefined; tried++) await systemClock.sleep(20);
    });
    expect(await withRegistry((registry) => registry.state('conversion'))).toMatchObject({ aliases: { champion: '2' }, change: { what: 'canary_completed' } });
    await shop.millrace(['rollback', 'conversion']);
    expect(await withRegistry((registry) => registry.aliases('conversion'))).toEqual({ champion: '1' });
  });
});

describe('versions that are not alike', () => {
  it('are compared on the same rows, each by its own features', async () => {
    const { version: _version, ...card } = await withRegistry((registry) => registry.card('conversion', '1'));
    const feature = 'interest.interaction_score_30d';
    const blind: TreeModel = { objective: 'binary:logistic', baseScore: card.baseRate, featureNames: [feature], featureKinds: ['numeric'], trees: [], attributes: {} };
    const { version } = await withRegistry((registry) => registry.register({ ...card, features: [feature], asOf: '2018-01-01', snapshots: {} }, { kind: 'trees', model: blind }));
    const [one, other] = await shop.json<(ModelCard & { onSameRows: { rows: number; asOf: string; metrics: Record<string, number> } })[]>('compare', 'conversion', '1', version);
    expect(other!.onSameRows).toMatchObject({ rows: one!.onSameRows.rows, asOf: card.asOf, metrics: { auc: 0.5 } });
    expect(one!.onSameRows.metrics['auc']).toBeCloseTo(card.metrics['auc']!, 6);
    expect((await shop.millrace(['compare', 'conversion', '1', version])).out).toMatch(/features of its own +interest.funnel_depth_30d,[^]*on the same [\d,]+ rows/);
    expect((await shop.millrace(['compare', 'conversion', '1', '99'], { code: 4 })).err).toContain('there is no version 99 of conversion');
    expect(card.commit ?? '').toMatch(/^([0-9a-f]{40})?$/);
  });
});

describe('an answer, after the shop has moved on', () => {
  /** Events of one visitor, so many minutes before now, in a file of their own. */
  const land = async (name: string, minutes: readonly number[]): Promise<void> => {
    const lines = minutes.map((ago, index) => `${Date.now() - ago * 60_000},mover,${index === 0 ? 'addtocart' : 'view'},355908,,${name}-${index},,`);
    mkdirSync(path.join(shop.folder, name, 'events'), { recursive: true });
    writeFileSync(path.join(shop.folder, name, 'events', `events-${name}.csv`), ['timestamp,visitorid,event,itemid,transactionid,event_id,device_type,query', ...lines, ''].join('\n'));
    await shop.millrace(['ingest', path.join(shop.folder, name)]);
    await shop.millrace(['run', 'batch', '--select', 'silver.events']);
  };
  const expire = ['maintain', 'silver.events', 'silver.orders', 'gold.customer_churn_predictions', '--keep', '0', '--keep-at-least', '1'];
  const ids: Record<string, string> = {};

  it('is computed again from the snapshots that it was made from', async () => {
    await land('before', [50, 40, 3]);
    await shop.millrace(['features', 'backfill']);
    expect(await shop.json('train', 'recommendations')).toMatchObject({ promoted: true });
    await served(async (ask) => {
      const one = async (name: string, body: unknown, url?: string): Promise<void> => {
        const answer = (await ask(body, url)).body as { prediction_id?: string; predictions?: { prediction_id: string; fallback: boolean }[] };
        ids[name] = answer.prediction_id ?? answer.predictions![0]!.prediction_id;
      };
      await one('live', { rows: [{ visitorid: 'mover', itemid: '355908' }] });
      await one('given', { rows: [{ visitorid: 'mover', itemid: '355908', 'visitor.views_7d': 30 }] });
      await one('recommended', { visitor_id: 'mover', limit: 5 }, '/v1/recommendations');
    }, ['predict', 'models', 'recommendations']);
    await shop.millrace(['predict', 'churn']);
    ids['batch'] = /[\da-f-]{36}/.exec((await shop.millrace(['query', 'SELECT prediction_id FROM gold.customer_churn_predictions ORDER BY prediction_id LIMIT 1'])).out)![0];

    // Events of before the answer that come after it, other versions, other batches; and nothing is kept that is not tagged.
    await land('late', [45, 20, 2]);
    await shop.millrace(['promote', 'conversion', '2', '--force']);
    await shop.millrace(['predict', 'churn']);
    await shop.millrace(expire);
    for (const [name, id] of Object.entries(ids)) expect(await shop.json('reproduce', id), name).toMatchObject({ equal: true, differences: [] });
    const live = await shop.json<{ features: { name: string; value: number; source: string; newest?: string }[] }>('explain', ids['live']!);
    expect(live.features).toEqual(expect.arrayContaining([expect.objectContaining({ name: 'visitor.carts_7d', value: 1, source: 'visitor, from silver.events', newest: expect.any(String) as string })]));
    expect((await shop.json<{ features: { name: string; source: string }[] }>('explain', ids['given']!)).features).toEqual(expect.arrayContaining([expect.objectContaining({ name: 'visitor.views_7d', value: 30, source: 'the request' })]));
    expect((await shop.millrace(['explain', ids['recommended']!])).out).toMatch(/recommendations version 1 answered what is below[^]*for mover/);
    expect((await shop.json<{ features: unknown[]; reason: string }>('explain', ids['batch']!))).toMatchObject({ reason: 'a batch prediction, in gold.customer_churn_predictions', features: expect.arrayContaining([expect.objectContaining({ name: 'recency_days', contribution: expect.any(Number) as number })]) as unknown });
  }, 240_000);

  it('says precisely why it cannot be', async () => {
    expect((await shop.millrace(['explain', ids['live']!.slice(0, 20)], { code: 4 })).err).toMatch(/which is no whole id either/);
    expect((await shop.millrace(['reproduce', '01a1fe58-caf0-7d77-b06c-d1204dad934b'], { code: 4 })).err).toMatch(/there is no answer 01a1fe58/);
    expect((await shop.millrace(['explain', "x' OR 1=1"], { code: 2 })).err).toMatch(/is not the id of a prediction/);
    const folder = path.join(shop.home, 'models/conversion/1');
    renameSync(folder, `${folder}-aside`);
    expect((await shop.millrace(['reproduce', ids['live']!], { code: 4 })).err).toMatch(/cannot be computed again: version 1 of conversion cannot be read from the registry[^]*Put models\/conversion\/1 back/);
    expect((await shop.millrace(['explain', ids['live']!])).out).toContain('conversion version 1 answered');
    renameSync(`${folder}-aside`, folder);

    // By hand, all that was tagged for answers.
    const runtime = await openRuntime({ home: shop.home, project: PROJECT });
    try {
      const table = await runtime.lake.loadTable({ namespace: 'silver', name: 'events' });
      expect(Object.keys(table.metadata.refs).some((ref) => ref.startsWith('answers.'))).toBe(true);
      for (const ref of Object.keys(table.metadata.refs)) if (ref !== 'main') await table.removeTag(ref);
      await table.expireSnapshots({ olderThanMilliseconds: 0, keepAtLeast: 1 });
    } finally {
      await runtime.close();
    }
    expect((await shop.millrace(['reproduce', ids['recommended']!], { code: 4 })).err).toMatch(/what it was made from has expired: silver.events at snapshot \d+/);
    // What arrived later is known by its time of arrival, so the inputs are still there to be told apart.
    expect(await shop.json('reproduce', ids['live']!)).toMatchObject({ equal: true });
  });
});
