// The endpoint as a producer sees it on the wire: names and words of errors, CBOR, sizes, limits, faults, several protocols on one port.
import { createConnection } from 'node:net';
import { request as httpRequest } from 'node:http';
import { connect as http2Connect } from 'node:http2';
import { Encoder, Tag } from 'cbor-x';
import fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import { openKinesisClient, type KinesisEndpoint, type RecordInput } from '../../../lib/local/kinesis/index.ts';
import { VirtualClock } from '../../support/virtual-clock.ts';
import { everything, openStreams, serve, temporaryFolder } from './support.ts';

const JSON_TYPE = 'application/x-amz-json-1.1';
const CBOR_TYPE = 'application/x-amz-cbor-1.1';
const encoder = new Encoder({ useRecords: false, mapsAsObjects: true, tagUint8Array: false, int64AsNumber: true } as ConstructorParameters<
  typeof Encoder
>[0]);

interface Answered {
  status: number;
  type: string | undefined;
  body: Buffer;
}

/** Any request at all. */
function ask(
  endpoint: KinesisEndpoint,
  {
    method = 'POST',
    target,
    type = JSON_TYPE,
    body = '',
    headers = {},
  }: { method?: string; target?: string; type?: string; body?: string | Uint8Array; headers?: Record<string, string> },
): Promise<Answered> {
  return new Promise((resolve, reject) => {
    const sent = httpRequest(
      endpoint.url,
      { method, headers: { 'content-type': type, ...(target === undefined ? {} : { 'x-amz-target': target }), ...headers } },
      (response) => {
        const pieces: Buffer[] = [];
        response.on('data', (piece: Buffer) => pieces.push(piece)).on('error', reject);
        response.on('end', () => resolve({ status: response.statusCode ?? 0, type: response.headers['content-type'], body: Buffer.concat(pieces) }));
      },
    );
    sent.on('error', reject).end(body);
  });
}

async function json(endpoint: KinesisEndpoint, operation: string, input: unknown): Promise<{ status: number; answer: Record<string, unknown> }> {
  const { status, body } = await ask(endpoint, {
    target: `Kinesis_20131202.${operation}`,
    body: typeof input === 'string' ? input : JSON.stringify(input),
  });
  return { status, answer: body.length === 0 ? {} : (JSON.parse(body.toString()) as Record<string, unknown>) };
}

async function withStream(
  options: Parameters<typeof serve>[1] = {},
  settings: Parameters<Awaited<ReturnType<typeof openStreams>>['createStream']>[1] = { shardCount: 1 },
) {
  const streams = await openStreams(await temporaryFolder(), options.clock === undefined ? {} : { clock: options.clock });
  await streams.createStream('events', settings);
  return { streams, endpoint: await serve(streams, options) };
}

const base64 = (text: string) => Buffer.from(text).toString('base64');

