// The server of a home at its end: whoever is connected gets an answer to what it asked, and knows then that there will be no other.
import { mkdtemp, rm } from 'node:fs/promises';
import { Agent, request } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, it } from 'vitest';
import { serveApi } from '../../../lib/local/serving/server.ts';

it('drops no request of those that keep their connections', async () => {
  const run = await mkdtemp(path.join(tmpdir(), 'millrace-server-'));
  const server = await serveApi({ answer: async () => ({ status: 200, headers: { 'content-type': 'application/json' }, body: '{}' }) }, { home: { run }, port: 0, since: 0 });
  const agent = new Agent({ keepAlive: true, maxSockets: 20 });
  let answers = 0;
  const over = new AbortController();
  const failures: string[] = [];
  const ask = (): Promise<void> => new Promise((resolve) => {
    const asked = request(server.url, { agent }, (response) => response.resume().on('end', () => {
      answers += 1;
      resolve();
    }));
    asked.on('error', (error: NodeJS.ErrnoException) => {
      // Who comes when nobody is there any more is told so at once, and asks elsewhere.
      if (error.code === 'ECONNREFUSED') over.abort();
      else failures.push(error.code ?? error.message);
      resolve();
    });
    asked.end();
  });
  const asking = Array.from({ length: 20 }, async (_, at) => {
    while (!over.signal.aborted) {
      await ask();
      await new Promise((resolve) => setTimeout(resolve, at % 7));
    }
  });
  await new Promise((resolve) => setTimeout(resolve, 200));
  const before = answers;
  const began = performance.now();
  await server.close();
  expect(performance.now() - began).toBeLessThan(5_000);
  await Promise.all(asking);
  expect(failures).toEqual([]);
  expect(answers).toBeGreaterThan(before);
  agent.destroy();
  await rm(run, { recursive: true, force: true });
});

it('does not wait for anybody where nobody is connected', async () => {
  const run = await mkdtemp(path.join(tmpdir(), 'millrace-server-'));
  const server = await serveApi({ answer: () => ({ status: 200, headers: {}, body: '{}' }) }, { home: { run }, port: 0, since: 0 });
  const began = performance.now();
  await server.close();
  expect(performance.now() - began).toBeLessThan(900);
  await rm(run, { recursive: true, force: true });
});
