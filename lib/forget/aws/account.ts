// What forgetting a person needs, in a deployed stage: its lake over S3 and Glue, its batch, its landing bucket with all versions, the tables of the API and of the
// online features; by the names that lib/stacks gives, with the credentials of this shell. Files are read and written again on this machine.
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { S3Client } from '@aws-sdk/client-s3';
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { MillraceError, messageOf, type Clock } from '../../base/index.ts';
import { awsRequests, endpointIn } from '../../base/aws/index.ts';
import { Journal } from '../../batch/index.ts';
import type { FeatureSet } from '../../features/index.ts';
import { keysFromSecret, sweepFailures, type IngestContext, type PrivacyKeys } from '../../ingest/index.ts';
import { Database, publishTo } from '../../lake/duckdb/index.ts';
import { openAccountModels } from '../../learning/aws/index.ts';
import { OpsLog } from '../../quality/index.ts';
import { openAccountTables } from '../../warehouse/athena/index.ts';
import { onlineFeatures, rememberedAnswers, type OpenStore } from '../stores.ts';
import type { ForgetContext } from '../types.ts';
import { queryResults, servingFiles } from './beside.ts';
import { stageMachines } from './machine.ts';
import { deleteVersion, versionsOf } from './objects.ts';
import { itemTable } from './tables.ts';

export interface AccountForgetOptions extends Pick<ForgetContext, 'project' | 'liftedTags'> {
  /** `millrace-dev` */
  stage: string;
  region: string;
  /** Its number; default: the account of the credentials. */
  account?: string;
  features: FeatureSet;
  clock: Clock;
  signal?: AbortSignal;
  /** Says where services are, if elsewhere than in the region: `AWS_ENDPOINT_URL_SFN` and so on. */
  environment?: Readonly<Record<string, string | undefined>>;
}

/** All of a stage's databases. */
const NAMESPACES = ['bronze', 'silver', 'gold', 'features', 'training', 'ops', 'staging'];
/** Notes of files that are too big for a function: no records. */
const NO_RECORDS = 'big-files/';
/** What DuckDB may hold in memory before it spills to this machine's disk. */
const MEMORY_LIMIT = '1500MB';
const AT_ONCE = 100;

