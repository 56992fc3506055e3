// The scoring API at saturation and at a steady rate, beside an empty route of the same framework and beside what others serve the same model with. Key,
// limits, features from the store, an experiment, model and log are all on. The load comes from a process of its own.
//   npm run bench:serve -- [--seconds 5] [--rounds 3] [--no-peers] [--home FOLDER]     with --home: one that is kept, prepared the first time
import { execFileSync, fork, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { post, saturate, steadily, type Target } from './load.ts';
import { startPeers, type Peer } from './peers.ts';
import type { Question, Served } from './server.ts';

const { values } = parseArgs({
  options: { seconds: { type: 'string', default: '5' }, rounds: { type: 'string', default: '3' }, 'no-peers': { type: 'boolean', default: false }, home: { type: 'string' } },
});
const ROOT = path.resolve(import.meta.dirname, '../..');
const SECONDS = Number(values.seconds);
const ROUNDS = Number(values.rounds);
const CONNECTIONS = 32;
const RATE = 1_000;
const REQUESTS = 2_000;

const home = values.home ?? await mkdtemp(path.join(tmpdir(), 'millrace-bench-serve-'));
const models = path.join(home, 'models/conversion');
let peers: Peer[] = [];
let child: ChildProcess | undefined;
try {
  if (!existsSync(models)) {
    const millrace = (...verb: string[]): void => void execFileSync(process.execPath, [path.join(ROOT, 'bin/millrace-cli.mjs'), ...verb, '--home', home], { cwd: ROOT, stdio: ['ignore', 'ignore', 'inherit'] });
    process.stdout.write('preparing a home: sample, tables, online features, a trained model …\n');
    millrace('start', '--once');
    millrace('features', 'backfill');
    millrace('train', 'conversion');
  }
  child = fork(path.join(import.meta.dirname, 'server.ts'), [home, ROOT], { execArgv: ['--import', 'tsx'] });
  const { api, empty, key, visitors, items } = await told<Served>(child);
  const bodies = Array.from({ length: REQUESTS }, (_, at) => {
    const visitorid = visitors[at % visitors.length]!;
    return { rows: [{ visitorid, itemid: items[(at * 3) % items.length] }], unit: visitorid };
  });
  await checkAnswer(api, bodies[0], key);
  const scoring: Target = { url: api, requests: bodies.map((body) => post(api, '/v1/predict/conversion', body, { 'x-api-key': key })) };
  const nothing: Target = { url: empty, requests: bodies.map((body) => post(empty, '/empty', body)) };
  if (!values['no-peers']) {
    process.stdout.write('starting mlflow and FastAPI …\n');
    peers = await startPeers(await modelFile(), await withNumbers(await modelFile()), home);
  }
  await measure(child, scoring, nothing);
} finally {
  for (const peer of peers) await peer.stop();
  if (child !== undefined && child.exitCode === null) {
    const gone = told<never>(child).catch(() => undefined);
    ask(child, 'stop');
    await gone;
  }
  if (values.home === undefined) await rm(home, { recursive: true, force: true });
}

async function measure(server: ChildProcess, scoring: Target, nothing: Target): Promise<void> {
  const load = { seconds: SECONDS, connections: CONNECTIONS };
  // Until the code of each is compiled as well as it gets.
  for (const target of [scoring, nothing, ...peers.map((peer) => peer.target)]) await saturate(target, load);
  const rates: Record<string, number[]> = { scored: [], empty: [] };
  const costs: Record<string, number[]> = { scored: [], empty: [] };
  const ours = [['scored', scoring], ['empty', nothing]] as const;
  for (let round = 0; round < ROUNDS; round++) {
    // In turn, a second each: what else the machine does falls on both.
    for (let turn = 0; turn < SECONDS; turn++) {
      for (const [name, target] of turn % 2 === 0 ? ours : ours.toReversed()) {
        const before = await processorOf(server);
        const rate = await saturate(target, { ...load, seconds: 1 });
        rates[name]!.push(rate);
        costs[name]!.push((await processorOf(server) - before) / rate);
      }
    }
    for (const { name, target } of peers) (rates[name] ??= []).push(await saturate(target, load));
  }
  const [scored, bare] = [median(rates['scored']!), median(rates['empty']!)];
  const line = (name: string, text: string): void => void process.stdout.write(`  ${name.padEnd(30)} ${text}\n`);
  const persecond = (rate: number): string => `${Math.round(rate).toLocaleString('en').padStart(7)} requests a second`;
  const met = (is: boolean): string => (is ? 'met' : 'MISSED');
  process.stdout.write(`one prediction a request, ${CONNECTIONS} connections, median of ${ROUNDS * SECONDS} turns of a second, of the others of ${ROUNDS} of ${SECONDS}\n`);
  line('scored with everything on', `${persecond(scored)}, ${median(costs['scored']!).toFixed(1)} µs of processor each`);
  line("the framework's empty route", `${persecond(bare)}, ${median(costs['empty']!).toFixed(1)} µs; ratio ${(scored / bare).toFixed(2)}, by processor ${(median(costs['empty']!) / median(costs['scored']!)).toFixed(2)} (wanted: at least 0.45: ${met(scored / bare >= 0.45)})`);
  for (const { name } of peers) {
    const [rate, wanted] = [median(rates[name]!), name.startsWith('mlflow') ? 50 : 8];
    line(name, `${persecond(rate)}; ratio ${(scored / rate).toFixed(1)} (wanted: at least ${wanted}: ${met(scored / rate >= wanted)})`);
  }
  for (const peer of peers) await peer.stop(); // its memory and its threads are not in the way of the latencies
  for (let turn = 0; turn < ROUNDS; turn++) {
    const latencies = (await steadily(scoring, { rate: RATE, seconds: 2 * SECONDS, connections: CONNECTIONS })).toSorted((left, right) => left - right);
    const bareLatencies = (await steadily(nothing, { rate: RATE, seconds: SECONDS, connections: CONNECTIONS })).toSorted((left, right) => left - right);
    line(`open loop at ${RATE.toLocaleString('en')} a second`, `p50 ${at(latencies, 0.5)}, p99 ${at(latencies, 0.99)}, p99.9 ${at(latencies, 0.999)} ms (wanted: p99 under 3 ms: ${met(Number(at(latencies, 0.99)) < 3)}); empty route p50 ${at(bareLatencies, 0.5)}, p99 ${at(bareLatencies, 0.99)} ms`);
  }
}

function at(sorted: readonly number[], share: number): string {
  return sorted[Math.floor(sorted.length * share)]!.toFixed(2);
}

function median(all: readonly number[]): number {
  return all.toSorted((left, right) => left - right)[all.length >> 1]!;
}

function told<Answer>(server: ChildProcess): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const onExit = (code: number | null): void => reject(new Error(`the server ended with ${code}`));
    server.once('exit', onExit);
    server.once('message', (message) => {
      server.off('exit', onExit);
      resolve(message as Answer);
    });
  });
}

