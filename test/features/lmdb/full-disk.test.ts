// A store on a disk that takes no more refuses, and the process lives on.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, it } from 'vitest';

const STORE = path.resolve(import.meta.dirname, '../../../lib/features/lmdb/store.ts');
/** Writes until nothing more fits, several at once, waits for what comes afterwards, and says what it saw. */
const SCRIPT = `
import { openLmdbStore } from ${JSON.stringify(STORE)};
const store = await openLmdbStore({ folder: process.argv[1], clock: { now: Date.now, sleep: async () => {} } });
const write = (key) => store.write([{ key, value: 'x'.repeat(200_000), expected: undefined, expiresAt: undefined }]).then(() => 'kept', (error) => error.code);
const first = await write('first');
const seen = [];
for (let round = 0; round < 6; round++) {
  seen.push(...await Promise.all([1, 2, 3].map((number) => write('k' + round + number))));
  await new Promise((resolve) => setTimeout(resolve, 50));
}
console.log(JSON.stringify({ first, refused: seen.filter((one) => one === 'io').length > 0, still: (await store.get(['first']))[0].value.length }));
process.exit(0);
`;

it.skipIf(spawnSync('prlimit', ['--version']).status !== 0)('refuses what does not fit, and keeps what is there', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'millrace-full-'));
  try {
    // No file may grow beyond this: what ENOSPC is to a disk, EFBIG is to a process.
    const { status, stdout, stderr } = spawnSync('prlimit', ['--fsize=1000000:1000000', process.execPath, '--import', 'tsx', '--input-type=module', '-e', SCRIPT, folder], { encoding: 'utf8', cwd: path.resolve(import.meta.dirname, '../../..'), timeout: 60_000 });
    expect(status, stderr).toBe(0);
    expect(JSON.parse(stdout.trim().split('\n').at(-1)!)).toEqual({ first: 'kept', refused: true, still: 200_000 });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
