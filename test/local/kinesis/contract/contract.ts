// What any Kinesis does for the SDK's own client. Runs against our endpoint here, and against servers that others wrote in verification.
import {
  CreateStreamCommand,
  DeleteStreamCommand,
  DescribeStreamCommand,
  DescribeStreamSummaryCommand,
  GetRecordsCommand,
  GetShardIteratorCommand,
  IncreaseStreamRetentionPeriodCommand,
  DecreaseStreamRetentionPeriodCommand,
  ListShardsCommand,
  ListStreamsCommand,
  MergeShardsCommand,
  PutRecordCommand,
  PutRecordsCommand,
  SplitShardCommand,
  UpdateShardCountCommand,
  UpdateStreamModeCommand,
  AddTagsToStreamCommand,
  ListTagsForStreamCommand,
  RemoveTagsFromStreamCommand,
  type GetRecordsCommandOutput,
  type KinesisClient,
  type PutRecordsRequestEntry,
  type Shard,
  type ShardIteratorType,
} from '@aws-sdk/client-kinesis';
import { createHash, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

export interface KinesisServer {
  client: KinesisClient;
  /** Stops the server and destroys the client. */
  stop(): Promise<void>;
}

/** Cases in which a server is known to differ from AWS, and how. */
export type Differences = Readonly<Record<string, string>>;

const SPACE = 1n << 128n;

export function kinesisContract(name: string, start: () => Promise<KinesisServer>, differences: Differences = {}): void {
  describe(`Kinesis by its SDK: ${name}`, () => {
    let server: KinesisServer;
    beforeAll(async () => {
      server = await start();
    });
    afterAll(async () => {
      await server?.stop();
    });

    /** A case; where a server is known to differ, the case has to fail. */
    const must = (what: string, run: () => Promise<void>) => {
      const difference = differences[what];
      if (difference === undefined) it(what, run);
      else it.fails(`differs: ${what} (it ${difference})`, run);
    };
    const send: KinesisClient['send'] = ((command: never) => server.client.send(command)) as KinesisClient['send'];
    const bytes = (text: string) => new TextEncoder().encode(text);
    const text = (data: Uint8Array | undefined) => new TextDecoder().decode(data);

    async function active(stream: string): Promise<void> {
      for (let tries = 0; tries < 200; tries++) {
        const { StreamDescriptionSummary } = await send(new DescribeStreamSummaryCommand({ StreamName: stream }));
        if (StreamDescriptionSummary?.StreamStatus === 'ACTIVE') return;
        await new Promise((resolve) => {
          setTimeout(resolve, 25);
        });
      }
      throw new Error(`${stream} does not become active`);
    }

    async function newStream(shards = 1): Promise<string> {
      const stream = `contract-${randomUUID()}`;
      await send(new CreateStreamCommand({ StreamName: stream, ShardCount: shards }));
      await active(stream);
      return stream;
    }

    async function shardsOf(stream: string): Promise<Shard[]> {
      return (await send(new ListShardsCommand({ StreamName: stream }))).Shards ?? [];
    }

    async function iterator(
      stream: string,
      shard: string,
      type: ShardIteratorType,
      more: { StartingSequenceNumber?: string; Timestamp?: Date } = {},
    ): Promise<string> {
      const { ShardIterator } = await send(new GetShardIteratorCommand({ StreamName: stream, ShardId: shard, ShardIteratorType: type, ...more }));
      return ShardIterator as string;
    }

    /** Reads a shard until its tip or its end. */
    async function readAll(
      stream: string,
      shard: string,
      type: ShardIteratorType = 'TRIM_HORIZON',
      limit?: number,
    ): Promise<{ records: { key: string; text: string; sequence: string }[]; last: GetRecordsCommandOutput }> {
      const records: { key: string; text: string; sequence: string }[] = [];
      let next: string | undefined = await iterator(stream, shard, type);
      for (;;) {
        const answer: GetRecordsCommandOutput = await send(
          new GetRecordsCommand({ ShardIterator: next, ...(limit === undefined ? {} : { Limit: limit }) }),
        );
        records.push(
          ...(answer.Records ?? []).map(({ PartitionKey, Data, SequenceNumber }) => ({
            key: PartitionKey ?? '',
            text: text(Data),
            sequence: SequenceNumber ?? '',
          })),
        );
        next = answer.NextShardIterator;
        if (next === undefined || answer.MillisBehindLatest === 0) return { records, last: answer };
      }
    }

    async function failure(work: Promise<unknown>): Promise<{ name: string; status: number | undefined }> {
      const error = await work.then(
        () => undefined,
        (thrown: unknown) => thrown as { name: string; $metadata?: { httpStatusCode?: number } },
      );
      if (error === undefined) throw new Error('it succeeded');
      return { name: error.name, status: error.$metadata?.httpStatusCode };
    }
    const refused = (name: string) => ({ name, status: 400 });

    must('a new stream is described with its shards, which cover the hash keys without a gap', async () => {
      const stream = await newStream(3);
      const { StreamDescriptionSummary: summary } = await send(new DescribeStreamSummaryCommand({ StreamName: stream }));
      expect(summary).toMatchObject({
        StreamName: stream,
        StreamStatus: 'ACTIVE',
        OpenShardCount: 3,
        RetentionPeriodHours: 24,
        EncryptionType: 'NONE',
        StreamModeDetails: { StreamMode: 'PROVISIONED' },
      });
      expect(summary?.StreamARN).toMatch(new RegExp(`^arn:aws:kinesis:[a-z0-9-]+:\\d{12}:stream/${stream}$`));
      expect(Math.abs((summary?.StreamCreationTimestamp?.getTime() ?? 0) - Date.now())).toBeLessThan(60_000);
      const shards = await shardsOf(stream);
      expect(shards.map(({ ShardId }) => ShardId)).toEqual(['shardId-000000000000', 'shardId-000000000001', 'shardId-000000000002']);
      const ranges = shards.map(
        ({ HashKeyRange }) => [BigInt(HashKeyRange?.StartingHashKey ?? -1), BigInt(HashKeyRange?.EndingHashKey ?? -1)] as const,
      );
      expect(ranges[0]?.[0]).toBe(0n);
      expect(ranges[1]?.[0]).toBe((ranges[0]?.[1] ?? 0n) + 1n);
      expect(ranges[2]?.[0]).toBe((ranges[1]?.[1] ?? 0n) + 1n);
      expect(ranges[2]?.[1]).toBe(SPACE - 1n);
      const { StreamDescription } = await send(new DescribeStreamCommand({ StreamName: stream }));
      expect(StreamDescription?.Shards?.map(({ ShardId }) => ShardId)).toEqual(shards.map(({ ShardId }) => ShardId));
      expect(StreamDescription?.HasMoreShards).toBe(false);
    });

    must('a stream is reached by its ARN as by its name', async () => {
      const stream = await newStream();
      const { StreamDescriptionSummary } = await send(new DescribeStreamSummaryCommand({ StreamName: stream }));
      const arn = StreamDescriptionSummary?.StreamARN as string;
      await send(new PutRecordCommand({ StreamARN: arn, PartitionKey: 'a', Data: bytes('by ARN') }));
      await send(new PutRecordsCommand({ StreamARN: arn, Records: [{ PartitionKey: 'a', Data: bytes('too') }] }));
      const { ShardIterator } = await send(
        new GetShardIteratorCommand({ StreamARN: arn, ShardId: 'shardId-000000000000', ShardIteratorType: 'TRIM_HORIZON' }),
      );
      const { Records } = await send(new GetRecordsCommand({ ShardIterator, StreamARN: arn }));
      expect(Records?.map(({ Data }) => text(Data))).toEqual(['by ARN', 'too']);
      expect((await send(new ListShardsCommand({ StreamARN: arn }))).Shards).toHaveLength(1);
    });

    must('records of a shard come back in order, as they were sent, with growing sequence numbers', async () => {
      const stream = await newStream();
      const sent = Array.from({ length: 25 }, (_, at) => `record ${at} ${'é€😀'.repeat(at)}`);
      const numbers: string[] = [];
      for (const one of sent)
        numbers.push(
          (await send(new PutRecordCommand({ StreamName: stream, PartitionKey: `käse-${one.length}`, Data: bytes(one) }))).SequenceNumber as string,
        );
      const { records, last } = await readAll(stream, 'shardId-000000000000');
      expect(records.map((one) => one.text)).toEqual(sent);
      expect(records.map((one) => one.sequence)).toEqual(numbers);
      expect(records.map((one) => one.key)).toEqual(sent.map((one) => `käse-${one.length}`));
      expect(numbers.every((number, at) => /^\d{56}$/.test(number) && (at === 0 || BigInt(number) > BigInt(numbers[at - 1] as string)))).toBe(true);
      expect(last.MillisBehindLatest).toBe(0);
      expect(Math.abs((last.Records?.[0]?.ApproximateArrivalTimestamp?.getTime() ?? 0) - Date.now())).toBeLessThan(60_000);
    });

    must('a record may hold any bytes, or none', async () => {
      const stream = await newStream();
      const all = Uint8Array.from({ length: 256 }, (_, at) => at);
      await send(
        new PutRecordsCommand({
          StreamName: stream,
          Records: [
            { PartitionKey: 'a', Data: all },
            { PartitionKey: 'a', Data: new Uint8Array(0) },
          ],
        }),
      );
      const { Records } = await send(new GetRecordsCommand({ ShardIterator: await iterator(stream, 'shardId-000000000000', 'TRIM_HORIZON') }));
      expect(Records?.map(({ Data }) => Buffer.from(Data as Uint8Array).toString('hex'))).toEqual([Buffer.from(all).toString('hex'), '']);
    });

    must('a record goes to the shard that holds the MD5 of its partition key', async () => {
      const stream = await newStream(4);
      const shards = await shardsOf(stream);
      const keys = Array.from({ length: 100 }, () => randomUUID());
      const { Records, FailedRecordCount } = await send(
        new PutRecordsCommand({ StreamName: stream, Records: keys.map((key) => ({ PartitionKey: key, Data: bytes(key) })) }),
      );
      expect(FailedRecordCount).toBe(0);
      const wanted = keys.map((key) => {
        const value = BigInt(`0x${createHash('md5').update(key).digest('hex')}`);
        return shards.find(
          ({ HashKeyRange }) => value >= BigInt(HashKeyRange?.StartingHashKey ?? -1) && value <= BigInt(HashKeyRange?.EndingHashKey ?? -1),
        )?.ShardId;
      });
      expect(Records?.map(({ ShardId }) => ShardId)).toEqual(wanted);
      for (const { ShardId } of shards) {
        const { records } = await readAll(stream, ShardId as string);
        expect(records.map(({ key }) => key)).toEqual(keys.filter((_, at) => wanted[at] === ShardId));
      }
    });

    must('an explicit hash key overrides the partition key', async () => {
      const stream = await newStream(2);
      const half = SPACE / 2n;
      const cases: [bigint, string][] = [
        [0n, 'shardId-000000000000'],
        [half - 1n, 'shardId-000000000000'],
        [half, 'shardId-000000000001'],
        [SPACE - 1n, 'shardId-000000000001'],
      ];
      for (const [key, shard] of cases) {
        expect(
          (await send(new PutRecordCommand({ StreamName: stream, PartitionKey: 'same', ExplicitHashKey: String(key), Data: bytes('x') }))).ShardId,
        ).toBe(shard);
      }
      expect(
        await failure(send(new PutRecordCommand({ StreamName: stream, PartitionKey: 'same', ExplicitHashKey: String(SPACE), Data: bytes('x') }))),
      ).toEqual(refused('InvalidArgumentException'));
    });

    must('reading begins where each of the five iterator types says', async () => {
      const stream = await newStream();
      const shard = 'shardId-000000000000';
      const put = async (one: string) =>
        (await send(new PutRecordCommand({ StreamName: stream, PartitionKey: 'a', Data: bytes(one) }))).SequenceNumber as string;
      const first = await put('one');
      await new Promise((resolve) => {
        setTimeout(resolve, 30);
      });
      const between = new Date();
      await new Promise((resolve) => {
        setTimeout(resolve, 30);
      });
      const second = await put('two');
      const latest = await iterator(stream, shard, 'LATEST');
      await put('three');
      const read = async (from: string) => ((await send(new GetRecordsCommand({ ShardIterator: from }))).Records ?? []).map(({ Data }) => text(Data));
      expect(await read(await iterator(stream, shard, 'TRIM_HORIZON'))).toEqual(['one', 'two', 'three']);
      expect(await read(await iterator(stream, shard, 'AT_SEQUENCE_NUMBER', { StartingSequenceNumber: second }))).toEqual(['two', 'three']);
      expect(await read(await iterator(stream, shard, 'AFTER_SEQUENCE_NUMBER', { StartingSequenceNumber: first }))).toEqual(['two', 'three']);
      expect(await read(await iterator(stream, shard, 'AT_TIMESTAMP', { Timestamp: between }))).toEqual(['two', 'three']);
      expect(await read(await iterator(stream, shard, 'AT_TIMESTAMP', { Timestamp: new Date(between.getTime() - 3_600_000) }))).toEqual([
        'one',
        'two',
        'three',
      ]);
      expect(await read(latest)).toEqual(['three']);
    });

    must('an iterator stays where it is: read again, it gives the same records', async () => {
      const stream = await newStream();
      await send(new PutRecordsCommand({ StreamName: stream, Records: ['a', 'b', 'c'].map((one) => ({ PartitionKey: one, Data: bytes(one) })) }));
      const from = await iterator(stream, 'shardId-000000000000', 'TRIM_HORIZON');
      const [once, twice] = [
        await send(new GetRecordsCommand({ ShardIterator: from, Limit: 2 })),
        await send(new GetRecordsCommand({ ShardIterator: from, Limit: 2 })),
      ];
      expect(once.Records?.map(({ SequenceNumber }) => SequenceNumber)).toEqual(twice.Records?.map(({ SequenceNumber }) => SequenceNumber));
      const rest = await send(new GetRecordsCommand({ ShardIterator: once.NextShardIterator }));
      expect(rest.Records?.map(({ Data }) => text(Data))).toEqual(['c']);
    });

    must('a limit cuts an answer, and whoever goes on gets every record once', async () => {
      const stream = await newStream();
      for (let call = 0; call < 3; call++) {
        await send(
          new PutRecordsCommand({
            StreamName: stream,
            Records: Array.from({ length: 50 }, (_, at) => ({ PartitionKey: 'a', Data: bytes(`${call}-${at}`) })),
          }),
        );
      }
      const { records } = await readAll(stream, 'shardId-000000000000', 'TRIM_HORIZON', 7);
      expect(records.map((one) => one.text)).toEqual(Array.from({ length: 150 }, (_, at) => `${Math.floor(at / 50)}-${at % 50}`));
    });

    must('a reader that has not reached the tip is told how far behind it is', async () => {
      const stream = await newStream();
      await send(new PutRecordsCommand({ StreamName: stream, Records: ['a', 'b'].map((one) => ({ PartitionKey: one, Data: bytes(one) })) }));
      await new Promise((resolve) => {
        setTimeout(resolve, 50);
      });
      const { MillisBehindLatest } = await send(
        new GetRecordsCommand({ ShardIterator: await iterator(stream, 'shardId-000000000000', 'TRIM_HORIZON'), Limit: 1 }),
      );
      expect(MillisBehindLatest).toBeGreaterThanOrEqual(40);
    });

    must('a split shard ends and names its children, which take its records over', async () => {
      const stream = await newStream();
      const parent = 'shardId-000000000000';
      await send(new PutRecordCommand({ StreamName: stream, PartitionKey: 'before', Data: bytes('before') }));
      await send(new SplitShardCommand({ StreamName: stream, ShardToSplit: parent, NewStartingHashKey: String(SPACE / 2n) }));
      await active(stream);
      const low = await send(new PutRecordCommand({ StreamName: stream, PartitionKey: 'a', ExplicitHashKey: '0', Data: bytes('low') }));
      const high = await send(
        new PutRecordCommand({ StreamName: stream, PartitionKey: 'a', ExplicitHashKey: String(SPACE / 2n), Data: bytes('high') }),
      );
      expect([low.ShardId, high.ShardId]).toEqual(['shardId-000000000001', 'shardId-000000000002']);
      const shards = await shardsOf(stream);
      expect(shards.map(({ ShardId, ParentShardId }) => [ShardId, ParentShardId])).toEqual([
        [parent, undefined],
        ['shardId-000000000001', parent],
        ['shardId-000000000002', parent],
      ]);
      expect(shards[0]?.SequenceNumberRange?.EndingSequenceNumber).toMatch(/^\d{56}$/);
      expect(shards[1]?.HashKeyRange).toEqual({ StartingHashKey: '0', EndingHashKey: String(SPACE / 2n - 1n) });
      expect(shards[2]?.HashKeyRange).toEqual({ StartingHashKey: String(SPACE / 2n), EndingHashKey: String(SPACE - 1n) });
      expect(BigInt(low.SequenceNumber as string)).toBeGreaterThan(BigInt(shards[0]?.SequenceNumberRange?.EndingSequenceNumber as string));
      expect(shards.slice(1).every(({ SequenceNumberRange }) => SequenceNumberRange?.EndingSequenceNumber === undefined)).toBe(true);
      const { records } = await readAll(stream, 'shardId-000000000001');
      expect(records.map((one) => one.text)).toEqual(['low']);
    });

    must('at the end of a closed shard there is no next iterator but its children', async () => {
      const stream = await newStream();
      await send(new PutRecordCommand({ StreamName: stream, PartitionKey: 'before', Data: bytes('before') }));
      await send(new SplitShardCommand({ StreamName: stream, ShardToSplit: 'shardId-000000000000', NewStartingHashKey: String(SPACE / 2n) }));
      await active(stream);
      const { records, last } = await readAll(stream, 'shardId-000000000000');
      expect(records.map((one) => one.text)).toEqual(['before']);
      expect(last.NextShardIterator).toBeUndefined();
      expect(last.ChildShards).toEqual([
        {
          ShardId: 'shardId-000000000001',
          ParentShards: ['shardId-000000000000'],
          HashKeyRange: { StartingHashKey: '0', EndingHashKey: String(SPACE / 2n - 1n) },
        },
        {
          ShardId: 'shardId-000000000002',
          ParentShards: ['shardId-000000000000'],
          HashKeyRange: { StartingHashKey: String(SPACE / 2n), EndingHashKey: String(SPACE - 1n) },
        },
      ]);
    });

    must('two shards merge into one that names both parents', async () => {
      const stream = await newStream(3);
      await send(new MergeShardsCommand({ StreamName: stream, ShardToMerge: 'shardId-000000000000', AdjacentShardToMerge: 'shardId-000000000001' }));
      await active(stream);
      const shards = await shardsOf(stream);
      expect(shards[3]).toMatchObject({
        ShardId: 'shardId-000000000003',
        ParentShardId: 'shardId-000000000000',
        AdjacentParentShardId: 'shardId-000000000001',
      });
      expect(shards[3]?.HashKeyRange).toEqual({ StartingHashKey: '0', EndingHashKey: shards[1]?.HashKeyRange?.EndingHashKey });
      expect((await send(new PutRecordCommand({ StreamName: stream, PartitionKey: 'a', ExplicitHashKey: '0', Data: bytes('x') }))).ShardId).toBe(
        'shardId-000000000003',
      );
      expect(
        await failure(
          send(new MergeShardsCommand({ StreamName: stream, ShardToMerge: 'shardId-000000000003', AdjacentShardToMerge: 'shardId-000000000003' })),
        ),
      ).toEqual(refused('InvalidArgumentException'));
    });

    must('the number of shards is doubled and halved', async () => {
      const stream = await newStream(2);
      expect(await send(new UpdateShardCountCommand({ StreamName: stream, TargetShardCount: 4, ScalingType: 'UNIFORM_SCALING' }))).toMatchObject({
        StreamName: stream,
        CurrentShardCount: 2,
        TargetShardCount: 4,
      });
      await active(stream);
      expect((await send(new DescribeStreamSummaryCommand({ StreamName: stream }))).StreamDescriptionSummary?.OpenShardCount).toBe(4);
      expect(await failure(send(new UpdateShardCountCommand({ StreamName: stream, TargetShardCount: 9, ScalingType: 'UNIFORM_SCALING' })))).toEqual(
        refused('InvalidArgumentException'),
      );
    });

    must('shards are listed in pages and by what they were at a time', async () => {
      const stream = await newStream(3);
      const first = await send(new ListShardsCommand({ StreamName: stream, MaxResults: 2 }));
      expect(first.Shards?.map(({ ShardId }) => ShardId)).toEqual(['shardId-000000000000', 'shardId-000000000001']);
      const second = await send(new ListShardsCommand({ NextToken: first.NextToken }));
      expect(second.Shards?.map(({ ShardId }) => ShardId)).toEqual(['shardId-000000000002']);
      expect(second.NextToken).toBeUndefined();
      await send(new SplitShardCommand({ StreamName: stream, ShardToSplit: 'shardId-000000000000', NewStartingHashKey: '10' }));
      await active(stream);
      const latest = await send(new ListShardsCommand({ StreamName: stream, ShardFilter: { Type: 'AT_LATEST' } }));
      expect(latest.Shards?.map(({ ShardId }) => ShardId)).toEqual([1, 2, 3, 4].map((number) => `shardId-00000000000${number}`));
      const after = await send(
        new ListShardsCommand({ StreamName: stream, ShardFilter: { Type: 'AFTER_SHARD_ID', ShardId: 'shardId-000000000002' } }),
      );
      expect(after.Shards?.map(({ ShardId }) => ShardId)).toEqual(['shardId-000000000003', 'shardId-000000000004']);
      const exclusive = await send(new ListShardsCommand({ StreamName: stream, ExclusiveStartShardId: 'shardId-000000000003' }));
      expect(exclusive.Shards?.map(({ ShardId }) => ShardId)).toEqual(['shardId-000000000004']);
    });

    must('streams are listed in pages by name', async () => {
      const streams = [await newStream(), await newStream(), await newStream()].sort();
      const found: string[] = [];
      for (let after: string | undefined, more = true; more;) {
        const answer: { StreamNames?: string[]; HasMoreStreams?: boolean } = await send(
          new ListStreamsCommand({ Limit: 2, ...(after === undefined ? {} : { ExclusiveStartStreamName: after }) }),
        );
        found.push(...(answer.StreamNames ?? []));
        after = found.at(-1);
        more = answer.HasMoreStreams ?? false;
      }
      expect(found).toEqual(found.toSorted());
      expect(found.filter((one) => streams.includes(one))).toEqual(streams);
    });

    must('a deleted stream is gone, and its name is free again', async () => {
      const stream = await newStream();
      await send(new PutRecordCommand({ StreamName: stream, PartitionKey: 'a', Data: bytes('old') }));
      await send(new DeleteStreamCommand({ StreamName: stream }));
      for (let tries = 0; tries < 100; tries++) {
        if (
          await send(new DescribeStreamSummaryCommand({ StreamName: stream })).then(
            () => false,
            () => true,
          )
        )
          break;
        await new Promise((resolve) => {
          setTimeout(resolve, 25);
        });
      }
      expect(await failure(send(new PutRecordCommand({ StreamName: stream, PartitionKey: 'a', Data: bytes('x') })))).toEqual(
        refused('ResourceNotFoundException'),
      );
      await send(new CreateStreamCommand({ StreamName: stream, ShardCount: 1 }));
      await active(stream);
      expect((await readAll(stream, 'shardId-000000000000')).records).toEqual([]);
    });

    must('a stream on demand has four shards and does not let itself be split', async () => {
      const stream = `contract-${randomUUID()}`;
      await send(new CreateStreamCommand({ StreamName: stream, StreamModeDetails: { StreamMode: 'ON_DEMAND' } }));
      await active(stream);
      const { StreamDescriptionSummary: summary } = await send(new DescribeStreamSummaryCommand({ StreamName: stream }));
      expect(summary).toMatchObject({ OpenShardCount: 4, StreamModeDetails: { StreamMode: 'ON_DEMAND' } });
      expect(
        await failure(send(new SplitShardCommand({ StreamName: stream, ShardToSplit: 'shardId-000000000000', NewStartingHashKey: '10' }))),
      ).toEqual(refused('ValidationException'));
      await send(new UpdateStreamModeCommand({ StreamARN: summary?.StreamARN, StreamModeDetails: { StreamMode: 'PROVISIONED' } }));
      await active(stream);
      await send(new SplitShardCommand({ StreamName: stream, ShardToSplit: 'shardId-000000000000', NewStartingHashKey: '10' }));
    });

    must('retention is lengthened and shortened within its bounds', async () => {
      const stream = await newStream();
      await send(new IncreaseStreamRetentionPeriodCommand({ StreamName: stream, RetentionPeriodHours: 48 }));
      await active(stream);
      expect((await send(new DescribeStreamSummaryCommand({ StreamName: stream }))).StreamDescriptionSummary?.RetentionPeriodHours).toBe(48);
      expect(await failure(send(new IncreaseStreamRetentionPeriodCommand({ StreamName: stream, RetentionPeriodHours: 36 })))).toEqual(
        refused('InvalidArgumentException'),
      );
      await send(new DecreaseStreamRetentionPeriodCommand({ StreamName: stream, RetentionPeriodHours: 24 }));
      await active(stream);
      expect(await failure(send(new DecreaseStreamRetentionPeriodCommand({ StreamName: stream, RetentionPeriodHours: 23 })))).toEqual(
        refused('InvalidArgumentException'),
      );
    });

    must('tags are kept', async () => {
      const stream = await newStream();
      await send(new AddTagsToStreamCommand({ StreamName: stream, Tags: { team: 'shop', stage: 'dev' } }));
      await active(stream);
      await send(new RemoveTagsFromStreamCommand({ StreamName: stream, TagKeys: ['stage'] }));
      await active(stream);
      expect((await send(new ListTagsForStreamCommand({ StreamName: stream }))).Tags).toEqual([{ Key: 'team', Value: 'shop' }]);
    });

    describe('refuses as AWS does', () => {
      must('a stream that is not there', async () => {
        const stream = `contract-${randomUUID()}`;
        expect(await failure(send(new PutRecordCommand({ StreamName: stream, PartitionKey: 'a', Data: bytes('x') })))).toEqual(
          refused('ResourceNotFoundException'),
        );
        expect(await failure(send(new DescribeStreamSummaryCommand({ StreamName: stream })))).toEqual(refused('ResourceNotFoundException'));
        expect(await failure(send(new ListShardsCommand({ StreamName: stream })))).toEqual(refused('ResourceNotFoundException'));
        expect(await failure(send(new DeleteStreamCommand({ StreamName: stream })))).toEqual(refused('ResourceNotFoundException'));
        expect(await failure(iterator(stream, 'shardId-000000000000', 'LATEST'))).toEqual(refused('ResourceNotFoundException'));
      });

      must('a shard that is not there', async () => {
        const stream = await newStream();
        expect(await failure(iterator(stream, 'shardId-000000000007', 'LATEST'))).toEqual(refused('ResourceNotFoundException'));
      });

      must('a name that is taken', async () => {
        const stream = await newStream();
        expect(await failure(send(new CreateStreamCommand({ StreamName: stream, ShardCount: 1 })))).toEqual(refused('ResourceInUseException'));
      });

      must('no stream at all', async () => {
        expect(await failure(send(new PutRecordCommand({ PartitionKey: 'a', Data: bytes('x') })))).toEqual(refused('InvalidArgumentException'));
      });

      must('an iterator that is none', async () => {
        expect(await failure(send(new GetRecordsCommand({ ShardIterator: 'not an iterator' })))).toEqual(refused('InvalidArgumentException'));
      });

      must('a sequence number of another shard', async () => {
        const stream = await newStream(2);
        const { SequenceNumber } = await send(
          new PutRecordCommand({ StreamName: stream, PartitionKey: 'a', ExplicitHashKey: '0', Data: bytes('x') }),
        );
        expect(
          await failure(iterator(stream, 'shardId-000000000001', 'AT_SEQUENCE_NUMBER', { StartingSequenceNumber: SequenceNumber as string })),
        ).toEqual(refused('InvalidArgumentException'));
      });

      must('an iterator type without its sequence number', async () => {
        const stream = await newStream();
        expect(await failure(iterator(stream, 'shardId-000000000000', 'AFTER_SEQUENCE_NUMBER'))).toEqual(refused('InvalidArgumentException'));
        expect(await failure(iterator(stream, 'shardId-000000000000', 'AT_TIMESTAMP'))).toEqual(refused('InvalidArgumentException'));
      });

      must('a limit above 10,000', async () => {
        const stream = await newStream();
        expect(
          await failure(send(new GetRecordsCommand({ ShardIterator: await iterator(stream, 'shardId-000000000000', 'LATEST'), Limit: 10_001 }))),
        ).toEqual(refused('ValidationException'));
      });

      must('more than 500 records in a call', async () => {
        const stream = await newStream();
        const records: PutRecordsRequestEntry[] = Array.from({ length: 501 }, () => ({ PartitionKey: 'a', Data: bytes('x') }));
        expect(await failure(send(new PutRecordsCommand({ StreamName: stream, Records: records })))).toEqual(refused('ValidationException'));
        expect((await readAll(stream, 'shardId-000000000000')).records).toEqual([]);
      });

      must('more than 10 MiB in a call', async () => {
        const stream = await newStream();
        const records: PutRecordsRequestEntry[] = Array.from({ length: 11 }, () => ({ PartitionKey: 'a', Data: new Uint8Array(1000 * 1024) }));
        expect(await failure(send(new PutRecordsCommand({ StreamName: stream, Records: records })))).toEqual(refused('InvalidArgumentException'));
      });

      must('a record over 1 MiB', async () => {
        const stream = await newStream();
        expect(await failure(send(new PutRecordCommand({ StreamName: stream, PartitionKey: 'a', Data: new Uint8Array(1024 * 1024 + 1) })))).toEqual(
          refused('ValidationException'),
        );
      });

      must('an empty partition key, and one of more than 256 characters', async () => {
        const stream = await newStream();
        for (const key of ['', 'x'.repeat(257)]) {
          expect(await failure(send(new PutRecordCommand({ StreamName: stream, PartitionKey: key, Data: bytes('x') })))).toEqual(
            refused('ValidationException'),
          );
        }
        await send(new PutRecordCommand({ StreamName: stream, PartitionKey: '😀'.repeat(128), Data: bytes('x') }));
      });

      must('a stream name with other characters', async () => {
        expect(await failure(send(new CreateStreamCommand({ StreamName: 'a/b', ShardCount: 1 })))).toEqual(refused('ValidationException'));
      });

      must('a split outside the shard', async () => {
        const stream = await newStream(2);
        expect(
          await failure(
            send(new SplitShardCommand({ StreamName: stream, ShardToSplit: 'shardId-000000000000', NewStartingHashKey: String(SPACE - 1n) })),
          ),
        ).toEqual(refused('InvalidArgumentException'));
      });
    });
  });
}
