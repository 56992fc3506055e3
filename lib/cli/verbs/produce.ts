// millrace produce: the sample shop's live events into a stream, of either home, until it is stopped.
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { MillraceError, systemClock, type ProjectConfig } from '../../base/index.ts';
import type { Acknowledgement, KinesisProducer } from '../../ingest/aws/index.ts';
import { loadProject, openHome, runningEndpoints } from '../../local/index.ts';
import { addToTruth, emptyTruth, liveEvents, type LiveEvent, type LiveTruth } from '../../../samples/live/index.ts';
import { number, paint, progressLine, seconds, table, type Terminal } from '../terminal.ts';
import { present, type Invocation, type Verb } from '../verb.ts';

/** How often what is due is sent. */
const TICK_MS = 50;
/** A call takes no more. */
const MOST_AT_ONCE = 500;

interface Produced {
  endpoint: string;
  sent: number;
  acknowledged: number;
  /** Given up. An answer can get lost, so some may be in the stream all the same. */
  failed: number;
  /** Sent again after a failure, under the same id. */
  retries: number;
  milliseconds: number;
  error?: string;
  /** Of the acknowledged records. */
  truth: LiveTruth;
}

export const produce: Verb = {
  description: "Sends views, carts, purchases and searches of the sample shop's visitors, with planted defects, to the endpoint that runs on this home, to another one, or to the streams of a deployed stage. Whatever is not acknowledged is sent again under the same id. Stops after --count records, or at Ctrl-C, and says what it sent and planted.",
  options: [
    { flags: '--rate <number>', description: 'records a second', default: '10' },
    { flags: '--count <number>', description: 'stop after so many records' },
    { flags: '--profile <name>', description: 'whose events', default: 'shop', choices: ['shop'] },
    { flags: '--scale <factor>', description: "the sample's: how many visitors and products there are", default: '1' },
    { flags: '--seed <number>', description: "the sample's: whose ids", default: '7' },
    { flags: '--defects <share>', description: 'share of records that are planted defects', default: '0.02' },
    { flags: '--endpoint <url>', description: 'a Kinesis endpoint; default: the one that runs on this home' },
    { flags: '--stage <name>', description: 'the streams of a deployed stage, with the credentials of this shell' },
    { flags: '--truth <file>', description: 'write what was sent and planted, counted, as JSON' },
  ],
  examples: ['millrace produce --rate 100', 'millrace produce --count 5000 --defects 0.1 --truth truth.json --json', 'millrace produce --stage dev --rate 20'],
  async run(invocation) {
    const { options, terminal, signal } = invocation;
    const rate = numberOf('--rate', options['rate'], 0.01, 1_000_000);
    const count = options['count'] === undefined ? Number.POSITIVE_INFINITY : numberOf('--count', options['count'], 1, 1e9);
    const target = await targetOf(invocation);
    const { KinesisProducer } = await import('../../ingest/aws/index.ts');
    const producer = new KinesisProducer({ ...target, clock: systemClock, random: Math.random });
    const seed = numberOf('--seed', options['seed'], 0, 2 ** 32 - 1);
    const startAt = systemClock.now();
    const events = liveEvents({ seed, scale: numberOf('--scale', options['scale'], 0.01, 100), startAt, rate, defects: numberOf('--defects', options['defects'], 0, 0.5) });
    const produced: Produced = { endpoint: target.name, sent: 0, acknowledged: 0, failed: 0, retries: 0, milliseconds: 0, truth: emptyTruth(seed) };
    const line = progressLine(terminal);
    try {
      await send(producer, events, produced, { count, startAt, streamOf: target.streamOf, signal, onProgress: () => line.show(progressOf(produced, startAt)) });
    } finally {
      line.clear();
      producer.close();
    }
    produced.retries = producer.retries;
    produced.milliseconds = systemClock.now() - startAt;
    if (typeof options['truth'] === 'string') await writeFile(path.resolve(options['truth']), `${JSON.stringify(produced.truth, null, 1)}\n`);
    present(invocation, produced, () => print(terminal, produced));
    if (produced.failed > 0) {
      throw new MillraceError('io', `${number(produced.failed)} ${produced.failed === 1 ? 'record was' : 'records were'} not acknowledged: ${produced.error ?? ''}`, { where: target.name, todo: 'Is the endpoint up, and does the stream exist? `millrace status` tells.' });
    }
  },
};

interface Sending { count: number; startAt: number; streamOf(source: string): string; signal: AbortSignal; onProgress(): void }

