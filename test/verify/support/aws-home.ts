// A home in a rehearsed account: what the foundation stack makes, and the batch workflow over the very functions of lambdas/.
import { AthenaClient, CreateWorkGroupCommand, GetQueryExecutionCommand, StartQueryExecutionCommand } from '@aws-sdk/client-athena';
import { CreateDatabaseCommand, GlueClient } from '@aws-sdk/client-glue';
import { CreateBucketCommand, PutObjectCommand, S3Client, type ListObjectsV2Command } from '@aws-sdk/client-s3';
import { CreateSecretCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ingest } from '../../../lambdas/ingest/index.ts';
import { maintain, type MaintainEvent } from '../../../lambdas/maintain/index.ts';
import { awsContext } from '../../../lambdas/shared/context.ts';
import { discoverBatches } from '../../../lambdas/shared/discover.ts';
import type { Settings } from '../../../lambdas/shared/settings.ts';
import { withDuckDb } from '../../../lambdas/shared/with-duckdb.ts';
import { systemClock, uuidv7, type Clock } from '../../../lib/base/index.ts';
import { BATCH_TASKS, type BatchContext, type BatchTask, type FileBatch, type ProjectFile } from '../../../lib/batch/index.ts';
import { LAYERS } from '../../../lib/stacks/stage.ts';
import { UPKEEP_MACHINE } from '../../../lib/stacks/upkeep-machine.ts';
import { Interpreter, StateFailure, type Json, type Outcome, type StateMachine } from '../../../lib/workflow/index.ts';
import type { AwsRehearsal } from './aws-rehearsal.ts';
import { asFunction, watchClients } from './calls-to-aws.ts';

export const DATABASE_PREFIX = 'millrace_rehearsal_';
/** As the stacks name them, but for account and region. */
export const BUCKETS = { lake: 'millrace-rehearsal-lake', landing: 'millrace-rehearsal-landing', results: 'millrace-rehearsal-results' };
/** Of another stage than the rehearsal's. */
export interface StageNames { app: string; stage: string; databasePrefix: string; buckets: typeof BUCKETS }
const REHEARSAL: StageNames = { app: 'millrace', stage: 'rehearsal', databasePrefix: DATABASE_PREFIX, buckets: BUCKETS };

/** As CDK's generated secret has it. */
export const SECRET = JSON.stringify({ current: 'k1', k1: 'Zk3n8vQ2xL7wR5tY1uI9oP4aS6dF0gH2jK8lZ3xC5vB7nM1qW9eR4tY6uI2oP0aS' });

export interface AwsHome {
  context: BatchContext;
  /** Puts the files below a folder into the landing bucket. */
  land(folder: string): Promise<void>;
  /** As the rule of the landing bucket calls the ingest function. */
  announce(key: string): Promise<unknown>;
  /** `call` stands for Lambda; default: the functions of lambdas/ in this process. `input`: of the execution. */
  run(definition: StateMachine, call?: CallFunction, input?: Json): Promise<{ outcome: Outcome; calls: string[]; longestPayload: number }>;
  /** A night's upkeep: the machine over the function of lambdas/. */
  upkeep(): Promise<{ outcome: Outcome; steps: string[] }>;
  /** What a function has in its environment, the places of the services included. */
  environment: Record<string, string>;
  /** Files that a listing a quarter of an hour from now would find to be read. */
  discoverLater(): Promise<FileBatch[]>;
}

/** Takes and gives JSON. */
export type CallFunction = (name: string, payload: string) => Promise<string>;

