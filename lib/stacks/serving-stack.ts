// The scoring API in an account: API Gateway before the scoring function, keys looked up by an authorizer, what is answered logged to the streams.
// It comes after the streams, into which it writes and whose online features it reads.
import path from 'node:path';
import { ArnFormat, CfnOutput, Duration, Stack, TimeZone, type StackProps } from 'aws-cdk-lib';
import { MathExpression, Metric, type Alarm, type IMetric } from 'aws-cdk-lib/aws-cloudwatch';
import { Rule, Schedule as EventSchedule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction as LambdaTarget } from 'aws-cdk-lib/aws-events-targets';
import { Effect, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Schedule, ScheduleExpression, ScheduleTargetInput } from 'aws-cdk-lib/aws-scheduler';
import { LambdaInvoke } from 'aws-cdk-lib/aws-scheduler-targets';
import { Topic, type ITopic } from 'aws-cdk-lib/aws-sns';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';
import { MillraceError } from '../base/index.ts';
import { ROUTES } from '../serving/index.ts';
import { addAlarm, FIVE_MINUTES, type AlarmSpec } from './constructs/alarms.ts';
import { Firewall } from './constructs/firewall.ts';
import { HttpApi, stageArnOf } from './constructs/http-api.ts';
import { lakeFunction, OBJECTS, type Duties } from './constructs/lake-function.ts';
import { LambdaFunction } from './constructs/lambda-function.ts';
import { OnlineStore } from './constructs/online-store.ts';
import { KEY_ACTIONS, Scoring } from './constructs/scoring.ts';
import { ServingDashboard } from './constructs/serving-dashboard.ts';
import type { FoundationStack } from './foundation-stack.ts';
import { allowMlflow, mlflowEnvironment } from './mlflow.ts';
import { acknowledge, acknowledgeWildcard } from './nag.ts';
import type { Stage } from './stage.ts';
import { ONLINE_KEYS } from './stream-stack.ts';

/** The contracts whose streams the log goes to; without them there is no API in an account. */
export const LOGGED = ['predictions', 'outcomes'] as const;

export const SNAPSHOT_DUTIES: Duties = { description: 'Asks the tables what prices, shipping and recommendations are made from', athena: true, reads: ['bronze', 'silver', 'gold', 'ops'], minutes: 15, memoryMb: 1769 };

export const PRICES_DUTIES: Duties = {
  description: 'Makes a list of prices, and hands it over to the shop', athena: true, reads: ['bronze', 'silver', 'gold', 'ops'], writes: ['gold'], minutes: 15, memoryMb: 3538, scratchMb: 2048,
};

export const JUDGE_DUTIES: Duties = { description: 'Judges canaries of models: they go back, or take over', athena: true, reads: ['silver'], minutes: 5, memoryMb: 1769 };

export interface ServingProps extends StackProps {
  foundation: FoundationStack;
  /** Folder with one bundle a function. */
  bundles: string;
  /** Of Millrace, as GET /version tells it. */
  version: string;
  /** Whether there is a table of online features. */
  hasFeatures: boolean;
}

/** Lambda takes 4 KB of environment in all. */
const MOST_SETTINGS = 3_000;

/** The project's settings of prices and shipping, for functions that read them from their environment. */
function partSettings({ pricing, shipping }: Stage): Record<string, string> {
  const settings = { ...(pricing === undefined ? {} : { MILLRACE_PRICING: JSON.stringify(pricing) }), ...(shipping === undefined ? {} : { MILLRACE_SHIPPING: JSON.stringify(shipping) }) };
  const length = Object.values(settings).join('').length;
  if (length > MOST_SETTINGS) {
    throw new MillraceError('too_big', `the settings of prices and shipping have ${length} characters, and a function takes ${MOST_SETTINGS}`, { where: 'millrace.config.ts', todo: 'Block fewer products by name there.' });
  }
  return settings;
}

export class ServingStack extends Stack {
  readonly #foundation: FoundationStack;
  readonly #bundles: string;
  readonly #topic: ITopic;

