// What every adapter of `Files` must do; run over the disk, over memory, and over S3 servers by `npm run verify`.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Files } from '../../../lib/lake/index.ts';

export interface FilesSetup {
  files: Files;
  /** A folder that is empty and stays the test's own. */
  root: string;
  close?(): Promise<void> | void;
}

const bytes = (text: string) => Buffer.from(text);
const textOf = (content: Uint8Array) => Buffer.from(content).toString('utf8');

export function filesContract(name: string, open: () => Promise<FilesSetup>): void {
  describe(`files: ${name}`, () => {
    let setup: FilesSetup;
    let files: Files;
    let serial = 0;
    const fresh = (leaf = 'file') => `${setup.root}/${serial++}/${leaf}`;
    beforeAll(async () => {
      setup = await open();
      ({ files } = setup);
    });
    afterAll(async () => setup.close?.());

    it('what was written is read, whole and by range', async () => {
      const path = fresh();
      await files.write(path, bytes('0123456789'));
      expect(textOf(await files.read(path))).toBe('0123456789');
      expect(textOf(await files.readRange(path, 3, 4))).toBe('3456');
      expect(textOf(await files.readRange(path, 8, 10))).toBe('89');
      expect(textOf(await files.readRange(path, 20, 5))).toBe('');
      expect(textOf(await files.readRange(path, 2, 0))).toBe('');
    });

    it('write replaces, with other content of any size', async () => {
      const path = fresh();
      for (const content of ['first', '', 'a longer third version']) {
        await files.write(path, bytes(content), { durable: 'no' });
        expect(textOf(await files.read(path))).toBe(content);
      }
    });

    it('create makes a file once: the second one is told so and changes nothing', async () => {
      const path = fresh();
      expect(await files.create(path, bytes('first'))).toBe(true);
      expect(await files.create(path, bytes('second'))).toBe(false);
      expect(textOf(await files.read(path))).toBe('first');
    });

    it('of many creators at once exactly one wins, and its content is there', async () => {
      const path = fresh();
      const won = await Promise.all(Array.from({ length: 12 }, (_, index) => files.create(path, bytes(`writer ${index}`))));
      expect(won.filter(Boolean)).toHaveLength(1);
      expect(textOf(await files.read(path))).toBe(`writer ${won.indexOf(true)}`);
    });

    it('create waits for what must come first, and makes nothing where that fails', async () => {
      const path = fresh();
      let ready = false;
      const after = new Promise<void>((resolve) => setTimeout(() => {
        ready = true;
        resolve();
      }, 20));
      expect(await files.create(path, bytes('x'), { after })).toBe(true);
      expect(ready).toBe(true);
      const other = fresh();
      const failing = Promise.reject(new Error('the manifest was not written'));
      await expect(files.create(other, bytes('x'), { after: failing })).rejects.toThrow();
      expect(await files.exists(other)).toBe(false);
    });

    it('exists, stat and delete', async () => {
      const path = fresh();
      expect(await files.exists(path)).toBe(false);
      expect(await files.stat(path)).toBeUndefined();
      await files.delete(path);
      await files.write(path, bytes('12345'));
      expect(await files.exists(path)).toBe(true);
      expect(await files.stat(path)).toMatchObject({ path, size: 5 });
      await files.delete(path);
      expect(await files.exists(path)).toBe(false);
    });

    it('a file that is not there is named', async () => {
      const path = fresh();
      await expect(files.read(path)).rejects.toMatchObject({ code: 'not_found', where: path });
      await expect(files.readRange(path, 0, 1)).rejects.toMatchObject({ code: 'not_found' });
    });

    it('names are literal: spaces, percent signs, umlauts, equals signs', async () => {
      const path = fresh('state=a+%2F+b/naïve 100%.parquet');
      await files.write(path, bytes('x'));
      expect(textOf(await files.read(path))).toBe('x');
      const listed: string[] = [];
      for await (const file of files.list(path.slice(0, path.indexOf('/state=')))) listed.push(file.path);
      expect(listed).toEqual([path]);
    });

    it('list gives every file below a folder, at any depth, and of that folder only', async () => {
      const root = fresh('lists');
      const paths = [`${root}/a/1`, `${root}/a/b/2`, `${root}/3`];
      for (const path of [...paths, `${root}-other/4`]) await files.write(path, bytes('abc'));
      const listed = [];
      for await (const file of files.list(root)) listed.push(file);
      expect(listed.map((file) => file.path).sort()).toEqual(paths.toSorted());
      expect(listed.every((file) => file.size === 3 && file.modifiedAt > 0)).toBe(true);
      expect(await files.listFolders(root)).toEqual(['a']);
      expect(await files.listFolders(`${root}/none`)).toEqual([]);
      for await (const file of files.list(`${root}/none`)) expect(file).toBeUndefined();
    });

    it('list goes on beyond one page', async () => {
      const root = fresh('many');
      await Promise.all(Array.from({ length: 1050 }, (_, index) => files.write(`${root}/${index}`, bytes('x'), { durable: 'no' })));
      let count = 0;
      for await (const file of files.list(root)) count += file.size;
      expect(count).toBe(1050);
    }, 60_000);
  });
}
