// What is running on a home can be asked, by whoever comes; what a dead process left is not shown.
import { mkdtempSync, rmSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { systemClock } from '../../../lib/base/index.ts';
import { announceEndpoint, openHome, runningEndpoints, runningServices, runServices, type Home } from '../../../lib/local/index.ts';
import { takeLock } from '../../../lib/local/lock.ts';

let home: Home;
beforeEach(async () => {
  home = await openHome(mkdtempSync(path.join(tmpdir(), 'millrace-running-')), { create: true });
});
afterEach(() => rmSync(home.root, { recursive: true, force: true }));

test('endpoints come, are replaced by name, and go', async () => {
  const leave = await announceEndpoint(home, { name: 'kinesis', url: 'http://127.0.0.1:1', since: 1 });
  await Promise.all([announceEndpoint(home, { name: 'api', url: 'http://127.0.0.1:2', since: 2 }), announceEndpoint(home, { name: 'console', url: 'http://127.0.0.1:3', since: 3 })]);
  await announceEndpoint(home, { name: 'api', url: 'http://127.0.0.1:4', since: 4 });
  expect((await runningEndpoints(home)).map(({ name, url, pid }) => [name, url, pid]).sort()).toEqual([
    ['api', 'http://127.0.0.1:4', process.pid], ['console', 'http://127.0.0.1:3', process.pid], ['kinesis', 'http://127.0.0.1:1', process.pid],
  ]);
  await leave();
  expect((await runningEndpoints(home)).map(({ name }) => name)).not.toContain('kinesis');
});

test('a process that is gone is not running, even where another one has its id', async () => {
  await announceEndpoint(home, { name: 'kinesis', url: 'http://127.0.0.1:1', since: 1 });
  const file = path.join(home.run, 'endpoints.json');
  const [entry] = JSON.parse(await readFile(file, 'utf8')) as Record<string, unknown>[];
  await writeFile(file, JSON.stringify([{ ...entry, pid: 4_194_304 }]));
  expect(await runningEndpoints(home)).toEqual([]);
  await writeFile(file, JSON.stringify([{ ...entry, born: '1' }]));
  expect(await runningEndpoints(home)).toEqual([]);
  await writeFile(file, 'cut of');
  expect(await runningEndpoints(home)).toEqual([]);
});

test('services say how they are while they run, and all end when one fails', async () => {
  const stop = new AbortController();
  let seen: unknown;
  const running = runServices([
    { name: 'deliver', status: () => ({ records: 3 }), run: async (signal) => {
      while (!signal.aborted && seen === undefined) {
        await new Promise((resolve) => setTimeout(resolve, 5));
        seen = (await runningServices(home)).find(({ service }) => service === 'deliver')?.status;
      }
      throw new Error('out of order');
    } },
    { name: 'features', status: () => ({}), run: (signal) => new Promise((resolve) => signal.addEventListener('abort', () => resolve())) },
  ], { home, clock: systemClock, signal: stop.signal });
  await expect(running).rejects.toThrow('out of order');
  expect(seen).toEqual({ records: 3 });
  expect(await runningServices(home)).toEqual([]);
});

test('a lock is one process\'s until it lets go; that of a dead one is taken over', async () => {
  const file = path.join(home.run, 'deliver.lock');
  const first = await takeLock(file);
  expect(first.isOurs).toBe(true);
  expect(await takeLock(file)).toEqual({ isOurs: false, pid: process.pid });
  if (first.isOurs) await first.unlock();
  const again = await takeLock(file);
  expect(again.isOurs).toBe(true);
});
