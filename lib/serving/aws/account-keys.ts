// The API keys of a stage in an account: ours in a table, where the authorizer finds them, and API Gateway's beside them, for the usage plans.
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { MillraceError, messageOf, type Clock } from '../../base/index.ts';
import { awsRequests, endpointIn } from '../../base/aws/index.ts';
import { openDynamoDbStore, sdkDynamoDb } from '../../features/aws/index.ts';
import type { ApiKey } from '../keys.ts';
import { storedKeys } from '../stored-keys.ts';
import { gatewayKeys } from './gateway-keys.ts';

export interface AccountKeysOptions {
  /** `millrace-dev` */
  stage: string;
  region: string;
  clock: Clock;
  /** Says where services are, if elsewhere than in the region: `AWS_ENDPOINT_URL_DYNAMODB`, `AWS_ENDPOINT_URL_API_GATEWAY`. */
  environment?: Readonly<Record<string, string | undefined>>;
}

export interface AccountKeys {
  list(): Promise<readonly ApiKey[]>;
  /** Makes a key under a usage plan and gives it, this once. @throws `conflict` where the id is taken, `not_found` for a plan that there is not. */
  create(id: string, rights: Pick<ApiKey, 'scopes'>, plan: string): Promise<string>;
  /** Gone from the table at once; API Gateway lets it in for as long as it keeps the authorizer's answer. @throws `not_found` */
  revoke(id: string): Promise<void>;
  close(): void;
}

/** With the credentials that the SDK finds: environment, profile, single sign-on. */
export function openAccountKeys({ stage, region, clock, environment = {} }: AccountKeysOptions): AccountKeys {
  const [endpoint, gatewayEndpoint] = [endpointIn(environment, 'DYNAMODB'), endpointIn(environment, 'API_GATEWAY')];
  const client = new DynamoDBClient({ region, ...(endpoint === undefined ? {} : { endpoint }) });
  const table = `${stage}-api-keys`;
  const keys = storedKeys(openDynamoDbStore({ calls: sdkDynamoDb(client), table, clock }), table);
  const gateway = gatewayKeys(awsRequests({
    service: 'apigateway', region, clock, timeoutMilliseconds: 10_000, ...(gatewayEndpoint === undefined ? {} : { endpoint: gatewayEndpoint }),
    async credentials() {
      const { accessKeyId, secretAccessKey, sessionToken } = await client.config.credentials();
      return { accessKeyId, secretAccessKey, ...(sessionToken === undefined ? {} : { sessionToken }) };
    },
  }), `${stage}-`);
  const explained = async <Result>(work: Promise<Result>): Promise<Result> => work.catch((thrown: unknown) => {
    const message = messageOf(thrown);
    if (/ResourceNotFound|non-existent table/i.test(message)) throw new MillraceError('not_found', `there is no table ${table} in ${region}`, { todo: 'Deploy the serving stack of the stage first: npx cdk deploy --all -c stage=…', cause: thrown });
    if (/credential/i.test(message)) throw new MillraceError('usage', `AWS credentials are needed: ${message}`, { todo: 'Sign in (aws sso login), or set AWS_PROFILE.', cause: thrown });
    throw thrown;
  });
  return {
    list: () => explained(keys.list()),
    create: (id, rights, plan) => explained((async () => {
      const planId = await gateway.planId(plan);
      const { key, kept } = await keys.create(id, rights);
      // Until it is under a plan, API Gateway lets nobody in by it; where that fails the name is free again.
      await gateway.remove(id).then(() => gateway.add(id, kept.hash, planId)).catch(async (thrown: unknown) => {
        await keys.revoke(id);
        throw thrown;
      });
      return key;
    })()),
    revoke: (id) => explained((async () => {
      await keys.revoke(id);
      await gateway.remove(id);
    })()),
    close: () => client.destroy(),
  };
}
