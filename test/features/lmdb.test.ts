// The online store of one machine: the contract, expiry, several processes, and a process that is killed.
import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { once } from 'node:events';
import { afterEach, describe, expect, it } from 'vitest';
import { nextGeneration, openLmdbStore, openOnlineHome, readOnlineHome } from '../../lib/features/index.ts';
import { describeOnlineStore } from './store-contract.ts';
import { temporaryStore, testClock } from './support.ts';

describeOnlineStore('LMDB', async () => {
  const store = await temporaryStore();
  return { store, close: () => store.close() };
});

let version = 0;
const folders: string[] = [];
const folder = () => {
  const made = mkdtempSync(join(tmpdir(), 'millrace-online-'));
  folders.push(made);
  return made;
};
afterEach(() => folders.splice(0).forEach((one) => rmSync(one, { recursive: true, force: true })));

describe('items that expire', () => {
  it('go with the sweep, those that were written again later stay', async () => {
    const store = await openLmdbStore({ folder: folder(), clock: testClock() });
    const at = (seconds: number, key: string, expected?: number) => store.write([{ key, value: key, expected, version: ++version, expiresAt: seconds }]);
    await at(10_000, 'old');
    await at(10_000, 'renewed');
    await at(90_000, 'young');
    await store.write([{ key: 'forever', value: 'forever', expected: undefined, version: ++version, expiresAt: undefined }]);
    const [renewed] = await store.get(['renewed']);
    await at(90_000, 'renewed', renewed!.version);
    expect(await store.sweep(5_000_000)).toBe(0);
    expect(await store.sweep(20_000_000)).toBe(1);
    expect((await store.get(['old', 'renewed', 'young', 'forever'])).map((item) => item?.value)).toEqual([undefined, 'renewed', 'young', 'forever']);
    expect(await store.sweep(200_000_000)).toBe(2);
    expect(store.size()).toBe(1);
    await store.close();
  });
});

describe('the online folder of a home', () => {
  it('is written by one process, which is named to others, and read by all', async () => {
    const place = folder();
    await expect(readOnlineHome({ folder: place, clock: testClock() })).rejects.toMatchObject({ code: 'not_found', todo: expect.stringContaining('features backfill') as string });
    const home = await openOnlineHome({ folder: place, clock: testClock() });
    await home.store.write([{ key: 'k', value: 'v', expected: undefined, version: ++version, expiresAt: undefined }]);
    await expect(openOnlineHome({ folder: place, clock: testClock() })).rejects.toMatchObject({ code: 'conflict', message: `process ${process.pid} writes the online store` });
    await expect(nextGeneration({ folder: place, clock: testClock() })).rejects.toMatchObject({ code: 'conflict' });
    const reader = await readOnlineHome({ folder: place, clock: testClock() });
    expect((await reader.store.get(['k']))[0]?.value).toBe('v');
    await reader.close();
    await home.close();
    await (await openOnlineHome({ folder: place, clock: testClock() })).close();
  });

  it('gets a new generation with its checkpoints at once, or not at all', async () => {
    const place = folder();
    const old = await openOnlineHome({ folder: place, clock: testClock() });
    await old.store.write([{ key: 'k', value: 'old', expected: undefined, version: ++version, expiresAt: undefined }]);
    await old.checkpoints('events').save(new Map([['shard', { sequence: '99', ended: false }]]));
    await old.close();
    const given = await nextGeneration({ folder: place, clock: testClock() });
    await given.store.write([{ key: 'k', value: 'given up', expected: undefined, version: ++version, expiresAt: undefined }]);
    await given.discard();
    const read = async () => {
      const home = await readOnlineHome({ folder: place, clock: testClock() });
      const found = [(await home.store.get(['k']))[0]?.value, [...await home.checkpoints('events').load()], home.backfilledAt];
      await home.close();
      return found;
    };
    expect(await read()).toEqual(['old', [['shard', { sequence: '99', ended: false }]], undefined]);
    const next = await nextGeneration({ folder: place, clock: testClock(42) });
    await next.store.write([{ key: 'k', value: 'new', expected: undefined, version: ++version, expiresAt: undefined }]);
    await next.checkpoints('events').save(new Map([['shard', { sequence: '7', ended: true }]]));
    expect((await read())[0]).toBe('old');
    await next.publish();
    expect(await read()).toEqual(['new', [['shard', { sequence: '7', ended: true }]], 42]);
  });

  it('that an earlier version made is not read, and begun anew by who writes it', async () => {
    const place = { folder: folder(), clock: testClock() };
    const first = await openOnlineHome(place);
    await first.store.write([{ key: 'a', value: 'kept in another way', expected: undefined, expiresAt: undefined }]);
    await first.close();
    const file = join(place.folder, 'current.json');
    await writeFile(file, JSON.stringify({ ...JSON.parse(await readFile(file, 'utf8')) as object, format: 1 }));
    await expect(readOnlineHome(place)).rejects.toMatchObject({ code: 'not_found', todo: expect.stringContaining('features backfill') as unknown });
    const second = await openOnlineHome(place);
    expect(await second.store.get(['a'])).toEqual([undefined]);
    await second.close();
    await (await readOnlineHome(place)).close();
  });

  it('keeps every write that was answered when its process is killed', async () => {
    const place = folder();
    const script = `
      import { openOnlineHome } from ${JSON.stringify(join(import.meta.dirname, '../../lib/features/index.ts'))};
      const { store } = await openOnlineHome({ folder: ${JSON.stringify(place)}, clock: { now: () => 1, sleep: async () => undefined } });
      for (let n = 0; ; n++) {
        await store.write([{ key: 'a' + n, value: 'x'.repeat(500), expected: undefined, version: n + 1, expiresAt: undefined }, { key: 'b' + n, value: String(n), expected: undefined, version: n + 1, expiresAt: undefined }]);
        process.stdout.write(n + '\\n');
      }`;
    const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '--eval', script], { stdio: ['ignore', 'pipe', 'inherit'], cwd: join(import.meta.dirname, '../..') });
    let text = '';
    child.stdout.on('data', (chunk: Buffer) => {
      text += chunk.toString();
      if (text.split('\n').length > 200) child.kill('SIGKILL');
    });
    await once(child, 'close');
    const answered = text.split('\n').length - 1;
    // The lock of the process that is gone is taken over.
    const home = await openOnlineHome({ folder: place, clock: testClock() });
    const keys = Array.from({ length: answered + 1 }, (_, n) => [`a${n}`, `b${n}`]).flat();
    const found = await home.store.get(keys);
    expect(found.slice(0, -2).every((item) => item !== undefined)).toBe(true);
    expect(found.at(-2) === undefined).toBe(found.at(-1) === undefined);
    await home.close();
    expect(execFileSync('ls', [place]).toString()).not.toContain('owner.lock');
  });
});
