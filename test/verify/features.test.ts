// Features over DynamoDB: AWS's emulator does what LMDB does; the deployed functions, several at once and some killed, leave what one process
// on one machine leaves.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { KinesisStreamBatchResponse, KinesisStreamEvent } from 'aws-lambda';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { systemClock } from '../../lib/base/index.ts';
import { awsRequests } from '../../lib/base/aws/index.ts';
import { featuresHandler, loadFeatures, readFeatures, type FeatureSet } from '../../lib/features/index.ts';
import { openDynamoDbStore, sdkDynamoDb, signedDynamoDb } from '../../lib/features/aws/index.ts';
import { eventPlans, openEventChecker } from '../../lib/ingest/events/index.ts';
import { loadProject, type LoadedProject } from '../../lib/local/index.ts';
import { bundleFunctions } from '../../lib/stacks/bundle.ts';
import { readProjectFile } from '../../lib/stacks/project-file.ts';
import { startLambda } from '../aws/support/lambda-process.ts';
import { describeOnlineStore } from '../features/store-contract.ts';
import { temporaryStore } from '../features/support.ts';
import { startDynamoDbLocal, type DynamoDbLocal } from './support/dynamodb-local.ts';
import { lambdaNode } from './support/engines.ts';

vi.setConfig({ testTimeout: 600_000, hookTimeout: 300_000 });

const ROOT = join(import.meta.dirname, '../..');
let dynamo: Promise<DynamoDbLocal> | undefined;
const database = () => (dynamo ??= startDynamoDbLocal());
afterAll(async () => (await dynamo)?.stop());

describeOnlineStore('DynamoDB', async () => {
  const { client, createTable } = await database();
  await createTable('contract');
  return { store: openDynamoDbStore({ calls: sdkDynamoDb(client), table: 'contract', clock: systemClock }), close: async () => undefined };
});

describeOnlineStore('DynamoDB by signed requests', async () => {
  const { endpoint, createTable } = await database();
  await createTable('signed');
  const requests = awsRequests({ service: 'dynamodb', region: 'eu-central-1', endpoint, clock: systemClock, credentials: () => ({ accessKeyId: 'test', secretAccessKey: 'test' }) });
  return { store: openDynamoDbStore({ calls: signedDynamoDb(requests, { clock: systemClock }), table: 'signed', clock: systemClock }), close: async () => undefined };
});

