// The API of a home with an experiment and features of today, and beside it the same framework with an empty route: what the benchmark loads.
import { createServer } from 'node:http';
import { getRequestListener } from '@hono/node-server';
import { Hono } from 'hono';
import { experiment } from '../../lib/experiments/index.ts';
import { ExperimentFolder, openApiService, openEndpoint, openFeatures, openRuntime, type FeaturesStatus } from '../../lib/local/index.ts';

/** What the parent is told once all is served. */
export interface Served { api: string; empty: string; key: string; visitors: string[]; items: string[] }
/** What the parent may ask: the time that this process has worked, microseconds, or its end. */
export type Question = 'processor' | 'stop';

/** Visitors and items whose features change before the benchmark begins, so that the store has something to say of each. */
const VISITORS = 2_000;
const ITEMS = 500;
const EVENTS = 20_000;

const [home = '', project = ''] = process.argv.slice(2);
const runtime = await openRuntime({ home, project });
const endpoint = await openEndpoint({ home: runtime.home, contracts: (await runtime.project()).sources.values(), clock: runtime.clock, port: 0 });
const visitors = Array.from({ length: VISITORS }, (_, at) => `bench-visitor-${at}`);
const items = Array.from({ length: ITEMS }, (_, at) => `bench-item-${at}`);
await foldEvents();
await runExperiment();
const api = await openApiService(runtime, { port: 0, put: (stream, records) => endpoint.streams.put(stream, records) });
const empty = new Hono().post('/empty', (http) => http.json({}));
const server = createServer(getRequestListener(empty.fetch));
await new Promise<void>((resolve) => {
  server.listen(0, '127.0.0.1', resolve);
});
const address = server.address();
const stop = new AbortController();
const running = api.run(stop.signal);
const served: Served = {
  api: api.server.url, empty: `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`, visitors, items,
  // A limit that is counted and never reached.
  key: api.keys.addForNow('bench', { scopes: ['predict'], ratePerSecond: 1e6, dailyQuota: 1e12 }),
};
process.send?.(served);
process.on('message', (question: Question) => {
  if (question === 'processor') {
    const { user, system } = process.cpuUsage();
    process.send?.(user + system);
    return;
  }
  stop.abort();
  server.close();
  void running.then(() => endpoint.close()).then(() => runtime.close()).then(() => process.exit(0));
});

/** Views and carts of the last day, put to the stream and folded as `millrace start` folds them. */
async function foldEvents(): Promise<void> {
  const folding = await openFeatures(runtime, endpoint.source);
  const stopFolding = new AbortController();
  const folded = folding.run(stopFolding.signal);
  const before = ((await folding.status()) as FeaturesStatus).counters.folded;
  const now = runtime.clock.now();
  for (let sent = 0; sent < EVENTS; sent += 500) {
    await endpoint.streams.put('events', Array.from({ length: 500 }, (_, at) => {
      const serial = sent + at;
      const visitor = visitors[(serial * 7) % VISITORS]!;
      const event = { timestamp: now - 86_400_000 + serial * 4_000, visitorid: visitor, itemid: items[(serial * 13) % ITEMS], event: serial % 9 === 0 ? 'addtocart' : 'view', event_id: `bench-${now}-${serial}`, device_type: 'mobile' };
      return { partitionKey: visitor, data: Buffer.from(JSON.stringify(event)) };
    }));
  }
  while (((await folding.status()) as FeaturesStatus).counters.folded - before < EVENTS) await runtime.clock.sleep(50);
  stopFolding.abort();
  await folded;
}

async function runExperiment(): Promise<void> {
  const experiments = new ExperimentFolder(runtime.home);
  if ((await experiments.list()).some(({ name }) => name === 'bench')) return;
  const declared = experiment('bench', { hypothesis: 'It costs little.', variants: { control: {}, treated: { settings: { alias: 'champion' } } }, primary: { name: 'orders', kind: 'proportion', outcome: 'purchase' } });
  await experiments.create({ ...declared, subject: 'predict:conversion', state: 'draft', createdAt: runtime.clock.now(), plannedUnits: 1 });
  await experiments.start('bench', runtime.clock.now());
}