describe('a bad call', () => {
  const cases: [string, string, unknown, string, string | RegExp][] = [
    [
      'names what is missing',
      'PutRecord',
      {},
      'ValidationException',
      "2 validation errors detected: Value null at 'partitionKey' failed to satisfy constraint: Member must not be null; " +
        "Value null at 'data' failed to satisfy constraint: Member must not be null",
    ],
    [
      'says which stream is not there',
      'DescribeStreamSummary',
      { StreamName: 'nope' },
      'ResourceNotFoundException',
      'Stream nope under account 000000000000 not found.',
    ],
    [
      'says which shard is not there',
      'GetShardIterator',
      { StreamName: 'events', ShardId: 'shardId-000000000009', ShardIteratorType: 'LATEST' },
      'ResourceNotFoundException',
      'Shard shardId-000000000009 in stream events under account 000000000000 does not exist',
    ],
    [
      'says that the name is taken',
      'CreateStream',
      { StreamName: 'events', ShardCount: 1 },
      'ResourceInUseException',
      'Stream events under account 000000000000 already exists.',
    ],
    [
      'says how many shards there may be',
      'CreateStream',
      { StreamName: 'big', ShardCount: 600 },
      'LimitExceededException',
      /^This request would exceed the shard limit for the account 000000000000 in us-east-1. Current shard count for the account: 1. Limit: 500./,
    ],
    ['says what type was wanted', 'PutRecord', { StreamName: 5 }, 'SerializationException', 'NUMBER_VALUE cannot be converted to String'],
    ['says that a list was not wanted', 'PutRecord', { StreamName: [] }, 'SerializationException', 'Start of list found where not expected'],
    ['says that the body is no JSON', 'PutRecord', '{"a":', 'SerializationException', 'The body is not valid JSON.'],
    [
      'says which record has no valid base64',
      'PutRecords',
      {
        StreamName: 'events',
        Records: [
          { PartitionKey: 'a', Data: base64('x') },
          { PartitionKey: 'a', Data: '$$$$' },
        ],
      },
      'SerializationException',
      'The data of record 2 are not valid base64.',
    ],
    [
      'refuses url-safe base64',
      'PutRecord',
      { StreamName: 'events', PartitionKey: 'a', Data: '_-_-' },
      'SerializationException',
      'The data of record 1 are not valid base64.',
    ],
    [
      'refuses cut base64',
      'PutRecord',
      { StreamName: 'events', PartitionKey: 'a', Data: 'abc' },
      'SerializationException',
      'The data of record 1 are not valid base64.',
    ],
    [
      'says which record lacks its key',
      'PutRecords',
      { StreamName: 'events', Records: [{ Data: base64('x') }] },
      'ValidationException',
      "1 validation error detected: Value null at 'records.1.member.partitionKey' failed to satisfy constraint: Member must not be null",
    ],
    [
      'refuses an empty list',
      'PutRecords',
      { StreamName: 'events', Records: [] },
      'ValidationException',
      /Member must have length greater than or equal to 1$/,
    ],
    [
      'says what a hash key may be',
      'PutRecord',
      { StreamName: 'events', PartitionKey: 'a', Data: '', ExplicitHashKey: String(1n << 128n) },
      'InvalidArgumentException',
      'Invalid ExplicitHashKey. ExplicitHashKey must be in the range: [0, 2^128-1]. Specified value was 340282366920938463463374607431768211456',
    ],
    [
      'refuses a hash key that is no number',
      'PutRecords',
      { StreamName: 'events', Records: [{ PartitionKey: 'a', Data: '', ExplicitHashKey: '007' }] },
      'ValidationException',
      /'records.1.member.explicitHashKey' failed to satisfy constraint: Member must satisfy regular expression pattern/,
    ],
    [
      'says that the record is too large',
      'PutRecord',
      { StreamName: 'events', PartitionKey: 'a', Data: Buffer.alloc(1024 * 1024).toString('base64') },
      'ValidationException',
      "1 validation error detected: Value at 'data' failed to satisfy constraint: Member must have length less than or equal to 1048576",
    ],
    [
      'says that the call is too large',
      'PutRecords',
      { StreamName: 'events', Records: Array.from({ length: 11 }, () => ({ PartitionKey: 'a', Data: Buffer.alloc(1_000_000).toString('base64') })) },
      'InvalidArgumentException',
      'Records size exceeds 10 MB limit',
    ],
    [
      'names the iterator types',
      'GetShardIterator',
      { StreamName: 'events', ShardId: 'shardId-000000000000', ShardIteratorType: 'NEWEST' },
      'ValidationException',
      /Member must satisfy enum value set: \[AFTER_SEQUENCE_NUMBER, LATEST, AT_TIMESTAMP, AT_SEQUENCE_NUMBER, TRIM_HORIZON\]$/,
    ],
    [
      'refuses a number of nowhere',
      'GetShardIterator',
      { StreamName: 'events', ShardId: 'shardId-000000000000', ShardIteratorType: 'AT_SEQUENCE_NUMBER', StartingSequenceNumber: '7' },
      'InvalidArgumentException',
      /is invalid because it did not come from this stream.$/,
    ],
    [
      'refuses a time to come',
      'GetShardIterator',
      { StreamName: 'events', ShardId: 'shardId-000000000000', ShardIteratorType: 'AT_TIMESTAMP', Timestamp: 4e9 },
      'InvalidArgumentException',
      /^The timestampInMillis parameter cannot be greater than the currentTimestampInMillis/,
    ],
    [
      'refuses two names of different streams',
      'PutRecord',
      { StreamName: 'events', StreamARN: 'arn:aws:kinesis:us-east-1:000000000000:stream/other', PartitionKey: 'a', Data: '' },
      'InvalidArgumentException',
      /do not name the same stream/,
    ],
    ...['null', '5', '"x"', '{}', '{"stream":"events","after":"","issuedAt":1e15,"filter":null}', 'x'].map((token): (typeof cases)[number] => [
      'refuses a token that is none',
      'ListShards',
      { NextToken: base64(token) },
      'InvalidArgumentException',
      'NextToken is invalid.',
    ]),
    [
      'says that a token is too old',
      'ListShards',
      { NextToken: base64('{"stream":"events","after":"","issuedAt":1}') },
      'ExpiredNextTokenException',
      'NextToken has expired.',
    ],
    [
      'refuses enhanced fan-out by name',
      'SubscribeToShard',
      {},
      'UnsupportedOperationException',
      'SubscribeToShard is not offered by the local endpoint.',
    ],
    [
      'is told when a provisioned stream lacks its shards',
      'CreateStream',
      { StreamName: 'new' },
      'InvalidArgumentException',
      'ShardCount must be specified for a stream in PROVISIONED mode.',
    ],
  ];

  it("gets AWS's error name, status and words", async () => {
    const { streams, endpoint } = await withStream();
    for (const [what, operation, input, type, message] of cases) {
      const { status, answer } = await json(endpoint, operation, input);
      expect({ status, type: answer['__type'] }, what).toEqual({ status: 400, type });
      const words = String(answer['message'] ?? answer['Message']);
      if (typeof message === 'string') expect(words, what).toBe(message);
      else expect(words, what).toMatch(message);
    }
    expect(await everything(streams, 'events')).toEqual([]);
  });

  it('that is no call of the service gets what AWS answers then', async () => {
    const { endpoint } = await withStream();
    expect(await json(endpoint, 'Nonsense', {})).toEqual({ status: 400, answer: { __type: 'UnknownOperationException' } });
    expect(await ask(endpoint, { target: 'DynamoDB_20120810.ListTables', body: '{}' })).toMatchObject({ status: 400 });
    expect(await ask(endpoint, { method: 'GET' })).toMatchObject({ status: 403 });
    expect(await ask(endpoint, { type: 'text/plain', body: '{}', target: 'Kinesis_20131202.ListStreams' })).toMatchObject({
      status: 404,
      body: Buffer.from('<UnknownOperationException/>\n'),
    });
    expect(await ask(endpoint, { body: '{}', target: 'Kinesis_20131202.ListStreams', headers: { origin: 'https://evil.example' } })).toMatchObject({
      status: 403,
    });
  });

  it('of more bytes than any call may have is refused unread, and the endpoint goes on', async () => {
    const { endpoint } = await withStream();
    expect(await ask(endpoint, { target: 'Kinesis_20131202.PutRecords', body: Buffer.alloc(30 * 1024 * 1024, 0x20) })).toMatchObject({ status: 413 });
    expect((await json(endpoint, 'ListStreams', {})).answer['StreamNames']).toEqual(['events']);
  });

  it('of whatever nonsense gets an error of its own making, never a failure of the endpoint', async () => {
    const unexpected: unknown[] = [];
    const { endpoint, streams } = await withStream({ onFault: (error) => unexpected.push(error) });
    const operations = [
      'CreateStream',
      'DeleteStream',
      'DescribeStream',
      'DescribeStreamSummary',
      'ListStreams',
      'ListShards',
      'PutRecord',
      'PutRecords',
      'GetShardIterator',
      'GetRecords',
      'SplitShard',
      'MergeShards',
      'UpdateShardCount',
      'IncreaseStreamRetentionPeriod',
      'DecreaseStreamRetentionPeriod',
      'UpdateStreamMode',
      'UpdateMaxRecordSize',
      'DescribeLimits',
      'AddTagsToStream',
      'RemoveTagsFromStream',
      'ListTagsForStream',
      'TagResource',
      'UntagResource',
      'ListTagsForResource',
    ];
    const fields = [
      'StreamName',
      'StreamARN',
      'ShardCount',
      'Records',
      'Data',
      'PartitionKey',
      'ExplicitHashKey',
      'ShardId',
      'ShardIteratorType',
      'StartingSequenceNumber',
      'Timestamp',
      'ShardIterator',
      'Limit',
      'NextToken',
      'ExclusiveStartShardId',
      'MaxResults',
      'ShardFilter',
      'Type',
      'ShardToSplit',
      'NewStartingHashKey',
      'ShardToMerge',
      'AdjacentShardToMerge',
      'TargetShardCount',
      'ScalingType',
      'RetentionPeriodHours',
      'StreamModeDetails',
      'StreamMode',
      'MaxRecordSizeInKiB',
      'Tags',
      'TagKeys',
      'ResourceARN',
      '__proto__',
      'constructor',
    ];
    const likely = fc.constantFrom<unknown>(
      'events',
      'other',
      'arn:aws:kinesis:us-east-1:000000000000:stream/events',
      'shardId-000000000000',
      'shardId-000000000001',
      'LATEST',
      'AT_TIMESTAMP',
      'AFTER_SEQUENCE_NUMBER',
      'UNIFORM_SCALING',
      'PROVISIONED',
      'ON_DEMAND',
      'AT_LATEST',
      'FROM_TIMESTAMP',
      '0',
      '170141183460469231731687303715884105728',
      'aGk=',
      'W10=',
      1,
      2,
      24,
      48,
      1024,
      0,
      -1,
      1e300,
      1.5,
      null,
      true,
      [],
      {},
      '',
      '\u0000',
      '\ud800',
    );
    const { value } = fc.letrec<{ value: unknown }>((tie) => ({
      value: fc.oneof(
        { maxDepth: 3 },
        { arbitrary: likely, weight: 6 },
        fc.string(),
        fc.double(),
        fc.array(tie('value'), { maxLength: 3 }),
        fc.dictionary(fc.constantFrom(...fields), tie('value'), { maxKeys: 5 }),
      ),
    }));
    const aCall = fc.tuple(
      fc.constantFrom(...operations),
      fc.oneof({ arbitrary: fc.dictionary(fc.constantFrom(...fields), value, { maxKeys: 8 }), weight: 9 }, value),
    );
    await fc.assert(
      fc.asyncProperty(aCall, fc.constantFrom(JSON_TYPE, CBOR_TYPE), async ([operation, input], type) => {
        const { status, body } = await ask(endpoint, {
          target: `Kinesis_20131202.${operation}`,
          type,
          body: type === JSON_TYPE ? JSON.stringify(input) : encoder.encode(input),
        });
        expect([200, 400], body.toString()).toContain(status);
      }),
      { numRuns: 800 },
    );
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...operations),
        fc.uint8Array({ maxLength: 60 }),
        fc.constantFrom(JSON_TYPE, CBOR_TYPE),
        async (operation, body, type) => {
          expect([200, 400]).toContain((await ask(endpoint, { target: `Kinesis_20131202.${operation}`, type, body })).status);
        },
      ),
      { numRuns: 400 },
    );
    expect(unexpected).toEqual([]);
    await streams.ensureStream('events', { shardCount: 1 });
    expect((await json(endpoint, 'PutRecord', { StreamName: 'events', PartitionKey: 'a', Data: '' })).status).toBe(200);
  });

  it('that breaks off harms nobody', async () => {
    const { endpoint, streams } = await withStream();
    const send = (start: string | Uint8Array) =>
      new Promise<void>((resolve) => {
        const socket = createConnection({ host: endpoint.host, port: endpoint.port }, () => socket.end(start))
          .on('error', () => undefined)
          .on('close', () => resolve())
          .resume();
        setTimeout(() => socket.destroy(), 100);
      });
    for (const start of ['', 'P', 'PRI * HTT', 'POST / HTTP/1.1\r\ncontent-length: 100\r\n\r\n{', '\u0000\u0001\u0002\r\n\r\n']) await send(start);
    const preface = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
    const settings = Buffer.from('000000040000000000', 'hex');
    await fc.assert(
      fc.asyncProperty(fc.array(fc.uint8Array({ maxLength: 80 }), { minLength: 10, maxLength: 10 }), async (pieces) => {
        await Promise.all(pieces.map((garbage, at) => send(Buffer.concat([preface, ...(at % 2 === 0 ? [settings] : []), garbage]))));
      }),
      { numRuns: 8 },
    );
    expect((await json(endpoint, 'PutRecord', { StreamName: 'events', PartitionKey: 'a', Data: '' })).status).toBe(200);
    expect(await everything(streams, 'events')).toHaveLength(1);
  });
});

