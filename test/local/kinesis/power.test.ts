// A disk that forgets what was not synced when the power goes, and one that fails.
import { copyFile, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { openLocalStreams } from '../../../lib/local/kinesis/index.ts';
import { diskFiles, type LogFiles } from '../../../lib/local/kinesis/log/files.ts';
import { everything, openStreams, temporaryFolder } from './support.ts';

/** Knows of each file what is on the disk for sure; without power the rest is cut, or is what the disk happened to hold. */
class ForgetfulDisk implements LogFiles {
  readonly #paths = new Map<number, string>();
  readonly #written = new Map<string, number>();
  readonly #synced = new Map<string, number>();
  syncs = 0;
  readonly open = async (name: string, flags: string) => {
    const file = await diskFiles.open(name, flags);
    this.#paths.set(file, name);
    const { length } = await readFile(name);
    this.#written.set(name, length);
    this.#synced.set(name, length);
    return file;
  };
  readonly close = diskFiles.close;
  readonly truncate = diskFiles.truncate;
  readonly sync = async (file: number) => {
    this.syncs++;
    const name = this.#paths.get(file) as string;
    const written = this.#written.get(name) as number;
    await new Promise((resolve) => {
      setTimeout(resolve, 2);
    });
    await diskFiles.sync(file);
    this.#synced.set(name, written);
  };
  readonly writeAll = async (file: number, pieces: readonly Buffer[], position: number) => {
    await diskFiles.writeAll(file, pieces, position);
    this.#written.set(this.#paths.get(file) as string, position + pieces.reduce((sum, piece) => sum + piece.length, 0));
  };

  /** What is on the disk for sure at this moment; gives how to put it into another folder, as it is found when the power comes back. */
  loseNow(leftOver: 'cut' | 'zeros' | 'written'): (from: string, to: string) => Promise<void> {
    const [synced, written] = [new Map(this.#synced), new Map(this.#written)];
    return async (from, to) => {
      await mkdir(path.join(to, 'events/log'), { recursive: true });
      await copyFile(path.join(from, 'events/stream.json'), path.join(to, 'events/stream.json'));
      for (const [file, length] of synced) {
        const all = (await readFile(file)).subarray(0, written.get(file));
        const bytes =
          leftOver === 'cut'
            ? all.subarray(0, length)
            : leftOver === 'zeros'
              ? Buffer.concat([all.subarray(0, length), Buffer.alloc(all.length - length)])
              : all;
        await writeFile(path.join(to, path.relative(from, file)), bytes);
      }
    };
  }
}

describe('without power', () => {
  it.each(['cut', 'zeros', 'written'] as const)(
    'no acknowledged record is lost, because each was synced before its answer (the rest %s)',
    async (leftOver) => {
      const [folder, found] = [await temporaryFolder(), await temporaryFolder()];
      const disk = new ForgetfulDisk();
      const streams = await openStreams(folder, { files: disk, segmentBytes: 3000 });
      await streams.createStream('events', { shardCount: 2 });
      const acknowledged: string[] = [];
      const moments: { restore: (from: string, to: string) => Promise<void>; known: string[] }[] = [];
      await Promise.all(
        Array.from({ length: 6 }, async (_, producer) => {
          for (let at = 0; at < 40; at++) {
            const text = `${producer}-${at} ${'x'.repeat(at)}`;
            await streams.put('events', [{ partitionKey: `${producer}`, data: Buffer.from(text) }]);
            acknowledged.push(text);
            if ((at + producer) % 7 === 0) moments.push({ restore: disk.loseNow(leftOver), known: [...acknowledged] });
          }
        }),
      );
      for (const { restore, known } of moments) {
        await restore(folder, found);
        const again = await openLocalStreams(found, { sweepMilliseconds: 0 });
        const kept = (await Promise.all(again.shards('events').map(({ shardId }) => everything(again, 'events', shardId))))
          .flat()
          .map(({ text }) => text);
        expect(kept).toEqual(expect.arrayContaining(known));
        expect(new Set(kept).size).toBe(kept.length);
        await again.close();
        await rm(path.join(found, 'events'), { recursive: true });
      }
      expect(moments.length).toBeGreaterThan(20);
    },
  );

  it('calls that come while the disk is at work share one sync', async () => {
    const disk = new ForgetfulDisk();
    const streams = await openStreams(await temporaryFolder(), { files: disk });
    await streams.createStream('events', { shardCount: 1 });
    const before = disk.syncs;
    await Promise.all(Array.from({ length: 200 }, (_, at) => streams.put('events', [{ partitionKey: 'a', data: Buffer.from(`${at}`) }])));
    expect(disk.syncs - before).toBeLessThanOrEqual(3);
    expect(await everything(streams, 'events')).toHaveLength(200);
  });
});

describe('a disk that fails', () => {
  it.each(['writeAll', 'sync', 'truncate'] as const)('at times (%s) makes calls fail, never lie, and leaves what was acknowledged', async (what) => {
    const folder = await temporaryFolder();
    let calls = 0;
    const broken = new Error('EIO: i/o error');
    const failing = (chance: number) => () => (++calls % chance === 0 ? Promise.reject(broken) : Promise.resolve());
    const mayFail = failing(3);
    const files: LogFiles = {
      ...diskFiles,
      sync: async (file) => {
        if (what !== 'writeAll') await mayFail();
        await diskFiles.sync(file);
      },
      writeAll: async (file, pieces, position) => {
        if (what === 'writeAll') {
          await mayFail().catch(async (error: unknown) => {
            // Half of it gets there.
            const all = Buffer.concat(pieces);
            await diskFiles.writeAll(file, [all.subarray(0, all.length >> 1)], position);
            throw error;
          });
        }
        await diskFiles.writeAll(file, pieces, position);
      },
      truncate: async (file, bytes) => {
        if (what === 'truncate') await mayFail();
        await diskFiles.truncate(file, bytes);
      },
    };
    const streams = await openStreams(folder, { files, segmentBytes: 2000 });
    for (let tries = 0; tries < 5 && streams.names().length === 0; tries++)
      await streams.createStream('events', { shardCount: 1 }).catch(() => undefined);
    const acknowledged: string[] = [];
    let failed = 0;
    for (let at = 0; at < 80; at++) {
      await streams.put('events', [{ partitionKey: 'a', data: Buffer.from(`record ${at} ${'x'.repeat(at)}`) }]).then(
        () => acknowledged.push(`record ${at}`),
        (error: { type: string }) => {
          expect(error.type).toBe('InternalFailure');
          failed++;
        },
      );
    }
    expect(failed).toBeGreaterThan(10);
    expect((await everything(streams, 'events')).map(({ text }) => text.replace(/ x*$/, ''))).toEqual(acknowledged);
    await streams.close();
    const again = await openLocalStreams(folder, { sweepMilliseconds: 0 });
    const kept = await everything(again, 'events');
    expect(kept.map(({ text }) => text.replace(/ x*$/, '')).filter((text) => acknowledged.includes(text))).toEqual(acknowledged);
    expect(new Set(kept.map(({ sequence }) => sequence)).size).toBe(kept.length);
    await again.close();
  });
});
