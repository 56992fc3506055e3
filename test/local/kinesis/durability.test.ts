// What is acknowledged is kept: torn ends, damage, segments, retention, full disks, owners.
import { execFileSync } from 'node:child_process';
import { copyFile, mkdir, readdir, readFile, rm, stat, symlink, truncate, writeFile, appendFile } from 'node:fs/promises';
import path from 'node:path';
import fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import { openLocalStreams, type RecordInput } from '../../../lib/local/kinesis/index.ts';
import { VirtualClock } from '../../support/virtual-clock.ts';
import { everything, openStreams, temporaryFolder } from './support.ts';

const record = (text: string, key = 'a'): RecordInput => ({ partitionKey: key, data: Buffer.from(text) });
const logFolder = (folder: string) => path.join(folder, 'events/log');
async function logFiles(folder: string, ending = '.log'): Promise<string[]> {
  return (await readdir(logFolder(folder)))
    .filter((name) => name.endsWith(ending))
    .sort()
    .map((name) => path.join(logFolder(folder), name));
}

/** Copies closed streams, so that each case damages a copy of its own. */
async function copyOf(source: string): Promise<string> {
  const folder = await temporaryFolder();
  await mkdir(logFolder(folder), { recursive: true });
  await copyFile(path.join(source, 'events/stream.json'), path.join(folder, 'events/stream.json'));
  for (const file of await readdir(logFolder(source))) await copyFile(path.join(logFolder(source), file), path.join(logFolder(folder), file));
  return folder;
}

/** A stream of one shard whose file grew as told: the length after each call, and what had been put until then. */
async function written(calls: readonly (readonly string[])[]): Promise<{ folder: string; lengths: number[]; texts: string[][] }> {
  const folder = await temporaryFolder();
  const streams = await openStreams(folder);
  await streams.createStream('events', { shardCount: 1 });
  const [file = ''] = await logFiles(folder);
  const lengths = [(await stat(file)).size];
  const texts: string[][] = [[]];
  for (const call of calls) {
    await streams.put(
      'events',
      call.map((text) => record(text)),
    );
    lengths.push((await stat(file)).size);
    texts.push([...(texts.at(-1) as string[]), ...call]);
  }
  await streams.close();
  return { folder, lengths, texts };
}

describe('a file that was cut', () => {
  it('keeps every call that is whole, at whatever byte the end was torn, and goes on from there', async () => {
    const { folder, lengths, texts } = await written([['one'], ['two', 'three'], ['four ✓']]);
    const whole = lengths.at(-1) as number;
    for (let cut = lengths[0] as number; cut <= whole; cut += cut % 3 === 0 ? 2 : 1) {
      const copy = await copyOf(folder);
      await truncate((await logFiles(copy))[0] as string, cut);
      const kept = texts[lengths.findLastIndex((length) => length <= cut)] as string[];
      const torn: number[] = [];
      const streams = await openLocalStreams(copy, { sweepMilliseconds: 0, onTornTail: (_, bytes) => torn.push(bytes) });
      expect(
        (await everything(streams, 'events')).map(({ text }) => text),
        `cut at ${cut}`,
      ).toEqual(kept);
      expect(torn).toEqual(lengths.includes(cut) ? [] : [cut - (lengths.findLast((length) => length < cut) as number)]);
      await streams.put('events', [record('after')]);
      const all = await everything(streams, 'events');
      expect(all.map(({ text }) => text)).toEqual([...kept, 'after']);
      expect(all.map(({ sequence }) => BigInt(sequence))).toEqual(all.map(({ sequence }) => BigInt(sequence)).toSorted((a, b) => (a < b ? -1 : 1)));
      await streams.close();
      await rm(copy, { recursive: true });
    }
  });

  it('drops what a crash left behind the last whole call, whatever bytes those are', async () => {
    const { folder, texts } = await written([['one'], ['two']]);
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ minLength: 1, maxLength: 300 }), async (garbage) => {
        const copy = await copyOf(folder);
        await appendFile((await logFiles(copy))[0] as string, garbage);
        const streams = await openLocalStreams(copy, { sweepMilliseconds: 0 });
        expect((await everything(streams, 'events')).map(({ text }) => text)).toEqual(texts.at(-1));
        await streams.close();
        await rm(copy, { recursive: true });
      }),
      { numRuns: 25 },
    );
  });

  it('begins anew where not even the first block of its first segment was written', async () => {
    const { folder } = await written([]);
    const [file = ''] = await logFiles(folder);
    for (const bytes of [0, 20, 60]) {
      await truncate(file, bytes);
      const streams = await openLocalStreams(folder, { sweepMilliseconds: 0 });
      await streams.put('events', [record('first')]);
      expect((await everything(streams, 'events')).map(({ text }) => text)).toContain('first');
      await streams.close();
    }
  });
});

