// Delivery of one stream into the lake: Firehose gives records to the validate function, which says for each row its table, and commits them to
// Iceberg. What it cannot deliver goes to the bucket of failed records. The tables are there before: it neither makes nor alters any.
import { Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { Metric } from 'aws-cdk-lib/aws-cloudwatch';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { Stream } from 'aws-cdk-lib/aws-kinesis';
import { CfnDeliveryStream } from 'aws-cdk-lib/aws-kinesisfirehose';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { LogGroup, LogStream, RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import type { FoundationStack } from '../foundation-stack.ts';
import { acknowledge, allow } from '../nag.ts';
import { addAlarm, titleOf } from './alarms.ts';
import { bronzeArns, OBJECTS } from './lake-function.ts';

/** Where Firehose puts what it cannot deliver, in the bucket of failed records: `firehose/<contract>/<what failed>/<day>/`. */
const FIREHOSE_FAILURES = 'firehose';

/** Firehose hands the function batches of up to so much; base64 and the answer must fit into the 6 MB of a call. */
const TRANSFORM_MB = '1';
const TRANSFORM_SECONDS = '5';

export interface DeliveryProps {
  foundation: FoundationStack;
  contract: string;
  stream: Stream;
  /** Tables of bronze that its records may go to: a record's type may name another contract than its stream's. */
  tables: readonly string[];
  validate: IFunction;
  topic: ITopic;
}

export class Delivery extends Construct {
  readonly deliveryStream: CfnDeliveryStream;

  constructor(scope: Construct, id: string, { foundation, contract, stream, tables, validate, topic }: DeliveryProps) {
    super(scope, id);
    const { stage, key } = foundation;
    const { bufferSeconds = 60, bufferMb = 64 } = stage.settings.stream ?? {};
    const stack = Stack.of(this);
    const name = stage.resource(contract);
    const logGroup = new LogGroup(this, 'Logs', {
      logGroupName: `/aws/kinesisfirehose/${name}`, retention: RetentionDays.THREE_MONTHS, encryptionKey: key, removalPolicy: RemovalPolicy.DESTROY,
    });
    const logStream = new LogStream(this, 'LogStream', { logGroup, logStreamName: 'delivery', removalPolicy: RemovalPolicy.DESTROY });
    const role = new Role(this, 'Role', {
      assumedBy: new ServicePrincipal('firehose.amazonaws.com', { conditions: { StringEquals: { 'aws:SourceAccount': stack.account } } }),
      description: `Delivers ${name} into bronze`,
    });
    allow(role, ['kinesis:DescribeStream', 'kinesis:GetShardIterator', 'kinesis:GetRecords', 'kinesis:ListShards'], [stream.streamArn]);
    allow(role, ['lambda:InvokeFunction', 'lambda:GetFunctionConfiguration'], [`${validate.functionArn}:$LATEST`, validate.functionArn]);
    allow(role, ['glue:GetDatabase', 'glue:GetTable', 'glue:UpdateTable'], bronzeArns(stack, foundation, tables));
    allow(role, ['s3:GetObject', 's3:PutObject', 's3:DeleteObject', 's3:AbortMultipartUpload'], tables.map((table) => stage.bucketArn('lake', `bronze/${table}/*`)), OBJECTS);
    allow(role, ['s3:PutObject', 's3:AbortMultipartUpload'], [stage.bucketArn('failed', `${FIREHOSE_FAILURES}/${contract}/*`)], OBJECTS);
    allow(role, ['s3:ListBucket', 's3:GetBucketLocation', 's3:ListBucketMultipartUploads'], [stage.bucketArn('lake'), stage.bucketArn('failed')]);
    allow(role, ['kms:Decrypt', 'kms:GenerateDataKey'], [key.keyArn]);
    allow(role, ['logs:PutLogEvents'], [stack.formatArn({ service: 'logs', resource: `log-group:/aws/kinesisfirehose/${name}:log-stream:delivery` })]);

    this.deliveryStream = new CfnDeliveryStream(this, 'Delivery', {
      deliveryStreamName: name,
      deliveryStreamType: 'KinesisStreamAsSource',
      kinesisStreamSourceConfiguration: { kinesisStreamArn: stream.streamArn, roleArn: role.roleArn },
      icebergDestinationConfiguration: {
        roleArn: role.roleArn,
        // Rows are only ever added; silver takes duplicates out.
        appendOnly: true,
        catalogConfiguration: { catalogArn: stack.formatArn({ service: 'glue', resource: 'catalog' }) },
        bufferingHints: { intervalInSeconds: bufferSeconds, sizeInMBs: bufferMb },
        retryOptions: { durationInSeconds: 3600 },
        s3BackupMode: 'FailedDataOnly',
        s3Configuration: {
          bucketArn: stage.bucketArn('failed'),
          roleArn: role.roleArn,
          errorOutputPrefix: `${FIREHOSE_FAILURES}/${contract}/!{firehose:error-output-type}/!{timestamp:yyyy-MM-dd}/`,
          bufferingHints: { intervalInSeconds: 60, sizeInMBs: 5 },
          encryptionConfiguration: { kmsEncryptionConfig: { awskmsKeyArn: key.keyArn } },
        },
        processingConfiguration: {
          enabled: true,
          processors: [{
            type: 'Lambda',
            parameters: Object.entries({
              LambdaArn: `${validate.functionArn}:$LATEST`, RoleArn: role.roleArn, NumberOfRetries: '3',
              BufferSizeInMBs: TRANSFORM_MB, BufferIntervalInSeconds: TRANSFORM_SECONDS,
            }).map(([parameterName, parameterValue]) => ({ parameterName, parameterValue })),
          }],
        },
        cloudWatchLoggingOptions: { enabled: true, logGroupName: logGroup.logGroupName, logStreamName: logStream.logStreamName },
      },
    });
    // The role's policy, not only the role: Firehose tries what it may at once.
    this.deliveryStream.node.addDependency(role, logStream);
    acknowledge(this.deliveryStream, 'KDF1', 'Its source is a stream that is encrypted with our key; Firehose itself encrypts only what is put to it directly.');

    const title = titleOf(contract);
    const metric = (metricName: string, statistic: string) => new Metric({ namespace: 'AWS/Firehose', metricName, statistic, period: Duration.minutes(5), dimensionsMap: { DeliveryStreamName: name } });
    addAlarm(this, stage, topic, {
      name: `${title}DeliveryLate`, description: `The oldest record of ${contract} that is not in the lake is older than it should be`,
      metric: metric('DeliveryToIceberg.DataFreshness', 'Maximum'), threshold: bufferSeconds + 600, periods: 2,
    });
    addAlarm(this, stage, topic, {
      name: `${title}DeliveryFailed`, description: `Rows of ${contract} could not be written to their table: see the bucket of failed records`,
      metric: metric('DeliveryToIceberg.FailedRowCount', 'Sum'), threshold: 0,
    });
  }
}