describe('records of up to 10 MiB', () => {
  it('are taken where the stream allows them, key included', async () => {
    const { endpoint, streams } = await withStream({}, { shardCount: 1, maxRecordKiB: 10_240 });
    const put = (bytes: number) =>
      json(endpoint, 'PutRecord', { StreamName: 'events', PartitionKey: 'key', Data: Buffer.alloc(bytes, 1).toString('base64') });
    expect((await put(10 * 1024 * 1024 - 3)).status).toBe(200);
    expect((await put(10 * 1024 * 1024 - 2)).answer['__type']).toBe('ValidationException');
    expect((await put(100)).status).toBe(200);
    const first = await streams.read(await streams.iterator('events', 'shardId-000000000000', { type: 'TRIM_HORIZON' }));
    expect(first.records.map(({ data }) => data.length)).toEqual([10 * 1024 * 1024 - 3]);
    expect((await streams.read(first.next ?? '')).records.map(({ data }) => data.length)).toEqual([100]);
  });

  it('may be allowed later, and an answer holds 10 MiB or its first record', async () => {
    const { endpoint, streams } = await withStream();
    const arn = streams.describe('events').arn;
    expect(await json(endpoint, 'UpdateMaxRecordSize', { StreamARN: arn, MaxRecordSizeInKiB: 4096 })).toEqual({ status: 200, answer: {} });
    expect((await json(endpoint, 'UpdateMaxRecordSize', { StreamARN: arn, MaxRecordSizeInKiB: 20_000 })).answer['__type']).toBe(
      'ValidationException',
    );
    for (let at = 0; at < 4; at++)
      expect(
        (await json(endpoint, 'PutRecord', { StreamName: 'events', PartitionKey: 'k', Data: Buffer.alloc(4_000_000).toString('base64') })).status,
      ).toBe(200);
    const first = await streams.read(await streams.iterator('events', 'shardId-000000000000', { type: 'TRIM_HORIZON' }));
    expect(first.records).toHaveLength(2);
    expect(first.millisBehindLatest).toBeGreaterThanOrEqual(0);
  });
});

