// Files on disk: the contract, and what a disk can do to a writer.
import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';
import { LocalFiles } from '../../../lib/lake/index.ts';
import { filesContract } from '../contract/files.ts';
import { temporaryFolder } from '../support/fixtures.ts';
import { MemoryFiles } from '../support/memory-files.ts';

filesContract('disk', async () => {
  const { folder, remove } = temporaryFolder();
  return { files: new LocalFiles(), root: folder, close: remove };
});
filesContract('memory', async () => ({ files: new MemoryFiles(), root: '/memory' }));

describe('a disk that refuses', () => {
  const folders: (() => void)[] = [];
  afterEach(() => folders.splice(0).forEach((remove) => remove()));
  const folder = () => {
    const temporary = temporaryFolder();
    folders.push(temporary.remove);
    return temporary.folder;
  };

  it('a path below a file says what is wrong, and where', async () => {
    const root = folder();
    writeFileSync(`${root}/file`, 'x');
    await expect(new LocalFiles().write(`${root}/file/below`, Buffer.from('y'))).rejects.toMatchObject({ code: 'io', where: `${root}/file/below` });
    expect(await new LocalFiles().exists(`${root}/file/below`)).toBe(false);
  });

  it.skipIf(process.getuid?.() === 0)('a folder without permission says so', async () => {
    const root = folder();
    mkdirSync(`${root}/locked`);
    chmodSync(`${root}/locked`, 0o555);
    await expect(new LocalFiles().write(`${root}/locked/x`, Buffer.from('y'))).rejects.toMatchObject({ code: 'io', message: expect.stringContaining('permission is denied'), todo: expect.any(String) });
    await expect(new LocalFiles().create(`${root}/locked/x`, Buffer.from('y'))).rejects.toMatchObject({ code: 'io' });
    chmodSync(`${root}/locked`, 0o755);
    expect(readdirSync(`${root}/locked`)).toEqual([]);
  });

  const mounts = spawnSync('unshare', ['-rm', 'true']).status === 0;
  it.skipIf(!mounts)('a full disk is named, and leaves nothing half-written', () => {
    const root = folder();
    const script = `
      import { LocalFiles } from '${new URL('../../../lib/lake/index.ts', import.meta.url).pathname}';
      import { readdirSync } from 'node:fs';
      const files = new LocalFiles();
      await files.write('${root}/small', Buffer.alloc(1000));
      const failures = [];
      for (const verb of ['write', 'create']) await files[verb]('${root}/big', Buffer.alloc(4_000_000)).catch((error) => failures.push(error.toJSON()));
      console.log(JSON.stringify({ failures, left: readdirSync('${root}') }));
    `;
    const command = `mount -t tmpfs -o size=1m tmpfs ${root} && exec ${process.execPath} --import tsx --input-type=module -e "$SCRIPT"`;
    const output = execFileSync('unshare', ['-rm', 'sh', '-c', command], { env: { ...process.env, SCRIPT: script }, encoding: 'utf8' });
    const { failures, left } = JSON.parse(output) as { failures: { error: string; message: string; todo: string }[]; left: string[] };
    expect(failures).toHaveLength(2);
    for (const failure of failures) expect(failure).toMatchObject({ error: 'io', message: expect.stringContaining('the disk is full'), where: `${root}/big`, todo: expect.stringContaining('Free some space') });
    expect(left).toEqual(['small']);
  });
});

describe('turns among processes', () => {
  const setUp = () => {
    const { folder, remove } = temporaryFolder();
    return { path: `${folder}/.turn`, remove };
  };
  const took = async (work: () => Promise<unknown>) => {
    const began = performance.now();
    await work();
    return performance.now() - began;
  };

  it('one has it, the next waits until it is given back', async () => {
    const { path, remove } = setUp();
    const files = new LocalFiles();
    const endFirst = await files.takeTurn(path);
    let secondHasIt = false;
    const second = files.takeTurn(path).then((end) => {
      secondHasIt = true;
      return end;
    });
    await new Promise((resolve) => setTimeout(resolve, 60));
    expect(secondHasIt).toBe(false);
    await endFirst();
    await (await second)();
    expect(secondHasIt).toBe(true);
    remove();
  });

  it('who died in their turn keeps nobody waiting', async () => {
    const { path, remove } = setUp();
    const gone = spawnSync('true').pid;
    symlinkSync(String(gone), path);
    expect(await took(async () => (await new LocalFiles().takeTurn(path))())).toBeLessThan(1000);
    remove();
  });

  it('who keeps it for long loses it, so that a stale mark of a process id used again does not block', async () => {
    const { path, remove } = setUp();
    symlinkSync(String(process.pid), path);
    expect(await took(async () => (await new LocalFiles().takeTurn(path))())).toBeLessThan(3900);
    remove();
  });

  it('a folder that is not there is left to the commit to complain about', async () => {
    const { path, remove } = setUp();
    remove();
    expect(await took(async () => (await new LocalFiles().takeTurn(path))())).toBeLessThan(1000);
  });
});
