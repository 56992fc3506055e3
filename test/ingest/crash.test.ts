// Stop it anywhere, start it again: nothing is lost, nothing doubled, and no table is unreadable.
import { spawn, spawnSync } from 'node:child_process';
import { chmodSync, chownSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, test } from 'vitest';
import { MillraceError } from '../../lib/base/index.ts';
import { FolderCatalog, Lake, LocalFiles, type Files } from '../../lib/lake/index.ts';
import { replayQuarantine } from '../../lib/ingest/index.ts';
import { money, source } from '../../lib/contracts/index.ts';
import { openTestHome, sales, type TestHome } from './home.ts';

/** Every point, or every so many-th: MILLRACE_THOROUGH=1 tries them all. */
const STEP = process.env['MILLRACE_THOROUGH'] === undefined ? 5 : 1;

const roots: string[] = [];
const newRoot = (): string => {
  const root = mkdtempSync(join(tmpdir(), 'millrace-crash-'));
  roots.push(root);
  return root;
};
afterEach(() => { for (const root of roots.splice(0)) rmSync(root, { recursive: true, force: true }); });

const header = 'sale_id,item,amount,sold_at\n';
const salesCsv = (name: string, rows: number): string => header + Array.from({ length: rows }, (_, i) => (i % 50 === 7 ? `${name}${i},bad,x,\n` : `${name}${i},an item of ${name},1.5,\n`)).join('');

function fill(home: TestHome, bigRows: number): void {
  home.put('sales/small-1.csv', salesCsv('a', 60));
  home.put('sales/small-2.csv.gz', gzipSync(salesCsv('b', 60)));
  home.put('sales/big.csv', salesCsv('c', bigRows));
  home.put('people/people.csv', 'person_id,name,email,age\np1,Ada,,1\np2,Bob,,no\n');
  home.put('sales/only-bad.csv', `${header}x,y,z,\n`);
}

/** Everything that a reader sees, times and ids of runs left out. */
async function stateOf(home: TestHome): Promise<unknown> {
  const rejected = 'SELECT source, _file, _row, line, byte_offset, reason FROM t ORDER BY ALL';
  return {
    sales: await home.rows('bronze.sales', 'SELECT _file, count(*) AS n, count(DISTINCT _row) AS rows, sum(_row)::BIGINT AS sum, count(DISTINCT sale_id) AS ids FROM t GROUP BY 1 ORDER BY 1'),
    people: await home.rows('bronze.people', 'SELECT person_id, name IS NOT NULL AS named FROM t ORDER BY 1'),
    rejected: await home.rows('bronze.rejected', rejected),
    files: await home.rows('ops.files', 'SELECT source, _file, rows, accepted, rejected, status FROM t ORDER BY ALL'),
  };
}

/** Files of a machine that loses its power at the nth operation: nothing works from then on, tidying up neither. */
class DyingFiles extends LocalFiles {
  private left: number;
  constructor(operations: number) {
    super();
    this.left = operations;
  }
  get isDead(): boolean {
    return this.left <= 0;
  }
  private tick(): void {
    if (--this.left <= 0) throw new Error('the power is gone');
  }
  override async write(...args: Parameters<Files['write']>): ReturnType<Files['write']> {
    this.tick();
    return super.write(...args);
  }
  override async create(...args: Parameters<Files['create']>): ReturnType<Files['create']> {
    this.tick();
    return super.create(...args);
  }
  override async delete(...args: Parameters<Files['delete']>): ReturnType<Files['delete']> {
    this.tick();
    return super.delete(...args);
  }
}

function withDyingFiles(home: TestHome, operations: number): DyingFiles {
  const files = new DyingFiles(operations);
  home.context.lake = new Lake({ files, catalog: new FolderCatalog(files, join(home.root, 'lake')) });
  return files;
}

