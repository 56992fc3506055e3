// What the stream would be in an account: read off the synthesised template, which the security rules have passed.
import validate from 'asl-validator';
import { describe, expect, it } from 'vitest';
import { ONLINE_TABLE } from '../../lib/features/aws/index.ts';
import { refreshMachine } from '../../lib/stacks/refresh-machine.ts';
import { ONLINE_KEYS } from '../../lib/stacks/stream-stack.ts';
import { streamsOf } from '../../lib/stacks/streams-of.ts';
import { Interpreter, type Json } from '../../lib/workflow/index.ts';
import { VirtualClock } from '../support/virtual-clock.ts';
import { policiesOf, statementsOf } from './support/policies.ts';
import { named, ofType, only, textOf, withStages, type Properties, type SynthesisedStage } from './support/stage.ts';

let dev: SynthesisedStage;
let shared: SynthesisedStage;
withStages((one, other) => { [dev, shared] = [one, other]; });

const streamOf = (one: SynthesisedStage, contract = 'events') => named(one.stream, 'AWS::Kinesis::Stream', 'Name', `millrace-${one === dev ? 'dev' : 'shared'}-${contract}`)[1];
const functionOf = (name: string) => named(dev.stream, 'AWS::Lambda::Function', 'FunctionName', `millrace-dev-${name}`);

describe('a stream', () => {
  it('is there for each contract that declares one, on demand, encrypted with our key, kept when the stack goes', () => {
    expect(ofType(dev.stream, 'AWS::Kinesis::Stream').map(([, { Properties }]) => Properties['Name']).sort()).toEqual(['millrace-dev-events', 'millrace-dev-outcomes', 'millrace-dev-predictions', 'millrace-dev-transactions']);
    const { Properties, DeletionPolicy, UpdateReplacePolicy } = streamOf(dev);
    expect(Properties).toMatchObject({ StreamModeDetails: { StreamMode: 'ON_DEMAND' }, RetentionPeriodHours: 168, StreamEncryption: { EncryptionType: 'KMS' } });
    expect([DeletionPolicy, UpdateReplacePolicy]).toEqual(['Retain', 'Retain']);
  });

  it('has as many shards, and keeps records as long, as the stage says', () => {
    expect(streamOf(shared).Properties).toMatchObject({ StreamModeDetails: { StreamMode: 'PROVISIONED' }, ShardCount: 4, RetentionPeriodHours: 48 });
  });

  it('takes records from the producers of other accounts that the stage names, and lets them do nothing else', () => {
    expect(ofType(dev.stream, 'AWS::Kinesis::ResourcePolicy')).toEqual([]);
    const policies = ofType(shared.stream, 'AWS::Kinesis::ResourcePolicy');
    expect(policies).toHaveLength(4);
    for (const [, { Properties }] of policies) {
      const [statement] = (Properties['ResourcePolicy'] as { Statement: { Action: string[]; Principal: { AWS: unknown[] } }[] }).Statement;
      expect(statement?.Action.toSorted()).toEqual(['kinesis:DescribeStreamSummary', 'kinesis:ListShards', 'kinesis:PutRecord', 'kinesis:PutRecords']);
      expect(statement?.Principal.AWS.map(textOf)).toEqual(['arn:aws:iam::123456789012:root', 'arn:aws:iam::210987654321:role/till']);
    }
    const key = JSON.stringify(only(shared.foundation, 'AWS::KMS::Key')[1].Properties['KeyPolicy']);
    expect(key).toContain('arn:aws:iam::210987654321:role/till');
    expect(key).toContain('kinesis.eu-central-1.amazonaws.com');
    expect(JSON.stringify(only(dev.foundation, 'AWS::KMS::Key')[1].Properties['KeyPolicy'])).not.toContain('kinesis.');
  });
});