describe('CBOR, as Java sends it', () => {
  const cbor = async (endpoint: KinesisEndpoint, operation: string, input: unknown) => {
    const { status, type, body } = await ask(endpoint, { target: `Kinesis_20131202.${operation}`, type: CBOR_TYPE, body: encoder.encode(input) });
    expect(type).toBe(CBOR_TYPE);
    return { status, answer: body.length === 0 ? {} : (encoder.decode(body) as Record<string, unknown>) };
  };

  it('carries records as bytes and times as milliseconds', async () => {
    const { endpoint } = await withStream();
    const before = Date.now();
    const data = Buffer.from([0, 1, 255]);
    expect(
      (
        await cbor(endpoint, 'PutRecords', {
          StreamName: 'events',
          Records: [
            { PartitionKey: 'é', Data: data },
            { PartitionKey: 'b', Data: Buffer.alloc(0) },
          ],
        })
      ).answer,
    ).toMatchObject({ FailedRecordCount: 0 });
    const at = new Tag(BigInt(before - 1000) as unknown as number, 1);
    const { answer, status } = await cbor(endpoint, 'GetShardIterator', {
      StreamName: 'events',
      ShardId: 'shardId-000000000000',
      ShardIteratorType: 'AT_TIMESTAMP',
      Timestamp: at,
    });
    expect({ answer, status }).toMatchObject({ status: 200 });
    const { answer: read } = await cbor(endpoint, 'GetRecords', { ShardIterator: answer['ShardIterator'], Limit: 10 });
    const records = read['Records'] as { Data: Uint8Array; PartitionKey: string; ApproximateArrivalTimestamp: Date }[];
    expect(records.map(({ Data, PartitionKey }) => [Buffer.from(Data).toString('hex'), PartitionKey])).toEqual([
      ['0001ff', 'é'],
      ['', 'b'],
    ]);
    // A decoder takes tag 1 for seconds; Kinesis means milliseconds by it.
    const arrival = (records[0]?.ApproximateArrivalTimestamp.getTime() ?? 0) / 1000;
    expect(arrival).toBeGreaterThanOrEqual(before);
    expect(arrival).toBeLessThanOrEqual(Date.now());
  });

  it('carries errors too', async () => {
    const { endpoint } = await withStream();
    expect(await cbor(endpoint, 'DescribeStreamSummary', { StreamName: 'nope' })).toEqual({
      status: 400,
      answer: { __type: 'ResourceNotFoundException', message: 'Stream nope under account 000000000000 not found.' },
    });
    const broken = await ask(endpoint, { target: 'Kinesis_20131202.PutRecord', type: CBOR_TYPE, body: Buffer.from([0xff, 0x00, 0x13]) });
    expect(broken.status).toBe(400);
    expect(encoder.decode(broken.body)).toMatchObject({ __type: 'SerializationException' });
  });
});

