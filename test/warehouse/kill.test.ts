// Processes that are killed at any instant while they run models: what is left after one undisturbed run is what it should be.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { expandSources } from '../../lib/warehouse/index.ts';
import { bronzeEvents, EVENT_MODELS, events, type EventRow } from './support/events.ts';
import { Home } from './support/home.ts';
import { projectFrom } from './support/project.ts';

const KILLS = Number(process.env['MILLRACE_KILLS'] ?? 3);
let home: Home;
beforeAll(async () => { home = await Home.open(); });
afterAll(() => home.close());

/** A generator with a seed, so that a failure can be repeated. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return state / 2_147_483_648;
  };
}

/** Starts a process over the home; kills it that many milliseconds after it is ready, or never. */
async function run(killAfter?: number): Promise<void> {
  const child = spawn(process.execPath, ['--import', 'tsx', join(import.meta.dirname, 'support/run-events.ts'), home.folder], { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(child, 'exit') as Promise<[number | null]>;
  await new Promise<void>((resolve) => {
    child.stdout.once('data', () => resolve());
    child.once('exit', () => resolve());
  });
  if (killAfter !== undefined) setTimeout(() => child.kill('SIGKILL'), killAfter);
  const [code] = await ended;
  if (killAfter === undefined) expect(code).toBe(0);
}

it('loses and doubles nothing, however often it is killed', async () => {
  const next = random(11);
  const project = projectFrom(EVENT_MODELS, [events]);
  const some = (count: number): EventRow[] => Array.from({ length: count }, () => ({ event: Math.floor(next() * 500), customer: Math.floor(next() * 20), day: Math.floor(next() * 90), amount: Math.floor(next() * 100) }));
  for (let round = 0; round < KILLS; round++) {
    await home.append('bronze.events', bronzeEvents(round + 1, some(200)));
    await run(next() * 1500);
  }
  await run();
  for (const name of project.graph.order) {
    const whole = expandSources(project.models.get(name)?.sql ?? '', project.sources);
    expect(await home.rows(`SELECT * FROM ${name} ORDER BY 1`), name).toEqual(await home.rows(`SELECT * FROM (${whole}) AS t ORDER BY 1`));
    expect(await home.strayFiles(name), name).toEqual([]);
  }
  expect(await home.engine.listStagings()).toEqual([]);
}, 300_000);