describe('delivery', () => {
  interface Iceberg {
    AppendOnly: boolean; BufferingHints: object; s3BackupMode: string;
    S3Configuration: { BucketARN: unknown; ErrorOutputPrefix: string };
    ProcessingConfiguration: { Enabled: boolean; Processors: { Type: string; Parameters: { ParameterName: string; ParameterValue: unknown }[] }[] };
    DestinationTableConfigurationList?: unknown;
  }
  const delivery = (one: SynthesisedStage, contract = 'events') =>
    named(one.stream, 'AWS::KinesisFirehose::DeliveryStream', 'DeliveryStreamName', `millrace-${one === dev ? 'dev' : 'shared'}-${contract}`)[1].Properties;
  const iceberg = (properties: Properties) => properties['IcebergDestinationConfiguration'] as Iceberg;

  it('takes a stream through the validate function, which says the table of each row', () => {
    const properties = delivery(dev);
    expect(properties['DeliveryStreamType']).toBe('KinesisStreamAsSource');
    expect(textOf((properties['KinesisStreamSourceConfiguration'] as { KinesisStreamARN: unknown }).KinesisStreamARN)).toBe(`<${named(dev.stream, 'AWS::Kinesis::Stream', 'Name', 'millrace-dev-events')[0]}>`);
    const { AppendOnly, ProcessingConfiguration, DestinationTableConfigurationList } = iceberg(properties);
    expect([AppendOnly, ProcessingConfiguration.Enabled, DestinationTableConfigurationList]).toEqual([true, true, undefined]);
    const parameters = Object.fromEntries((ProcessingConfiguration.Processors[0]?.Parameters ?? []).map(({ ParameterName, ParameterValue }) => [ParameterName, textOf(ParameterValue)]));
    expect(parameters).toMatchObject({ LambdaArn: `<${functionOf('validate')[0]}>:$LATEST`, NumberOfRetries: '3', BufferSizeInMBs: '1' });
  });

  it('commits as often as the stage says, and puts what it cannot deliver where the sweep finds it', () => {
    expect(iceberg(delivery(dev)).BufferingHints).toEqual({ IntervalInSeconds: 60, SizeInMBs: 64 });
    expect(iceberg(delivery(shared)).BufferingHints).toEqual({ IntervalInSeconds: 300, SizeInMBs: 128 });
    const { s3BackupMode, S3Configuration } = iceberg(delivery(dev, 'transactions'));
    expect([s3BackupMode, textOf(S3Configuration.BucketARN), S3Configuration.ErrorOutputPrefix])
      .toEqual(['FailedDataOnly', 'arn:aws:s3:::millrace-dev-failed-ACCOUNT-REGION', 'firehose/transactions/!{firehose:error-output-type}/!{timestamp:yyyy-MM-dd}/']);
  });

  it('writes the tables that a stream may name, the quarantine and its own failures, and nothing else', () => {
    const role = textOf((iceberg(delivery(dev)) as unknown as { RoleARN: unknown }).RoleARN).slice(1, -1);
    const statements = statementsOf(dev.stream, role);
    const written = statements.filter(({ actions }) => actions.some((action) => /^s3:(Put|Delete)Object$/.test(action))).flatMap(({ resources }) => resources);
    expect(written.sort()).toEqual([
      'arn:aws:s3:::millrace-dev-failed-ACCOUNT-REGION/firehose/events/*',
      ...['events', 'outcomes', 'predictions', 'rejected', 'transactions'].map((table) => `arn:aws:s3:::millrace-dev-lake-ACCOUNT-REGION/bronze/${table}/*`),
    ]);
    const tables = statements.filter(({ actions }) => actions.includes('glue:UpdateTable')).flatMap(({ resources }) => resources).filter((resource) => resource.includes('/'));
    expect(tables.filter((resource) => !resource.endsWith('database/millrace_dev_bronze')).map((resource) => resource.split('/').at(-1)).sort()).toEqual(['events', 'outcomes', 'predictions', 'rejected', 'transactions']);
    expect(statements.flatMap(({ actions }) => actions).filter((action) => action.includes('*') || /glue:(Create|Delete)/.test(action))).toEqual([]);
  });

  it('begins when its role may do what it must', () => {
    const [, resource] = named(dev.stream, 'AWS::KinesisFirehose::DeliveryStream', 'DeliveryStreamName', 'millrace-dev-events');
    const dependencies = (resource as unknown as { DependsOn: string[] }).DependsOn;
    expect(dependencies.some((id) => dev.stream[id]?.Type === 'AWS::IAM::Policy')).toBe(true);
  });
});