describe('damage', () => {
  it('to an acknowledged record is told by name, never passed over', async () => {
    const { folder, lengths } = await written([['one'], ['two'], ['three']]);
    const bytes = await readFile((await logFiles(folder))[0] as string);
    for (const at of [10, (lengths[0] as number) + 3, (lengths[0] as number) + 50, (lengths[1] as number) + 1]) {
      const copy = await copyOf(folder);
      const damaged = Buffer.from(bytes);
      damaged.writeUInt8(damaged.readUInt8(at) ^ 0xff, at);
      await writeFile((await logFiles(copy))[0] as string, damaged);
      await expect(openLocalStreams(copy), `byte ${at}`).rejects.toMatchObject({ code: 'io', message: expect.stringContaining('damaged') });
      await rm(copy, { recursive: true });
    }
  });

  it('that happens while the stream is open is told to the reader', async () => {
    const folder = await temporaryFolder();
    const streams = await openStreams(folder);
    await streams.createStream('events', { shardCount: 1 });
    await streams.put('events', [record('one')]);
    const [file = ''] = await logFiles(folder);
    const bytes = await readFile(file);
    bytes.writeUInt8(bytes.readUInt8(bytes.length - 1) ^ 1, bytes.length - 1);
    await writeFile(file, bytes);
    await expect(everything(streams, 'events')).rejects.toMatchObject({ type: 'InternalFailure', status: 500 });
  });

  it('to a segment in the middle, or its loss, is told by name', async () => {
    const folder = await temporaryFolder();
    const first = await openStreams(folder, { segmentBytes: 200 });
    await first.createStream('events', { shardCount: 1 });
    for (let at = 0; at < 8; at++) await first.put('events', [record(`record ${at}`)]);
    await first.close();
    const files = await logFiles(folder);
    expect(files.length).toBeGreaterThan(2);
    await rm(files[1] as string);
    await expect(openLocalStreams(folder)).rejects.toMatchObject({ code: 'io', message: expect.stringContaining('missing') });
  });

  it('to a saved index costs nothing but the reading of its segment', async () => {
    const folder = await temporaryFolder();
    const first = await openStreams(folder, { segmentBytes: 200 });
    await first.createStream('events', { shardCount: 1 });
    for (let at = 0; at < 8; at++) await first.put('events', [record(`record ${at}`)]);
    const before = await everything(first, 'events');
    await first.close();
    const [one = '', other = '', third = ''] = await logFiles(folder, '.index');
    await rm(one);
    await writeFile(other, 'nonsense');
    await writeFile(third, (await readFile(third, 'utf8')).replace('"bytes":', '"bytes":1'));
    const again = await openStreams(folder);
    expect(await everything(again, 'events')).toEqual(before);
  });
});

