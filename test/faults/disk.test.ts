// Disks that are full and folders that may not be written: the verb says so, publishes nothing by halves, and succeeds once the cause is gone.
import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, chownSync, cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Database } from '../../lib/lake/duckdb/index.ts';
import { millrace, type Ended } from './support/cli.ts';
import { brokenReferences, makeSample, newHome, rowsIn, valuesOf } from './support/home.ts';

const RUN = ['run', 'batch', '--select', '+silver.orders_master'];
const MAINTAIN = ['maintain', '--keep', '0', '--keep-at-least', '1', '--orphans-after', '0'];
const NOBODY = 65_534;
const isRoot = process.getuid?.() === 0;
const runs = (program: string, ...args: string[]) => spawnSync(program, args, { stdio: 'ignore' }).status === 0;
const canLimit = runs('prlimit', '--fsize=1000000', 'true');
const isNeeded = (file: string) => !/events|item_properties|market_prices|online_retail|supplier|shipping|transactions/.test(file);

/** A mounted file system of 1 MB, where mounting is allowed. */
const tiny = mkdtempSync(path.join(tmpdir(), 'millrace-tiny-'));
const canMount = isRoot && runs('mount', '-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', tiny);

let database: Database;
let sample: Awaited<ReturnType<typeof makeSample>>;
let expected: Record<string, string>;

beforeAll(async () => {
  database = await Database.open({ memoryLimit: '256MB' });
  sample = await makeSample(0.02);
  const home = newHome(sample.folder);
  home.land(isNeeded);
  expect((await millrace(RUN, { home: home.root })).code).toBe(0);
  expected = await valuesOf(home.root, database);
  home.remove();
}, 120_000);
afterAll(() => {
  database.close();
  sample.remove();
  if (canMount) execFileSync('umount', [tiny]);
  rmSync(tiny, { recursive: true, force: true });
});

function expectRefusal({ code, out, err }: Ended, why: RegExp): void {
  // 6: a run in which models failed for it. Never 1, which is a defect.
  expect([6, 8], `${out}${err}`).toContain(code);
  expect(`${out}${err}`).toMatch(why);
}

test.skipIf(!canLimit)('where files may not grow beyond a limit, whatever the limit, verbs say so and leave a lake that reads', async () => {
  const home = newHome(sample.folder);
  home.land(isNeeded);
  const limited = (bytes: number, verb: readonly string[]) => millrace(verb, { home: home.root, under: ['prlimit', `--fsize=${bytes}`] });
  for (const [bytes, verb] of [[1500, ['ingest']], [9000, ['ingest']], [3000, RUN], [12_000, RUN]] as const) {
    expectRefusal(await limited(bytes, verb), /the disk is full|lets no file become so large/);
    expect(await brokenReferences(home.root), `${verb.join(' ')} with ${bytes} bytes`).toEqual([]);
  }
  expect((await millrace(RUN, { home: home.root })).code).toBe(0);
  expect(await valuesOf(home.root, database)).toEqual(expected);
  home.remove();
}, 300_000);

test.skipIf(!canMount)('on a disk that is full a run publishes nothing by halves, and goes on once there is room', async () => {
  const home = path.join(tiny, 'home');
  mkdirSync(path.join(home, 'landing'), { recursive: true });
  for (const source of readdirSync(sample.folder).filter((name) => isNeeded(`${name}/`))) cpSync(path.join(sample.folder, source), path.join(home, 'landing', source), { recursive: true });
  const ended = await millrace(RUN, { home });
  expectRefusal(ended, /the disk is full/);
  expect(await brokenReferences(home)).toEqual([]);
  execFileSync('mount', ['-o', 'remount,size=64m', tiny]);
  const again = await millrace(RUN, { home });
  expect(again.code, again.out + again.err).toBe(0);
  expect(await valuesOf(home, database)).toEqual(expected);
}, 300_000);

test.skipIf(!isRoot || !runs('setpriv', '--reuid=65534', '--clear-groups', 'true'))('who may not write the lake is told so, and may as soon as the right is given', async () => {
  const home = newHome(sample.folder);
  home.land(isNeeded);
  const lake = path.join(home.root, 'lake');
  mkdirSync(lake);
  const under = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups'];
  chmodSync(home.root, 0o755);
  execFileSync('chown', ['-R', '65534:65534', home.root]);
  chownSync(lake, 0, 0);
  const as = (verb: readonly string[]) => millrace(verb, { home: home.root, under, environment: { HOME: home.root, TMPDIR: home.root } });
  for (const verb of [['ingest'], RUN]) expectRefusal(await as(verb), /permission/);
  expect(readdirSync(lake)).toEqual([]);
  chownSync(lake, NOBODY, NOBODY);
  const again = await as(RUN);
  expect(again.code, again.out + again.err).toBe(0);
  expect(await valuesOf(home.root, database)).toEqual(expected);
  home.remove();
}, 300_000);

test('files that a crash left in the folder for temporary ones are swept away and change nothing', async () => {
  const home = newHome(sample.folder);
  home.land(isNeeded);
  const left = path.join(home.root, 'tmp');
  mkdirSync(path.join(left, 'ingest'), { recursive: true });
  mkdirSync(path.join(left, 'staging'));
  mkdirSync(path.join(left, 'sample'));
  for (const name of ['duckdb_temp_storage-0.tmp', 'ingest/abandoned.csv', 'staging/broken.json', 'sample/half.csv']) {
    writeFileSync(path.join(left, name), 'half');
    utimesSync(path.join(left, name), 1_600_000_000, 1_600_000_000);
  }
  const ran = await millrace(RUN, { home: home.root });
  expect(ran.code, ran.out + ran.err).toBe(0);
  expect((await millrace(MAINTAIN, { home: home.root })).code).toBe(0);
  expect(await valuesOf(home.root, database)).toEqual(expected);
  expect(['ingest/abandoned.csv', 'staging/broken.json', 'sample/half.csv'].filter((name) => existsSync(path.join(left, name)))).toEqual([]);
  expect(await rowsIn(home.root, 'ops.files', database, 'SELECT source FROM t GROUP BY source, _file_id HAVING count(*) > 1')).toEqual([]);
  home.remove();
}, 120_000);