describe('one port', () => {
  it('takes HTTP/2 with many calls at a time beside HTTP/1.1', async () => {
    const { endpoint, streams } = await withStream();
    const session = http2Connect(endpoint.url);
    onTestFinished(() => session.destroy());
    const put = (text: string) =>
      new Promise<number>((resolve, reject) => {
        const stream = session.request({ ':method': 'POST', ':path': '/', 'content-type': JSON_TYPE, 'x-amz-target': 'Kinesis_20131202.PutRecord' });
        stream
          .on('response', (headers) => resolve(headers[':status'] ?? 0))
          .on('error', reject)
          .resume();
        stream.end(JSON.stringify({ StreamName: 'events', PartitionKey: 'a', Data: base64(text) }));
      });
    const texts = Array.from({ length: 60 }, (_, at) => `${at} ${'x'.repeat(at * 400)}`);
    const [statuses, other] = await Promise.all([
      Promise.all(texts.map(put)),
      json(endpoint, 'PutRecord', { StreamName: 'events', PartitionKey: 'a', Data: base64('h1') }),
    ]);
    expect(new Set([...statuses, other.status])).toEqual(new Set([200]));
    expect((await everything(streams, 'events')).map(({ text }) => text).toSorted()).toEqual([...texts, 'h1'].toSorted());
  });

  it('that is taken is told by name', async () => {
    const { endpoint, streams } = await withStream();
    await expect(serve(streams, { port: endpoint.port })).rejects.toMatchObject({
      code: 'conflict',
      message: `port ${endpoint.port} is in use by another process`,
    });
  });

  it('answers what is under way when it is closed, then takes nothing more', async () => {
    const { endpoint, streams } = await withStream();
    const client = openKinesisClient({ endpoint: endpoint.url });
    const under = Promise.all(
      Array.from({ length: 20 }, (_, at) =>
        client.put('events', [{ partitionKey: 'a', data: Buffer.from(`${at}`) }]).then(
          () => at,
          () => undefined,
        ),
      ),
    );
    await new Promise((resolve) => {
      setTimeout(resolve, 5);
    });
    await endpoint.close();
    const acknowledged = (await under).filter((at) => at !== undefined).map(String);
    const kept = (await everything(streams, 'events')).map(({ text }) => text);
    expect(kept).toEqual(expect.arrayContaining(acknowledged));
    await expect(client.listShards('events')).rejects.toMatchObject({ type: 'InternalFailure' });
  });
});