describe('the validate function', () => {
  it('gets its keys by the extension for secrets, which a layer brings', () => {
    const { Layers, Environment } = functionOf('validate')[1].Properties as { Layers: unknown[]; Environment: { Variables: Record<string, unknown> } };
    expect(Layers.map(textOf)).toEqual([expect.stringMatching(/^arn:aws:lambda:eu-central-1:\d{12}:layer:AWS-Parameters-and-Secrets-Lambda-Extension:\d+$/) as string]);
    expect(Environment.Variables).toMatchObject({ MILLRACE_PRIVACY_KEYS: expect.anything() as unknown, SECRETS_MANAGER_TTL: '300' });
  });

  it('may read those keys and nothing else', () => {
    const actions = (policiesOf(dev.stream, 'millrace-dev-').get('validate') ?? []).flatMap((statement) => statement.actions).filter((action) => !/^(logs|xray):/.test(action)).sort();
    expect(actions).toEqual(['kms:Decrypt', 'secretsmanager:GetSecretValue']);
  });
});

describe('online features', () => {
  it('follow each stream that features are made from: a poison record is found by halving, tried a bounded number of times, and put aside whole', () => {
    const mappings = ofType(dev.stream, 'AWS::Lambda::EventSourceMapping');
    expect(mappings).toHaveLength(2);
    for (const [, { Properties }] of mappings) {
      expect(Properties).toMatchObject({
        FunctionResponseTypes: ['ReportBatchItemFailures'], BisectBatchOnFunctionError: true, MaximumRetryAttempts: 60, MaximumRecordAgeInSeconds: 21_600,
        ParallelizationFactor: 2, StartingPosition: 'TRIM_HORIZON',
      });
      expect(textOf((Properties['DestinationConfig'] as { OnFailure: { Destination: unknown } }).OnFailure.Destination)).toBe('arn:aws:s3:::millrace-dev-failed-ACCOUNT-REGION');
    }
    expect(ofType(shared.stream, 'AWS::Lambda::EventSourceMapping').map(([, { Properties }]) => Properties['ParallelizationFactor'])).toEqual([10, 10]);
  });

  it('lie in a table that forgets by itself, can be restored, and stays', () => {
    const [, { Properties, DeletionPolicy }] = only(dev.stream, 'AWS::DynamoDB::Table');
    expect(Properties).toMatchObject({
      BillingMode: 'PAY_PER_REQUEST', PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true }, TimeToLiveSpecification: { Enabled: true },
      SSESpecification: { SSEEnabled: true, SSEType: 'KMS' }, DeletionProtectionEnabled: true,
    });
    expect(DeletionPolicy).toBe('Retain');
    expect(ONLINE_KEYS).toEqual(ONLINE_TABLE);
  });

  it('are written item by item by their function alone', () => {
    const actions = (policiesOf(dev.stream, 'millrace-dev-').get('features') ?? []).flatMap((statement) => statement.actions);
    expect(actions.filter((action) => action.includes('*') || /Scan|CreateTable|DeleteTable/.test(action))).toEqual([]);
    for (const [name, statements] of policiesOf(dev.stream, 'millrace-dev-')) {
      if (name !== 'features') expect([name, JSON.stringify(statements).includes('dynamodb:')]).toEqual([name, false]);
    }
  });
});

describe('what could not be delivered or folded', () => {
  it('wakes the sweep; what that cannot take waits in a queue', () => {
    const [, rule] = only(dev.stream, 'AWS::Events::Rule');
    expect(textOf((rule.Properties['EventPattern'] as { detail: { bucket: { name: unknown[] } } }).detail.bucket.name[0])).toBe('millrace-dev-failed-ACCOUNT-REGION');
    const [queue] = only(dev.stream, 'AWS::SQS::Queue');
    expect(textOf((rule.Properties['Targets'] as { DeadLetterConfig: { Arn: unknown } }[])[0]?.DeadLetterConfig.Arn)).toBe(`<${queue}>`);
    expect(textOf((only(dev.stream, 'AWS::Lambda::EventInvokeConfig')[1].Properties['DestinationConfig'] as { OnFailure: { Destination: unknown } }).OnFailure.Destination)).toBe(`<${queue}>`);
    expect(JSON.stringify(named(dev.foundation, 'AWS::S3::Bucket', 'BucketName', 'millrace-dev-failed-ACCOUNT-REGION')[1].Properties)).toContain('"EventBridgeEnabled":true');
  });

  it('is swept by a function that commits to the quarantine, to no other table, and empties that bucket', () => {
    const statements = policiesOf(dev.stream, 'millrace-dev-').get('sweep') ?? [];
    const deletes = statements.filter(({ actions }) => actions.includes('s3:DeleteObject')).flatMap(({ resources }) => resources).sort();
    expect(deletes).toEqual(['arn:aws:s3:::millrace-dev-failed-ACCOUNT-REGION/*', 'arn:aws:s3:::millrace-dev-lake-ACCOUNT-REGION/bronze/rejected/*']);
    const tables = statements.filter(({ actions }) => actions.includes('glue:UpdateTable')).flatMap(({ resources }) => resources).filter((resource) => resource.includes('table/'));
    expect(tables.map((resource) => resource.split('/').slice(-2).join('/'))).toEqual(['millrace_dev_bronze/rejected']);
  });
});