  constructor(scope: Construct, id: string, { foundation, bundles, version, hasFeatures, ...props }: ServingProps) {
    super(scope, id, { ...props, description: `Millrace ${foundation.stage.name}: the scoring API` });
    const { stage } = foundation;
    this.#foundation = foundation;
    this.#bundles = bundles;
    this.#topic = Topic.fromTopicArn(this, 'DataTeam', this.formatArn({ service: 'sns', resource: stage.resource('data-team') }));
    const { table: apiTable } = new OnlineStore(this, 'ApiTable', { foundation, keys: ONLINE_KEYS, name: 'api' });
    const { table: keysTable } = new OnlineStore(this, 'KeysTable', { foundation, keys: ONLINE_KEYS, name: 'api-keys' });
    const online = hasFeatures ? stage.resource('online') : stage.resource('api');
    const scoring = new Scoring(this, 'Scoring', {
      foundation, bundle: path.join(bundles, 'score'), apiTable: apiTable.tableArn, onlineTable: this.formatArn({ service: 'dynamodb', resource: 'table', resourceName: online }),
      streams: LOGGED.map((name) => this.formatArn({ service: 'kinesis', resource: 'stream', resourceName: stage.resource(name) })),
      environment: {
        MILLRACE_APP: stage.app, MILLRACE_STAGE: stage.name, MILLRACE_VERSION: version, MILLRACE_STREAM_PREFIX: stage.resource(''), MILLRACE_MODELS: stage.bucket('models'),
        MILLRACE_API_TABLE: stage.resource('api'), MILLRACE_ONLINE_TABLE: online, MILLRACE_SHOP_CURRENCY: stage.shop.currency, MILLRACE_SHOP_TIME_ZONE: stage.shop.timeZone,
        ...partSettings(stage),
      },
    });
    const authorize = this.#authorize(keysTable.tableArn);
    const http = new HttpApi(this, 'Http', { foundation, routes: ROUTES, score: scoring.alias, authorize: authorize.function });
    const { firewall = true, requestsPerAddress = 100_000 } = stage.settings.serving ?? {};
    if (firewall) new Firewall(this, 'Firewall', { stage, resourceArn: stageArnOf(http), requestsPerAddress });
    else acknowledge(http.api, 'APIG3', 'The stage has switched the firewall off.');
    scoring.watchedBy(this.#alarms(scoring, http));
    this.#alarmsOf('Authorize', authorize);
    this.#relog();
    this.#snapshot();
    this.#priceLists(apiTable.tableArn);
    this.#canaries(apiTable.tableArn);
    new ServingDashboard(this, 'Dashboard', { stage, http, scoring, counted: (name) => this.#counted(name) });
    new CfnOutput(this, 'ApiUrl', { value: stage.settings.serving?.domain === undefined ? http.api.url : `https://${stage.settings.serving.domain.name}/`, description: 'The scoring API; open it for a page to try it' });
  }

  #authorize(keysTable: string): LambdaFunction {
    const { stage, key } = this.#foundation;
    const made = new LambdaFunction(this, 'Fnauthorize', {
      stage, key, name: 'authorize', bundle: path.join(this.#bundles, 'authorize'), description: 'Looks API keys up by their hashes', memoryMb: 512, timeout: Duration.seconds(10),
      environment: { MILLRACE_KEYS_TABLE: stage.resource('api-keys') },
    });
    made.allow(['dynamodb:BatchGetItem'], [keysTable]);
    made.allow(KEY_ACTIONS, [key.keyArn]);
    return made;
  }

  /** What the log's stream did not take in time is put into it by an object's arrival; what fails again waits in a queue that an alarm watches. */
  #relog(): void {
    const { stage, key } = this.#foundation;
    const made = new LambdaFunction(this, 'Fnrelog', {
      stage, key, name: 'relog', bundle: path.join(this.#bundles, 'relog'), description: 'Puts predictions that were put aside into their stream', memoryMb: 512, timeout: Duration.minutes(2),
      environment: { MILLRACE_STREAM_PREFIX: stage.resource('') },
    });
    made.allow(['s3:GetObject', 's3:DeleteObject'], [stage.bucketArn('models', 'waiting/*')], OBJECTS);
    made.allow(['s3:ListBucket'], [stage.bucketArn('models')]);
    made.allow(['kinesis:PutRecords'], [this.formatArn({ service: 'kinesis', resource: 'stream', resourceName: stage.resource('predictions') })]);
    made.allow(['kms:Decrypt', 'kms:GenerateDataKey'], [key.keyArn]);
    const unlogged = new Queue(this, 'Unlogged', { queueName: stage.resource('unlogged'), encryption: QueueEncryption.KMS, encryptionMasterKey: key, enforceSSL: true, retentionPeriod: Duration.days(14) });
    acknowledge(unlogged, 'SQS3', 'It is itself the dead-letter queue of the rule below.');
    const rule = new Rule(this, 'PredictionsPutAside', {
      ruleName: stage.resource('predictions-put-aside'), description: 'Predictions were put aside',
      eventPattern: { source: ['aws.s3'], detailType: ['Object Created'], detail: { bucket: { name: [stage.bucket('models')] }, object: { key: [{ prefix: 'waiting/' }] } } },
    });
    rule.addTarget(new LambdaTarget(made.function, { deadLetterQueue: unlogged, retryAttempts: 8, maxEventAge: Duration.hours(6) }));
    made.function.configureAsyncInvoke({ onFailure: { bind: () => ({ destination: unlogged.queueArn }) }, retryAttempts: 2, maxEventAge: Duration.hours(6) });
    made.allow(['sqs:SendMessage'], [unlogged.queueArn]);
    this.#alarm({ name: 'PredictionsUnlogged', description: 'Predictions that were put aside could not be put into their stream: see the queue', threshold: 0, metric: unlogged.metricApproximateNumberOfMessagesVisible({ period: FIVE_MINUTES }) });
  }

  /** After each batch, after each deployment of this stack, and every hour. */
  #snapshot(): void {
    const { stage, key } = this.#foundation;
    const made = lakeFunction(this, { foundation: this.#foundation, name: 'snapshot', duties: SNAPSHOT_DUTIES, bundle: path.join(this.#bundles, 'snapshot'), environment: { MILLRACE_MODELS: stage.bucket('models'), ...partSettings(stage) } });
    made.allow(['s3:GetObject', 's3:PutObject'], [stage.bucketArn('models', 'serving/*'), stage.bucketArn('models', 'answers/*')], OBJECTS);
    made.allow(['s3:GetObject'], [stage.bucketArn('models', 'registry/*')], OBJECTS);
    made.allow(['s3:ListBucket'], [stage.bucketArn('models')]);
    made.allow(['kms:GenerateDataKey'], [key.keyArn]);
    const target = () => new LambdaTarget(made.function, { retryAttempts: 2, maxEventAge: Duration.hours(1) });
    const batch = this.formatArn({ service: 'states', resource: 'stateMachine', resourceName: stage.resource('batch'), arnFormat: ArnFormat.COLON_RESOURCE_NAME });
    new Rule(this, 'AfterBatch', {
      ruleName: stage.resource('snapshot-after-batch'), description: 'A batch has succeeded: what the API answers from may have changed',
      eventPattern: { source: ['aws.states'], detailType: ['Step Functions Execution Status Change'], detail: { stateMachineArn: [batch], status: ['SUCCEEDED'] } }, targets: [target()],
    });
    new Rule(this, 'AfterDeployment', {
      ruleName: stage.resource('snapshot-after-deployment'), description: 'This stack was deployed: its functions may ask otherwise',
      eventPattern: { source: ['aws.cloudformation'], detailType: ['CloudFormation Stack Status Change'], detail: { 'stack-id': [this.stackId], 'status-details': { status: ['CREATE_COMPLETE', 'UPDATE_COMPLETE'] } } }, targets: [target()],
    });
    new Rule(this, 'Hourly', { ruleName: stage.resource('snapshot-hourly'), description: 'What the API answers from, looked at every hour', schedule: EventSchedule.rate(Duration.hours(1)), targets: [target()] });
    this.#alarmsOf('Snapshot', made);
  }

  /** Every day after the batch. Of the API's table it may touch the lists and nothing else. */
  #priceLists(apiTable: string): void {
    const { stage, key } = this.#foundation;
    const { priceListHour = 5 } = stage.settings.serving ?? {};
    const made = lakeFunction(this, {
      foundation: this.#foundation, name: 'prices', duties: PRICES_DUTIES, bundle: path.join(this.#bundles, 'prices'),
      environment: { MILLRACE_MODELS: stage.bucket('models'), MILLRACE_API_TABLE: stage.resource('api'), ...partSettings(stage) },
    });
    made.allow(['s3:GetObject'], [stage.bucketArn('models', 'registry/*')], OBJECTS);
    made.allow(['s3:PutObject', 's3:DeleteObject'], [stage.bucketArn('models', 'exports/prices/*')], OBJECTS);
    made.allow(['s3:PutObject'], [stage.bucketArn('models', 'serving/demand.json')]);
    made.allow(['s3:GetObject', 's3:PutObject'], ['demand', 'lists'].map((part) => stage.bucketArn('models', `answers/${part}/*`)), OBJECTS);
    made.allow(['s3:ListBucket'], [stage.bucketArn('models')]);
    made.role.addToPolicy(new PolicyStatement({
      effect: Effect.ALLOW, actions: ['dynamodb:BatchGetItem', 'dynamodb:PutItem'], resources: [apiTable], conditions: { 'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': ['price-list/*'] } },
    }));
    made.allow(KEY_ACTIONS, [key.keyArn]);
    if (priceListHour !== false) {
      const starter = new Role(this, 'PriceListStarter', { assumedBy: new ServicePrincipal('scheduler.amazonaws.com'), description: `Calls ${stage.resource('prices')}` });
      acknowledgeWildcard(starter, `${made.function.functionArn}:*`, 'CDK lets a schedule call every version of the one function it is given.');
      new Schedule(this, 'PriceLists', {
        scheduleName: stage.resource('prices'), description: "A list of prices, in the shop's zone, after the batch",
        schedule: ScheduleExpression.cron({ hour: String(priceListHour), minute: '0', timeZone: TimeZone.of(stage.shop.timeZone) }),
        target: new LambdaInvoke(made.function, { role: starter, input: ScheduleTargetInput.fromObject({}), retryAttempts: 5, maxEventAge: Duration.hours(3) }),
      });
    }
    this.#alarm({ name: 'PricesFailed', description: 'No list of prices could be made or handed over; the one before holds until it ends: the log of the function prices says why', threshold: 0, metric: made.function.metricErrors({ period: FIVE_MINUTES }) });
  }

  /** Of the registry it may change who answers, and no version; of the API's table it reads what was counted of canaries, and keeps what is to be told of them. */
  #canaries(apiTable: string): void {
    const { stage, key } = this.#foundation;
    const made = lakeFunction(this, {
      foundation: this.#foundation, name: 'judge', duties: JUDGE_DUTIES, bundle: path.join(this.#bundles, 'judge'),
      environment: { MILLRACE_MODELS: stage.bucket('models'), MILLRACE_API_TABLE: stage.resource('api'), MILLRACE_TOPIC: this.#topic.topicArn, ...mlflowEnvironment(stage.settings.learning?.mlflow) },
    });
    made.allow(['s3:GetObject'], [stage.bucketArn('models', 'registry/*')], OBJECTS);
    made.allow(['s3:PutObject'], [stage.bucketArn('models', 'registry/*/aliases/*')], OBJECTS);
    made.allow(['s3:ListBucket'], [stage.bucketArn('models')]);
    made.role.addToPolicy(new PolicyStatement({
      effect: Effect.ALLOW, actions: ['dynamodb:BatchGetItem', 'dynamodb:PutItem', 'dynamodb:DeleteItem'], resources: [apiTable], conditions: { 'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': ['canary/*'] } },
    }));
    made.allow(['sns:Publish'], [this.#topic.topicArn]);
    allowMlflow(made, stage.settings.learning?.mlflow);
    made.allow(KEY_ACTIONS, [key.keyArn]);
    new Rule(this, 'Canaries', {
      ruleName: stage.resource('judge'), description: 'Canaries of models, looked at every five minutes', schedule: EventSchedule.rate(FIVE_MINUTES),
      targets: [new LambdaTarget(made.function, { retryAttempts: 0, maxEventAge: FIVE_MINUTES })],
    });
    this.#alarmsOf('Judge', made);
    this.#alarm({ name: 'CanariesRolledBack', description: 'A version of a model was sent back to the champion: the message before this one, and millrace models, say why', threshold: 0, metric: this.#counted('CanariesRolledBack') });
  }

  /** Gives those that take a new version of the scoring function back. */
  #alarms({ alias }: Scoring, { api }: HttpApi): Alarm[] {
    const { slowMilliseconds = 1_000, fallbackShare = 0.2 } = this.#foundation.stage.settings.serving ?? {};
    const minute = Duration.minutes(1);
    const rollsBack = [
      this.#alarm({ name: 'ScoreErrors', description: 'The scoring function fails: its log says why', threshold: 0, metric: alias.metricErrors({ period: minute }) }),
      this.#alarm({ name: 'ApiErrors', description: 'Requests end with 5xx', threshold: 5, metric: api.metricServerError({ period: minute }) }),
      this.#alarm({ name: 'ApiSlow', description: `p99 of the answers is over ${slowMilliseconds} ms`, threshold: slowMilliseconds, periods: 3, metric: api.metricLatency({ period: minute, statistic: 'p99' }) }),
      this.#alarm({
        name: 'ApiFallbacks', description: 'Too many answers do not come from a model: is the online store reachable, is there a champion?', threshold: fallbackShare, periods: 3,
        metric: new MathExpression({ expression: 'IF(answers > 0, fallbacks / answers, 0)', usingMetrics: { answers: this.#counted('Answers'), fallbacks: this.#counted('Fallbacks') }, period: FIVE_MINUTES, label: 'share of fall-back answers' }),
      }),
    ];
    this.#alarm({ name: 'ScoreThrottled', description: "The scoring function is throttled: the account's concurrency is used up", threshold: 0, metric: alias.metricThrottles({ period: FIVE_MINUTES }) });
    this.#alarm({ name: 'PredictionsLost', description: 'Answers could be logged nowhere: neither the stream nor the bucket took them for long', threshold: 0, metric: this.#counted('PredictionsLost') });
    this.#alarm({ name: 'PredictionsSetAside', description: 'The stream of predictions does not take them in time; they are put in later', threshold: 0, periods: 3, metric: this.#counted('PredictionsSetAside') });
    this.#alarm({ name: 'ServingStale', description: 'Models, experiments, prices, rate cards or recommendations cannot be looked at: the log says which; the last ones go on answering', threshold: 0, periods: 3, metric: this.#counted('ServingStale') });
    return rollsBack;
  }

  #alarm(spec: AlarmSpec): Alarm {
    return addAlarm(this, this.#foundation.stage, this.#topic, spec);
  }

  #alarmsOf(name: string, made: LambdaFunction): void {
    const watch = (what: string, description: string, metric: IMetric) => this.#alarm({ name: `${name}${what}`, description, metric, threshold: 0, periods: 3 });
    watch('Errors', `The function ${name.toLowerCase()} fails: its log says why`, made.function.metricErrors({ period: FIVE_MINUTES }));
    watch('Throttled', `The function ${name.toLowerCase()} is throttled: the account's concurrency is used up`, made.function.metricThrottles({ period: FIVE_MINUTES }));
  }

  /** What the scoring function counts and writes into its log as embedded metrics. */
  #counted(metricName: string): Metric {
    const { stage } = this.#foundation;
    return new Metric({ namespace: 'Millrace', metricName, statistic: 'Sum', period: FIVE_MINUTES, dimensionsMap: { Stage: `${stage.app}-${stage.name}` } });
  }
}