describe('a consumer in another process', () => {
  it('reads by the same source as one in this process, and hears of a record at once', async () => {
    const { endpoint, streams } = await withStream();
    const client = openKinesisClient({ endpoint: endpoint.url });
    onTestFinished(() => client.close());
    await streams.put('events', [{ partitionKey: 'käse', data: Buffer.from('one') }]);
    expect(await client.listShards('events')).toEqual(streams.shards('events'));
    const first = await client.read(await client.iterator('events', 'shardId-000000000000', { type: 'TRIM_HORIZON' }));
    const same = await streams.read(await streams.iterator('events', 'shardId-000000000000', { type: 'TRIM_HORIZON' }));
    expect(first.records).toEqual(same.records);
    const began = performance.now();
    const waiting = client.read(first.next ?? '', { waitMilliseconds: 10_000 });
    setTimeout(() => void streams.put('events', [{ partitionKey: 'a', data: Buffer.from('two') }]), 50);
    expect((await waiting).records.map(({ data }) => Buffer.from(data).toString())).toEqual(['two']);
    expect(performance.now() - began).toBeLessThan(5_000);
  });

  it('gets the end of a closed shard and its children, also while it waits', async () => {
    const { endpoint, streams } = await withStream();
    const client = openKinesisClient({ endpoint: endpoint.url });
    onTestFinished(() => client.close());
    const waiting = client.read(await client.iterator('events', 'shardId-000000000000', { type: 'LATEST' }), { waitMilliseconds: 10_000 });
    setTimeout(() => void streams.splitShard('events', 'shardId-000000000000', '12'), 50);
    const { next, children, records } = await waiting;
    expect([next, records]).toEqual([undefined, []]);
    expect(children?.map(({ shardId, parents }) => [shardId, parents])).toEqual([
      ['shardId-000000000001', ['shardId-000000000000']],
      ['shardId-000000000002', ['shardId-000000000000']],
    ]);
  });
});

