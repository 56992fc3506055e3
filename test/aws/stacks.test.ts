// What an account would get: read off the synthesised templates, which the security rules have passed.
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BATCH_FUNCTIONS } from '../../lib/stacks/batch-stack.ts';
import { FUNCTIONS, LAKE_FUNCTIONS } from '../../lib/stacks/functions.ts';
import { LAYERS, MODEL_LAYERS } from '../../lib/stacks/stage.ts';
import { loadMachine } from '../../lib/workflow/index.ts';
import { policiesOf, statementsOf } from './support/policies.ts';
import { named, ofType, only, synthesise, textOf, type SynthesisedStage } from './support/stage.ts';

let dev: SynthesisedStage;
const made: string[] = [];
const stage = async (context: Record<string, string>) => {
  const one = await synthesise(context);
  made.push(one.folder);
  return one;
};
beforeAll(async () => { dev = await stage({ stage: 'dev' }); }, 120_000);
afterAll(async () => { for (const folder of made) await rm(folder, { recursive: true, force: true }); });

const all = () => ({ ...dev.foundation, ...dev.batch, ...dev.stream, ...dev.serving, ...dev.learning });

describe('data', () => {
  it('has no Iceberg table in a template, whose next update would unhinge it', () => {
    expect(ofType(all(), 'AWS::Glue::Table')).toEqual([]);
    expect(ofType(dev.foundation, 'AWS::Glue::Database').map(([, { Properties }]) => (Properties['DatabaseInput'] as { Name: string }).Name).sort())
      .toEqual(LAYERS.map((layer) => `millrace_dev_${layer}`).sort());
  });

  it('has a database for every folder of models', async () => {
    expect((await readdir(join(import.meta.dirname, '../../sql'))).filter((name) => name !== 'audits' && !MODEL_LAYERS.some((layer) => layer === name))).toEqual([]);
  });

  it('stays when the stacks go: buckets, key, databases, the secret, the tables', () => {
    const kept = ['AWS::S3::Bucket', 'AWS::KMS::Key', 'AWS::Glue::Database', 'AWS::SecretsManager::Secret', 'Custom::MillraceTables'];
    for (const type of kept) {
      const found = ofType(all(), type);
      expect(found.length, type).toBeGreaterThan(0);
      for (const [id, { DeletionPolicy, UpdateReplacePolicy }] of found) expect([id, DeletionPolicy, UpdateReplacePolicy]).toEqual([id, 'Retain', 'Retain']);
    }
    expect(ofType(all(), 'Custom::S3AutoDeleteObjects')).toEqual([]);
  });

  it('is all that stays: the batch can be destroyed and deployed again under the same names', () => {
    expect(Object.entries(dev.batch).filter(([, { DeletionPolicy }]) => DeletionPolicy === 'Retain').map(([, { Type }]) => Type)).toEqual(['Custom::MillraceTables']);
  });

  it('goes with the stacks only where the stage and the command both say so', async () => {
    const scratch = await stage({ stage: 'scratch' });
    expect(ofType(scratch.foundation, 'AWS::S3::Bucket').every(([, { DeletionPolicy }]) => DeletionPolicy === 'Retain')).toBe(true);
    const deleting = await stage({ stage: 'scratch', delete: 'scratch' });
    expect(ofType(deleting.foundation, 'AWS::S3::Bucket').every(([, { DeletionPolicy }]) => DeletionPolicy === 'Delete')).toBe(true);
    await expect(stage({ stage: 'dev', delete: 'dev' })).rejects.toMatchObject({ code: 'usage', message: expect.stringContaining('not deletable') as string });
  });

  it('lies in private, encrypted buckets that speak TLS alone', () => {
    const policies = JSON.stringify(ofType(dev.foundation, 'AWS::S3::BucketPolicy'));
    for (const [id, { Properties }] of ofType(dev.foundation, 'AWS::S3::Bucket')) {
      expect(Properties['PublicAccessBlockConfiguration']).toEqual({ BlockPublicAcls: true, BlockPublicPolicy: true, IgnorePublicAcls: true, RestrictPublicBuckets: true });
      expect(JSON.stringify(Properties['BucketEncryption'])).toMatch(textOf(Properties['BucketName']).includes('access-logs') ? /AES256/ : /aws:kms/);
      expect(policies).toContain(id);
    }
    const insecure = ofType(dev.foundation, 'AWS::S3::BucketPolicy').map(([, { Properties }]) => JSON.stringify(Properties));
    expect(insecure).toHaveLength(6);
    for (const policy of insecure) expect(policy).toContain('"aws:SecureTransport":"false"');
  });

  it('never expires in the lake or the landing bucket', () => {
    const expiring = ofType(dev.foundation, 'AWS::S3::Bucket').filter(([, { Properties }]) => Properties['LifecycleConfiguration'] !== undefined);
    expect(expiring.map(([, { Properties }]) => textOf(Properties['BucketName'])).sort()).toEqual(['millrace-dev-access-logs-ACCOUNT-REGION', 'millrace-dev-failed-ACCOUNT-REGION', 'millrace-dev-models-ACCOUNT-REGION', 'millrace-dev-results-ACCOUNT-REGION']);
  });

  it('is scanned within a limit that no query can lift', () => {
    const [, workgroup] = only(dev.foundation, 'AWS::Athena::WorkGroup');
    expect(workgroup.Properties).toMatchObject({
      Name: 'millrace-dev-batch', RecursiveDeleteOption: false,
      WorkGroupConfiguration: { EnforceWorkGroupConfiguration: true, BytesScannedCutoffPerQuery: 10 * 2 ** 30, ResultConfiguration: { EncryptionConfiguration: { EncryptionOption: 'SSE_KMS' } } },
    });
  });

  it('leaves nothing readable in logs: every log group is encrypted', () => {
    for (const [id, { Properties }] of ofType(all(), 'AWS::Logs::LogGroup')) expect([id, Properties['KmsKeyId'] !== undefined]).toEqual([id, true]);
  });
});

