// What an account may have, as a new one on AWS.
import { KinesisError } from '../../errors.ts';
import { ACCOUNT, REGION } from '../../names.ts';
import type { Service } from './operation.ts';

/** Open shards of all provisioned streams together. */
export const SHARD_LIMIT = 500;
export const ON_DEMAND_STREAM_LIMIT = 50;

/** Open shards of the provisioned streams. */
export function usedShards({ streams }: Service): number {
  return streams
    .names()
    .map((name) => streams.describe(name))
    .reduce((sum, { mode, openShards }) => sum + (mode === 'PROVISIONED' ? openShards : 0), 0);
}

/** @throws KinesisError `LimitExceededException` */
export function refuseOverLimit(service: Service, additional: number): void {
  const used = usedShards(service);
  if (used + additional <= SHARD_LIMIT) return;
  throw new KinesisError(
    'LimitExceededException',
    `This request would exceed the shard limit for the account ${ACCOUNT} in ${REGION}. ` +
      `Current shard count for the account: ${used}. Limit: ${SHARD_LIMIT}. ` +
      `Number of additional shards that would have resulted from this request: ${additional}. Refer to the AWS Service Limits page ` +
      '(http://docs.aws.amazon.com/general/latest/gr/aws_service_limits.html) for current limits and how to request higher limits.',
  );
}