export async function makeAwsHome(aws: AwsRehearsal, project: ProjectFile, scratch: string, shop: { timeZone: string; currency: string }, clock: Clock = systemClock, { app, stage, databasePrefix, buckets }: StageNames = REHEARSAL): Promise<AwsHome> {
  const workgroup = `${app}-${stage}-batch`;
  // As in Lambda, the clients of the functions find credentials and region in the environment.
  Object.assign(process.env, { AWS_ACCESS_KEY_ID: aws.credentials.accessKeyId, AWS_SECRET_ACCESS_KEY: aws.credentials.secretAccessKey, AWS_REGION: aws.region });
  watchClients();
  const settings = { region: aws.region, credentials: aws.credentials };
  const s3 = new S3Client({ ...settings, endpoint: aws.endpoints.s3, forcePathStyle: true });
  const glue = new GlueClient({ ...settings, endpoint: aws.endpoints.glue });
  const athena = new AthenaClient({ ...settings, endpoint: aws.endpoints.athena });
  for (const Bucket of Object.values(buckets)) await s3.send(new CreateBucketCommand({ Bucket, CreateBucketConfiguration: { LocationConstraint: 'eu-central-1' } }));
  for (const layer of LAYERS) await glue.send(new CreateDatabaseCommand({ DatabaseInput: { Name: databasePrefix + layer } }));
  await athena.send(new CreateWorkGroupCommand({
    Name: workgroup,
    Configuration: { EnforceWorkGroupConfiguration: true, BytesScannedCutoffPerQuery: 10 * 2 ** 30, ResultConfiguration: { OutputLocation: `s3://${buckets.results}/athena/` } },
  }));
  const secrets = new SecretsManagerClient({ ...settings, endpoint: aws.endpoints.s3 });
  const { ARN = '' } = await secrets.send(new CreateSecretCommand({ Name: `${app}-${stage}-privacy-keys`, SecretString: SECRET }));
  const environment: Settings = {
    MILLRACE_APP: app, MILLRACE_STAGE: stage, MILLRACE_LAKE: `s3://${buckets.lake}`, MILLRACE_LANDING: `s3://${buckets.landing}`,
    MILLRACE_WORKGROUP: workgroup, MILLRACE_PRIVACY_KEYS: ARN, MILLRACE_SHOP_TIME_ZONE: shop.timeZone, MILLRACE_SHOP_CURRENCY: shop.currency, MILLRACE_SCRATCH_MB: '10240',
  };
  // What a function is given has been JSON before.
  const context = await awsContext({
    settings: environment, project: JSON.parse(JSON.stringify(project)) as ProjectFile, scratch, fileParts: withDuckDb, region: aws.region, clock,
    endpoints: { ...aws.endpoints, secretsManager: aws.endpoints.s3 },
  });
  const functions: Record<string, BatchTask> = { ...BATCH_TASKS, ingest: ingest as BatchTask };
  const inThisProcess: CallFunction = (name, payload) => asFunction(name, async () => JSON.stringify(await functions[name]!(context, JSON.parse(payload) as never)));
  return {
    context,
    environment: {
      ...environment, AWS_ACCESS_KEY_ID: aws.credentials.accessKeyId, AWS_SECRET_ACCESS_KEY: aws.credentials.secretAccessKey, AWS_REGION: aws.region,
      AWS_ENDPOINT_URL_S3: aws.endpoints.s3, AWS_ENDPOINT_URL_GLUE: aws.endpoints.glue, AWS_ENDPOINT_URL_ATHENA: aws.endpoints.athena, AWS_ENDPOINT_URL_SECRETS_MANAGER: aws.endpoints.s3,
    },
    discoverLater: () => discoverBatches({ client: longAgo(s3), landing: environment.MILLRACE_LANDING, contracts: context.project.sources, lake: context.lake, engine: context.engine }),
    async land(folder) {
      for (const name of await readdir(folder, { recursive: true, withFileTypes: true })) {
        if (!name.isFile()) continue;
        const path = join(name.parentPath, name.name);
        await s3.send(new PutObjectCommand({ Bucket: buckets.landing, Key: path.slice(folder.length + 1), Body: await readFile(path) }));
      }
    },
    announce: (key) => asFunction('ingest', () => ingest(context, { 'detail-type': 'Object Created', detail: { bucket: { name: buckets.landing }, object: { key } } } as Parameters<typeof ingest>[1])),
    async upkeep() {
      const steps: string[] = [];
      const interpreter = new Interpreter(UPKEEP_MACHINE, {
        clock, random: Math.random,
        resources: {
          'arn:aws:states:::aws-sdk:sfn:listExecutions': async () => ({ Executions: [] }),
          'arn:aws:states:::lambda:invoke': async (argument) => {
            const { Payload } = argument as { Payload: Record<string, Json> };
            steps.push(String(Payload['step']));
            const answer = await asFunction('maintain', () => maintain(context, JSON.parse(JSON.stringify(Payload)) as MaintainEvent, { keepSnapshotsHours: 0, keepStreamSnapshotsHours: 0, keepAtLeast: 1, orphansAfterHours: 1 }, 900_000));
            return { Payload: JSON.parse(JSON.stringify(answer)) as Json };
          },
        },
      });
      return { outcome: await interpreter.run({}, { id: 'upkeep', name: 'upkeep' }), steps };
    },
    async run(definition, call = inThisProcess, input = {}) {
      const calls: string[] = [];
      let longestPayload = 0;
      const interpreter = new Interpreter(definition, {
        clock,
        random: Math.random,
        resources: {
          'arn:aws:states:::lambda:invoke': async (argument) => {
            const { FunctionName, Payload } = argument as { FunctionName: string; Payload: Record<string, Json> };
            const name = FunctionName.slice('${fn_'.length, -1);
            calls.push([name, Payload['model']].filter(Boolean).join(' '));
            const answer = await call(name, JSON.stringify(Payload));
            longestPayload = Math.max(longestPayload, Buffer.byteLength(answer));
            return { Payload: JSON.parse(answer) as Json };
          },
          'arn:aws:states:::athena:startQueryExecution.sync': (argument) => {
            const { QueryString, WorkGroup } = argument as { QueryString: string; WorkGroup: string };
            if (WorkGroup !== '${workgroup}') throw new Error(`the workgroup is ${WorkGroup}`);
            calls.push('query');
            return execute(athena, QueryString, workgroup, clock);
          },
          'arn:aws:states:::sns:publish': async (argument) => { calls.push(`notify ${JSON.stringify(argument)}`); return {}; },
        },
      });
      const runId = uuidv7(clock.now());
      return { outcome: await interpreter.run(input, { id: runId, name: runId }), calls, longestPayload };
    },
  };
}