/** Whoever opens it closes it. @throws `usage` without credentials, `io` where the keys of privacy may not be read */
export async function openAccountForget({ stage, region, account: given, project, features, liftedTags, clock, signal, environment = {} }: AccountForgetOptions): Promise<ForgetContext & { close(): Promise<void> }> {
  const at = (service: string): { region: string; endpoint?: string } => {
    const endpoint = endpointIn(environment, service);
    return { region, ...(endpoint === undefined ? {} : { endpoint }) };
  };
  const models = await openAccountModels({ stage, region, clock, environment, ...(given === undefined ? {} : { account: given }) });
  const { account } = models;
  const bucket = (name: string): string => `${stage}-${name}-${account}-${region}`;
  const tables = openAccountTables({ stage, region, account, namespaces: NAMESPACES, clock, environment });
  const { lake, files } = tables;
  const s3 = new S3Client({ ...at('S3'), ...(at('S3').endpoint === undefined ? {} : { forcePathStyle: true }) });
  const dynamo = new DynamoDBClient(at('DYNAMODB'));
  const credentials = () => dynamo.config.credentials();
  const states = awsRequests({ service: 'states', ...at('SFN'), clock, credentials, timeoutMilliseconds: 20_000 });
  const lambda = awsRequests({ service: 'lambda', ...at('LAMBDA'), clock, credentials, timeoutMilliseconds: 280_000, tries: 1 });
  const scratch = await mkdtemp(path.join(tmpdir(), 'millrace-forget-'));
  let database: Database | undefined;
  const close = async (): Promise<void> => {
    database?.close();
    tables.close();
    models.close();
    for (const client of [s3, dynamo]) client.destroy();
    await rm(scratch, { recursive: true, force: true });
  };
  try {
    const keys = await keysOf(`${stage}-privacy-keys`, at('SECRETS_MANAGER'));
    const temporaryFolder = path.join(scratch, 'ingest');
    await mkdir(temporaryFolder);
    const opened = database = await Database.open({ temporaryFolder: path.join(scratch, 'spill'), memoryLimit: MEMORY_LIMIT });
    const ingest: IngestContext = { lake, clock, keys, contracts: project.sources, database: opened, temporaryFolder };
    const machines = stageMachines({ requests: states, place: `arn:${partitionOf(region)}:states:${region}:${account}`, stage, clock, signal });
    const table = (name: string): OpenStore => async () => {
      const store = await itemTable({ client: dynamo, table: `${stage}-${name}`, clock });
      return store === undefined ? undefined : { ...store, close: async () => undefined };
    };
    return {
      clock, project, ingest, liftedTags, ...(signal === undefined ? {} : { signal }),
      ops: new OpsLog({ lake, database: async () => opened, remote: { scratch, upload: (written, folder) => publishTo(files, written, folder) } }),
      journal: new Journal(files, `s3://${bucket('lake')}/ops/_runs`),
      async alone(work) {
        await machines.idle();
        return work();
      },
      // Whole: which months the deleted rows touched would be asked of two snapshots at once, and one of them is about to go.
      compute: (options) => machines.run({ ...options, full: true }),
      async sweep() {
        const failed = `s3://${bucket('failed')}`;
        const waiting: string[] = [];
        for await (const { path: each } of files.list(failed)) if (!each.startsWith(`${failed}/${NO_RECORDS}`)) waiting.push(each);
        for (let from = 0; from < waiting.length; from += AT_ONCE) {
          const part = waiting.slice(from, from + AT_ONCE);
          const objects = (await Promise.all(part.map(async (each) => ({ name: each.slice(failed.length + 1), bytes: await files.read(each).catch(goneMeanwhile) })))).flatMap(({ name, bytes }) => (bytes === undefined ? [] : [{ name, bytes }]));
          await sweepFailures(ingest, objects, { streamPrefix: `${stage}-`, ...(signal === undefined ? {} : { signal }) });
          for (const each of part) await files.delete(each);
        }
      },
      landed: {
        exists: async (file) => file.startsWith('s3://') && (await versionsOf(s3, file)).some(({ isMarker }) => !isMarker),
        async delete(file) {
          let refusal: string | undefined;
          for (const version of await versionsOf(s3, file)) await deleteVersion(s3, version).catch((error: unknown) => void (refusal ??= messageOf(error)));
          return refusal;
        },
      },
      beside: [
        onlineFeatures(table('online'), features.views, project, 'millrace features backfill --stage'), rememberedAnswers(table('api')),
        servingFiles({ client: s3, bucket: bucket('models'), lambda, stage }), queryResults(s3, bucket('results')),
      ],
      unreached: () => [
        'records under way come later, and want the same again then: those in the streams until their retention ends, in Firehose\'s buffers, and below waiting/ of the bucket of models',
        'what was exchanged with training jobs goes after 30 days, files of broken-off runs with the nightly upkeep, what online features of others counted with its windows',
        'backups, copies elsewhere and objects under a legal hold are yours to deal with',
      ],
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** The function that sweeps may have been quicker. */
function goneMeanwhile(error: unknown): undefined {
  if (error instanceof MillraceError && error.code === 'not_found') return undefined;
  throw error;
}

async function keysOf(secret: string, place: { region: string; endpoint?: string }): Promise<PrivacyKeys> {
  const client = new SecretsManagerClient(place);
  try {
    const { SecretString = '' } = await client.send(new GetSecretValueCommand({ SecretId: secret }));
    return keysFromSecret(SecretString, secret);
  } catch (cause) {
    if (cause instanceof MillraceError) throw cause;
    throw new MillraceError('io', `the keys of privacy cannot be read: ${messageOf(cause)}`, { where: secret, todo: 'Without them pseudonyms and closed records are not found. Allow secretsmanager:GetSecretValue on the secret, and kms:Decrypt on its key.', cause });
  } finally {
    client.destroy();
  }
}

function partitionOf(region: string): string {
  return region.startsWith('cn-') ? 'aws-cn' : region.startsWith('us-gov-') ? 'aws-us-gov' : 'aws';
}
