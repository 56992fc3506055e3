// The contract, against our endpoint, by the SDK's client as it comes.
import { KinesisClient } from '@aws-sdk/client-kinesis';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { openLocalStreams, serveKinesis } from '../../../../lib/local/kinesis/index.ts';
import { kinesisContract, type KinesisServer } from './contract.ts';

async function start({
  transitionMilliseconds = 0,
  ...more
}: { transitionMilliseconds?: number; requestHandler?: NodeHttpHandler } = {}): Promise<KinesisServer> {
  const folder = await mkdtemp(path.join(tmpdir(), 'millrace-kinesis-contract-'));
  const faults: unknown[] = [];
  const streams = await openLocalStreams(folder, { transitionMilliseconds });
  const endpoint = await serveKinesis(streams, { port: 0, onFault: (error) => faults.push(error) });
  const client = new KinesisClient({
    endpoint: endpoint.url,
    region: 'eu-central-1',
    credentials: { accessKeyId: 'any', secretAccessKey: 'any' },
    maxAttempts: 1,
    ...more,
  });
  return {
    client,
    async stop() {
      client.destroy();
      await endpoint.close();
      await streams.close();
      await rm(folder, { recursive: true });
      if (faults.length > 0) throw faults[0];
    },
  };
}

kinesisContract('our endpoint, HTTP/2 as by default', () => start());
kinesisContract('our endpoint, HTTP/1.1, where changes take a while as on AWS', () =>
  start({ requestHandler: new NodeHttpHandler(), transitionMilliseconds: 40 }),
);
