// The operations by name, and those that are known and not offered.
import { KinesisError } from '../../errors.ts';
import type { Operation } from './operation.ts';
import { recordOperations } from './records.ts';
import { shardOperations } from './shards.ts';
import { streamOperations } from './streams.ts';
import { tagOperations } from './tags.ts';

const offered: ReadonlyMap<string, Operation> = new Map(
  Object.entries({ ...recordOperations, ...shardOperations, ...streamOperations, ...tagOperations }),
);

/** What a local endpoint has no use for: enhanced fan-out, encryption by KMS, policies, CloudWatch, account settings. */
const REFUSED: ReadonlySet<string> = new Set([
  'DeleteResourcePolicy',
  'DeregisterStreamConsumer',
  'DescribeAccountSettings',
  'DescribeStreamConsumer',
  'DisableEnhancedMonitoring',
  'EnableEnhancedMonitoring',
  'GetResourcePolicy',
  'ListStreamConsumers',
  'PutResourcePolicy',
  'RegisterStreamConsumer',
  'StartStreamEncryption',
  'StopStreamEncryption',
  'SubscribeToShard',
  'UpdateAccountSettings',
  'UpdateStreamWarmThroughput',
]);

/** The operation that `X-Amz-Target` names. @throws KinesisError `UnknownOperationException`, or `UnsupportedOperationException` by name. */
export function operationFor(target: string | undefined): { name: string; operation: Operation } {
  const name = /^Kinesis_20131202\.(\w+)$/.exec(target ?? '')?.[1] ?? '';
  const operation = offered.get(name);
  if (operation !== undefined) return { name, operation };
  if (REFUSED.has(name)) throw new KinesisError('UnsupportedOperationException', `${name} is not offered by the local endpoint.`);
  throw new KinesisError('UnknownOperationException', '');
}