describe('after the power went', () => {
  test('at any operation on the lake, the next run ends where an undisturbed one does', async () => {
    const undisturbed = await openTestHome();
    fill(undisturbed, 100);
    await undisturbed.ingest();
    const expected = await stateOf(undisturbed);
    undisturbed.close();
    let operations = 1;
    for (let alive = false; !alive; operations += STEP) {
      const root = newRoot();
      const first = await openTestHome({ root });
      fill(first, 100);
      const files = withDyingFiles(first, operations);
      await first.ingest();
      first.close();
      alive = !files.isDead;
      const second = await openTestHome({ root });
      await second.ingest();
      expect(await stateOf(second), `dead at operation ${operations}`).toEqual(expected);
      second.close();
      rmSync(root, { recursive: true });
    }
    expect(operations).toBeGreaterThan(20);
  }, 120_000);

  test('at any operation of a replay, the next replay ends where an undisturbed one does', async () => {
    const mended = source('sales', { ...sales, files: { names: [] }, rules: {}, columns: { ...sales.columns, amount: money() } });
    for (let operations = 1, alive = false; !alive; operations += STEP) {
      const root = newRoot();
      const home = await openTestHome({ root });
      home.put('sales/a.csv', `${header}s1,x,1,\ns2,x,-1,\ns3,x,-2,\ns4,x,no,\n`);
      await home.ingest();
      home.withContracts(mended);
      const { lake } = home.context;
      const files = withDyingFiles(home, operations);
      await replayQuarantine(home.context).catch(() => undefined);
      alive = !files.isDead;
      home.context.lake = lake;
      await replayQuarantine(home.context);
      expect(await home.rows('bronze.sales', 'SELECT _row FROM t ORDER BY 1'), `dead at operation ${operations}`).toEqual([{ _row: 1n }, { _row: 2n }, { _row: 3n }]);
      expect(await home.rows('bronze.rejected', 'SELECT _row FROM t')).toEqual([{ _row: 4n }]);
      home.close();
    }
  }, 60_000);
});

test('an error behind the commit of bronze takes nothing back: the rows stay readable, and the list is made good the next time', async () => {
  const home = await openTestHome();
  home.put('sales/a.csv', salesCsv('a', 60));
  const { lake } = home.context;
  class Refusing extends LocalFiles {
    override async create(...args: Parameters<Files['create']>): ReturnType<Files['create']> {
      if (args[0].includes('/ops/files/')) throw new MillraceError('conflict', 'refused');
      return super.create(...args);
    }
  }
  const files = new Refusing();
  home.context.lake = new Lake({ files, catalog: new FolderCatalog(files, join(home.root, 'lake')) });
  const [report] = (await home.ingest()).files;
  expect(report?.status).toBe('failed');
  expect(await home.count('bronze.sales')).toBe(58);
  expect(await home.count('bronze.rejected')).toBe(2);
  home.context.lake = lake;
  expect((await home.ingest()).files[0]).toMatchObject({ status: 'seen' });
  expect(await home.count('bronze.sales')).toBe(58);
  expect(await home.rows('ops.files', 'SELECT rows, accepted, rejected, reader, status FROM t')).toEqual([{ rows: 60n, accepted: 58n, rejected: 2n, reader: 'recovered', status: 'landed' }]);
  home.close();
});

interface Ended { output: string; signal: string | null }

function run(root: string, options: { killAfter?: number; limitKiB?: number; user?: number } = {}): Promise<Ended> {
  const node = [process.execPath, '--import', 'tsx', join(import.meta.dirname, 'child.ts'), root, ...(options.user === undefined ? [] : [String(options.user)])];
  const shell = options.limitKiB === undefined ? 'exec "$@"' : `trap '' XFSZ; ulimit -f ${options.limitKiB * 2}; exec "$@"`;
  const child = spawn('/bin/sh', ['-c', shell, 'sh', ...node], { stdio: ['ignore', 'pipe', 'inherit'] });
  return new Promise((resolve) => {
    let output = '';
    child.stdout.on('data', (text: Buffer) => {
      if (output === '' && options.killAfter !== undefined) setTimeout(() => child.kill('SIGKILL'), options.killAfter);
      output += text.toString();
    });
    child.on('close', (_, signal) => resolve({ output, signal }));
  });
}

