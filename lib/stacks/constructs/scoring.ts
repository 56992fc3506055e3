// The scoring function behind an alias: a new version comes into use little by little, and goes back by itself where an alarm rings meanwhile.
import { Duration } from 'aws-cdk-lib';
import type { Alarm } from 'aws-cdk-lib/aws-cloudwatch';
import { LambdaDeploymentConfig, LambdaDeploymentGroup, type ILambdaDeploymentConfig } from 'aws-cdk-lib/aws-codedeploy';
import { Alias } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import type { ServingSettings } from '../../base/index.ts';
import type { FoundationStack } from '../foundation-stack.ts';
import { acknowledge } from '../nag.ts';
import { OBJECTS } from './lake-function.ts';
import { LambdaFunction } from './lambda-function.ts';

export interface ScoringProps {
  foundation: FoundationStack;
  bundle: string;
  environment: Record<string, string>;
  /** ARNs of the streams of predictions and outcomes, of the API's table, of the table of online features. */
  streams: readonly string[];
  apiTable: string;
  onlineTable: string;
}

/** DynamoDB and encrypted streams ask for the key in the caller's name. */
export const KEY_ACTIONS = ['kms:Decrypt', 'kms:DescribeKey', 'kms:Encrypt', 'kms:GenerateDataKey', 'kms:ReEncryptFrom', 'kms:ReEncryptTo'];

const DEPLOYMENTS: Readonly<Record<NonNullable<ServingSettings['deployment']>, ILambdaDeploymentConfig>> = Object.freeze({
  canary10Percent5Minutes: LambdaDeploymentConfig.CANARY_10PERCENT_5MINUTES,
  canary10Percent15Minutes: LambdaDeploymentConfig.CANARY_10PERCENT_15MINUTES,
  linear10PercentEvery1Minute: LambdaDeploymentConfig.LINEAR_10PERCENT_EVERY_1MINUTE,
  allAtOnce: LambdaDeploymentConfig.ALL_AT_ONCE,
});

export class Scoring extends Construct {
  readonly made: LambdaFunction;
  readonly alias: Alias;
  readonly #foundation: FoundationStack;

  constructor(scope: Construct, id: string, { foundation, bundle, environment, streams, apiTable, onlineTable }: ScoringProps) {
    super(scope, id);
    this.#foundation = foundation;
    const { stage, key } = foundation;
    this.made = new LambdaFunction(this, 'Fnscore', {
      stage, key, name: 'score', bundle, environment, description: 'Answers requests: predictions, prices, shipping, recommendations', memoryMb: 1769, timeout: Duration.seconds(15),
    });
    this.made.allow(['s3:GetObject'], [stage.bucketArn('models', 'registry/*'), stage.bucketArn('models', 'serving/*')], OBJECTS);
    this.made.allow(['s3:ListBucket'], [stage.bucketArn('models')]);
    this.made.allow(['s3:PutObject'], [stage.bucketArn('models', 'waiting/*')], OBJECTS);
    this.made.allow(['dynamodb:BatchGetItem', 'dynamodb:PutItem'], [apiTable]);
    this.made.allow(['dynamodb:BatchGetItem'], [onlineTable]);
    this.made.allow(['kinesis:PutRecords'], [...streams]);
    this.made.allow(KEY_ACTIONS, [key.keyArn]);
    const { provisioned = 0 } = stage.settings.serving ?? {};
    this.alias = new Alias(this, 'Live', { aliasName: 'live', version: this.made.function.currentVersion, ...(provisioned === 0 ? {} : { provisionedConcurrentExecutions: provisioned }) });
  }

  /** From now on a deployment that makes one of them ring is taken back. */
  watchedBy(alarms: Alarm[]): void {
    const { stage } = this.#foundation;
    const group = new LambdaDeploymentGroup(this, 'Deployment', {
      alias: this.alias, alarms, deploymentGroupName: stage.resource('score'),
      deploymentConfig: DEPLOYMENTS[stage.settings.serving?.deployment ?? 'canary10Percent5Minutes'],
      autoRollback: { failedDeployment: true, stoppedDeployment: true, deploymentInAlarm: true },
    });
    acknowledge(group, 'IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/AWSCodeDeployRoleForLambdaLimited]', "CodeDeploy's role for functions has the policy that the service asks for.");
  }
}
