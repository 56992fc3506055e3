// The endpoint is killed a hundred times while it is written to and resharded.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, it } from 'vitest';
import { killLoop } from '../local/kinesis/process/kill-loop.ts';

const SEED = Number(process.env['MILLRACE_SEED'] ?? Date.now() % 1e6);
const KILLS = Number(process.env['MILLRACE_KILLS'] ?? 100);

it(`${KILLS} kills of the endpoint lose no acknowledged record, and none is there twice or out of order (MILLRACE_SEED=${SEED})`, async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'millrace-kinesis-kill-'));
  const result = await killLoop(folder, { kills: KILLS, producers: 6, seed: SEED });
  expect(result.wrong).toEqual([]);
  expect(result.acknowledged).toBeGreaterThan(KILLS);
  process.stdout.write(`${JSON.stringify(result)}\n`);
  await rm(folder, { recursive: true });
});
