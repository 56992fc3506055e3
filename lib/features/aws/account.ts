// The parts of a deployed stage that filling its online features needs, by the names that lib/stacks gives them, with the credentials of this shell.
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { KinesisClient } from '@aws-sdk/client-kinesis';
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { MillraceError, type Clock } from '../../base/index.ts';
import { awsRequests, endpointIn, refused, textOf } from '../../base/aws/index.ts';
import type { Contract } from '../../contracts/index.ts';
import { eventPlans, openEventChecker, type EventChecker } from '../../ingest/events/index.ts';
import { keysFromSecret } from '../../ingest/index.ts';
import type { Lake } from '../../lake/index.ts';
import { openAccountTables } from '../../warehouse/athena/index.ts';
import type { Engine } from '../../warehouse/index.ts';
import type { FeatureSet } from '../load.ts';
import { featuresHandler } from '../handler.ts';
import { catchUp } from './catch-up.ts';
import { accountConsumer, type AccountConsumer } from './consumer.ts';
import type { RefillOptions } from './refill.ts';
import { putItems, removeOthers } from './table.ts';

export interface AccountOptions {
  app: string;
  stage: string;
  region: string;
  contracts: ReadonlyMap<string, Contract>;
  features: FeatureSet;
  clock: Clock;
  signal?: AbortSignal | undefined;
  /** Says where services are, if elsewhere than in the region: `AWS_ENDPOINT_URL_LAMBDA` and so on. */
  environment?: Readonly<Record<string, string | undefined>>;
}

export interface Account extends Pick<RefillOptions, 'catchUp' | 'upload'> {
  lake: Lake;
  engine: Engine;
  consumer: AccountConsumer;
  close(): void;
}

/** What the function `features` says of itself. */
interface FeaturesFunction { FunctionArn: string; Environment?: { Variables?: Record<string, string> } }

/** @throws MillraceError `io` or `not_found` where the stage is not deployed, or may not be read. */
export async function openAccount({ app, stage, region, contracts, features, clock, signal, environment = {} }: AccountOptions): Promise<Account> {
  const name = `${app}-${stage}`;
  const at = (service: string): { region: string; endpoint?: string } => {
    const endpoint = endpointIn(environment, service);
    return { region, ...(endpoint === undefined ? {} : { endpoint }) };
  };
  const dynamo = new DynamoDBClient(at('DYNAMODB'));
  const kinesis = new KinesisClient(at('KINESIS'));
  const lambda = awsRequests({ service: 'lambda', ...at('LAMBDA'), clock, timeoutMilliseconds: 20_000, credentials: () => dynamo.config.credentials() });
  const answer = await lambda({ method: 'GET', path: ['2015-03-31', 'functions', `${name}-features`, 'configuration'] });
  if (answer.status === 404) throw new MillraceError('not_found', `there is no function ${name}-features`, { where: region, todo: 'Deploy the stream stack of the stage first.' });
  if (answer.status !== 200) throw refused(`looking at ${name}-features`, answer);
  const { FunctionArn, Environment } = JSON.parse(textOf(answer)) as FeaturesFunction;
  const variables = Environment?.Variables ?? {};
  const table = variables['MILLRACE_ONLINE_TABLE'] ?? `${name}-online`;
  const prefix = variables['MILLRACE_STREAM_PREFIX'] ?? `${name}-`;
  const account = FunctionArn.split(':')[4] ?? '';
  const { lake, engine, close } = openAccountTables({ stage: name, region, account, namespaces: ['bronze'], clock, environment });
  const plans = eventPlans(contracts.values());
  const secret = variables['MILLRACE_PRIVACY_KEYS'];
  const key = secret === undefined ? undefined : await keyOf(secret, at('SECRETS_MANAGER'));
  const checkers = new Map<string, EventChecker>();
  const checkerOf = (stream: string): EventChecker => {
    const known = checkers.get(stream) ?? openEventChecker({ plans, defaultType: stream, ...(key === undefined ? {} : { key }) });
    checkers.set(stream, known);
    return known;
  };
  const options = { client: dynamo, table, clock, signal };
  return {
    lake, engine,
    consumer: accountConsumer(lambda, `${name}-features`, clock),
    catchUp: (stream, since, store) => catchUp({ client: kinesis, stream, since, clock, signal, handler: featuresHandler({ store, features, checkerOf, streamPrefix: prefix, clock }) }),
    upload: async (store) => {
      const now = clock.now();
      const items = await putItems(store.entries(now), options);
      return { items, removed: await removeOthers((item) => store.getNow([item])[0] !== undefined, options) };
    },
    close: () => {
      close();
      for (const client of [dynamo, kinesis]) client.destroy();
    },
  };
}

async function keyOf(secret: string, place: { region: string; endpoint?: string }) {
  const { SecretString = '' } = await new SecretsManagerClient(place).send(new GetSecretValueCommand({ SecretId: secret }));
  return keysFromSecret(SecretString, secret).current();
}