/** The same bucket, as if everything in it were a quarter of an hour older. */
function longAgo(s3: S3Client): S3Client {
  const send = async (command: unknown): Promise<unknown> => {
    const answer = await s3.send(command as ListObjectsV2Command);
    for (const object of answer.Contents ?? []) if (object.LastModified !== undefined) object.LastModified = new Date(object.LastModified.getTime() - 900_000);
    return answer;
  };
  return new Proxy(s3, { get: (target, key, receiver) => (key === 'send' ? send : Reflect.get(target, key, receiver) as unknown) });
}

/** What Step Functions does for `.sync`: starts, waits, and fails with what Athena says. */
async function execute(athena: AthenaClient, sql: string, workgroup: string, clock: Clock): Promise<Json> {
  const { QueryExecutionId } = await athena.send(new StartQueryExecutionCommand({ QueryString: sql, WorkGroup: workgroup }))
    .catch((cause: Error) => { throw new StateFailure(`Athena.${cause.name}`, cause.message); });
  for (;;) {
    const { QueryExecution } = await athena.send(new GetQueryExecutionCommand({ QueryExecutionId }));
    const { State, StateChangeReason = '' } = QueryExecution?.Status ?? {};
    if (State === 'SUCCEEDED') return { QueryExecution: { QueryExecutionId: QueryExecutionId ?? '' } };
    if (State === 'FAILED' || State === 'CANCELLED') throw new StateFailure('States.TaskFailed', `${StateChangeReason}\n${sql.slice(0, 500)}`);
    await clock.sleep(50);
  }
}
