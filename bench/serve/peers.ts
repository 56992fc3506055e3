// Others that serve the same model, one process each: `mlflow models serve`, and a service written by hand with FastAPI. Both are given every input, read no
// features, know no keys and log nothing.
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import path from 'node:path';
import { pythonEnvironment } from '../../test/verify/support/python.ts';
import { post, type Target } from './load.ts';

export interface Peer { name: string; target: Target; stop(): Promise<void> }

const SCRIPT = path.join(import.meta.dirname, 'peers.py');
const START_MS = 60_000;

/** Installs them into `.verify` the first time: 1 GB. `model` is XGBoost's JSON, `columns` its inputs, `rows` the numbers of a request each. */
export async function startPeers(model: string, { columns, rows }: { columns: readonly string[]; rows: readonly (readonly number[])[] }, folder: string): Promise<Peer[]> {
  const programs = pythonEnvironment(['mlflow==3.14.0', 'xgboost==3.2.0']);
  const python = path.join(programs, 'python');
  const env = { ...process.env, PATH: `${programs}:${process.env['PATH'] ?? ''}`, MLFLOW_DISABLE_TELEMETRY: 'true', DO_NOT_TRACK: 'true' };
  const saved = path.resolve(folder, 'mlflow-model');
  await rm(saved, { recursive: true, force: true });
  execFileSync(python, [SCRIPT, 'prepare', path.resolve(model), saved], { env, cwd: folder, stdio: ['ignore', 'ignore', 'ignore'] });
  const [mlflowPort, fastapiPort] = [await freePort(), await freePort()];
  const mlflow = spawn(path.join(programs, 'mlflow'), ['models', 'serve', '-m', saved, '--env-manager', 'local', '--host', '127.0.0.1', '--port', String(mlflowPort), '--workers', '1'], { env, cwd: folder, stdio: 'ignore', detached: true });
  const fastapi = spawn(python, [SCRIPT, 'fastapi', model, String(fastapiPort)], { env, stdio: 'ignore', detached: true });
  const started = await Promise.allSettled([
    ready('mlflow models serve', mlflow, `http://127.0.0.1:${mlflowPort}`, '/invocations', rows.map((row) => ({ dataframe_split: { columns, data: [row] } }))),
    ready('FastAPI and XGBoost', fastapi, `http://127.0.0.1:${fastapiPort}`, '/predict', rows.map((row) => ({ rows: [row] }))),
  ]);
  const failure = started.find((one) => one.status === 'rejected');
  if (failure === undefined) return started.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
  for (const one of started) if (one.status === 'fulfilled') await one.value.stop();
  throw failure.reason;
}

/** Waits until it answers a request with a figure. */
async function ready(name: string, child: ChildProcess, url: string, place: string, bodies: readonly unknown[]): Promise<Peer> {
  const stop = async (): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
    const gone = new Promise((resolve) => {
      child.once('exit', resolve);
    });
    process.kill(-child.pid); // its workers too
    await gone;
  };
  for (const until = performance.now() + START_MS; performance.now() < until;) {
    const answer = await fetch(url + place, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(bodies[0]) }).catch(() => undefined);
    if (answer?.ok === true) return { name, stop, target: { url, requests: bodies.map((body) => post(url, place, body)) } };
    if (answer !== undefined) {
      await stop();
      throw new Error(`${name} answered ${answer.status}: ${await answer.text()}`);
    }
    await new Promise((resolve) => {
      setTimeout(resolve, 250);
    });
  }
  await stop();
  throw new Error(`${name} did not start`);
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}
