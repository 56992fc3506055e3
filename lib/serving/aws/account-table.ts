// The table of a stage's API, for who works with it from elsewhere: with the credentials that the SDK finds. Whoever opens it closes it.
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { Clock } from '../../base/index.ts';
import { openDynamoDbStore, sdkDynamoDb } from '../../features/aws/index.ts';
import type { OnlineStore } from '../../features/index.ts';

/** `stage`: `millrace-dev`. */
export function openApiTable({ stage, region, clock }: { stage: string; region: string; clock: Clock }): OnlineStore {
  const client = new DynamoDBClient({ region });
  return { ...openDynamoDbStore({ calls: sdkDynamoDb(client), table: `${stage}-api`, clock }), close: async () => client.destroy() };
}
