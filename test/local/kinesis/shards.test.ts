// Properties of hash keys, sequence numbers, iterators and shards.
import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { findRange, formatHashKey, hashOfPartitionKey, parseHashKey, uniformStarts } from '../../../lib/local/kinesis/hash-keys.ts';
import { formatIterator, parseIterator } from '../../../lib/local/kinesis/iterator.ts';
import { folderName, isStreamName, nameFromArn, streamArn } from '../../../lib/local/kinesis/names.ts';
import { formatSequence, formatSequences, parseSequence } from '../../../lib/local/kinesis/sequence.ts';
import { firstShards, mergeShards, openShards, scaleShards, splitShard, type Shard } from '../../../lib/local/kinesis/shards.ts';

const SPACE = 1n << 128n;
const NOW = Date.UTC(2026, 5, 1);
const anIndex = fc.integer({ min: 1, max: 2 ** 40 });
const aTime = fc.integer({ min: Date.UTC(2020, 0), max: Date.UTC(2100, 0) });
const anIdentity = fc.record({ number: fc.integer({ min: 0, max: 100_000 }), madeAt: fc.integer({ min: 1_577_836_800, max: 4_102_444_800 }) });

describe('hash keys', () => {
  it("are the MD5 of the partition key's UTF-8 bytes", () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', minLength: 1 }), (key) => {
        expect(hashOfPartitionKey(key)).toBe(createHash('md5').update(key, 'utf8').digest('hex'));
      }),
    );
  });

  it('are decimal outside, and only from 0 to 2^128 − 1', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: SPACE - 1n }), (value) => {
        expect(formatHashKey(parseHashKey(String(value)) as string)).toBe(String(value));
      }),
    );
    for (const wrong of ['', '-1', '01', '1.0', 'abc', String(SPACE), String(SPACE * 100n)]) expect(parseHashKey(wrong), wrong).toBeUndefined();
  });

  it('find the range that holds them', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 300 }), fc.bigInt({ min: 0n, max: SPACE - 1n }), (count, key) => {
        const starts = uniformStarts(count);
        const found = findRange(starts, parseHashKey(String(key)) as string);
        const values = starts.map((start) => BigInt(`0x${start}`));
        expect(found).toBe(values.findLastIndex((start) => start <= key));
      }),
    );
  });
});

describe('sequence numbers', () => {
  it("are 56 digits and tell their shard's index again", () => {
    fc.assert(
      fc.property(anIdentity, anIndex, aTime, (shard, index, time) => {
        const text = formatSequence(shard, index, time);
        expect(text).toMatch(/^\d{56}$/);
        expect(parseSequence(text, shard)).toBe(index);
      }),
    );
  });

  it("grow along a shard whatever the clock does, and are another shard's never", () => {
    fc.assert(
      fc.property(anIdentity, anIdentity, anIndex, aTime, aTime, (shard, other, index, time, later) => {
        expect(BigInt(formatSequence(shard, index + 1, later))).toBeGreaterThan(BigInt(formatSequence(shard, index, time)));
        fc.pre(shard.number !== other.number || shard.madeAt !== other.madeAt);
        expect(formatSequence(other, index, time)).not.toBe(formatSequence(shard, index, time));
        expect(parseSequence(formatSequence(shard, index, time), other)).toBeUndefined();
      }),
    );
  });

  it('of records that arrived together are those of each alone', () => {
    fc.assert(
      fc.property(anIdentity, anIndex, aTime, fc.integer({ min: 1, max: 40 }), (shard, first, time, count) => {
        expect(formatSequences(shard, first, count, time)).toEqual(Array.from({ length: count }, (_, at) => formatSequence(shard, first + at, time)));
      }),
    );
  });

  it('are nothing else that looks like a number', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 1n << 200n }), anIdentity, (number, shard) => {
        const index = parseSequence(String(number), shard);
        if (index !== undefined) expect(formatSequence(shard, index, 0).length).toBe(56);
      }),
    );
    for (const wrong of ['', '00', '-1', 'x', '1e3', '9'.repeat(200)]) expect(parseSequence(wrong, { number: 0, madeAt: 1 })).toBeUndefined();
  });
});

describe('iterators', () => {
  it('say where they are, for five minutes', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1, maxLength: 128 }), aTime, fc.nat(), anIndex, aTime, (stream, createdAt, shard, next, issuedAt) => {
        const position = { stream, createdAt, shard, next, issuedAt };
        expect(parseIterator(formatIterator(position), issuedAt + 300_000)).toEqual(position);
        expect(() => parseIterator(formatIterator(position), issuedAt + 300_001)).toThrow(
          /further in the future than the tolerated delay of 300000 milliseconds/,
        );
      }),
    );
  });

  it('stay within the 512 characters that the service allows', () => {
    expect(formatIterator({ stream: 'x'.repeat(128), createdAt: 4e12, shard: 1e6, next: 2 ** 53 - 1, issuedAt: 4e12 }).length).toBeLessThanOrEqual(
      512,
    );
  });

  it('are refused when anything in them was changed', () => {
    const iterator = formatIterator({ stream: 'events', createdAt: NOW, shard: 0, next: 1, issuedAt: NOW });
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(() => parseIterator(text, NOW)).toThrow('Invalid ShardIterator');
      }),
    );
    const changed = Buffer.from(Buffer.from(iterator, 'base64').toString().replace('events', 'evenzs')).toString('base64');
    expect(() => parseIterator(changed, NOW)).toThrow('Invalid ShardIterator');
  });
});