describe('limits of a shard, where they are switched on', () => {
  const records = (count: number, bytes = 10): RecordInput[] =>
    Array.from({ length: count }, () => ({ partitionKey: 'a', data: Buffer.alloc(bytes) }));

  it('refuse single records above 1,000 a second, and take them a second later', async () => {
    const clock = new VirtualClock();
    const { endpoint, streams } = await withStream({ limits: true, clock });
    const client = openKinesisClient({ endpoint: endpoint.url });
    onTestFinished(() => client.close());
    const outcomes = [await client.put('events', records(500)), await client.put('events', records(500)), await client.put('events', records(3))];
    expect(outcomes.map((some) => some.filter(({ ok }) => ok).length)).toEqual([500, 500, 0]);
    expect(outcomes[2]?.[0]).toEqual({
      ok: false,
      errorCode: 'ProvisionedThroughputExceededException',
      message: 'Rate exceeded for shard shardId-000000000000 in stream events under account 000000000000.',
    });
    await clock.sleep(1000);
    expect((await client.put('events', records(3))).every(({ ok }) => ok)).toBe(true);
    expect(await everything(streams, 'events')).toHaveLength(1003);
  });

  it('refuse bytes above 1 MiB a second, and more than five reads', async () => {
    const clock = new VirtualClock();
    const { endpoint } = await withStream({ limits: true, clock });
    const client = openKinesisClient({ endpoint: endpoint.url });
    onTestFinished(() => client.close());
    expect((await client.put('events', records(12, 100_000))).filter(({ ok }) => ok)).toHaveLength(10);
    const iterator = await client.iterator('events', 'shardId-000000000000', { type: 'LATEST' });
    for (let at = 0; at < 5; at++) await client.read(iterator);
    await expect(client.read(iterator)).rejects.toMatchObject({ type: 'ProvisionedThroughputExceededException' });
  });
});

describe('faults on purpose', () => {
  it('are the same from the same seed', async () => {
    const play = async () => {
      const { endpoint, streams } = await withStream({
        faults: { seed: 7, throttles: 0.2, failures: 0.1, duplicates: 0.2, partialFailures: 0.3, delays: { probability: 0.2, milliseconds: 3 } },
      });
      const client = openKinesisClient({ endpoint: endpoint.url });
      onTestFinished(() => client.close());
      const answers: string[] = [];
      for (let at = 0; at < 60; at++) {
        answers.push(
          await client.put('events', [{ partitionKey: 'a', data: Buffer.from(`${at}`) }]).then(
            ([outcome]) => (outcome?.ok ? 'taken' : String(outcome?.errorCode)),
            (error: { type: string }) => error.type,
          ),
        );
      }
      return { answers, refusals: endpoint.refusals('events'), kept: (await everything(streams, 'events')).map(({ text }) => text) };
    };
    const [one, other] = [await play(), await play()];
    expect(one).toEqual(other);
    expect(new Set(one.answers)).toEqual(new Set(['taken', 'InternalFailure', 'ProvisionedThroughputExceededException']));
    // What producers were told is counted, a whole call or a record with its shard; both where a call fails behind its records.
    const [shard] = Object.values(one.refusals.shards);
    expect(one.refusals.calls.throttled + shard!.throttled).toBeGreaterThanOrEqual(one.answers.filter((answer) => answer === 'ProvisionedThroughputExceededException').length);
    expect(one.refusals.calls.failed + shard!.failed).toBeGreaterThanOrEqual(one.answers.filter((answer) => answer === 'InternalFailure').length);
    const taken = one.answers.flatMap((answer, at) => (answer === 'taken' ? [String(at)] : []));
    expect(one.kept).toEqual(expect.arrayContaining(taken));
    // Stored, though the producer was told that it failed: what makes duplicates of tries.
    expect(one.kept.length).toBeGreaterThan(taken.length);
  });
});
