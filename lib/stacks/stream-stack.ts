// The stream in an account: a Kinesis stream a contract, delivered into bronze by Firehose, folded into online features by a function, and what
// neither could take swept into the one quarantine. It comes after the batch, whose custom resource has made the tables.
import path from 'node:path';
import { ArnFormat, CfnOutput, Duration, RemovalPolicy, Stack, type StackProps } from 'aws-cdk-lib';
import { MathExpression, Metric, type IMetric } from 'aws-cdk-lib/aws-cloudwatch';
import { Rule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction as LambdaTarget } from 'aws-cdk-lib/aws-events-targets';
import type { Role } from 'aws-cdk-lib/aws-iam';
import { EventSourceMapping, ParamsAndSecretsLayerVersion, ParamsAndSecretsVersions, StartingPosition } from 'aws-cdk-lib/aws-lambda';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Schedule, ScheduleExpression } from 'aws-cdk-lib/aws-scheduler';
import { StepFunctionsStartExecution } from 'aws-cdk-lib/aws-scheduler-targets';
import { Topic, type ITopic } from 'aws-cdk-lib/aws-sns';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import { DefinitionBody, LogLevel, StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import type { Construct } from 'constructs';
import { addAlarm } from './constructs/alarms.ts';
import { BIG_FILE_NOTES } from './constructs/big-files.ts';
import { Delivery } from './constructs/delivery.ts';
import { EventStream } from './constructs/event-stream.ts';
import { bronzeArns, lakeFunction, OBJECTS, type Duties } from './constructs/lake-function.ts';
import { LambdaFunction } from './constructs/lambda-function.ts';
import { OnlineStore } from './constructs/online-store.ts';
import type { FoundationStack } from './foundation-stack.ts';
import { acknowledge, allow } from './nag.ts';
import { refreshMachine } from './refresh-machine.ts';
import type { Streams } from './streams-of.ts';

/** As the adapter of lib/features names them: its module would bring the client of DynamoDB along. */
export const ONLINE_KEYS = { partition: 'pk', sort: 'sk', timeToLive: 'expires_at' };

/** The one quarantine, a table of bronze. */
const QUARANTINE = 'rejected';

/** Beyond these it may write the quarantine, and no other table. */
export const SWEEP_DUTIES: Duties = { description: 'Sweeps records that could not be delivered or folded into the quarantine', memoryMb: 1769, minutes: 15, scratchMb: 2048 };

export interface StreamProps extends StackProps, Streams {
  foundation: FoundationStack;
  /** Folder with one bundle a function. */
  bundles: string;
}
export class StreamStack extends Stack {
  readonly streams: readonly EventStream[];
  readonly #foundation: FoundationStack;
  readonly #bundles: string;
  readonly #topic: ITopic;

  constructor(scope: Construct, id: string, { foundation, bundles, contracts, featured, personal, refresh, ...props }: StreamProps) {
    super(scope, id, { ...props, description: `Millrace ${foundation.stage.name}: streams, delivery, online features` });
    const { stage } = foundation;
    this.#foundation = foundation;
    this.#bundles = bundles;
    this.#topic = Topic.fromTopicArn(this, 'DataTeam', this.formatArn({ service: 'sns', resource: stage.resource('data-team') }));
    this.streams = contracts.map((contract) => new EventStream(this, `Stream-${contract}`, { foundation, contract, topic: this.#topic }));
    this.#deliver();
    if (featured.length > 0) this.#features(featured, personal);
    this.#sweep(personal);
    this.#refresh(refresh);
    for (const { contract, stream } of this.streams) new CfnOutput(this, `StreamName${contract.replaceAll(/\W/g, '')}`, { value: stream.streamName, description: `Put records of ${contract} here` });
  }

  /** One function validates for all streams: a record's stream says its contract. */
  #deliver(): void {
    const { stage, key, privacyKeys } = this.#foundation;
    const validate = new LambdaFunction(this, 'Fnvalidate', {
      stage, key, name: 'validate', bundle: path.join(this.#bundles, 'validate'),
      description: 'Checks events by their contracts, pseudonymises them, and says for each its table',
      memoryMb: 1024, timeout: Duration.minutes(5),
      environment: {
        MILLRACE_APP: stage.app, MILLRACE_STAGE: stage.name, MILLRACE_PRIVACY_KEYS: privacyKeys.secretArn,
        MILLRACE_BRONZE_DATABASE: stage.database('bronze'), MILLRACE_STREAM_PREFIX: stage.resource(''),
      },
      secrets: this.#secrets(),
    });
    validate.allow(['secretsmanager:GetSecretValue'], [privacyKeys.secretArn]);
    validate.allow(['kms:Decrypt'], [key.keyArn]);
    const tables = [...this.streams.map(({ contract }) => contract), QUARANTINE];
    for (const { contract, stream } of this.streams) new Delivery(this, `Delivery-${contract}`, { foundation: this.#foundation, contract, stream, tables, validate: validate.function, topic: this.#topic });
    this.#alarmsOf('Validate', validate);
    addAlarm(this, stage, this.#topic, {
      name: 'RejectedRecords', description: 'More records are rejected than should be: millrace quarantine list tells why', threshold: stage.settings.stream?.rejectedShare ?? 0.05, periods: 3,
      metric: new MathExpression({ expression: 'IF(records > 0, rejected / records, 0)', usingMetrics: { records: this.#counted('Records'), rejected: this.#counted('Rejected') }, period: Duration.minutes(5), label: 'share of rejected records' }),
    });
  }

  /** Keeps what it fetched for five minutes, so that a rotation arrives. */
  #secrets(): ParamsAndSecretsLayerVersion {
    const { secretsLayer } = this.#foundation.stage.settings.stream ?? {};
    const options = { cacheSize: 10, maxConnections: 1, secretsManagerTtl: Duration.minutes(5) };
    return secretsLayer === undefined ? ParamsAndSecretsLayerVersion.fromVersion(ParamsAndSecretsVersions.V1_0_103, options) : ParamsAndSecretsLayerVersion.fromVersionArn(secretsLayer, options);
  }

  #features(featured: readonly string[], personal: boolean): void {
    const { stage, key, privacyKeys } = this.#foundation;
    const { table } = new OnlineStore(this, 'Online', { foundation: this.#foundation, keys: ONLINE_KEYS });
    const features = new LambdaFunction(this, 'Fnfeatures', {
      stage, key, name: 'features', bundle: path.join(this.#bundles, 'features'),
      description: 'Folds events into the online features', memoryMb: 1024, timeout: Duration.minutes(2),
      environment: { MILLRACE_APP: stage.app, MILLRACE_STAGE: stage.name, MILLRACE_ONLINE_TABLE: table.tableName, MILLRACE_STREAM_PREFIX: stage.resource(''), ...(personal ? { MILLRACE_PRIVACY_KEYS: privacyKeys.secretArn } : {}) },
      ...(personal ? { secrets: this.#secrets() } : {}),
    });
    if (personal) features.allow(['secretsmanager:GetSecretValue'], [privacyKeys.secretArn]);
    features.allow(['dynamodb:BatchGetItem', 'dynamodb:PutItem', 'dynamodb:DeleteItem'], [table.tableArn]);
    // DynamoDB asks for the key in the caller's name.
    features.allow(['kms:Decrypt', 'kms:DescribeKey', 'kms:Encrypt', 'kms:GenerateDataKey', 'kms:ReEncryptFrom', 'kms:ReEncryptTo'], [key.keyArn]);
    // Lambda itself writes the record that failed, in the function's name.
    features.allow(['s3:PutObject'], [stage.bucketArn('failed', 'aws/lambda/*')], OBJECTS);
    features.allow(['s3:ListBucket'], [stage.bucketArn('failed')]);
    for (const { contract, stream } of this.streams.filter((one) => featured.includes(one.contract))) {
      features.allow(['kinesis:DescribeStream', 'kinesis:DescribeStreamSummary', 'kinesis:GetShardIterator', 'kinesis:GetRecords', 'kinesis:ListShards'], [stream.streamArn]);
      const mapping = new EventSourceMapping(this, `Features-${contract}`, {
        target: features.function,
        eventSourceArn: stream.streamArn,
        startingPosition: StartingPosition.TRIM_HORIZON,
        batchSize: 500,
        parallelizationFactor: stage.settings.stream?.featuresPerShard ?? 2,
        // The lowest failed record is where the next try begins; a record that fails alone is put aside whole, and the shard goes on. No record fails
        // for what it holds, so a failure is mostly the store's: it is waited for rather than given up on, but never for ever.
        reportBatchItemFailures: true,
        bisectBatchOnError: true,
        retryAttempts: 60,
        maxRecordAge: Duration.hours(6),
        onFailure: { bind: () => ({ destination: stage.bucketArn('failed') }) },
      });
      mapping.node.addDependency(features.role);
    }
    this.#alarmsOf('Features', features);
    addAlarm(this, stage, this.#topic, {
      name: 'FeaturesLate', description: 'Online features are behind their stream', threshold: 300_000, periods: 2,
      metric: features.function.metric('IteratorAge', { statistic: 'Maximum', period: Duration.minutes(5) }),
    });
    addAlarm(this, stage, this.#topic, {
      name: 'FeaturesStuck', description: 'Records come again and again: the online store takes no writes', threshold: 0, periods: 3, metric: this.#counted('FeaturesFailed'),
    });
    addAlarm(this, stage, this.#topic, {
      name: 'FeaturesLost', description: 'A record that failed could not be put aside: the permissions of the bucket of failed records', threshold: 0,
      metric: features.function.metric('DestinationDeliveryFailures', { statistic: 'Sum', period: Duration.minutes(5) }),
    });
  }

  /** There is one quarantine: what Firehose or Lambda put aside is swept into it, and somebody is told. */
  #sweep(personal: boolean): void {
    const { stage, key, privacyKeys } = this.#foundation;
    const sweep = lakeFunction(this, { foundation: this.#foundation, name: 'sweep', duties: SWEEP_DUTIES, bundle: path.join(this.#bundles, 'sweep'), environment: { MILLRACE_FAILED: `s3://${stage.bucket('failed')}` } });
    sweep.allow(['glue:GetDatabase', 'glue:GetTable', 'glue:CreateTable', 'glue:UpdateTable'], bronzeArns(this, this.#foundation, [QUARANTINE]));
    sweep.allow(['s3:GetObject', 's3:PutObject', 's3:DeleteObject', 's3:AbortMultipartUpload'], [stage.bucketArn('lake', `bronze/${QUARANTINE}/*`)], OBJECTS);
    sweep.allow(['s3:ListBucket', 's3:GetBucketLocation'], [stage.bucketArn('lake')]);
    sweep.allow(['kms:GenerateDataKey'], [key.keyArn]);
    if (personal) sweep.allow(['secretsmanager:GetSecretValue'], [privacyKeys.secretArn]);
    sweep.allow(['s3:GetObject', 's3:DeleteObject'], [stage.bucketArn('failed', '*')], 'Whatever was put aside may be read, and goes once it is in the quarantine; nothing else is in that bucket.');
    sweep.allow(['s3:ListBucket'], [stage.bucketArn('failed')]);
    const unswept = new Queue(this, 'Unswept', {
      queueName: stage.resource('unswept'), encryption: QueueEncryption.KMS, encryptionMasterKey: key, enforceSSL: true, retentionPeriod: Duration.days(14),
    });
    acknowledge(unswept, 'SQS3', 'It is itself the dead-letter queue of the rule below.');
    const rule = new Rule(this, 'RecordsFailed', {
      ruleName: stage.resource('records-failed'),
      description: 'Records were put aside',
      eventPattern: { source: ['aws.s3'], detailType: ['Object Created'], detail: { bucket: { name: [stage.bucket('failed')] }, object: { key: [{ 'anything-but': { prefix: `${BIG_FILE_NOTES}/` } }] } } },
    });
    rule.addTarget(new LambdaTarget(sweep.function, { deadLetterQueue: unswept, retryAttempts: 8, maxEventAge: Duration.hours(6) }));
    sweep.function.configureAsyncInvoke({ onFailure: { bind: () => ({ destination: unswept.queueArn }) }, retryAttempts: 2, maxEventAge: Duration.hours(6) });
    sweep.allow(['sqs:SendMessage'], [unswept.queueArn]);
    const period = Duration.minutes(5);
    addAlarm(this, stage, this.#topic, {
      name: 'RecordsPutAside', description: 'Records could not be delivered or folded; they are in the quarantine, or on their way', threshold: 0,
      metric: new Metric({ namespace: 'AWS/Events', metricName: 'TriggeredRules', dimensionsMap: { RuleName: stage.resource('records-failed') }, statistic: 'Sum', period }),
    });
    addAlarm(this, stage, this.#topic, {
      name: 'RecordsUnswept', description: 'What was put aside could not be swept: see the queue', threshold: 0, metric: unswept.metricApproximateNumberOfMessagesVisible({ period }),
    });
  }

  /** Silver and gold of the streams follow every few minutes. */
  #refresh(select: readonly string[]): void {
    const { stage, key } = this.#foundation;
    const minutes = stage.settings.stream?.refreshMinutes ?? 15;
    if (minutes === 0 || select.length === 0) return;
    const arn = (resource: string) => this.formatArn({ service: 'states', resource, resourceName: stage.resource('batch'), arnFormat: ArnFormat.COLON_RESOURCE_NAME });
    const machine = new StateMachine(this, 'Refresh', {
      stateMachineName: stage.resource('refresh'),
      definitionBody: DefinitionBody.fromString(JSON.stringify(refreshMachine(select))),
      definitionSubstitutions: { batch: arn('stateMachine') },
      tracingEnabled: true,
      logs: {
        level: LogLevel.ALL,
        destination: new LogGroup(this, 'RefreshLogs', {
          logGroupName: `/aws/vendedlogs/states/${stage.resource('refresh')}`, retention: RetentionDays.THREE_MONTHS, encryptionKey: key, removalPolicy: RemovalPolicy.DESTROY,
        }),
      },
    });
    const role = machine.role as Role;
    allow(role, ['states:ListExecutions', 'states:StartExecution'], [arn('stateMachine')]);
    acknowledge(role, 'IAM5[Resource::*]', 'CDK grants the log-delivery and X-Ray actions, which know no resources.');
    new Schedule(this, 'Often', {
      scheduleName: stage.resource('refresh'),
      description: 'Models of the streams, between the nightly batches',
      schedule: ScheduleExpression.rate(Duration.minutes(minutes)),
      target: new StepFunctionsStartExecution(machine, {}),
    });
    addAlarm(this, stage, this.#topic, { name: 'RefreshFailed', description: 'Models of the streams could not be started', threshold: 0, metric: machine.metricFailed({ period: Duration.minutes(5) }), periods: 3 });
  }

  /** What the functions count and write into their logs as embedded metrics. */
  #counted(metricName: string): Metric {
    const { stage } = this.#foundation;
    return new Metric({ namespace: 'Millrace', metricName, statistic: 'Sum', period: Duration.minutes(5), dimensionsMap: { Stage: `${stage.app}-${stage.name}` } });
  }

  #alarmsOf(name: string, made: LambdaFunction): void {
    const period = Duration.minutes(5);
    const watch = (what: string, description: string, metric: IMetric) =>
      addAlarm(this, this.#foundation.stage, this.#topic, { name: `${name}${what}`, description, metric, threshold: 0, periods: 3 });
    watch('Errors', `The function ${name.toLowerCase()} fails: its log says why`, made.function.metricErrors({ period }));
    watch('Throttled', `The function ${name.toLowerCase()} is throttled: the account's concurrency is used up`, made.function.metricThrottles({ period }));
  }
}
