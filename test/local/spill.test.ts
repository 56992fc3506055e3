// What DuckDB cannot hold in memory lies in the home meanwhile: of each runtime apart, and gone when it ends.
import { mkdir, mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openRuntime, type Runtime } from '../../lib/local/index.ts';
import { sweepTemporary } from '../../lib/local/home.ts';

const PROJECT = path.resolve(import.meta.dirname, '../..');
let root: string;

beforeEach(async () => {
  root = await mkdtemp(path.join(tmpdir(), 'millrace-spill-'));
});
afterEach(() => rm(root, { recursive: true, force: true }));

const open = (): Promise<Runtime> => openRuntime({ home: root, project: PROJECT, create: true, memoryLimit: '60MB' });

/** More than fits into memory, sorted; the sum tells whether all of it came back. */
async function spilling(runtime: Runtime, seed: number): Promise<unknown> {
  const database = await runtime.database();
  return database.use(async (session) => {
    const rows = await session.rows(`SELECT count(*) AS rows, sum(n) AS total, bool_and(before IS NULL OR before <= text) AS is_sorted FROM (
      SELECT n, text, lag(text) OVER () AS before FROM (SELECT n, md5(CAST(n * ${seed} AS varchar)) || repeat('x', 200) AS text FROM range(600000) AS r(n) ORDER BY text))`);
    return rows[0];
  });
}

describe('spill files', () => {
  it('of two runtimes of one home do not meet', async () => {
    const runtimes = [await open(), await open()];
    try {
      const answers = await Promise.all(runtimes.map((runtime, at) => spilling(runtime, at + 1)));
      for (const answer of answers) expect(answer).toMatchObject({ rows: 600_000n, is_sorted: true });
    } finally {
      for (const runtime of runtimes) await runtime.close();
    }
    expect(await readdir(path.join(root, 'tmp'))).toEqual([]);
  }, 120_000);

  it('of a process that was killed are swept with their folder, those of today are not', async () => {
    const runtime = await open();
    const folders = ['spill-old', 'spill-new'].map((name) => path.join(runtime.home.temporary, name));
    for (const folder of folders) await mkdir(folder);
    const file = path.join(folders[0]!, 'duckdb_temp_storage_DEFAULT-0.tmp');
    await writeFile(file, 'x');
    const long = new Date(Date.now() - 86_400_000);
    for (const each of [file, folders[0]!]) await utimes(each, long, long);
    const sweep = (): Promise<number> => sweepTemporary(runtime.home, { olderThanMilliseconds: 3_600_000, now: Date.now() });
    expect(await sweep()).toBe(1);
    await utimes(folders[0]!, long, long);
    await sweep();
    expect(await readdir(runtime.home.temporary)).toEqual(['spill-new']);
    await runtime.close();
  });
});
