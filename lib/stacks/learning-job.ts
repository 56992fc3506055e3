// What training jobs may do, and who may start them; made only for a stage that has them.
import type { Stack } from 'aws-cdk-lib';
import { Effect, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { OBJECTS } from './constructs/lake-function.ts';
import type { FoundationStack } from './foundation-stack.ts';
import { allow } from './nag.ts';

/** Where jobs read their rows and leave their trees, in the bucket of models. */
const JOBS = 'training/jobs/*';

/** The role that a job runs with: its rows, its trees, its log. The container itself has no network. */
export function jobRole(stack: Stack, { stage, key }: FoundationStack, image: string): Role {
  const role = new Role(stack, 'TrainingRole', {
    roleName: stage.resource('training'), description: 'Training jobs: read their rows, leave their trees',
    assumedBy: new ServicePrincipal('sagemaker.amazonaws.com', { conditions: { StringEquals: { 'aws:SourceAccount': stack.account } } }),
  });
  allow(role, ['s3:GetObject', 's3:PutObject', 's3:AbortMultipartUpload'], [stage.bucketArn('models', JOBS)], OBJECTS);
  role.addToPolicy(new PolicyStatement({ effect: Effect.ALLOW, actions: ['s3:ListBucket'], resources: [stage.bucketArn('models')], conditions: { StringLike: { 's3:prefix': [JOBS] } } }));
  allow(role, ['kms:Decrypt', 'kms:GenerateDataKey'], [key.keyArn]);
  allow(role, ['logs:CreateLogGroup', 'logs:CreateLogStream', 'logs:DescribeLogStreams', 'logs:PutLogEvents'],
    [stack.formatArn({ service: 'logs', resource: 'log-group:/aws/sagemaker/TrainingJobs*' })], "SageMaker names the streams of a job's log; the wildcard ends at the group of training jobs.");
  role.addToPolicy(new PolicyStatement({ effect: Effect.ALLOW, actions: ['cloudwatch:PutMetricData'], resources: ['*'], conditions: { StringEquals: { 'cloudwatch:namespace': '/aws/sagemaker/TrainingJobs' } } }));
  const [, account = '', region = '', repository = ''] = /^(\d{12})\.dkr\.ecr\.([\w-]+)\.[\w.]+\/([^:@]+)/.exec(image) ?? [];
  allow(role, ['ecr:BatchGetImage', 'ecr:GetDownloadUrlForLayer', 'ecr:BatchCheckLayerAvailability'], [stack.formatArn({ service: 'ecr', account, region, resource: 'repository', resourceName: repository })]);
  allow(role, ['ecr:GetAuthorizationToken'], ['*'], 'Metrics of jobs (in one namespace) and the registry\'s token know no resources.');
  return role;
}

/** What Step Functions needs to run this stage's jobs and wait for them, as its documentation lists it. */
export function allowJobs(machine: Role, stack: Stack, { stage }: FoundationStack, role: Role): void {
  allow(machine, ['sagemaker:CreateTrainingJob', 'sagemaker:DescribeTrainingJob', 'sagemaker:StopTrainingJob'],
    [stack.formatArn({ service: 'sagemaker', resource: 'training-job', resourceName: `${stage.app}-${stage.name}-*` })], 'A job is named for its predictor and its time; the wildcard ends at the jobs of this stage.');
  // ListTags knows no smaller resource here; `Resource::*` of this role is acknowledged with the log delivery.
  machine.addToPolicy(new PolicyStatement({ effect: Effect.ALLOW, actions: ['sagemaker:ListTags'], resources: ['*'] }));
  machine.addToPolicy(new PolicyStatement({ effect: Effect.ALLOW, actions: ['iam:PassRole'], resources: [role.roleArn], conditions: { StringEquals: { 'iam:PassedToService': 'sagemaker.amazonaws.com' } } }));
  allow(machine, ['events:PutTargets', 'events:PutRule', 'events:DescribeRule'], [stack.formatArn({ service: 'events', resource: 'rule', resourceName: 'StepFunctionsGetEventsForSageMakerTrainingJobsRule' })]);
}
