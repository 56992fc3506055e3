// The endpoint's contract, against a Kinesis that others wrote.
import { KinesisClient } from '@aws-sdk/client-kinesis';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { kinesisContract, type Differences } from '../local/kinesis/contract/contract.ts';
import { kinesisLocal } from './support/kinesis-local.ts';

const differences: Differences = {
  'an explicit hash key overrides the partition key': 'differs at the borders of shards',
  'a limit cuts an answer, and whoever goes on gets every record once': 'says 0 milliseconds behind before the tip is reached',
  'a reader that has not reached the tip is told how far behind it is': 'always says 0',
  'a split shard ends and names its children, which take its records over': 'ends it with the number 9223372036854775807',
  'a stream on demand has four shards and does not let itself be split': 'lets it be split',
  'an iterator that is none': 'fails with a 500',
  'a sequence number of another shard': 'takes it',
  'a limit above 10,000': 'answers InvalidArgumentException',
  'more than 500 records in a call': 'takes them',
  'more than 10 MiB in a call': 'throttles',
  'a record over 1 MiB': 'throttles',
  'an empty partition key, and one of more than 256 characters': 'answers InvalidArgumentException',
  'a stream name with other characters': 'answers InvalidArgumentException',
};

kinesisContract(
  'kinesis-local',
  async () => {
    const server = await kinesisLocal();
    // Its HTTP/2 breaks off answers of more than a few kilobytes.
    const client = new KinesisClient({
      endpoint: server.url,
      region: 'us-east-1',
      credentials: { accessKeyId: 'any', secretAccessKey: 'any' },
      maxAttempts: 1,
      requestHandler: new NodeHttpHandler(),
    });
    return {
      client,
      async stop() {
        client.destroy();
        await server.stop();
      },
    };
  },
  differences,
);