function ask(server: ChildProcess, question: Question): void {
  server.send(question);
}

/** Microseconds that the server has worked, all threads together. */
function processorOf(server: ChildProcess): Promise<number> {
  const answer = told<number>(server);
  ask(server, 'processor');
  return answer;
}

/** Of the newest version: the only one, unless the home is kept. */
async function modelFile(): Promise<string> {
  const versions = (await readdir(models)).map(Number).filter((version) => version > 0);
  return path.join(models, String(Math.max(...versions)), 'model.json');
}

/** What is measured has to be the model's answer, from features of the store. */
async function checkAnswer(url: string, body: unknown, key: string): Promise<void> {
  const response = await fetch(`${url}/v1/predict/conversion`, { method: 'POST', headers: { 'content-type': 'application/json', 'x-api-key': key }, body: JSON.stringify(body) });
  const text = await response.text();
  if (!text.includes('"fallback":false')) throw new Error(`no answer of the model: ${text}`);
}

/** Rows of as many inputs as the model has. */
async function withNumbers(model: string): Promise<{ columns: string[]; rows: number[][] }> {
  const { features: columns } = JSON.parse(await readFile(path.join(path.dirname(model), 'card.json'), 'utf8')) as { features: string[] };
  return { columns, rows: Array.from({ length: REQUESTS }, (_, row) => columns.map((_unused, column) => ((row * 31 + column * 17) % 23) / 2)) };
}
