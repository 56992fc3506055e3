// millrace start: from an empty folder to answers. The first command that anybody runs.
import { readdir, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { messageOf, MillraceError, systemClock } from '../../base/index.ts';
import { DEFAULT_API_PORT, noteForMlflow, openApiService, openDeliver, openEndpoint, openFeatures, openMonitor, openRefresh, predictorsOf, registryOf, sayServices, trainInHome, type OpenApiService, type OpenEndpoint, type Runtime, type StreamService } from '../../local/index.ts';
import { openKinesisClient, type RecordInput } from '../../local/kinesis/index.ts';
import { generateSample } from '../../../samples/index.ts';
import { liveEvents } from '../../../samples/live/index.ts';
import { interrupted } from '../interrupted.ts';
import { monitorBy, refreshBy } from '../refresh-process.ts';
import { exitCodeOf, runReported } from '../run-reported.ts';
import { withRuntime } from '../runtime.ts';
import { printGold, printRun } from '../summary.ts';
import { number, paint, progressLine, seconds } from '../terminal.ts';
import { present, type Invocation, type Verb } from '../verb.ts';
import { headline } from './models.ts';
import { ALL_SCOPES, printApi } from './serve.ts';
import { INTERVAL_OPTION, numberOption, PORT_OPTION, runShown } from './stream.ts';

const SAMPLE_SEED = 7;
/** Drift and skew, where the log of predictions has moved on. */
const MONITOR_EVERY_MS = 10 * 60_000;
/** A call of the API takes no more records. */
const MOST_AT_ONCE = 500;

export const start: Verb = {
  description: 'In an empty home: generates the files of a sample shop, lands them, runs the batch workflow and shows what came out. In a home that holds something: lands what is new and runs what has changed. Nothing is ever doubled. Then it stays up: events put to the Kinesis endpoint are in a table a second later, and in the online features at once; models follow every minute. Ctrl-C ends it; what was acknowledged is never lost.',
  options: [
    { flags: '--once', description: 'end after the summary' },
    { flags: '--no-traffic', description: 'send no live events of the sample shop' },
    { flags: '--rate <number>', description: 'live events a second', default: '10' },
    PORT_OPTION, INTERVAL_OPTION,
    { flags: '--api-port <number>', description: `where the scoring API listens, on this machine only; default: ${DEFAULT_API_PORT}, or any free port where that is taken` },
    { flags: '--refresh <seconds>', description: 'how often the models of the stream follow; 0: never', default: '60' },
  ],
  examples: ['npm start', 'npm start -- --once', 'millrace start --home /tmp/shop', 'millrace start --no-traffic --port 4570'],
  async run(invocation) {
    return withRuntime(invocation, async (runtime) => {
      if (invocation.options['once'] === true) return runOnce(invocation, runtime);
      const settings = {
        port: numberOption(invocation, 'port', 0, 65_535), rate: numberOption(invocation, 'rate', 0.01, 100_000, { whole: false }),
        interval: numberOption(invocation, 'interval', 10, 900_000), refresh: numberOption(invocation, 'refresh', 0, 86_400),
      };
      // First of all: who finds the port or the home taken is told at once.
      const endpoint = await openEndpoint({ home: runtime.home, contracts: (await runtime.project()).sources.values(), clock: runtime.clock, port: settings.port });
      // It takes events from now on; what it has of them can be seen.
      const first = new AbortController();
      const saying = sayServices([endpoint], { home: runtime.home, clock: runtime.clock, signal: first.signal });
      try {
        await runOnce(invocation, runtime);
        await stayUp(invocation, runtime, endpoint, settings, async () => {
          first.abort();
          await saying;
        });
        return 0;
      } finally {
        first.abort();
        await saying;
        await endpoint.close();
      }
    }, { create: true });
  },
};

/** The batch over whatever has landed, and its summary. Gives the exit code. */
async function runOnce(invocation: Invocation, runtime: Runtime): Promise<number> {
  const { terminal } = invocation;
  const generated = await sampleIfEmpty(invocation, runtime);
  if (!invocation.json) {
    const home = path.relative(process.cwd(), runtime.home.root) || '.';
    terminal.out(`${paint(terminal, 'bold', `millrace ${runtime.version}`)} · home ${home.startsWith('..') ? runtime.home.root : home}${generated === undefined ? '' : ` · sample shop, seed ${SAMPLE_SEED}, ${number(generated.rows)} rows in ${seconds(generated.milliseconds)}`}\n\n`);
  }
  const report = await runReported(invocation, runtime);
  if (invocation.json) {
    present(invocation, report, () => undefined);
  } else {
    printRun(terminal, report);
  }
  if (report.status === 'aborted') throw interrupted();
  if (!invocation.json) {
    const names = new Set((await runtime.lake.listTables()).map(({ namespace, name }) => `${namespace}.${name}`));
    await printGold(terminal, await runtime.engine(), async (table) => names.has(table));
    printNext(invocation, names.size);
  }
  return exitCodeOf(report);
}

interface LiveSettings { rate: number; interval: number; refresh: number }

/** Delivery, features and refresh beside the endpoint, until Ctrl-C. */
async function stayUp(invocation: Invocation, runtime: Runtime, endpoint: OpenEndpoint, { rate, interval, refresh }: LiveSettings, onReady: () => Promise<void>): Promise<void> {
  const { terminal } = invocation;
  const deliver = await openDeliver(runtime, endpoint.source, { intervalMilliseconds: interval });
  const services: StreamService[] = [endpoint, deliver, await openFeatures(runtime, endpoint.source)];
  if (refresh > 0) services.push(openRefresh(runtime, refresh * 1000, refreshBy(invocation)), openMonitor(runtime, MONITOR_EVERY_MS, monitorBy(invocation)));
  const api = await openApi(invocation, runtime, endpoint);
  services.push(api);
  const hasTraffic = invocation.options['traffic'] !== false;
  if (!invocation.json) printEndpoint(invocation, endpoint, hasTraffic ? rate : undefined);
  await onReady();
  const stop = new AbortController();
  const sending = hasTraffic ? sendTraffic(endpoint.endpoint.url, rate, stop.signal) : Promise.resolve();
  // Events are taken, delivered and folded while models are trained for the first time.
  const training = trainUntrained(invocation, runtime).then(() => {
    if (invocation.json || invocation.signal.aborted) return;
    printApi(terminal, api.server.url, api.keys.addForNow('start', { scopes: ALL_SCOPES }));
    terminal.out('\n         Ctrl-C ends it; nothing that was acknowledged is lost\n\n');
  });
  try {
    await runShown(invocation, runtime, services, training);
  } finally {
    stop.abort();
    await Promise.all([sending, training]);
  }
  if (!invocation.json) terminal.out('stopped; what was acknowledged is on the disk, and the next start goes on from there\n');
}

/** Trains the predictors of which no version answers yet; one that cannot be trained is told, and the others go on. */
async function trainUntrained(invocation: Invocation, runtime: Runtime): Promise<void> {
  const { terminal, json } = invocation;
  const registry = registryOf(runtime);
  const line = progressLine(terminal);
  for (const name of (await predictorsOf(runtime)).keys()) {
    if ((await registry.aliases(name)).champion !== undefined || invocation.signal.aborted) continue;
    try {
      const { card, gate, promoted } = await trainInHome(runtime, name, { onProgress: (text) => line.show(`  train     ${text}`) });
      const told = { home: runtime.home, environment: invocation.environment };
      await noteForMlflow(told, { predictor: name, version: card.version });
      await noteForMlflow(told, { predictor: name });
      line.clear();
      if (!json) terminal.out(`  ${paint(terminal, 'bold', 'model')}  ${name} ${card.version}   ${headline(card)}, on ${number(card.rows.test)} later rows · ${promoted ? 'passes the gate and answers' : `does not answer: ${gate.passes ? '' : gate.reasons.join('; ')}`}\n`);
    } catch (thrown) {
      line.clear();
      if (invocation.signal.aborted) return;
      if (!json) terminal.out(`  ${paint(terminal, 'bold', 'model')}  ${name}   not trained: ${messageOf(thrown)}\n`);
    }
  }
}

/** On its usual port; where nobody named one and that is taken, on any that is free. */
async function openApi(invocation: Invocation, runtime: Runtime, { streams }: OpenEndpoint): Promise<OpenApiService> {
  const on = (port: number): Promise<OpenApiService> => openApiService(runtime, {
    port, put: (stream, records) => streams.put(stream, records), onError: (message) => invocation.terminal.err(`${message}\n`),
  });
  if (invocation.options['apiPort'] !== undefined) return on(numberOption(invocation, 'apiPort', 0, 65_535));
  return on(DEFAULT_API_PORT).catch((thrown: unknown) => {
    if (thrown instanceof MillraceError && thrown.code === 'conflict') return on(0);
    throw thrown;
  });
}

/** The sample shop's live events through the endpoint, as any producer sends them. What is refused for now is sent again. */
async function sendTraffic(url: string, rate: number, signal: AbortSignal): Promise<void> {
  const client = openKinesisClient({ endpoint: url, connections: 2 });
  const events = liveEvents({ seed: SAMPLE_SEED, startAt: systemClock.now(), rate });
  const waiting = new Map<string, RecordInput[]>();
  let next = events.next().value;
  try {
    while (!signal.aborted) {
      for (let due = 0; next.time <= systemClock.now() && due < MOST_AT_ONCE; due++) {
        waiting.set(next.source, [...waiting.get(next.source) ?? [], { partitionKey: next.partitionKey, data: next.data }]);
        next = events.next().value;
      }
      for (const [stream, records] of waiting) {
        if (records.length === 0) continue;
        const outcomes = await client.put(stream, records.slice(0, MOST_AT_ONCE)).catch(() => undefined);
        if (outcomes !== undefined) waiting.set(stream, records.filter((_, at) => at >= MOST_AT_ONCE || outcomes[at]?.ok !== true));
      }
      await systemClock.sleep(Math.max(10, Math.min(100, next.time - systemClock.now())), signal).catch(() => undefined);
    }
  } finally {
    client.close();
  }
}

function printEndpoint({ terminal }: Invocation, { endpoint, streams }: OpenEndpoint, rate: number | undefined): void {
  const event = JSON.stringify({ timestamp: Date.now(), visitorid: '257597', event: 'view', itemid: '355908', event_id: 'mine-1' });
  terminal.out(`
  ${paint(terminal, 'bold', 'live')}   ${endpoint.url}   the Kinesis API: ${streams.names().join(', ')}${rate === undefined ? '' : ` · ${rate} events a second of the sample shop`}
         aws kinesis put-record --endpoint-url ${endpoint.url} --stream-name events --partition-key 257597 \\
           --cli-binary-format raw-in-base64-out --data '${event}'
         npx millrace query "SELECT * FROM bronze.events WHERE event_id = 'mine-1'"
         npx millrace stream status                               shards, lag, freshness

`);
}

function printNext({ terminal }: Invocation, tables: number): void {
  terminal.out(`
  next   npx millrace tables                                      all ${tables} tables
         npx millrace query "SELECT * FROM gold.product_metrics LIMIT 5"
         npx millrace quarantine list                             what was set aside, and why
         npx millrace lineage gold.customer_metrics.segment       where a column comes from
         npx millrace ingest <your files> && npx millrace run batch
`);
}

/** Generates into a home that holds no file and no table. The files appear in the landing folder when all of them are whole. */
async function sampleIfEmpty(invocation: Invocation, { home, lake }: Runtime): Promise<{ rows: number; milliseconds: number } | undefined> {
  const [landed, tables] = await Promise.all([readdir(home.landing), lake.listTables('bronze')]);
  if (landed.length > 0 || tables.length > 0) return undefined;
  const started = performance.now();
  const line = progressLine(invocation.terminal);
  const out = path.join(home.temporary, 'sample');
  await rm(out, { recursive: true, force: true });
  const truth = await generateSample({ profile: 'shop', seed: SAMPLE_SEED, out, signal: invocation.signal, onProgress: ({ file }) => line.show(`  sample    ${file}`) });
  line.clear();
  await rename(path.join(out, 'truth.json'), path.join(home.root, 'sample-truth.json'));
  // Last of all: an interrupted start finds an empty landing folder, or all of it.
  await rm(home.landing, { recursive: true });
  await rename(out, home.landing);
  return { rows: Object.values(truth.sources).reduce((sum, { rows }) => sum + rows, 0), milliseconds: performance.now() - started };
}