describe('segments', () => {
  it('are read through as one, whatever the limit of a call', async () => {
    const folder = await temporaryFolder();
    let streams = await openStreams(folder, { segmentBytes: 5_000 });
    await streams.createStream('events', { shardCount: 3 });
    const sent = Array.from({ length: 400 }, (_, at) => ({ key: `key ${at % 29}`, text: `record ${at} ${'x'.repeat(at % 170)}` }));
    for (let at = 0; at < sent.length; at += 8)
      await streams.put(
        'events',
        sent.slice(at, at + 8).map(({ key, text }) => record(text, key)),
      );
    for (const isReopened of [false, true]) {
      if (isReopened) {
        await streams.close();
        streams = await openStreams(folder, { segmentBytes: 5_000 });
      }
      expect((await logFiles(folder)).length).toBeGreaterThan(5);
      for (const limit of [undefined, 1, 7]) {
        const shards = await Promise.all(streams.shards('events').map(({ shardId }) => everything(streams, 'events', shardId, limit)));
        expect(
          shards
            .flat()
            .map(({ text }) => text)
            .toSorted(),
        ).toEqual(sent.map(({ text }) => text).toSorted());
        for (const shard of shards) {
          expect(shard.map(({ text }) => text)).toEqual(sent.filter(({ key }) => shard.some((one) => one.key === key)).map(({ text }) => text));
        }
      }
    }
  });

  it('can be read from any record on, by its number and by its time', async () => {
    const clock = new VirtualClock();
    const streams = await openStreams(await temporaryFolder(), { segmentBytes: 2_000, clock });
    await streams.createStream('events', { shardCount: 1 });
    for (let at = 0; at < 60; at++) {
      await streams.put('events', [record(`${at}-a`), record(`${at}-b`.padEnd(50))]);
      if (at % 3 === 2) await clock.sleep(1000);
    }
    const all = await everything(streams, 'events');
    const read = async (from: Parameters<typeof streams.iterator>[2]) =>
      (await streams.read(await streams.iterator('events', 'shardId-000000000000', from), { limit: 1 })).records[0]?.position.sequence;
    for (const [at, { sequence, arrivedAt }] of all.entries()) {
      expect(await read({ type: 'AT_SEQUENCE_NUMBER', sequence })).toBe(sequence);
      expect(await read({ type: 'AFTER_SEQUENCE_NUMBER', sequence })).toBe(all[at + 1]?.sequence);
      for (const timestamp of [arrivedAt - 1, arrivedAt, arrivedAt + 1]) {
        expect(await read({ type: 'AT_TIMESTAMP', timestamp })).toBe(all.find((one) => one.arrivedAt >= timestamp)?.sequence);
      }
    }
  });

  it('go when all their records are older than the stream keeps them, and numbers go on growing', async () => {
    const clock = new VirtualClock();
    const folder = await temporaryFolder();
    let streams = await openStreams(folder, { clock });
    await streams.createStream('events', { shardCount: 1 });
    await streams.put('events', [record('old')]);
    const [old] = await everything(streams, 'events');
    const iterator = await streams.iterator('events', 'shardId-000000000000', { type: 'TRIM_HORIZON' });
    await clock.sleep(2 * 3_600_000);
    await streams.sweep();
    expect(await everything(streams, 'events')).toHaveLength(1);
    await clock.sleep(23 * 3_600_000);
    await streams.sweep();
    expect(await everything(streams, 'events')).toEqual([]);
    expect(streams.status('events')).toMatchObject([{ records: 0, lastSequence: old?.sequence }]);
    expect(await logFiles(folder)).toHaveLength(1);
    await streams.close();
    streams = await openStreams(folder, { clock });
    await streams.put('events', [record('new')]);
    const [fresh] = await everything(streams, 'events');
    expect(fresh?.text).toBe('new');
    expect(BigInt(fresh?.sequence ?? 0)).toBeGreaterThan(BigInt(old?.sequence ?? 0));
    await expect(streams.read(iterator)).rejects.toMatchObject({ type: 'ExpiredIteratorException' });
    const after = await streams.read(
      await streams.iterator('events', 'shardId-000000000000', { type: 'AFTER_SEQUENCE_NUMBER', sequence: old?.sequence ?? '' }),
    );
    expect(after.records).toHaveLength(1);
  });

  it('of closed shards go with the shard', async () => {
    const clock = new VirtualClock();
    const streams = await openStreams(await temporaryFolder(), { clock });
    await streams.createStream('events', { shardCount: 1 });
    await streams.put('events', [record('old')]);
    await streams.splitShard('events', 'shardId-000000000000', '1000');
    await clock.sleep(25 * 3_600_000);
    await streams.sweep();
    await streams.sweep();
    expect(streams.shards('events').map(({ shardId, parentShardId }) => [shardId, parentShardId])).toEqual([
      ['shardId-000000000001', undefined],
      ['shardId-000000000002', undefined],
    ]);
  });
});

describe('a full disk', () => {
  const isRoot = process.getuid?.() === 0;
  it.skipIf(!isRoot || process.platform !== 'linux')(
    'is a failure of the call, keeps what was acknowledged, and is over when there is room again',
    async (context) => {
      const folder = await temporaryFolder();
      try {
        execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=300k', 'tmpfs', folder], { stdio: 'ignore' });
      } catch {
        return context.skip('this machine does not let file systems be mounted');
      }
      onTestFinished(() => void execFileSync('umount', ['-l', folder]));
      const streams = await openLocalStreams(path.join(folder, 'streams'), { sweepMilliseconds: 0 });
      await streams.createStream('events', { shardCount: 1 });
      const acknowledged: string[] = [];
      let failed = 0;
      for (let at = 0; at < 100; at++) {
        const text = `${at} ${'x'.repeat(7_000)}`;
        await streams.put('events', [record(text)]).then(
          () => acknowledged.push(text),
          (error: { type: string; status: number }) => {
            expect(error).toMatchObject({ type: 'InternalFailure', status: 500 });
            failed++;
          },
        );
      }
      expect(failed).toBeGreaterThan(20);
      expect((await everything(streams, 'events')).map(({ text }) => text)).toEqual(acknowledged);
      await expect(streams.createStream('other', { shardCount: 1 })).rejects.toMatchObject({ type: 'InternalFailure' });
      expect(streams.names()).toEqual(['events']);
      execFileSync('mount', ['-o', 'remount,size=2m', folder]);
      await streams.put('events', [record('room')]);
      await streams.close();
      const again = await openLocalStreams(path.join(folder, 'streams'), { sweepMilliseconds: 0 });
      expect((await everything(again, 'events')).map(({ text }) => text)).toEqual([...acknowledged, 'room']);
      await again.close();
    },
  );
});

