// Real producers from their packages, unmodified: the AWS CLI of both versions, boto3, and the SDK for Java, which sends CBOR.
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openLocalStreams, serveKinesis, type KinesisEndpoint, type LocalStreams } from '../../lib/local/kinesis/index.ts';
import { everything } from '../local/kinesis/support.ts';
import { awsCli2, awsPython, javaSdkFolder } from './support/kinesis-clients.ts';

const run = promisify(execFile);
const FIRST = 'shardId-000000000000';
let folder: string;
let streams: LocalStreams;
let endpoint: KinesisEndpoint;
const unexpected: unknown[] = [];

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'millrace-kinesis-clients-'));
  streams = await openLocalStreams(folder);
  endpoint = await serveKinesis(streams, { port: 0, onFault: (error) => unexpected.push(error) });
});
afterAll(async () => {
  await endpoint.close();
  await streams.close();
  await rm(folder, { recursive: true });
  expect(unexpected).toEqual([]);
});

const env = () => ({
  ...process.env,
  AWS_ACCESS_KEY_ID: 'any',
  AWS_SECRET_ACCESS_KEY: 'any',
  AWS_DEFAULT_REGION: 'eu-central-1',
  AWS_PAGER: '',
  AWS_EC2_METADATA_DISABLED: 'true',
  HOME: folder,
});

describe.each([
  { version: 1, find: () => path.join(awsPython(), 'aws') },
  { version: 2, find: awsCli2 },
])('AWS CLI v$version', ({ version, find }) => {
  const program = find();
  it.skipIf(program === undefined)('makes a stream, puts, reads, splits and deletes', async () => {
    const stream = `cli-${version}`;
    const aws = async (...args: string[]) => {
      const { stdout } = await run(program as string, ['kinesis', ...args, '--endpoint-url', endpoint.url, '--output', 'json'], {
        env: env(),
        maxBuffer: 1e8,
      });
      return stdout.trim() === '' ? {} : (JSON.parse(stdout) as Record<string, unknown>);
    };
    await aws('create-stream', '--stream-name', stream, '--shard-count', '2');
    await aws('wait', 'stream-exists', '--stream-name', stream);
    const data = Buffer.from('{"event":"view","visitorid":1}').toString('base64');
    // Version 2 takes blobs as base64, version 1 as they are.
    const one = await aws(
      'put-record',
      '--stream-name',
      stream,
      '--partition-key',
      'käse',
      '--explicit-hash-key',
      '0',
      '--data',
      version === 2 ? data : 'plain {"text"}',
    );
    expect(one).toMatchObject({ ShardId: FIRST, SequenceNumber: expect.stringMatching(/^\d{56}$/) });
    const file = path.join(folder, `records-${version}.json`);
    await writeFile(
      file,
      JSON.stringify(
        Array.from({ length: 500 }, (_, at) => ({
          Data: version === 2 ? data : `record ${at}`,
          PartitionKey: `k${at}`,
          ExplicitHashKey: String(at),
        })),
      ),
    );
    expect(await aws('put-records', '--stream-name', stream, '--records', `file://${file}`)).toMatchObject({ FailedRecordCount: 0 });
    const { ShardIterator } = await aws(
      'get-shard-iterator',
      '--stream-name',
      stream,
      '--shard-id',
      FIRST,
      '--shard-iterator-type',
      'AT_TIMESTAMP',
      '--timestamp',
      new Date(Date.now() - 60_000).toISOString(),
    );
    const { Records } = (await aws('get-records', '--shard-iterator', ShardIterator as string)) as {
      Records: { Data: string; PartitionKey: string }[];
    };
    expect(Records).toHaveLength(501);
    expect(Records[0]).toMatchObject({ PartitionKey: 'käse' });
    expect((await everything(streams, stream)).slice(0, 2).map(({ text }) => text)).toEqual(
      version === 2 ? ['{"event":"view","visitorid":1}', '{"event":"view","visitorid":1}'] : ['plain {"text"}', 'record 0'],
    );
    await aws('split-shard', '--stream-name', stream, '--shard-to-split', FIRST, '--new-starting-hash-key', '1000');
    expect((await aws('list-shards', '--stream-name', stream))['Shards'] as unknown[]).toHaveLength(4);
    expect(await aws('describe-stream-summary', '--stream-name', stream)).toMatchObject({
      StreamDescriptionSummary: { OpenShardCount: 3, StreamStatus: 'ACTIVE' },
    });
    await expect(aws('put-record', '--stream-name', 'nowhere', '--partition-key', 'a', '--data', data)).rejects.toThrow(
      /\(ResourceNotFoundException\).*Stream nowhere under account 000000000000 not found/,
    );
    await aws('delete-stream', '--stream-name', stream);
    expect(streams.names()).not.toContain(stream);
  });
});