describe('the functions', () => {
  it('are those that the workflows call, and the one that applies tables', () => {
    const deployed = ofType(all(), 'AWS::Lambda::Function').map(([, { Properties }]) => Properties['FunctionName']).filter((name) => typeof name === 'string').sort();
    expect(deployed).toEqual(FUNCTIONS.map((name) => `millrace-dev-${name}`).sort());
    const called = new Set(Array.from(JSON.stringify(dev.definition).matchAll(/\$\{fn_(\w+)\}/g), ([, name]) => name));
    expect([...called, 'apply'].sort()).toEqual(Object.keys(BATCH_FUNCTIONS).sort());
  });

  it('run on Node 24 on the machine that DuckDB is brought for, traced, with encrypted settings', () => {
    for (const [, { Properties }] of ofType(all(), 'AWS::Lambda::Function').filter(([, one]) => typeof one.Properties['FunctionName'] === 'string')) {
      expect(Properties).toMatchObject({ Runtime: 'nodejs24.x', Architectures: ['x86_64'], Handler: 'index.handler', TracingConfig: { Mode: 'Active' } });
      expect(Properties['KmsKeyArn']).toBeDefined();
    }
  });

  it('may nothing by wildcard, and touch only the layers that are their duty', () => {
    for (const [name, statements] of [...policiesOf(dev.batch, 'millrace-dev-'), ...policiesOf(dev.serving, 'millrace-dev-'), ...policiesOf(dev.learning, 'millrace-dev-')]) {
      expect(statements.flatMap(({ actions }) => actions).filter((action) => action.includes('*')), name).toEqual([]);
      const { reads = [], writes = [], landing, notes, privacyKeys } = LAKE_FUNCTIONS[name] ?? { description: '' };
      const reachable = (actions: RegExp) => [...new Set(statements.filter((one) => one.actions.some((action) => actions.test(action)))
        .flatMap(({ resources }) => resources.flatMap((resource) => /-lake-ACCOUNT-REGION\/(\w+)\/\*$/.exec(resource)?.[1] ?? [])))].sort();
      expect([name, reachable(/s3:(Put|Delete)Object$/)]).toEqual([name, [...writes].sort()]);
      const published = [...reads, ...writes].some((layer) => MODEL_LAYERS.some((one) => one === layer)) ? ['staging'] : [];
      expect([name, reachable(/s3:GetObject$/)]).toEqual([name, [...new Set([...reads, ...writes, ...published])].sort()]);
      const dropped = statements.filter(({ actions }) => actions.includes('glue:DeleteTable')).flatMap(({ resources }) => resources).filter((resource) => resource.includes('/'));
      expect([name, dropped.every((resource) => resource.includes('millrace_dev_staging'))]).toEqual([name, true]);
      const text = JSON.stringify(statements);
      expect([name, text.includes('/ops/_runs/*')]).toEqual([name, notes === true]);
      expect([name, text.includes('-landing-')]).toEqual([name, landing === true]);
      expect([name, text.includes('secretsmanager:')]).toEqual([name, privacyKeys === true]);
    }
  });
});