describe('the functions as they are deployed', () => {
  let folder: string;
  let project: LoadedProject;
  let features: FeatureSet;
  let bundle: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'millrace-features-'));
    project = await loadProject(ROOT);
    features = await loadFeatures(join(ROOT, 'features'), project.sources);
    const [made] = await bundleFunctions({ root: ROOT, out: join(folder, 'bundles'), functions: ['features'], project: await readProjectFile(ROOT, ROOT, project.sources) });
    bundle = made!.folder;
    expect(made!.codeBytes).toBeLessThan(750_000);
  });
  afterAll(async () => rm(folder, { recursive: true, force: true }));

  const SHARDS = 3;
  const EVENTS = 3000;
  const now = Date.now();
  const kinds = ['view', 'view', 'view', 'addtocart', 'transaction', 'search'];

  /** One hot item, repeats of ids and of content, and records that no contract takes. */
  const records = Array.from({ length: EVENTS }, (_, index) => {
    const of = index % 17 === 0 && index > 0 ? index - 7 : index;
    const visitor = `v${(of * 7) % 90}`;
    const event = kinds[(of * 5) % kinds.length]!;
    const value = {
      timestamp: now - 3 * 86_400_000 + of * 60_000, visitorid: visitor, event, ...(event === 'search' ? { query: 'lamp' } : { itemid: of % 3 === 0 ? 'hot' : `i${of % 50}` }),
      ...(event === 'transaction' ? { transactionid: `t${of}` } : {}), event_id: index % 17 === 0 && index % 2 === 0 ? `again-${index}` : `e${of}`,
    };
    const data = index % 101 === 0 ? '{"timestamp":"yesterday"}' : JSON.stringify(value);
    return { shard: ((of * 7) % 90) % SHARDS, data, visitor, arrivedAt: now - EVENTS * 10 + index * 10, sequence: String(10n ** 30n + BigInt(index)) };
  });
  const eventOf = (part: typeof records, stream: string): KinesisStreamEvent => ({
    Records: part.map(({ shard, data, visitor, arrivedAt, sequence }) => ({
      awsRegion: 'eu-central-1', eventID: `shardId-00000000000${shard}:${sequence}`, eventName: 'aws:kinesis:record', eventSource: 'aws:kinesis', eventVersion: '1.0', invokeIdentityArn: '',
      eventSourceARN: `arn:aws:kinesis:eu-central-1:000000000000:stream/${stream}`,
      kinesis: { kinesisSchemaVersion: '1.0', partitionKey: visitor, sequenceNumber: sequence, approximateArrivalTimestamp: arrivedAt / 1000, data: Buffer.from(data).toString('base64') },
    })),
  });

  it('leave in DynamoDB, shard beside shard, called again and killed, what one process leaves in LMDB', async () => {
    const { client, endpoint, createTable } = await database();
    await createTable('millrace-rehearsal-online');
    const environment = {
      MILLRACE_APP: 'millrace', MILLRACE_STAGE: 'rehearsal', MILLRACE_ONLINE_TABLE: 'millrace-rehearsal-online', MILLRACE_STREAM_PREFIX: 'millrace-rehearsal-', MILLRACE_DYNAMODB_ENDPOINT: endpoint,
      AWS_REGION: 'eu-central-1', AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test',
    };
    const startOne = (name: string) => startLambda({ folder: bundle, name, temporary: join(folder, 'tmp', name), environment, node: lambdaNode() });
    let kills = 0;
    const work = async (shard: number) => {
      let lambda = await startOne(`shard-${shard}`);
      const own = records.filter((record) => record.shard === shard);
      for (let from = 0, turn = 0; from < own.length; turn++) {
        const part = own.slice(from, from + 80);
        const call = lambda.invoke(eventOf(part, 'millrace-rehearsal-events'));
        if (turn % 4 === 1) {
          await sleep(5 + (turn % 7) * 15);
          await lambda.stop();
          kills++;
          lambda = await startOne(`shard-${shard}`);
          continue; // whatever the call had done, the batch comes again
        }
        const answer = await call;
        if (!('result' in answer)) throw new Error(answer.errorMessage);
        const { batchItemFailures: [failed] } = answer.result as KinesisStreamBatchResponse;
        from = failed === undefined ? from + part.length : own.findIndex(({ sequence }) => sequence === failed.itemIdentifier);
      }
      await lambda.stop();
    };
    await Promise.all(Array.from({ length: SHARDS }, (_, shard) => work(shard)));

    const local = await temporaryStore();
    const checker = openEventChecker({ plans: eventPlans(project.sources.values()), defaultType: 'events' });
    const handler = featuresHandler({ store: local, features, checkerOf: () => checker, clock: systemClock });
    for (let from = 0; from < records.length; from += 500) expect(await handler(eventOf(records.slice(from, from + 500), 'events'))).toEqual({ batchItemFailures: [] });

    const remote = openDynamoDbStore({ calls: sdkDynamoDb(client), table: 'millrace-rehearsal-online', clock: systemClock });
    const visitors = [...new Set(records.map(({ visitor }) => visitor))];
    const items = ['hot', ...Array.from({ length: 50 }, (_, index) => `i${index}`)];
    const pairs = visitors.flatMap((visitor) => items.slice(0, 10).map((item) => [visitor, item]));
    let compared = 0;
    for (const [name, entities] of [['visitor', visitors], ['item', items], ['interest', pairs]] as const) {
      const view = features.views.get(name)!;
      const expected = await readFeatures(local, view, entities, now);
      expect(await readFeatures(remote, view, entities, now)).toEqual(expected);
      compared += expected.length * view.features.length;
    }
    process.stdout.write(`features: ${EVENTS} records through ${SHARDS} functions, ${kills} of them stopped in a batch; ${compared} values are equal\n`);
    await local.close();
  });
});