/** Sends each event when it is due, and goes on with the next only after the ones before were acknowledged: a slow stream slows it down. */
async function send(producer: KinesisProducer, events: Iterator<LiveEvent>, produced: Produced, { count, streamOf, signal, onProgress }: Sending): Promise<void> {
  let next = events.next().value as LiveEvent;
  while (produced.sent < count && !signal.aborted) {
    const now = systemClock.now();
    const due: LiveEvent[] = [];
    while (next.time <= now && due.length < MOST_AT_ONCE && produced.sent + due.length < count) {
      due.push(next);
      next = events.next().value as LiveEvent;
    }
    if (due.length === 0) {
      await systemClock.sleep(Math.max(1, Math.min(TICK_MS, next.time - now)), signal).catch(() => {});
      continue;
    }
    const results = await producer.put(due.map(({ source, partitionKey, data }) => ({ stream: streamOf(source), partitionKey, data })), signal);
    produced.sent += due.length;
    for (const [at, result] of results.entries()) account(produced, due[at]!, result);
    if (produced.acknowledged === 0 && produced.failed > 0) return;
    onProgress();
  }
}

function account(produced: Produced, event: LiveEvent, result: Acknowledgement): void {
  if (result.ok) {
    produced.acknowledged++;
    addToTruth(produced.truth, event);
  } else {
    produced.failed++;
    produced.error = result.error;
  }
}

interface Target { endpoint?: string; region: string; name: string; streamOf(source: string): string }

async function targetOf({ options, home, project }: Invocation): Promise<Target> {
  const { endpoint, stage } = options;
  if (typeof endpoint === 'string' && typeof stage === 'string') throw new MillraceError('usage', '--endpoint and --stage exclude each other', { todo: 'Give one of them.' });
  if (typeof stage === 'string') return stageTarget((await loadProject(project)).config, stage);
  const url = typeof endpoint === 'string' ? endpoint : await endpointOf(home);
  if (!URL.canParse(url)) throw new MillraceError('usage', `${url} is not the URL of an endpoint`, { todo: 'Write for example --endpoint http://127.0.0.1:4567.' });
  return { endpoint: url, region: process.env['AWS_REGION'] ?? 'eu-central-1', name: url, streamOf: (source) => source };
}

async function endpointOf(root: string): Promise<string> {
  const home = await openHome(root, { create: false });
  const found = (await runningEndpoints(home)).find(({ name }) => name === 'kinesis');
  if (found === undefined) throw new MillraceError('not_found', 'no endpoint for streams is running on this home', { where: root, todo: 'Start it in another terminal: npm start. Or give --endpoint URL, or --stage NAME.' });
  return found.url;
}

function stageTarget({ app, stages }: ProjectConfig, stage: string): Target {
  const settings = stages[stage];
  if (settings === undefined) throw new MillraceError('not_found', `there is no stage ${stage}`, { todo: `millrace.config.ts names ${Object.keys(stages).join(', ')}.` });
  return { region: settings.region, name: `${app}-${stage} in ${settings.region}`, streamOf: (source) => `${app}-${stage}-${source}` };
}

function progressOf({ sent, acknowledged, truth }: Produced, startAt: number): string {
  const { events, transactions } = truth.sources;
  const passed = Math.max(1, systemClock.now() - startAt);
  return `  ${number(sent)} sent · ${number(acknowledged)} acknowledged · ${number(Math.round((acknowledged * 1000) / passed))} a second · ${number(events.rejected + transactions.rejected)} defects planted`;
}

function print(terminal: Terminal, { endpoint, sent, acknowledged, retries, milliseconds, truth }: Produced): void {
  terminal.out(`  ${paint(terminal, 'bold', endpoint)}  ${number(sent)} sent · ${number(acknowledged)} acknowledged · ${number(retries)} sent again · ${seconds(milliseconds)} · ${number(Math.round((acknowledged * 1000) / Math.max(1, milliseconds)))} a second\n\n`);
  terminal.out(table(terminal, ['stream', 'records', 'good', 'defects', 'same id twice', 'same again'], Object.entries(truth.sources).map(([source, one]) => [
    source, number(one.records), number(one.accepted), number(one.rejected), number(one.duplicateIds), number(one.repeats),
  ])));
  const reasons = Object.entries(truth.reasons).sort((a, b) => b[1] - a[1]);
  if (reasons.length > 0) terminal.out(`\n${table(terminal, ['planted', 'reason that the quarantine must give'], reasons.map(([reason, rows]) => [number(rows), reason]))}`);
}

function numberOf(flag: string, value: unknown, low: number, high: number): number {
  const number = Number(value);
  if (!Number.isFinite(number) || number < low || number > high) throw new MillraceError('usage', `${flag} wants a number from ${low} to ${high}, not '${String(value)}'`);
  return number;
}
