// AWS services by signed requests, with what Lambda puts into the environment of a function.
import type { Clock } from '../../lib/base/index.ts';
import { awsRequests, environmentCredentials, type AwsRequests, type AwsService } from '../../lib/base/aws/index.ts';
import { signedDynamoDb, type DynamoDbCalls } from '../../lib/features/aws/index.ts';
import { settingOf } from './environment.ts';

/** Elsewhere than in the region where the environment says so, as the SDK's clients take it: `AWS_ENDPOINT_URL_S3`. */
export function signedService(service: 's3' | 'kinesis' | 'dynamodb' | 'sns', environment: NodeJS.ProcessEnv, clock: Clock, limits: Pick<AwsService, 'timeoutMilliseconds' | 'tries'> = {}): AwsRequests {
  const endpoint = environment[`AWS_ENDPOINT_URL_${service.toUpperCase()}`];
  return awsRequests({ service, clock, region: settingOf(environment, 'AWS_REGION', 'serving'), credentials: () => environmentCredentials(environment), ...limits, ...(endpoint === undefined ? {} : { endpoint }) });
}

export function dynamoDbOf(environment: NodeJS.ProcessEnv, clock: Clock): DynamoDbCalls {
  return signedDynamoDb(signedService('dynamodb', environment, clock), { clock });
}