describe('shards', () => {
  /** A random history of splits, merges and scalings. */
  const aHistory = fc.array(fc.tuple(fc.constantFrom('split', 'merge', 'scale'), fc.nat(), fc.bigInt({ min: 0n, max: SPACE - 1n })), {
    maxLength: 12,
  });

  function play(start: number, history: readonly (readonly [string, number, bigint])[]): Shard[] {
    let shards: Shard[] = firstShards(start, NOW);
    for (const [what, pick, key] of history) {
      const open = openShards(shards);
      const at = pick % open.length;
      const one = open[at] as Shard;
      const size = BigInt(`0x${one.to}`) - BigInt(`0x${one.from}`);
      if (what === 'split' && size > 2n) {
        shards = splitShard(
          shards,
          one.number,
          parseHashKey(String(BigInt(`0x${one.from}`) + 1n + (key % (size - 1n)))) as string,
          (number) => number * 10,
          NOW,
        );
      } else if (what === 'merge' && open.length > 1) {
        const other = open[at === 0 ? 1 : at - 1] as Shard;
        shards = mergeShards(shards, one.number, other.number, (number) => number * 10, NOW);
      } else if (what === 'scale') shards = scaleShards(shards, 1 + (pick % 9), (number) => number * 10, NOW);
    }
    return shards;
  }

  it('that are open cover every hash key once, after whatever splits and merges', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 6 }), aHistory, (start, history) => {
        const open = openShards(play(start, history));
        expect(BigInt(`0x${open[0]?.from}`)).toBe(0n);
        expect(BigInt(`0x${open.at(-1)?.to}`)).toBe(SPACE - 1n);
        for (const [at, shard] of open.slice(1).entries()) expect(BigInt(`0x${shard.from}`)).toBe(BigInt(`0x${open[at]?.to}`) + 1n);
      }),
    );
  });

  it('are covered by their children, whose numbers are later', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 6 }), aHistory, (start, history) => {
        const shards = play(start, history);
        expect(shards.map(({ number }) => number)).toEqual(shards.map((_, at) => at));
        for (const shard of shards) {
          const parents = shards.filter(({ number }) => number === shard.parent || number === shard.adjacentParent);
          expect(parents.every(({ closed, madeAt }) => closed !== undefined && madeAt < shard.madeAt)).toBe(true);
          for (const parent of parents)
            expect(BigInt(formatSequence(shard, 0, NOW))).toBeGreaterThan(BigInt(formatSequence(parent, 2 ** 40, NOW + 1e9)));
          if (shard.closed !== undefined) {
            const children = shards.filter(({ parent, adjacentParent }) => parent === shard.number || adjacentParent === shard.number);
            expect(children.length).toBeGreaterThan(0);
            expect(children.some(({ from }) => from <= shard.from) && children.some(({ to }) => to >= shard.to)).toBe(true);
          }
        }
      }),
    );
  });

  it('are of the same size after scaling', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 6 }), aHistory, fc.integer({ min: 1, max: 20 }), (start, history, count) => {
        const open = openShards(scaleShards(play(start, history), count, () => 0, NOW));
        expect(open.map(({ from }) => from)).toEqual(uniformStarts(count));
      }),
    );
  });
});

describe('names', () => {
  const aName = fc.stringMatching(/^[a-zA-Z0-9_.-]{1,128}$/);

  it('have folders that differ also where the file system tells no capitals', () => {
    fc.assert(
      fc.property(aName, aName, (one, other) => {
        expect(folderName(one)).toMatch(/^[a-z0-9_%-][a-z0-9_.%-]*$/);
        expect(folderName(one).length).toBeLessThan(255);
        fc.pre(one !== other);
        expect(folderName(one).toLowerCase()).not.toBe(folderName(other).toLowerCase());
      }),
    );
    expect(folderName('A'.repeat(128))).not.toBe(folderName(`${'A'.repeat(127)}B`));
  });

  it('are told from their ARNs', () => {
    fc.assert(
      fc.property(aName, (name) => {
        expect(nameFromArn(streamArn(name))).toBe(name);
      }),
    );
    expect(nameFromArn('arn:aws-cn:kinesis:cn-north-1:123456789012:stream/events')).toBe('events');
    for (const wrong of [
      '',
      'events',
      'arn:aws:kinesis:eu-central-1:1:stream/events',
      'arn:aws:s3:::bucket',
      'arn:aws:kinesis:eu-central-1:123456789012:stream/a/../b',
    ])
      expect(nameFromArn(wrong)).toBeUndefined();
    expect(isStreamName('x'.repeat(129))).toBe(false);
  });
});
