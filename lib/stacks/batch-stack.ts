// The batch in an account: files land, the ingest function takes each at once, and the state machine runs the models on a schedule.
import path from 'node:path';
import { CustomResource, Duration, RemovalPolicy, Stack, TimeZone, type StackProps } from 'aws-cdk-lib';
import { Rule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction as LambdaTarget } from 'aws-cdk-lib/aws-events-targets';
import { Effect, PolicyStatement, ServicePrincipal, type Role } from 'aws-cdk-lib/aws-iam';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Schedule, ScheduleExpression } from 'aws-cdk-lib/aws-scheduler';
import { StepFunctionsStartExecution } from 'aws-cdk-lib/aws-scheduler-targets';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import { DefinitionBody, LogLevel, StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { Provider } from 'aws-cdk-lib/custom-resources';
import type { Construct } from 'constructs';
import type { StateMachine as Definition } from '../workflow/index.ts';
import { addAlarm } from './constructs/alarms.ts';
import { BIG_FILE_NOTES, BigFiles } from './constructs/big-files.ts';
import { glueArns, lakeFunction, OBJECTS, TABLES, workgroupArn, type Duties } from './constructs/lake-function.ts';
import type { LambdaFunction } from './constructs/lambda-function.ts';
import { Upkeep } from './constructs/upkeep.ts';
import type { FoundationStack } from './foundation-stack.ts';
import { acknowledge, acknowledgeWildcard, allow } from './nag.ts';
import { LAYERS, MODEL_LAYERS } from './stage.ts';

/** The functions that the batch workflow names, and what each may touch. */
export const BATCH_FUNCTIONS: Readonly<Record<string, Duties>> = Object.freeze({
  apply: { description: 'Makes and evolves the tables of contracts and models', reads: ['bronze', ...MODEL_LAYERS, 'ops'], writes: ['bronze', ...MODEL_LAYERS, 'ops'], minutes: 15, memoryMb: 1769 },
  discover: { description: 'Lists what landed and is not in bronze yet', landing: true, notes: true, reads: ['bronze', 'ops'], athena: true },
  ingest: { description: 'Lands files: checked, pseudonymised, in bronze or in the quarantine', landing: true, reads: ['bronze', 'ops'], writes: ['bronze', 'ops'], privacyKeys: true, memoryMb: 3538, minutes: 15, scratchMb: 10_240 },
  plan: { description: 'Decides which models run, and as of when', notes: true, athena: true, reads: ['bronze', ...MODEL_LAYERS, 'ops'] },
  prepare: { description: 'Makes a staging place and the statements that fill it', notes: true, athena: true, reads: ['bronze', ...MODEL_LAYERS, 'ops', 'staging'], writes: [...MODEL_LAYERS, 'staging'], minutes: 15 },
  stage: { description: 'Runs statements that are too long to pass from state to state', athena: true, reads: ['bronze', ...MODEL_LAYERS, 'ops'], writes: ['staging'], minutes: 15 },
  audit: { description: 'Audits a table as it will be', notes: true, athena: true, reads: ['bronze', ...MODEL_LAYERS, 'ops', 'staging'], minutes: 15 },
  publish: { description: 'Publishes what was staged, by one commit', notes: true, reads: [...MODEL_LAYERS, 'staging'], writes: [...MODEL_LAYERS, 'staging'], athena: true, minutes: 15 },
  discard: { description: 'Removes what was staged and will not be published', notes: true, reads: ['staging'], writes: ['staging'] },
  reconcile: { description: 'Proves the counts from files to gold', athena: true, reads: ['bronze', ...MODEL_LAYERS, 'ops'], writes: ['ops'], minutes: 15, memoryMb: 1769 },
  finish: { description: 'Records the run', reads: ['ops'], writes: ['ops'], memoryMb: 1769 },
});

export interface BatchProps extends StackProps {
  foundation: FoundationStack;
  /** The compiled batch workflow. */
  definition: Definition;
  /** Folder with one bundle a function. */
  bundles: string;
  /** Changes when contracts or models do, so that the tables are applied again. */
  projectHash: string;
}

export class BatchStack extends Stack {
  readonly functions: Readonly<Record<string, LambdaFunction>>;
  readonly stateMachine: StateMachine;
  readonly topic: Topic;
  readonly upkeep: Upkeep;
  readonly #foundation: FoundationStack;

  constructor(scope: Construct, id: string, { foundation, definition, bundles, projectHash, ...props }: BatchProps) {
    super(scope, id, { ...props, description: `Millrace ${foundation.stage.name}: ingest, models, the batch workflow` });
    this.#foundation = foundation;
    const { stage } = foundation;
    const { bigFiles, ingestAtOnce } = stage.settings;
    const ingest = {
      ...(bigFiles === undefined ? {} : { environment: { MILLRACE_BIG_FILES: `s3://${stage.bucket('failed')}/${BIG_FILE_NOTES}` } }),
      ...(ingestAtOnce === undefined ? {} : { atOnce: ingestAtOnce }),
    };
    this.functions = Object.fromEntries(Object.entries(BATCH_FUNCTIONS).map(([name, duties]) =>
      [name, lakeFunction(this, { foundation, name, duties, bundle: path.join(bundles, name), ...(name === 'ingest' ? ingest : {}) })]));

    this.topic = new Topic(this, 'DataTeam', { topicName: foundation.stage.resource('data-team'), masterKey: foundation.key, enforceSSL: true });
    if (foundation.stage.settings.alarmEmail) this.topic.addSubscription(new EmailSubscription(foundation.stage.settings.alarmEmail));

    if (bigFiles) {
      (this.functions['ingest'] as LambdaFunction).allow(['s3:PutObject'], [stage.bucketArn('failed', `${BIG_FILE_NOTES}/*`)], OBJECTS);
      new BigFiles(this, 'BigFiles', { foundation, settings: bigFiles, duties: BATCH_FUNCTIONS['ingest'] as Duties, bundle: path.join(bundles, 'ingest'), topic: this.topic });
    }

    this.#applyTables(projectHash);
    this.stateMachine = this.#stateMachine(definition);
    this.#ingestOnLanding();
    this.#nightly();
    this.#alarms();
    this.upkeep = new Upkeep(this, 'Upkeep', { foundation, batch: this.stateMachine, topic: this.topic, bundle: path.join(bundles, 'maintain') });
  }

  /** Tables are made and evolved through lib/lake by a custom resource that is kept when the stack goes. */
  #applyTables(projectHash: string): void {
    const { key } = this.#foundation;
    const provider = new Provider(this, 'ApplyProvider', {
      onEventHandler: (this.functions['apply'] as LambdaFunction).function,
      logGroup: new LogGroup(this, 'ApplyProviderLogs', { retention: RetentionDays.THREE_MONTHS, encryptionKey: key, removalPolicy: RemovalPolicy.DESTROY }),
    });
    acknowledgeWildcard(provider, `${(this.functions['apply'] as LambdaFunction).function.functionArn}:*`, 'The provider framework of CDK invokes every version of the one function it is given.');
    acknowledge(provider, 'IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole]', "The provider framework of CDK uses Lambda's basic execution role.");
    acknowledge(provider, 'L1', 'The provider framework of CDK pins its own runtime.');
    new CustomResource(this, 'Tables', {
      resourceType: 'Custom::MillraceTables',
      serviceToken: provider.serviceToken,
      properties: { projectHash },
      removalPolicy: RemovalPolicy.RETAIN,
    });
  }

  #stateMachine(definition: Definition): StateMachine {
    const { stage, key } = this.#foundation;
    const machine = new StateMachine(this, 'Batch', {
      stateMachineName: stage.resource('batch'),
      definitionBody: DefinitionBody.fromString(JSON.stringify(definition)),
      definitionSubstitutions: {
        ...Object.fromEntries(Object.entries(this.functions).map(([name, made]) => [`fn_${name}`, made.function.functionArn])),
        topic_data_team: this.topic.topicArn,
        workgroup: stage.resource('batch'),
      },
      tracingEnabled: true,
      logs: {
        level: LogLevel.ALL,
        destination: new LogGroup(this, 'BatchLogs', {
          logGroupName: `/aws/vendedlogs/states/${stage.resource('batch')}`,
          retention: RetentionDays.THREE_MONTHS, encryptionKey: key, removalPolicy: RemovalPolicy.DESTROY,
        }),
      },
    });
    const role = machine.role as Role;
    allow(role, ['lambda:InvokeFunction'], Object.entries(this.functions).filter(([name]) => name !== 'apply').map(([, made]) => made.function.functionArn));
    allow(role, ['sns:Publish'], [this.topic.topicArn]);
    allow(role, ['kms:Decrypt', 'kms:GenerateDataKey'], [key.keyArn]);
    // What athena:startQueryExecution.sync does in our name: the staging INSERTs, and nothing else.
    allow(role, ['athena:StartQueryExecution', 'athena:GetQueryExecution', 'athena:StopQueryExecution'], [workgroupArn(this, this.#foundation)]);
    allow(role, ['glue:GetDatabase', 'glue:GetTable', 'glue:GetTables'], glueArns(this, this.#foundation, LAYERS), TABLES);
    allow(role, ['glue:UpdateTable'], glueArns(this, this.#foundation, ['staging']), TABLES);
    allow(role, ['athena:GetDataCatalog'], [this.formatArn({ service: 'athena', resource: 'datacatalog', resourceName: 'AwsDataCatalog' })]);
    allow(role, ['s3:GetObject'], LAYERS.map((layer) => stage.bucketArn('lake', `${layer}/*`)), OBJECTS);
    allow(role, ['s3:PutObject', 's3:AbortMultipartUpload'], [stage.bucketArn('lake', 'staging/*')], OBJECTS);
    allow(role, ['s3:ListBucket', 's3:GetBucketLocation'], [stage.bucketArn('lake'), stage.bucketArn('results')]);
    allow(role, ['s3:GetObject', 's3:PutObject', 's3:AbortMultipartUpload'], [stage.bucketArn('results', 'athena/*')], OBJECTS);
    acknowledge(role, 'IAM5[Resource::*]', 'CDK grants the log-delivery and X-Ray actions, which know no resources.');
    return machine;
  }

  /** A file is landed as soon as it is there; what the function could not take twice waits in a queue that an alarm watches. */
  #ingestOnLanding(): void {
    const { stage, key } = this.#foundation;
    const missed = new Queue(this, 'MissedFiles', {
      queueName: stage.resource('missed-files'), encryption: QueueEncryption.KMS, encryptionMasterKey: key, enforceSSL: true, retentionPeriod: Duration.days(14),
    });
    acknowledge(missed, 'SQS3', 'It is itself the dead-letter queue of the rule below.');
    const rule = new Rule(this, 'FileLanded', {
      ruleName: stage.resource('file-landed'),
      description: 'A file was put into the landing bucket',
      eventPattern: { source: ['aws.s3'], detailType: ['Object Created'], detail: { bucket: { name: [stage.bucket('landing')] } } },
    });
    const ingest = (this.functions['ingest'] as LambdaFunction).function;
    rule.addTarget(new LambdaTarget(ingest, { deadLetterQueue: missed, retryAttempts: 8, maxEventAge: Duration.hours(6) }));
    // The rule's queue takes what could not be handed over; what the function was given and failed on is Lambda's to put aside.
    // Bound by hand: CDK's own destination would give the role every way to use the key.
    ingest.configureAsyncInvoke({ onFailure: { bind: () => ({ destination: missed.queueArn }) }, retryAttempts: 2, maxEventAge: Duration.hours(6) });
    (this.functions['ingest'] as LambdaFunction).allow(['sqs:SendMessage'], [missed.queueArn]);
    addAlarm(this, stage, this.topic, { name: 'MissedFiles', description: 'A landed file could not be ingested: see the queue', metric: missed.metricApproximateNumberOfMessagesVisible({ period: Duration.minutes(5) }), threshold: 0 });
  }

  #nightly(): void {
    const { stage } = this.#foundation;
    new Schedule(this, 'Nightly', {
      scheduleName: stage.resource('batch-nightly'),
      description: 'The batch, every night in the shop\'s zone',
      schedule: ScheduleExpression.cron({ hour: '3', minute: '0', timeZone: TimeZone.of(stage.shop.timeZone) }),
      target: new StepFunctionsStartExecution(this.stateMachine, {}),
    });
  }

  #alarms(): void {
    const { stage } = this.#foundation;
    this.topic.addToResourcePolicy(new PolicyStatement({
      effect: Effect.ALLOW, principals: [new ServicePrincipal('cloudwatch.amazonaws.com')], actions: ['sns:Publish'], resources: [this.topic.topicArn],
      conditions: { StringEquals: { 'aws:SourceAccount': this.account } },
    }));
    addAlarm(this, stage, this.topic, { name: 'BatchFailed', description: `A run of the batch of ${stage.name} failed`, metric: this.stateMachine.metricFailed({ period: Duration.minutes(5) }), threshold: 0 });
    addAlarm(this, stage, this.topic, { name: 'BatchTimedOut', description: `A run of the batch of ${stage.name} timed out`, metric: this.stateMachine.metricTimedOut({ period: Duration.minutes(5) }), threshold: 0 });
    addAlarm(this, stage, this.topic, { name: 'IngestErrors', description: 'The ingest function fails', metric: (this.functions['ingest'] as LambdaFunction).function.metricErrors({ period: Duration.minutes(15) }), threshold: 2 });
  }
}
