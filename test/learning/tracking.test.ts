// Telling MLflow: whom it lets in, what is sent how, and what happens when it is away or says no. The server here is ours; `npm run verify` asks MLflow itself.
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { LocalFiles } from '../../lib/lake/index.ts';
import { MlflowClient, MlflowRefusal, mlflowSettings, ModelRegistry, modelStoreOn } from '../../lib/learning/index.ts';
import { noteForMlflow, sendRegistryToMlflow, sendToMlflow } from '../../lib/local/index.ts';
import { waitingForMlflow } from '../../lib/local/versions.ts';
import type { Runtime } from '../../lib/local/index.ts';
import { CARD, STUMP } from './registry/stump.ts';

interface Call { method: string; url: string; authorization: string | undefined; body: Record<string, unknown[]> }

let server: Server;
let uri: string;
let calls: Call[];
let answer: (call: Call) => { status: number; body: unknown };
beforeEach(async () => {
  calls = [];
  answer = () => ({ status: 200, body: {} });
  server = createServer((request: IncomingMessage, response) => {
    let text = '';
    request.on('data', (chunk: Buffer) => (text += chunk.toString()));
    request.on('end', () => {
      const call: Call = { method: request.method!, url: request.url!, authorization: request.headers.authorization, body: text === '' ? {} : JSON.parse(text) as Call['body'] };
      calls.push(call);
      const { status, body } = answer(call);
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  uri = `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`;
});
afterEach(() => server.close());

describe('the settings', () => {
  it('are MLflow’s own variables', () => {
    expect(mlflowSettings({})).toBeUndefined();
    expect(mlflowSettings({ MLFLOW_TRACKING_URI: 'http://m:5000/', MLFLOW_TRACKING_TOKEN: 't', MLFLOW_EXPERIMENT_NAME: 'shop' })).toEqual({ uri: 'http://m:5000', token: 't', experiment: 'shop' });
    expect(() => mlflowSettings({ MLFLOW_TRACKING_URI: 'file:///mlruns' })).toThrow(/over HTTP, not to file:/);
  });

  it.each([
    [{ token: 'secret' }, 'Bearer secret'], [{ username: 'ann', password: 'pw' }, `Basic ${Buffer.from('ann:pw').toString('base64')}`], [{}, undefined],
  ])('let one in: %j', async (credentials, header) => {
    await new MlflowClient({ uri, experiment: 'e', ...credentials }).setAlias('m', 'champion', '1');
    expect(calls[0]).toMatchObject({ url: '/api/2.0/mlflow/registered-models/alias' });
    expect(calls[0]!.authorization).toBe(header);
  });
});

describe('a client', () => {
  it('sends many metrics and parameters in calls that MLflow takes', async () => {
    await new MlflowClient({ uri, experiment: 'e' }).log('r', {
      metrics: Array.from({ length: 1_000 }, (_, index) => ({ key: `m${index}`, value: index, timestamp: 0, step: 0 })), params: Array.from({ length: 200 }, (_, index) => ({ key: `p${index}`, value: 'x' })),
    });
    expect(calls.flatMap(({ body }) => body['metrics']!)).toHaveLength(1_000);
    expect(calls.flatMap(({ body }) => body['params']!)).toHaveLength(200);
    expect(Math.max(...calls.map(({ body }) => body['params']!.length))).toBeLessThanOrEqual(100);
    expect(Math.max(...calls.map(({ body }) => body['metrics']!.length))).toBeLessThanOrEqual(1_000);
  });

  it('tells a server that says no from one that is away', async () => {
    const client = new MlflowClient({ uri, experiment: 'e' });
    answer = () => ({ status: 400, body: { error_code: 'INVALID_PARAMETER_VALUE', message: 'no such thing' } });
    await expect(client.setAlias('m', 'champion', '1')).rejects.toThrow(MlflowRefusal);
    answer = () => ({ status: 503, body: {} });
    await expect(client.setAlias('m', 'champion', '1')).rejects.toThrow(/does not answer: HTTP 503/);
    answer = () => ({ status: 401, body: {} });
    await expect(client.setAlias('m', 'champion', '1')).rejects.toThrow(/lets nobody in/);
    server.close();
    server.closeAllConnections();
    await expect(client.setAlias('m', 'champion', '1')).rejects.toThrow(/does not answer/);
  });
});

describe('a home', () => {
  let root: string;
  beforeEach(() => (root = mkdtempSync(path.join(tmpdir(), 'millrace-tracking-'))));
  afterEach(() => rmSync(root, { recursive: true, force: true }));

  it('keeps what a server that is away was to be told, and drops what it will never take', async () => {
    const home = { root } as Runtime['home'];
    const registry = new ModelRegistry(modelStoreOn(new LocalFiles(), path.join(root, 'models')));
    const environment = { MLFLOW_TRACKING_URI: uri };
    await noteForMlflow({ home, environment: {} }, { predictor: 'rain' });
    expect(await waitingForMlflow(home)).toEqual([]);
    await noteForMlflow({ home, environment }, { predictor: 'rain' });
    await noteForMlflow({ home, environment }, { predictor: 'rain', version: '9' });

    answer = () => ({ status: 500, body: {} });
    expect(await sendToMlflow({ home, registry, environment })).toMatchObject({ sent: [], waiting: ['the aliases of rain'], refused: [{ what: 'version 9 of rain' }] });
    expect(await waitingForMlflow(home)).toEqual(['the aliases of rain']);
    answer = () => ({ status: 200, body: {} });
    expect(await sendToMlflow({ home, registry, environment })).toEqual({ sent: ['the aliases of rain'], waiting: [], refused: [] });
    expect(await waitingForMlflow(home)).toEqual([]);
    await expect(sendToMlflow({ home, registry, environment: {} })).rejects.toThrow(/no MLflow server is configured/);
  });
});

describe('a registry that nobody keeps notes beside', () => {
  let root: string;
  beforeEach(() => (root = mkdtempSync(path.join(tmpdir(), 'millrace-tracking-'))));
  afterEach(() => rmSync(root, { recursive: true, force: true }));

  it('is sent whole, versions before aliases, and what was not taken is found again', async () => {
    const registry = new ModelRegistry(modelStoreOn(new LocalFiles(), path.join(root, 'models')));
    const { version } = await registry.register(CARD, STUMP);
    await registry.setAlias(CARD.predictor, 'champion', version, 1);
    const environment = { MLFLOW_TRACKING_URI: uri };
    const [one, aliases] = [`version ${version} of ${CARD.predictor}`, `the aliases of ${CARD.predictor}`];
    answer = () => ({ status: 500, body: {} });
    expect(await sendRegistryToMlflow({ registry, environment })).toMatchObject({ sent: [], waiting: [one, aliases], refused: [] });
    // As if it were there already.
    answer = ({ url }) => ({ status: 200, body: url.includes('model-versions/search') ? { model_versions: [{ version: '7', tags: [{ key: 'millrace.version', value: `${CARD.predictor}/${version}/${CARD.trainedAt}` }] }] } : {} });
    calls = [];
    expect(await sendRegistryToMlflow({ registry, environment, predictors: [CARD.predictor] })).toEqual({ sent: [one, aliases], waiting: [], refused: [] });
    expect(calls.find(({ url }) => url.endsWith('/registered-models/alias'))?.body).toMatchObject({ alias: 'champion', version: '7' });
    expect(await sendRegistryToMlflow({ registry, environment, predictors: [] })).toEqual({ sent: [], waiting: [], refused: [] });
  });
});
