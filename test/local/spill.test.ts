// What DuckDB cannot hold in memory lies in the home meanwhile: of each runtime apart, and gone when it ends.
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
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

  it('of a process that is gone are swept at once, those of one that runs never, however old they are', async () => {
    const runtime = await open();
    try {
      const sweep = (): Promise<number> => sweepTemporary(runtime.home, { olderThanMilliseconds: 0, now: Date.now() + 86_400_000 });
      await spilling(runtime, 1);
      await sweep();
      expect(await spilling(runtime, 2)).toMatchObject({ rows: 600_000n, is_sorted: true });
      const gone = path.join(runtime.home.temporary, `spill-${process.pid}-1-of-an-earlier-process`);
      await mkdir(gone);
      await writeFile(path.join(gone, 'duckdb_temp_storage_DEFAULT-0.tmp'), 'x');
      await writeFile(path.join(runtime.home.temporary, 'download'), 'x');
      expect(await sweepTemporary(runtime.home, { olderThanMilliseconds: 3_600_000, now: Date.now() })).toBe(1);
      expect((await readdir(runtime.home.temporary)).filter((name) => !name.startsWith(`spill-${process.pid}-`) || name.endsWith('process'))).toEqual(['download']);
    } finally {
      await runtime.close();
    }
  }, 120_000);
});
