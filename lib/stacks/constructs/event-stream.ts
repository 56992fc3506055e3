// A stream of one contract: encrypted with our key, on demand unless the stage says otherwise, open to the producers that the stage names.
import { Duration } from 'aws-cdk-lib';
import { AccountPrincipal, ArnPrincipal, Effect, PolicyDocument, PolicyStatement, type PrincipalBase } from 'aws-cdk-lib/aws-iam';
import { ResourcePolicy, Stream, StreamEncryption, StreamMode } from 'aws-cdk-lib/aws-kinesis';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import type { FoundationStack } from '../foundation-stack.ts';
import { acknowledge } from '../nag.ts';
import { addAlarm, titleOf } from './alarms.ts';

export interface EventStreamProps {
  foundation: FoundationStack;
  /** The contract, whose name the stream bears. */
  contract: string;
  topic: ITopic;
}

export class EventStream extends Construct {
  readonly contract: string;
  readonly stream: Stream;

  constructor(scope: Construct, id: string, { foundation, contract, topic }: EventStreamProps) {
    super(scope, id);
    const { stage, key } = foundation;
    const { shards, retentionHours = 168, producers = [] } = stage.settings.stream ?? {};
    this.contract = contract;
    this.stream = new Stream(this, 'Stream', {
      streamName: stage.resource(contract),
      ...(shards === undefined ? { streamMode: StreamMode.ON_DEMAND } : { streamMode: StreamMode.PROVISIONED, shardCount: shards }),
      retentionPeriod: Duration.hours(retentionHours),
      encryption: StreamEncryption.KMS,
      encryptionKey: key,
      removalPolicy: stage.removal,
    });
    acknowledge(this.stream, 'KDS3', 'Producers of other accounts can only be let in by the policy of a key of our own.');
    if (producers.length > 0) {
      new ResourcePolicy(this, 'Producers', {
        stream: this.stream,
        policyDocument: new PolicyDocument({
          statements: [new PolicyStatement({
            sid: 'ProducersOfOtherAccounts',
            effect: Effect.ALLOW,
            principals: producers.map(principalOf),
            actions: ['kinesis:PutRecord', 'kinesis:PutRecords', 'kinesis:DescribeStreamSummary', 'kinesis:ListShards'],
            resources: [this.stream.streamArn],
          })],
        }),
      });
    }
    const name = titleOf(contract);
    const period = Duration.minutes(5);
    addAlarm(this, stage, topic, {
      name: `${name}WritesThrottled`, description: `Producers of ${contract} are throttled: more shards, or partition keys that spread better`,
      metric: this.stream.metric('WriteProvisionedThroughputExceeded', { statistic: 'Sum', period }), threshold: 0, periods: 3,
    });
    addAlarm(this, stage, topic, {
      name: `${name}ReadsThrottled`, description: `Consumers of ${contract} are throttled`,
      metric: this.stream.metric('ReadProvisionedThroughputExceeded', { statistic: 'Sum', period }), threshold: 0, periods: 3,
    });
  }
}

/** An account number, or the ARN of a role. */
export function principalOf(producer: string): PrincipalBase {
  return /^\d{12}$/.test(producer) ? new AccountPrincipal(producer) : new ArnPrincipal(producer);
}
