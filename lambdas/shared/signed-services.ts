// AWS services by signed requests, with what Lambda puts into the environment of a function.
import type { Clock } from '../../lib/base/index.ts';
import { awsRequests, endpointIn, environmentCredentials, type AwsRequests, type AwsService } from '../../lib/base/aws/index.ts';
import { signedDynamoDb, type DynamoDbCalls } from '../../lib/features/aws/index.ts';
import { settingOf } from './environment.ts';

/** What their places are called in the environment, as the SDK's clients take them: `AWS_ENDPOINT_URL_S3`. */
const PLACES = { s3: 'S3', kinesis: 'KINESIS', dynamodb: 'DYNAMODB', sns: 'SNS', secretsmanager: 'SECRETS_MANAGER' } as const;

/** Elsewhere than in the region where the environment says so. */
export function signedService(service: keyof typeof PLACES, environment: NodeJS.ProcessEnv, clock: Clock, limits: Pick<AwsService, 'timeoutMilliseconds' | 'tries'> = {}): AwsRequests {
  const endpoint = endpointIn(environment, PLACES[service]);
  return awsRequests({ service, clock, region: settingOf(environment, 'AWS_REGION', 'serving'), credentials: () => environmentCredentials(environment), ...limits, ...(endpoint === undefined ? {} : { endpoint }) });
}

export function dynamoDbOf(environment: NodeJS.ProcessEnv, clock: Clock): DynamoDbCalls {
  return signedDynamoDb(signedService('dynamodb', environment, clock), { clock });
}
