// Which commit a version was trained at, as Git's files say it.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { projectCommit } from '../../../lib/local/learning/project-commit.ts';

const [ONE, TWO] = ['1'.repeat(40), '2'.repeat(40)];
let root: string;
beforeEach(() => {
  root = mkdtempSync(path.join(tmpdir(), 'millrace-commit-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

function write(file: string, text: string): void {
  mkdirSync(path.dirname(path.join(root, file)), { recursive: true });
  writeFileSync(path.join(root, file), text);
}

it('is that of the branch, loose or packed, of a head without one, and of a folder inside', async () => {
  mkdirSync(path.join(root, 'shop/project'), { recursive: true });
  write('shop/.git/HEAD', 'ref: refs/heads/main\n');
  expect(await projectCommit(path.join(root, 'shop'))).toBeUndefined();
  write('shop/.git/packed-refs', `# pack-refs with: peeled\n${TWO} refs/heads/other\n${ONE} refs/heads/main\n`);
  expect(await projectCommit(path.join(root, 'shop/project'))).toBe(ONE);
  write('shop/.git/refs/heads/main', `${TWO}\n`);
  expect(await projectCommit(path.join(root, 'shop'))).toBe(TWO);
  write('shop/.git/HEAD', `${ONE}\n`);
  expect(await projectCommit(path.join(root, 'shop'))).toBe(ONE);
});

it('is that of a work tree of its own', async () => {
  write('shop/.git/refs/heads/side', `${TWO}\n`);
  write('shop/.git/worktrees/side/HEAD', 'ref: refs/heads/side\n');
  write('shop/.git/worktrees/side/commondir', '../..\n');
  write('side/.git', `gitdir: ${path.join(root, 'shop/.git/worktrees/side')}\n`);
  expect(await projectCommit(path.join(root, 'side'))).toBe(TWO);
});
