// The scoring API at saturation and at a steady rate, beside an empty route of the same framework: key, limits, features from the store, model and log all
// on. The load comes from a process of its own.
import { execFileSync, fork } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';

const ROOT = path.resolve(import.meta.dirname, '../..');
const SECONDS = Number(process.argv[process.argv.indexOf('--seconds') + 1] || 5) || 5;
const CONNECTIONS = 32;
const RATE = 1_000;

const home = await mkdtemp(path.join(tmpdir(), 'millrace-bench-serve-'));
try {
  const millrace = (...verb: string[]): void => void execFileSync(process.execPath, [path.join(ROOT, 'bin/millrace-cli.mjs'), ...verb, '--home', home], { cwd: ROOT, stdio: ['ignore', 'ignore', 'inherit'] });
  process.stdout.write('preparing a home: sample, tables, online features, a trained model …\n');
  millrace('start', '--once');
  millrace('features', 'backfill');
  millrace('train', 'conversion');
  const child = fork(path.join(import.meta.dirname, 'server.ts'), [home, ROOT], { execArgv: ['--import', 'tsx'] });
  const { api, empty, key } = await new Promise<{ api: string; empty: string; key: string }>((resolve) => {
    child.once('message', (message) => resolve(message as { api: string; empty: string; key: string }));
  });
  const body = JSON.stringify({ rows: [{ visitorid: '257597', itemid: '355908' }] });
  const scoring = requestOf(api, '/v1/predict/conversion', body, { 'x-api-key': key });
  const nothing = requestOf(empty, '/empty', body, {});
  await saturate(api, scoring, 1);
  await saturate(empty, nothing, 1);
  const rounds = [];
  for (let round = 0; round < 3; round++) rounds.push({ scored: await saturate(api, scoring, SECONDS), bare: await saturate(empty, nothing, SECONDS) });
  const median = (values: number[]): number => values.toSorted((left, right) => left - right)[Math.floor(values.length / 2)]!;
  const [scored, bare] = [median(rounds.map((one) => one.scored)), median(rounds.map((one) => one.bare))];
  const latencies = (await steadily(api, scoring, RATE, SECONDS)).toSorted((left, right) => left - right);
  const at = (share: number): string => `${latencies[Math.floor(latencies.length * share)]!.toFixed(2)} ms`;
  process.stdout.write(`one prediction a request, ${CONNECTIONS} connections, median of 3 × ${SECONDS} s\n`
    + `  scored with everything on     ${Math.round(scored)} requests a second\n`
    + `  the framework's empty route   ${Math.round(bare)} requests a second\n`
    + `  ratio                         ${(scored / bare).toFixed(2)} (wanted: at least 0.45: ${scored / bare >= 0.45 ? 'met' : 'not met'})\n`
    + `open loop at ${RATE} requests a second: p50 ${at(0.5)}, p99 ${at(0.99)} (wanted: p99 under 3 ms: ${latencies[Math.floor(latencies.length * 0.99)]! < 3 ? 'met' : 'not met'})\n`);
  child.send('stop');
  await new Promise((resolve) => {
    child.once('exit', resolve);
  });
} finally {
  await rm(home, { recursive: true, force: true });
}

function requestOf(url: string, place: string, body: string, headers: Record<string, string>): Buffer {
  const lines = Object.entries({ host: new URL(url).host, 'content-type': 'application/json', 'content-length': String(Buffer.byteLength(body)), ...headers }).map(([name, value]) => `${name}: ${value}\r\n`);
  return Buffer.from(`POST ${place} HTTP/1.1\r\n${lines.join('')}\r\n${body}`);
}

/** Calls `onAnswer` for each whole answer on a connection; anything but a 200 ends the benchmark. */
async function open(url: string, onAnswer: (socket: Socket) => void): Promise<Socket> {
  const { hostname, port } = new URL(url);
  const socket = connect({ host: hostname, port: Number(port), noDelay: true });
  let pending = '';
  socket.on('data', (chunk: Buffer) => {
    pending += chunk.toString('latin1');
    for (;;) {
      const end = pending.indexOf('\r\n\r\n');
      const length = Number(/content-length: (\d+)/i.exec(pending.slice(0, end))?.[1] ?? Number.NaN);
      if (end < 0 || pending.length < end + 4 + length) return;
      if (!pending.startsWith('HTTP/1.1 200')) throw new Error(pending.slice(0, 600));
      if (Number.isNaN(length)) throw new Error('an answer without content-length');
      pending = pending.slice(end + 4 + length);
      onAnswer(socket);
    }
  });
  await new Promise<void>((resolve) => {
    socket.once('connect', resolve);
  });
  return socket;
}

/** Requests a second with every connection always busy. */
async function saturate(url: string, request: Buffer, seconds: number): Promise<number> {
  let [answers, running] = [0, true];
  const sockets = await Promise.all(Array.from({ length: CONNECTIONS }, () => open(url, (socket) => {
    answers += 1;
    if (running) socket.write(request);
  })));
  const started = performance.now();
  for (const socket of sockets) socket.write(request);
  await new Promise((resolve) => {
    setTimeout(resolve, seconds * 1000);
  });
  running = false;
  const rate = answers / ((performance.now() - started) / 1000);
  for (const socket of sockets) socket.destroy();
  return rate;
}

/** Latencies in milliseconds of requests that leave when they are due, whatever the answers do: from due time to answer. */
async function steadily(url: string, request: Buffer, rate: number, seconds: number): Promise<number[]> {
  const latencies: number[] = [];
  const idle: Socket[] = [];
  const due = new Map<Socket, number>();
  const waiting: number[] = [];
  const send = (socket: Socket, at: number): void => {
    due.set(socket, at);
    socket.write(request);
  };
  const sockets = await Promise.all(Array.from({ length: CONNECTIONS }, () => open(url, (socket) => {
    latencies.push(performance.now() - due.get(socket)!);
    const next = waiting.shift();
    if (next === undefined) idle.push(socket);
    else send(socket, next);
  })));
  idle.push(...sockets);
  const started = performance.now();
  for (let sent = 0; sent < rate * seconds;) {
    const now = performance.now();
    for (; sent < rate * seconds && started + (sent * 1000) / rate <= now; sent++) {
      const socket = idle.pop();
      if (socket === undefined) waiting.push(started + (sent * 1000) / rate);
      else send(socket, started + (sent * 1000) / rate);
    }
    await new Promise((resolve) => {
      setImmediate(resolve);
    });
  }
  for (let waited = 0; latencies.length < rate * seconds && waited < 200; waited++) {
    await new Promise((resolve) => {
      setTimeout(resolve, 10);
    });
  }
  for (const socket of sockets) socket.destroy();
  return latencies;
}
