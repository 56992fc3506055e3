// The table of a stage's API, for who works with it from elsewhere: with the credentials that the SDK finds. Whoever opens it closes it.
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { Clock } from '../../base/index.ts';
import { endpointIn } from '../../base/aws/index.ts';
import { openDynamoDbStore, sdkDynamoDb } from '../../features/aws/index.ts';
import type { OnlineStore } from '../../features/index.ts';

export interface ApiTableOptions {
  /** `millrace-dev` */
  stage: string;
  region: string;
  clock: Clock;
  /** Says where DynamoDB is, if elsewhere than in the region: `AWS_ENDPOINT_URL_DYNAMODB`. */
  environment?: Readonly<Record<string, string | undefined>>;
}

export function openApiTable({ stage, region, clock, environment = {} }: ApiTableOptions): OnlineStore {
  const endpoint = endpointIn(environment, 'DYNAMODB');
  const client = new DynamoDBClient({ region, ...(endpoint === undefined ? {} : { endpoint }) });
  return { ...openDynamoDbStore({ calls: sdkDynamoDb(client), table: `${stage}-api`, clock }), close: async () => client.destroy() };
}