const BOTO3 = `
import sys, json, boto3
from botocore.exceptions import ClientError
kinesis = boto3.client('kinesis', endpoint_url=sys.argv[1])
kinesis.create_stream(StreamName='boto', ShardCount=2)
kinesis.get_waiter('stream_exists').wait(StreamName='boto')
texts = ['é€😀 %d' % at for at in range(500)]
answer = kinesis.put_records(StreamName='boto', Records=[{'Data': text.encode(), 'PartitionKey': 'key %d' % at} for at, text in enumerate(texts)])
arn = kinesis.describe_stream_summary(StreamName='boto')['StreamDescriptionSummary']['StreamARN']
one = kinesis.put_record(StreamARN=arn, Data=bytes(range(256)), PartitionKey='one')
found, binary = [], 0
for page in kinesis.get_paginator('list_shards').paginate(StreamName='boto'):
    for shard in page['Shards']:
        iterator = kinesis.get_shard_iterator(StreamName='boto', ShardId=shard['ShardId'], ShardIteratorType='TRIM_HORIZON')['ShardIterator']
        while True:
            read = kinesis.get_records(ShardIterator=iterator, Limit=100)
            for record in read['Records']:
                if record['SequenceNumber'] == one['SequenceNumber']: binary = len(record['Data']) if record['Data'] == bytes(range(256)) else -1
                else: found.append(record['Data'].decode())
            if read['MillisBehindLatest'] == 0: break
            iterator = read['NextShardIterator']
errors = []
too_large = lambda: kinesis.put_record(StreamName='boto', Data=b'x' * 1048577, PartitionKey='a')
for call in [too_large, lambda: kinesis.get_records(ShardIterator='no'), lambda: kinesis.describe_stream(StreamName='nope')]:
    try: call()
    except ClientError as error: errors.append(error.response['Error']['Code'])
print(json.dumps({'failed': answer['FailedRecordCount'], 'all': sorted(found) == sorted(texts), 'binary': binary, 'errors': errors}))
`;

it('boto3 makes a stream, puts, reads and is refused', async () => {
  const { stdout } = await run(path.join(awsPython(), 'python'), ['-c', BOTO3, endpoint.url], { env: env() });
  expect(JSON.parse(stdout)).toEqual({
    failed: 0,
    all: true,
    binary: 256,
    errors: ['ValidationException', 'InvalidArgumentException', 'ResourceNotFoundException'],
  });
});

it.each(['sync', 'async'])('the SDK for Java puts and reads by CBOR (%s client)', async (kind) => {
  const stream = `java-${kind}`;
  await streams.createStream(stream, { shardCount: 3 });
  const program = path.join(import.meta.dirname, 'support/kinesis-java/Producer.java');
  const { stdout } = await run('java', ['-cp', path.join(javaSdkFolder(), '*'), program, endpoint.url, stream, kind], { env: env() });
  expect(JSON.parse(stdout)).toEqual({
    failed: 0,
    read: 301,
    wrongTimes: 0,
    isThere: true,
    shard: FIRST,
    error: 'ResourceNotFoundException: Stream nowhere under account 000000000000 not found.',
  });
});
