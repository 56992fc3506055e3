// Learning in an account: a function that trains, predicts and monitors over Athena and the lake, the state machine that leads it from predictor to
// predictor, and the alarms on what it finds.
import path from 'node:path';
import { Duration, RemovalPolicy, Stack, TimeZone, type StackProps } from 'aws-cdk-lib';
import { Metric } from 'aws-cdk-lib/aws-cloudwatch';
import type { Role } from 'aws-cdk-lib/aws-iam';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Schedule, ScheduleExpression } from 'aws-cdk-lib/aws-scheduler';
import { StepFunctionsStartExecution } from 'aws-cdk-lib/aws-scheduler-targets';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { DefinitionBody, LogLevel, StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import type { Construct } from 'constructs';
import { addAlarm, FIVE_MINUTES } from './constructs/alarms.ts';
import { lakeFunction, OBJECTS, type Duties } from './constructs/lake-function.ts';
import { LearningDashboard } from './constructs/learning-dashboard.ts';
import type { FoundationStack } from './foundation-stack.ts';
import { allowJobs, jobRole } from './learning-job.ts';
import { learningMachine } from './learning-machine.ts';
import { allowMlflow, mlflowEnvironment } from './mlflow.ts';
import { acknowledge, allow } from './nag.ts';

/** Tags of snapshots that versions were trained on are commits too, on whatever table a training set reads. The look for leaks makes tables in staging places. */
export const LEARN_DUTIES: Duties = {
  description: 'Looks for leaks, trains predictors, makes their batch predictions, measures drift and skew', athena: true, reads: ['bronze', 'silver', 'gold', 'ops'], writes: ['silver', 'gold', 'staging'], minutes: 15, memoryMb: 10_240, scratchMb: 4096,
};

export interface LearningProps extends StackProps {
  foundation: FoundationStack;
  /** Folder with one bundle a function. */
  bundles: string;
}

export class LearningStack extends Stack {
  readonly stateMachine: StateMachine;

  constructor(scope: Construct, id: string, { foundation, bundles, ...props }: LearningProps) {
    super(scope, id, { ...props, description: `Millrace ${foundation.stage.name}: training, batch predictions, monitoring of models` });
    const { stage, key } = foundation;
    const topic = Topic.fromTopicArn(this, 'DataTeam', this.formatArn({ service: 'sns', resource: stage.resource('data-team') }));
    const { weekDay = 'SUN', driftPsi = 0.25, skewShare = 0.01, calibrationError = 0.1, sageMaker, mlflow, lookForLeaks = true } = stage.settings.learning ?? {};
    const learn = lakeFunction(this, { foundation, name: 'learn', duties: LEARN_DUTIES, bundle: path.join(bundles, 'learn'), environment: { MILLRACE_MODELS: stage.bucket('models'), ...(sageMaker === undefined ? {} : { MILLRACE_JOBS_ABOVE_ROWS: String(sageMaker.aboveRows) }), ...mlflowEnvironment(mlflow) } });
    learn.allow(['s3:GetObject', 's3:PutObject'], [stage.bucketArn('models', 'registry/*')], OBJECTS);
    learn.allow(['s3:ListBucket'], [stage.bucketArn('models')]);
    allowMlflow(learn, mlflow);
    const training = sageMaker === undefined ? undefined : jobRole(this, foundation, sageMaker.image);
    if (training !== undefined) learn.allow(['s3:GetObject', 's3:PutObject'], [stage.bucketArn('models', 'training/*')], OBJECTS);
    this.stateMachine = new StateMachine(this, 'Machine', {
      stateMachineName: stage.resource('learning'),
      definitionBody: DefinitionBody.fromString(JSON.stringify(learningMachine(sageMaker, { look: lookForLeaks, tell: mlflow !== undefined }))),
      definitionSubstitutions: { fn_learn: learn.function.functionArn, ...(training === undefined ? {} : { training_role: training.roleArn, training_key: key.keyArn }) },
      tracingEnabled: true,
      logs: {
        level: LogLevel.ALL,
        destination: new LogGroup(this, 'Logs', {
          logGroupName: `/aws/vendedlogs/states/${stage.resource('learning')}`, retention: RetentionDays.THREE_MONTHS, encryptionKey: key, removalPolicy: RemovalPolicy.DESTROY,
        }),
      },
    });
    const role = this.stateMachine.role as Role;
    allow(role, ['lambda:InvokeFunction'], [learn.function.functionArn]);
    acknowledge(role, 'IAM5[Resource::*]', 'CDK grants the log-delivery and X-Ray actions, which know no resources.');
    if (training !== undefined) allowJobs(role, this, foundation, training);
    new Schedule(this, 'Scheduled', {
      scheduleName: stage.resource('learning'),
      description: "Learning, in the shop's zone, some hours after the batch",
      schedule: ScheduleExpression.cron({ hour: '6', minute: '0', weekDay, timeZone: TimeZone.of(stage.shop.timeZone) }),
      target: new StepFunctionsStartExecution(this.stateMachine, {}),
    });
    const measured = (metricName: string) => new Metric({ namespace: 'Millrace', metricName, statistic: 'Maximum', period: Duration.hours(1), dimensionsMap: { Stage: `${stage.app}-${stage.name}` } });
    addAlarm(this, stage, topic, { name: 'LearningFailed', description: 'A predictor could not be trained, or its predictions made: the execution says which', threshold: 0, metric: this.stateMachine.metricFailed({ period: FIVE_MINUTES }) });
    addAlarm(this, stage, topic, { name: 'LearningTimedOut', description: 'Learning did not end in its time', threshold: 0, metric: this.stateMachine.metricTimedOut({ period: FIVE_MINUTES }) });
    addAlarm(this, stage, topic, { name: 'ModelsDrift', description: 'Inputs or scores lie otherwise than at training: gold.model_drift says which', threshold: driftPsi, metric: measured('FeatureDrift') });
    addAlarm(this, stage, topic, { name: 'ModelsSkew', description: 'Answers were made from other values than the lake has: gold.train_serve_skew says which', threshold: skewShare, metric: measured('TrainServeSkew') });
    addAlarm(this, stage, topic, { name: 'ModelsCalibration', description: 'A new version promises other shares than came true: its card says by how much', threshold: calibrationError, metric: measured('CalibrationError') });
    if (mlflow !== undefined) addAlarm(this, stage, topic, { name: 'MlflowUntold', description: 'The MLflow server does not answer, or takes a version never: the log of the function learn says which', threshold: 0, metric: measured('MlflowUntold') });
    new LearningDashboard(this, 'Dashboard', { stage, machine: this.stateMachine, limits: { driftPsi, skewShare, calibrationError } });
  }
}
