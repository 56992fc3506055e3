// Nightly upkeep of the lake: one function, a small state machine that gives it a table at a time, and an alarm where a file does not read.
import { ArnFormat, RemovalPolicy, Stack, TimeZone } from 'aws-cdk-lib';
import type { Role } from 'aws-cdk-lib/aws-iam';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Schedule, ScheduleExpression } from 'aws-cdk-lib/aws-scheduler';
import { StepFunctionsStartExecution } from 'aws-cdk-lib/aws-scheduler-targets';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import { DefinitionBody, LogLevel, StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import type { FoundationStack } from '../foundation-stack.ts';
import { acknowledge, allow } from '../nag.ts';
import { LAYERS } from '../stage.ts';
import { UPKEEP_MACHINE } from '../upkeep-machine.ts';
import { addAlarm, FIVE_MINUTES } from './alarms.ts';
import { lakeFunction, OBJECTS, type Duties } from './lake-function.ts';
import type { LambdaFunction } from './lambda-function.ts';

/** Compaction fetches up to 2 GiB of small files at a time and writes as many. */
export const UPKEEP_DUTIES: Duties = Object.freeze({
  description: 'Compacts, expires, sweeps and proves tables', reads: LAYERS, writes: LAYERS, minutes: 15, memoryMb: 3538, scratchMb: 10_240,
});

export interface UpkeepProps {
  foundation: FoundationStack;
  /** The batch, which upkeep waits for. */
  batch: StateMachine;
  topic: ITopic;
  bundle: string;
}

export class Upkeep extends Construct {
  readonly function: LambdaFunction;
  readonly stateMachine: StateMachine;

  constructor(scope: Construct, id: string, { foundation, batch, topic, bundle }: UpkeepProps) {
    super(scope, id);
    const { stage, key } = foundation;
    this.function = lakeFunction(this, { foundation, name: 'maintain', duties: UPKEEP_DUTIES, bundle, environment: { MILLRACE_UPKEEP: JSON.stringify(stage.settings.upkeep ?? {}), MILLRACE_MODELS: stage.bucket('models') } });
    // What answers and versions were made from is tagged before anything expires.
    this.function.allow(['s3:GetObject'], [stage.bucketArn('models', 'registry/*')], OBJECTS);
    this.function.allow(['s3:GetObject', 's3:PutObject', 's3:DeleteObject'], [stage.bucketArn('models', 'answers/*')], OBJECTS);
    this.function.allow(['s3:ListBucket'], [stage.bucketArn('models')]);
    this.stateMachine = new StateMachine(this, 'Machine', {
      stateMachineName: stage.resource('upkeep'),
      definitionBody: DefinitionBody.fromString(JSON.stringify(UPKEEP_MACHINE)),
      definitionSubstitutions: { batch: batch.stateMachineArn, fn_maintain: this.function.function.functionArn },
      tracingEnabled: true,
      logs: {
        level: LogLevel.ALL,
        destination: new LogGroup(this, 'Logs', {
          logGroupName: `/aws/vendedlogs/states/${stage.resource('upkeep')}`,
          retention: RetentionDays.THREE_MONTHS, encryptionKey: key, removalPolicy: RemovalPolicy.DESTROY,
        }),
      },
    });
    const role = this.stateMachine.role as Role;
    allow(role, ['lambda:InvokeFunction'], [this.function.function.functionArn]);
    allow(role, ['states:ListExecutions'], [Stack.of(this).formatArn({ service: 'states', resource: 'stateMachine', resourceName: stage.resource('batch'), arnFormat: ArnFormat.COLON_RESOURCE_NAME })]);
    acknowledge(role, 'IAM5[Resource::*]', 'CDK grants the log-delivery and X-Ray actions, which know no resources.');
    new Schedule(this, 'Nightly', {
      scheduleName: stage.resource('upkeep-nightly'),
      description: "Upkeep of the lake, every night in the shop's zone, before the batch",
      schedule: ScheduleExpression.cron({ hour: '0', minute: '30', timeZone: TimeZone.of(stage.shop.timeZone) }),
      target: new StepFunctionsStartExecution(this.stateMachine, {}),
    });
    const period = FIVE_MINUTES;
    addAlarm(this, stage, topic, { name: 'UpkeepFailed', description: 'Upkeep found files that do not read, or could not work: its execution says which', metric: this.stateMachine.metricFailed({ period }), threshold: 0 });
    addAlarm(this, stage, topic, { name: 'UpkeepTimedOut', description: 'Upkeep did not end in its time', metric: this.stateMachine.metricTimedOut({ period }), threshold: 0 });
  }
}
