// API Gateway's authorizer: who calls, by the hash of the key.
import { systemClock } from '../../lib/base/index.ts';
import { openDynamoDbStore } from '../../lib/features/aws/index.ts';
import { storedKeys } from '../../lib/serving/index.ts';
import { authorize } from '../../lib/serving/aws/index.ts';
import type { APIGatewayRequestAuthorizerEvent } from 'aws-lambda';
import { dynamoDbOf } from '../shared/signed-services.ts';
import { settingOf } from '../shared/environment.ts';

const table = settingOf(process.env, 'MILLRACE_KEYS_TABLE', 'serving');
const keys = storedKeys(openDynamoDbStore({ calls: dynamoDbOf(process.env, systemClock), table, clock: systemClock }), table);

export const handler = (event: APIGatewayRequestAuthorizerEvent) => authorize(keys, event);
