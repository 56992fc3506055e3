// The event source mapping's function: events of a stream folded into the online features.
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { MillraceError, systemClock } from '../../lib/base/index.ts';
import { contractFromJson } from '../../lib/contracts/index.ts';
import { compileFeatures, featuresHandler } from '../../lib/features/index.ts';
import { openDynamoDbStore, sdkDynamoDb } from '../../lib/features/aws/index.ts';
import { openEventChecker, type EventChecker } from '../../lib/ingest/events/index.ts';
import { EVENT_PLANS } from '../shared/event-plans.ts';
import { FEATURE_PLANS } from '../shared/feature-plans.ts';
import { keyFromExtension } from '../validate/secrets-extension.ts';
import { featureMetrics } from './metrics.ts';

const { env } = process;
const setting = (name: string): string => {
  const value = env[name];
  if (value === undefined || value === '') throw new MillraceError('usage', `the environment lacks ${name}`, { where: env['AWS_LAMBDA_FUNCTION_NAME'] ?? 'the function', todo: 'Deploy the stream stack again.' });
  return value;
};

const stage = `${setting('MILLRACE_APP')}-${setting('MILLRACE_STAGE')}`;
const endpoint = env['MILLRACE_DYNAMODB_ENDPOINT'];

/** Pseudonyms are features' entities too; contracts without personal columns need no key. */
const needsKey = EVENT_PLANS.some(({ personal }) => Object.keys(personal).length > 0);
const key = needsKey ? keyFromExtension({
  secret: setting('MILLRACE_PRIVACY_KEYS'), endpoint: `http://localhost:${env['PARAMETERS_SECRETS_EXTENSION_HTTP_PORT'] ?? '2773'}`, token: env['AWS_SESSION_TOKEN'] ?? '', clock: systemClock,
}) : undefined;

const checkers = new Map<string, EventChecker>();
async function checkerOf(stream: string): Promise<EventChecker> {
  const current = await key?.();
  const name = `${stream} ${current?.id ?? ''}`;
  const known = checkers.get(name);
  if (known !== undefined) return known;
  const checker = openEventChecker({ plans: EVENT_PLANS, defaultType: stream, ...(current === undefined ? {} : { key: current }) });
  checkers.set(name, checker);
  return checker;
}

export const handler = featuresHandler({
  store: openDynamoDbStore({ calls: sdkDynamoDb(new DynamoDBClient(endpoint === undefined ? {} : { endpoint })), table: setting('MILLRACE_ONLINE_TABLE'), clock: systemClock }),
  features: compileFeatures(FEATURE_PLANS, new Map(FEATURE_PLANS.contracts.map((text) => contractFromJson(text)).map((contract) => [contract.name, contract]))),
  checkerOf,
  streamPrefix: setting('MILLRACE_STREAM_PREFIX'),
  clock: systemClock,
  // Past the console, which would wrap the line: the service reads metrics from lines that are nothing else.
  onBatch: (counters, error) => process.stdout.write(`${featureMetrics(counters, error, stage, systemClock.now())}\n`),
});
