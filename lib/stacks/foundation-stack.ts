// What everything stands on: the key, the buckets, the Glue databases, the Athena workgroup. Tables are not here: an update of an
// Iceberg `AWS::Glue::Table` drops its pointer and reports success, so tables are made by lib/lake (see docs/decisions).
import { CfnOutput, Duration, Stack, type StackProps } from 'aws-cdk-lib';
import { CfnWorkGroup } from 'aws-cdk-lib/aws-athena';
import { CfnDatabase } from 'aws-cdk-lib/aws-glue';
import { Effect, PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import type { Construct } from 'constructs';
import { principalOf } from './constructs/event-stream.ts';
import { PrivateBucket } from './constructs/private-bucket.ts';
import { acknowledge } from './nag.ts';
import { LAYERS, type Layer, type Stage } from './stage.ts';

export interface FoundationProps extends StackProps { stage: Stage }

export class FoundationStack extends Stack {
  readonly stage: Stage;
  readonly key: Key;
  readonly landing: PrivateBucket;
  readonly lake: PrivateBucket;
  readonly results: PrivateBucket;
  /** Records of streams that could not be delivered, until they are swept into the quarantine. */
  readonly failed: PrivateBucket;
  /** The registry of models, and what the API answers from. */
  readonly models: PrivateBucket;
  readonly workgroup: CfnWorkGroup;
  readonly databases: Readonly<Record<Layer, CfnDatabase>>;
  /** Keys of pseudonyms and of encrypted payloads, by key id; rotated by adding one. */
  readonly privacyKeys: Secret;

  constructor(scope: Construct, id: string, { stage, ...props }: FoundationProps) {
    super(scope, id, { ...props, description: `Millrace ${stage.name}: key, buckets, databases, workgroup` });
    this.stage = stage;
    this.key = new Key(this, 'Key', {
      alias: `alias/${stage.resource('data')}`,
      description: `Data of ${stage.app} ${stage.name}`,
      enableKeyRotation: true,
      removalPolicy: stage.removal,
    });
    this.key.addToResourcePolicy(new PolicyStatement({
      effect: Effect.ALLOW,
      principals: [new ServicePrincipal(`logs.${this.region}.amazonaws.com`)],
      actions: ['kms:Encrypt', 'kms:Decrypt', 'kms:ReEncrypt*', 'kms:GenerateDataKey*', 'kms:DescribeKey'],
      resources: ['*'],
      conditions: { ArnLike: { 'kms:EncryptionContext:aws:logs:arn': `arn:${this.partition}:logs:${this.region}:${this.account}:log-group:*` } },
    }));

    // Alarms publish to an encrypted topic, and events that could not be delivered go to an encrypted queue: without this both are lost in silence.
    this.key.addToResourcePolicy(new PolicyStatement({
      effect: Effect.ALLOW,
      principals: ['cloudwatch', 'events'].map((service) => new ServicePrincipal(`${service}.amazonaws.com`)),
      actions: ['kms:Decrypt', 'kms:GenerateDataKey*'],
      resources: ['*'],
      conditions: { StringEquals: { 'aws:SourceAccount': this.account } },
    }));

    // Producers of other accounts encrypt what they put into a stream.
    const producers = stage.settings.stream?.producers ?? [];
    if (producers.length > 0) {
      this.key.addToResourcePolicy(new PolicyStatement({
        effect: Effect.ALLOW,
        principals: producers.map(principalOf),
        actions: ['kms:GenerateDataKey'],
        resources: ['*'],
        conditions: { StringEquals: { 'kms:ViaService': `kinesis.${this.region}.amazonaws.com` } },
      }));
    }

    const accessLogs = new PrivateBucket(this, 'AccessLogs', {
      stage, name: 'access-logs', lifecycleRules: [{ id: 'a-year', expiration: Duration.days(365) }],
    });
    this.landing = new PrivateBucket(this, 'Landing', { stage, name: 'landing', key: this.key, accessLogs, versioned: true, eventBridge: true });
    this.lake = new PrivateBucket(this, 'Lake', { stage, name: 'lake', key: this.key, accessLogs });
    this.results = new PrivateBucket(this, 'Results', {
      stage, name: 'results', key: this.key, accessLogs, lifecycleRules: [{ id: 'two-weeks', expiration: Duration.days(14) }],
    });

    this.failed = new PrivateBucket(this, 'Failed', {
      stage, name: 'failed', key: this.key, accessLogs, eventBridge: true,
      // What was swept is in the quarantine and gone from here; what was not has had three months of an alarm.
      lifecycleRules: [{ id: 'three-months', expiration: Duration.days(90) }],
    });

    this.models = new PrivateBucket(this, 'Models', {
      stage, name: 'models', key: this.key, accessLogs, versioned: true, eventBridge: true,
      // Versions of models stay; what is made anew every hour, or was only waiting, does not pile up.
      lifecycleRules: ['serving/', 'waiting/', 'training/', 'exports/', 'answers/'].map((prefix) => ({ id: `${prefix.slice(0, -1)}-a-month`, prefix, noncurrentVersionExpiration: Duration.days(30), ...(prefix === 'training/' ? { expiration: Duration.days(30) } : {}) })),
    });

    this.databases = Object.fromEntries(LAYERS.map((layer) => [layer, this.#database(layer)])) as Record<Layer, CfnDatabase>;

    this.workgroup = new CfnWorkGroup(this, 'Workgroup', {
      name: stage.resource('batch'),
      description: 'Statements of the batch workflow and of analysts; a query that would scan more than the stage allows is stopped.',
      recursiveDeleteOption: false,
      workGroupConfiguration: {
        bytesScannedCutoffPerQuery: stage.settings.scanLimitBytes,
        enforceWorkGroupConfiguration: true,
        publishCloudWatchMetricsEnabled: true,
        engineVersion: { selectedEngineVersion: 'Athena engine version 3' },
        resultConfiguration: {
          outputLocation: `s3://${this.results.bucketName}/athena/`,
          encryptionConfiguration: { encryptionOption: 'SSE_KMS', kmsKey: this.key.keyArn },
        },
      },
    });

    this.privacyKeys = new Secret(this, 'PrivacyKeys', {
      secretName: stage.resource('privacy-keys'),
      description: 'Keys of pseudonyms (HMAC) and of encrypted quarantine payloads, by key id',
      encryptionKey: this.key,
      generateSecretString: { secretStringTemplate: '{"current":"k1"}', generateStringKey: 'k1', passwordLength: 64, excludePunctuation: true },
      removalPolicy: stage.removal,
    });

    acknowledge(this.privacyKeys, 'SMG4', 'Pseudonyms of two keys cannot be joined: a key is rotated by decision, by adding a key id, never by a clock.');

    new CfnOutput(this, 'LandingBucket', { value: this.landing.bucketName, description: 'Drop files under <source>/' });
    new CfnOutput(this, 'LakeBucket', { value: this.lake.bucketName });
    new CfnOutput(this, 'WorkgroupName', { value: this.workgroup.name });
  }

  #database(layer: Layer): CfnDatabase {
    const database = new CfnDatabase(this, `Database${layer}`, {
      catalogId: this.account,
      databaseInput: { name: this.stage.database(layer), description: `Millrace ${this.stage.name}: ${layer}`, locationUri: `s3://${this.lake.bucketName}/${layer}/` },
    });
    database.applyRemovalPolicy(this.stage.removal);
    return database;
  }
}
