// Real processes on one table: many at once, and killed at any moment. `npm run verify` runs the same with more of both.
import { spawn, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { openFolderLake } from '../../../lib/lake/index.ts';
import { ORDERS, ordersTable, temporaryFolder } from '../support/fixtures.ts';

export interface ProcessesOptions { writers: number; commits: number; kills: number; timeoutMilliseconds: number }

const cleanups: (() => void)[] = [];
afterEach(() => cleanups.splice(0).forEach((remove) => remove()));

function start(root: string, writer: number, commits: number, mode = ''): { child: ChildProcess; ready: Promise<void>; ended: Promise<string> } {
  const child = spawn(process.execPath, ['--import', 'tsx', join(import.meta.dirname, '../support/appender.ts'), root, String(writer), String(commits), mode], { stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  let markReady = (): void => undefined;
  const ready = new Promise<void>((resolve) => {
    markReady = resolve;
  });
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (chunk: Buffer) => {
      output += chunk.toString();
      if (output.includes('ready')) markReady();
    });
  }
  const ended = new Promise<string>((resolve) => child.once('exit', (code, signal) => {
    markReady();
    resolve(code === 0 ? 'done' : signal ?? output);
  }));
  return { child, ready, ended };
}

async function newTable(): Promise<string> {
  const { folder, remove } = temporaryFolder();
  cleanups.push(remove);
  await ordersTable(openFolderLake(folder), { properties: { 'write.metadata.previous-versions-max': '15', 'commit.manifest.min-count-to-merge': '8' } });
  return folder;
}

export function processesSuite({ writers, commits, kills, timeoutMilliseconds }: ProcessesOptions): void {
  describe(`${writers} processes at once`, () => {
    it('every commit is in, exactly once, and readers never fail', async () => {
      const root = await newTable();
          const started = Array.from({ length: writers }, (_, writer) => start(root, writer, commits));
      let reads = 0;
      const over = new AbortController();
      const reader = (async () => {
        while (!over.signal.aborted) {
          const table = await openFolderLake(root).loadTable(ORDERS);
          const scan = await table.scan();
          expect(scan.files.length).toBe(Number(scan.snapshot?.summary['total-data-files'] ?? 0));
          reads += 1;
          await sleep(5);
        }
      })();
      const results = await Promise.all(started.map((each) => each.ended));
      over.abort();
      await reader;
      expect(results).toEqual(started.map(() => 'done'));
      const table = await openFolderLake(root).loadTable(ORDERS);
      const paths = (await table.scan()).files.map(({ file }) => file.path.split('/').at(-1)).sort();
      expect(paths).toEqual(Array.from({ length: writers }, (_, writer) => Array.from({ length: commits }, (__, index) => `w${writer}-${index}.parquet`)).flat().sort());
      expect(table.metadata['last-sequence-number']).toBe(BigInt(writers * commits));
      expect(reads).toBeGreaterThan(0);
    }, timeoutMilliseconds);
  });

  describe('kill −9 at any moment', () => {
    it(`${kills} times, and the table ends as if nothing had happened`, async () => {
      const root = await newTable();
      const share = 40;
      const lake = openFolderLake(root);
      for (let kill = 0; kill < kills; kill++) {
        const victims = [start(root, 0, share, 'upkeep'), start(root, 1, share, 'upkeep')];
        await Promise.all(victims.map((victim) => victim.ready));
        await sleep(Math.random() * 150);
        for (const { child } of victims) child.kill('SIGKILL');
        await Promise.all(victims.map((victim) => victim.ended));
        const table = await lake.loadTable(ORDERS);
        expect((await table.verify({ allSnapshots: true })).problems).toEqual([]);
        expect((await table.scan()).files.reduce((sum, { file }) => sum + file.recordCount, 0n))
          .toBe(10n * (BigInt(table.properties['done.0'] ?? -1) + BigInt(table.properties['done.1'] ?? -1) + 2n));
      }
      expect(await Promise.all([0, 1].map((writer) => start(root, writer, share, 'upkeep').ended))).toEqual(['done', 'done']);
      const table = await lake.loadTable(ORDERS);
      const rows = (await table.scan()).files.reduce((sum, { file }) => sum + file.recordCount, 0n);
      expect(rows).toBe(BigInt(2 * share * 10));

      await lake.removeOrphans({ olderThanMilliseconds: -1000, acceptRisk: true });
      expect((await table.verify({ allSnapshots: true })).problems).toEqual([]);
      expect((await lake.removeOrphans({ olderThanMilliseconds: -1000, acceptRisk: true })).orphans).toEqual([]);
      expect((await (await openFolderLake(root).loadTable(ORDERS)).scan()).files.length).toBe((await table.scan()).files.length);
    }, timeoutMilliseconds);
  });
}