describe('people', () => {
  it('are told of late, lost, throttled and rejected records, all by the one topic', () => {
    const alarms = ofType(dev.stream, 'AWS::CloudWatch::Alarm');
    expect(alarms.map(([, { Properties }]) => String(Properties['AlarmName']).replace('millrace-dev-', '')).sort()).toEqual([
      'events-delivery-failed', 'events-delivery-late', 'events-reads-throttled', 'events-writes-throttled', 'features-errors', 'features-late', 'features-lost', 'features-stuck', 'features-throttled',
      'outcomes-delivery-failed', 'outcomes-delivery-late', 'outcomes-reads-throttled', 'outcomes-writes-throttled',
      'predictions-delivery-failed', 'predictions-delivery-late', 'predictions-reads-throttled', 'predictions-writes-throttled',
      'records-put-aside', 'records-unswept', 'refresh-failed', 'rejected-records', 'transactions-delivery-failed', 'transactions-delivery-late', 'transactions-reads-throttled',
      'transactions-writes-throttled', 'validate-errors', 'validate-throttled',
    ]);
    for (const [, { Properties }] of alarms) expect((Properties['AlarmActions'] as unknown[]).map(textOf)).toEqual(['arn:aws:sns:eu-central-1:ACCOUNT:millrace-dev-data-team']);
  });
});

describe('the models of the streams', () => {
  async function refreshed(running: string[]): Promise<Json[]> {
    const started: Json[] = [];
    const interpreter = new Interpreter(refreshMachine(['silver.events+']), {
      clock: new VirtualClock(), random: () => 0.5,
      resources: {
        'arn:aws:states:::aws-sdk:sfn:listExecutions': async () => ({ Executions: running.map((Name) => ({ Name })) }),
        'arn:aws:states:::states:startExecution': async (argument) => { started.push(argument as Json); return {}; },
      },
    });
    expect((await interpreter.run({}, { id: 'r', name: 'r' })).status).toBe('succeeded');
    return started;
  }

  it('run every few minutes, unless a run is at work', async () => {
    expect(validate(refreshMachine(['silver.events+']), { checkArn: false }).errorsText()).toBe('');
    expect(await refreshed([])).toEqual([{ StateMachineArn: '${batch}', Input: { select: ['silver.events+'] } }]);
    expect(await refreshed(['run-1'])).toEqual([]);
    expect(only(dev.stream, 'AWS::Scheduler::Schedule')[1].Properties).toMatchObject({ ScheduleExpression: 'rate(15 minutes)' });
    expect(ofType(shared.stream, 'AWS::Scheduler::Schedule')).toEqual([]);
  });

  it('are those that read a table of a stream, each with all that follows from it', () => {
    const contract = (name: string, stream: boolean) => [name, { name, columns: {}, ...(stream ? { stream: { partitionKey: 'id' } } : {}) }];
    const model = (name: string, reads: string[]) => [name, { name, reads }];
    const project = {
      sources: new Map([contract('events', true), contract('orders', false), contract('views', true)] as never),
      models: new Map([model('silver.events', ['bronze.events', 'silver.items']), model('silver.orders', ['bronze.orders']), model('gold.funnel', ['silver.events'])] as never),
    };
    const declared = { sources: [{ source: { name: 'seen', options: { contract: 'views' } } }, { source: { name: 'orders', options: {} } }], views: [] };
    expect(streamsOf(project as never, declared as never)).toEqual({ contracts: ['events', 'views'], featured: ['views'], personal: false, refresh: ['silver.events+'] });
  });
});

describe('the stack', () => {
  it('comes after the batch, which makes the tables', async () => {
    expect(JSON.stringify(only(dev.batch, 'Custom::MillraceTables'))).toBeDefined();
    expect(Object.values(dev.stream).filter(({ Type }) => /^(AWS::Glue|Custom::Millrace)/.test(Type))).toEqual([]);
  });
});
