// The task of big files: the ingest function's own bundle in a plain Node image on Fargate, with more disk. No image is built: the container
// fetches the bundle from where CDK put it. It starts when the function leaves a note, runs in a network of its own, and costs nothing meanwhile.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { RemovalPolicy, Stack } from 'aws-cdk-lib';
import { FlowLogDestination, GatewayVpcEndpointAwsService, SubnetType, Vpc } from 'aws-cdk-lib/aws-ec2';
import { Cluster, ContainerImage, ContainerInsights, CpuArchitecture, FargateTaskDefinition, LogDriver, OperatingSystemFamily } from 'aws-cdk-lib/aws-ecs';
import { EventField, Rule, RuleTargetInput } from 'aws-cdk-lib/aws-events';
import { EcsTask, SnsTopic } from 'aws-cdk-lib/aws-events-targets';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Asset } from 'aws-cdk-lib/aws-s3-assets';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import { transformSync } from 'esbuild';
import type { BigFileSettings } from '../../base/index.ts';
import type { FoundationStack } from '../foundation-stack.ts';
import { acknowledge, acknowledgeWildcard, allow } from '../nag.ts';
import { allowDuties, settingsOf, type Duties } from './lake-function.ts';

/** Where notes are put, in the bucket of what could not be taken. */
export const BIG_FILE_NOTES = 'big-files';
const IMAGE = 'public.ecr.aws/docker/library/node:24-bookworm-slim';

export interface BigFilesProps {
  foundation: FoundationStack;
  settings: BigFileSettings;
  duties: Duties;
  /** Of the ingest function. */
  bundle: string;
  topic: ITopic;
}

export class BigFiles extends Construct {
  constructor(scope: Construct, id: string, { foundation, settings, duties, bundle, topic }: BigFilesProps) {
    super(scope, id);
    const { stage, key } = foundation;
    const { cpuUnits = 2048, memoryMb = 8192, diskGb = 100, image = IMAGE } = settings;
    const stack = Stack.of(this);
    const logs = (name: string) => new LogGroup(this, `${name}Logs`, { retention: RetentionDays.THREE_MONTHS, encryptionKey: key, removalPolicy: RemovalPolicy.DESTROY });

    const vpc = new Vpc(this, 'Network', {
      maxAzs: 2, natGateways: 0, restrictDefaultSecurityGroup: false,
      subnetConfiguration: [{ name: 'task', subnetType: SubnetType.PUBLIC, mapPublicIpOnLaunch: false }],
      gatewayEndpoints: { s3: { service: GatewayVpcEndpointAwsService.S3 } },
      flowLogs: { all: { destination: FlowLogDestination.toCloudWatchLogs(logs('Flow')) } },
    });
    const cluster = new Cluster(this, 'Cluster', { vpc, clusterName: stage.resource('big-files'), containerInsightsV2: ContainerInsights.ENABLED });
    const role = new Role(this, 'Role', { assumedBy: new ServicePrincipal('ecs-tasks.amazonaws.com'), description: `Ingests big files of ${stage.resource('landing')}` });
    const task = new FargateTaskDefinition(this, 'Task', {
      family: stage.resource('big-files'), cpu: cpuUnits, memoryLimitMiB: memoryMb, ephemeralStorageGiB: diskGb, taskRole: role,
      runtimePlatform: { cpuArchitecture: CpuArchitecture.X86_64, operatingSystemFamily: OperatingSystemFamily.LINUX },
    });
    const files = Object.fromEntries(['index.mjs', 'project.json', 'duckdb.node', 'libduckdb.so'].map((name) => {
      const asset = new Asset(this, `Bundle-${name}`, { path: path.join(bundle, name) });
      allow(role, ['s3:GetObject'], [`arn:${stack.partition}:s3:::${asset.s3BucketName}/${asset.s3ObjectKey}`]);
      return [name, `${asset.s3BucketName}/${asset.s3ObjectKey}`];
    }));
    allowDuties(role, stack, foundation, duties);
    allow(role, ['s3:GetObject', 's3:DeleteObject'], [stage.bucketArn('failed', `${BIG_FILE_NOTES}/*`)], 'Names of notes are made at run time; the wildcard ends at their folder.');
    task.addContainer('ingest', {
      image: ContainerImage.fromRegistry(image),
      command: ['node', '--input-type=module', '--eval', bootstrap()],
      environment: {
        ...settingsOf(foundation, diskGb * 1024),
        AWS_REGION: stack.region, TMPDIR: '/tmp', AWS_LAMBDA_FUNCTION_NAME: 'big-files', AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(memoryMb), BUNDLE: stack.toJsonString(files),
      },
      logging: LogDriver.awsLogs({ streamPrefix: 'ingest', logGroup: logs('Task') }),
    });
    acknowledge(task, 'ECS2', 'Names of buckets, databases and objects are no secrets; the keys of privacy are fetched from Secrets Manager when they are needed.');

    const rule = new Rule(this, 'Requested', {
      ruleName: stage.resource('big-file'),
      description: 'The ingest function handed a file over',
      eventPattern: { source: ['aws.s3'], detailType: ['Object Created'], detail: { bucket: { name: [stage.bucket('failed')] }, object: { key: [{ prefix: `${BIG_FILE_NOTES}/` }] } } },
    });
    rule.addTarget(new EcsTask({
      cluster, taskDefinition: task, assignPublicIp: true, subnetSelection: { subnetType: SubnetType.PUBLIC },
      containerOverrides: [{ containerName: 'ingest', environment: [{ name: 'REQUEST', value: `s3://${stage.bucket('failed')}/${EventField.fromPath('$.detail.object.key')}` }] }],
    }));
    acknowledgeWildcard(task, `arn:${stack.partition}:ecs:${stack.region}:*:task/${cluster.clusterName}/*`, 'CDK lets the rule tag the tasks of this cluster, whose ids are made when they start.');
    const stopped = new Rule(this, 'Failed', {
      ruleName: stage.resource('big-file-failed'),
      description: 'The task of big files ended with an error',
      eventPattern: { source: ['aws.ecs'], detailType: ['ECS Task State Change'], detail: { clusterArn: [cluster.clusterArn], lastStatus: ['STOPPED'], containers: { exitCode: [{ 'anything-but': 0 }] } } },
    });
    stopped.addTarget(new SnsTopic(topic, { message: RuleTargetInput.fromText(`${stage.resource('big-files')}: a file could not be ingested; the log of the task says why: ${EventField.fromPath('$.detail.taskArn')}`) }));
  }
}

/** What the container runs, as plain JavaScript; without template literals, which CloudFormation would take for its own. */
function bootstrap(): string {
  const source = readFileSync(fileURLToPath(new URL('../task/fetch-bundle.ts', import.meta.url)), 'utf8');
  return `${transformSync(source, { loader: 'ts', format: 'esm', target: 'node24', minify: true, supported: { 'template-literal': false } }).code.replace(/export\{.*?\};?\s*$/s, '')}await runTask(process.env);`;
}