describe('a process', () => {
  test('killed at random moments is finished by the next one', async () => {
    const undisturbed = await openTestHome();
    fill(undisturbed, 90_000);
    const begun = Date.now();
    await undisturbed.ingest();
    const took = Date.now() - begun;
    const expected = await stateOf(undisturbed);
    undisturbed.close();
    const root = newRoot();
    const home = await openTestHome({ root });
    fill(home, 90_000);
    let killed = 0;
    for (let i = 0; i < 3; i++) {
      const { signal } = await run(root, { killAfter: Math.random() * took });
      if (signal === 'SIGKILL') killed++;
      await stateOf(home);
    }
    await home.ingest();
    expect(await stateOf(home), `killed ${killed} times`).toEqual(expected);
    home.close();
  }, 120_000);

  test('and another landing the same files at the same time land each once', async () => {
    const root = newRoot();
    const home = await openTestHome({ root });
    fill(home, 20_000);
    await Promise.all([run(root), run(root), home.ingest()]);
    const undisturbed = await openTestHome();
    fill(undisturbed, 20_000);
    await undisturbed.ingest();
    expect(await stateOf(home)).toEqual(await stateOf(undisturbed));
    undisturbed.close();
    home.close();
  }, 60_000);

  test('without room on the disk says so, publishes nothing by halves, and lands everything once there is room', async () => {
    const root = newRoot();
    const home = await openTestHome({ root });
    home.put('sales/a.csv', salesCsv('a', 40));
    home.put('sales/big.csv', header + Array.from({ length: 60_000 }, (_, i) => `s${i},${(i * 7_919 % 999_983).toString(36)}${(i * 104_729 % 999_979).toString(36)} of some length to fill the line,1.${i % 100},\n`).join(''));
    const { output } = await run(root, { limitKiB: 200 });
    const reported = JSON.parse(output.trim().split('\n').at(-1) ?? '[]') as { file: string; status: string; error?: { message: string; todo: string } }[];
    expect(reported.find(({ file }) => file === 'sales/big.csv')).toMatchObject({ status: 'failed', error: { error: 'io', message: 'the disk is full' } });
    expect(await home.count('bronze.sales', "_file = 'sales/big.csv'")).toBe(0);
    await home.ingest();
    expect(await home.rows('bronze.sales', 'SELECT _file, count(*) AS n FROM t GROUP BY 1 ORDER BY 1')).toEqual([{ _file: 'sales/a.csv', n: 39n }, { _file: 'sales/big.csv', n: 60_000n }]);
    home.close();
  }, 60_000);

  test.skipIf(process.getuid?.() !== 0)('that may not write, or may not read a file, says so and leaves the lake alone', async () => {
    const root = newRoot();
    const nobody = 65_534;
    const home = await openTestHome({ root });
    home.put('sales/a.csv', salesCsv('a', 40));
    const secret = home.put('sales/secret.csv', salesCsv('b', 40));
    chmodSync(secret, 0o600);
    mkdirSync(join(root, 'lake'), { recursive: true });
    for (const folder of ['', 'tmp', 'keys', 'landing']) {
      mkdirSync(join(root, folder), { recursive: true });
      chownSync(join(root, folder), nobody, nobody);
    }
    const errors = async (): Promise<unknown[]> => (JSON.parse((await run(root, { user: nobody })).output.trim().split('\n').at(-1) ?? '[]') as { error?: unknown }[]).map(({ error }) => error);
    const [noLake, noFile] = await errors();
    expect(noLake).toMatchObject({ error: 'io', message: expect.stringMatching(/permission/) });
    expect(noFile).toMatchObject({ error: 'io', message: 'the file may not be read: permission denied', where: secret });
    chownSync(join(root, 'lake'), nobody, nobody);
    expect(await errors()).toEqual([undefined, expect.objectContaining({ message: 'the file may not be read: permission denied' })]);
    expect(await home.count('bronze.sales')).toBe(39);
    expect(statSync(join(root, 'keys')).isDirectory()).toBe(true);
    home.close();
  }, 60_000);
});

test('nothing that was put on disk on the way remains, nor what a killed process left', async () => {
  const home = await openTestHome();
  const { pid } = spawnSync(process.execPath, ['--version']);
  writeFileSync(join(home.root, 'tmp', `spool-${pid}-0123456789ab`), 'p1,Ada');
  fill(home, 90_000);
  home.put('sales/cut.csv.gz', gzipSync(salesCsv('d', 400_000), { level: 1 }).subarray(0, 200_000));
  await home.ingest();
  expect(readdirSync(join(home.root, 'tmp')).filter((name) => name !== 'duckdb')).toEqual([]);
  home.close();
});