describe('the workflow', () => {
  const machine = () => named(dev.batch, 'AWS::StepFunctions::StateMachine', 'StateMachineName', 'millrace-dev-batch')[1].Properties;

  it('is deployed as the very definition that the embedded home interprets', () => {
    const deployed = JSON.parse(textOf(machine()['DefinitionString'])) as unknown;
    expect(deployed).toEqual(dev.definition);
    loadMachine(deployed, ['arn:aws:states:::lambda:invoke', 'arn:aws:states:::athena:startQueryExecution.sync', 'arn:aws:states:::sns:publish']);
  });

  it('has a value for every placeholder, and no placeholder too many', () => {
    const placeholders = new Set(Array.from(JSON.stringify(dev.definition).matchAll(/\$\{(\w+)\}/g), ([, name]) => name));
    const given = Object.keys(machine()['DefinitionSubstitutions'] as object);
    expect(given.filter((name) => name !== 'fn_apply').sort()).toEqual([...placeholders].sort());
  });

  it('writes through Athena into staging alone', () => {
    const statements = statementsOf(dev.batch, textOf(machine()['RoleArn']).slice(1, -1));
    const written = statements.filter(({ actions }) => actions.includes('s3:PutObject')).flatMap(({ resources }) => resources);
    expect(written.sort()).toEqual(['arn:aws:s3:::millrace-dev-lake-ACCOUNT-REGION/staging/*', 'arn:aws:s3:::millrace-dev-results-ACCOUNT-REGION/athena/*']);
    const updated = statements.filter(({ actions }) => actions.includes('glue:UpdateTable')).flatMap(({ resources }) => resources).filter((resource) => resource.includes('database/'));
    expect(updated).toEqual(['arn:aws:glue:eu-central-1:ACCOUNT:database/millrace_dev_staging']);
  });

  it('runs every night in the zone of the shop', () => {
    expect(named(dev.batch, 'AWS::Scheduler::Schedule', 'Name', 'millrace-dev-batch-nightly')[1].Properties).toMatchObject({ ScheduleExpression: expect.stringMatching(/^cron\(0 3 /) as string, ScheduleExpressionTimezone: 'America/Sao_Paulo' });
  });
});

describe('a file that lands', () => {
  it('wakes the ingest function, and nothing but a file of our landing bucket does', () => {
    const [, rule] = only(dev.batch, 'AWS::Events::Rule');
    expect(JSON.parse(JSON.stringify(rule.Properties['EventPattern']))).toMatchObject({ source: ['aws.s3'], 'detail-type': ['Object Created'] });
    expect(textOf((rule.Properties['EventPattern'] as { detail: { bucket: { name: unknown[] } } }).detail.bucket.name[0])).toBe('millrace-dev-landing-ACCOUNT-REGION');
    const bucket = ofType(dev.foundation, 'AWS::S3::Bucket').find(([, { Properties }]) => textOf(Properties['BucketName']).includes('landing'));
    expect(bucket?.[1].Properties).toMatchObject({ NotificationConfiguration: { EventBridgeConfiguration: { EventBridgeEnabled: true } }, VersioningConfiguration: { Status: 'Enabled' } });
  });

  it('and cannot be taken waits in a queue that an alarm watches, whether it was not handed over or failed', () => {
    const [id] = only(dev.batch, 'AWS::SQS::Queue');
    const [, rule] = only(dev.batch, 'AWS::Events::Rule');
    expect(textOf((rule.Properties['Targets'] as { DeadLetterConfig: { Arn: unknown } }[])[0]?.DeadLetterConfig.Arn)).toBe(`<${id}>`);
    const [, invoke] = only(dev.batch, 'AWS::Lambda::EventInvokeConfig');
    expect(textOf((invoke.Properties['DestinationConfig'] as { OnFailure: { Destination: unknown } }).OnFailure.Destination)).toBe(`<${id}>`);
  });
});

describe('people', () => {
  it('are told: every alarm ends in the topic, and the topic in a mailbox', () => {
    const [topic] = only(dev.batch, 'AWS::SNS::Topic');
    const alarms = ofType(dev.batch, 'AWS::CloudWatch::Alarm');
    expect(alarms.map(([, { Properties }]) => Properties['AlarmName']).sort())
      .toEqual(['millrace-dev-batch-failed', 'millrace-dev-batch-timed-out', 'millrace-dev-ingest-errors', 'millrace-dev-missed-files', 'millrace-dev-upkeep-failed', 'millrace-dev-upkeep-timed-out']);
    for (const [, { Properties }] of alarms) expect((Properties['AlarmActions'] as unknown[]).map(textOf)).toEqual([`<${topic}>`]);
    expect(only(dev.batch, 'AWS::SNS::Subscription')[1].Properties).toMatchObject({ Protocol: 'email', Endpoint: 'data@example.org' });
  });
});

describe('the key', () => {
  it('serves the alarms and the events that arrive encrypted, and the logs', () => {
    const { Statement } = only(dev.foundation, 'AWS::KMS::Key')[1].Properties['KeyPolicy'] as { Statement: { Principal: { Service?: unknown } }[] };
    const services = Statement.flatMap(({ Principal }) => [Principal.Service ?? []].flat().map(textOf)).sort();
    expect(services).toEqual(['cloudwatch.amazonaws.com', 'events.amazonaws.com', 'logs.eu-central-1.amazonaws.com']);
    expect(only(dev.foundation, 'AWS::KMS::Key')[1].Properties).toMatchObject({ EnableKeyRotation: true });
  });
});

describe('a second stage', () => {
  it('shares no name with the first', async () => {
    const names = (one: SynthesisedStage) => Object.values({ ...one.foundation, ...one.batch }).flatMap(({ Properties = {} }) =>
      ['BucketName', 'FunctionName', 'StateMachineName', 'QueueName', 'TopicName', 'AlarmName', 'LogGroupName', 'AliasName'].flatMap((key) => (Properties[key] === undefined ? [] : [textOf(Properties[key])]))).filter((name) => !name.startsWith('<'));
    const second = names(await stage({ stage: 'scratch' }));
    expect(second.length).toBeGreaterThan(25);
    expect(second.filter((name) => names(dev).includes(name))).toEqual([]);
  });

  it('that nobody declared is refused with those that are', async () => {
    await expect(stage({ stage: 'staging' })).rejects.toMatchObject({ code: 'usage', todo: expect.stringContaining('dev, shared, scratch') as string });
  });
});