describe('a reader that waits', () => {
  it('hears that the stream was deleted, and goes on later where the streams were closed', async () => {
    const streams = await openStreams(await temporaryFolder());
    const wait = async (stream: string) =>
      streams.read(await streams.iterator(stream, 'shardId-000000000000', { type: 'LATEST' }), { waitMilliseconds: 20_000 });
    await streams.createStream('gone', { shardCount: 1 });
    await streams.createStream('events', { shardCount: 1 });
    const [gone, kept] = [wait('gone').catch((error: unknown) => error), wait('events')];
    await new Promise((resolve) => {
      setTimeout(resolve, 20);
    });
    await streams.deleteStream('gone');
    expect(await gone).toMatchObject({ type: 'ResourceNotFoundException' });
    await streams.close();
    expect(await kept).toMatchObject({ records: [], next: expect.any(String) });
  });

  it('may be called off', async () => {
    const streams = await openStreams(await temporaryFolder());
    await streams.createStream('events', { shardCount: 1 });
    const calling = new AbortController();
    const waiting = streams.read(await streams.iterator('events', 'shardId-000000000000', { type: 'LATEST' }), {
      waitMilliseconds: 20_000,
      signal: calling.signal,
    });
    calling.abort();
    expect((await waiting).records).toEqual([]);
  });
});

describe('the owner of the streams', () => {
  it('is one process: a second is told which', async () => {
    const folder = await temporaryFolder();
    const streams = await openStreams(folder);
    await expect(openLocalStreams(folder)).rejects.toMatchObject({ code: 'conflict', message: expect.stringContaining(String(process.pid)) });
    await streams.close();
    await (await openLocalStreams(folder)).close();
  });

  it('may have died without a word', async () => {
    const folder = await temporaryFolder();
    for (const gone of ['2147483646:123', `${process.pid}:1`, 'nonsense']) {
      await symlink(gone, path.join(folder, '.lock'));
      await (await openLocalStreams(folder)).close();
    }
  });

  it('finds the streams and their settings again', async () => {
    const folder = await temporaryFolder();
    const first = await openStreams(folder);
    await first.createStream('Events.v1', { shardCount: 2, retentionHours: 48, maxRecordKiB: 2048, tags: { a: 'b' } });
    await first.createStream('events.v1');
    await first.createStream('..', { shardCount: 1 });
    await first.splitShard('Events.v1', 'shardId-000000000000', '5');
    const [described, shards] = [first.names().map((name) => first.describe(name)), first.shards('Events.v1')];
    await first.close();
    const again = await openStreams(folder);
    expect(again.names()).toEqual(['..', 'Events.v1', 'events.v1']);
    expect(again.names().map((name) => again.describe(name))).toEqual(described);
    expect(again.shards('Events.v1')).toEqual(shards);
  });

  it('finds nothing of a stream whose making or deletion a crash cut short, and touches nothing that is not its own', async () => {
    const folder = await temporaryFolder();
    await mkdir(path.join(folder, 'half'));
    await writeFile(path.join(folder, 'half/stream.json.tmp'), '{');
    await mkdir(path.join(folder, '.deleted-1/log'), { recursive: true });
    const streams = await openStreams(folder);
    expect(streams.names()).toEqual([]);
    expect(await readdir(folder)).toEqual(['.lock']);
    await streams.createStream('half');
    await streams.close();
    await mkdir(path.join(folder, 'photos'));
    await writeFile(path.join(folder, 'photos/one.jpg'), '');
    await expect(openLocalStreams(folder)).rejects.toMatchObject({ code: 'io', where: expect.stringContaining('photos') });
  });
});
