// A function that works on the lake: its duties in words give its settings and, by named actions, all that it may touch.
import { Duration, Stack } from 'aws-cdk-lib';
import type { Role } from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';
import type { FoundationStack } from '../foundation-stack.ts';
import { MODEL_LAYERS, type Layer } from '../stage.ts';
import { allow } from '../nag.ts';
import { LambdaFunction } from './lambda-function.ts';

/** Reasons of the wildcards that data with names made at run time asks for. */
export const OBJECTS = 'Names of objects are made at run time; the wildcard ends at the folder of one layer or of query results.';
export const TABLES = 'Names of tables come from contracts and models; the wildcard ends at one database of this stage.';

/** Everything a function may do on the lake, beyond writing its own log. */
export interface Duties {
  description: string;
  /** Runs statements in our workgroup. */
  athena?: true;
  /** Reads what files landed. */
  landing?: true;
  /** Layers whose tables it reads. */
  reads?: readonly Layer[];
  /** Layers whose tables it commits to. */
  writes?: readonly Layer[];
  /** Leaves notes for the task that records the run. */
  notes?: true;
  /** Pseudonymises, or opens encrypted payloads. */
  privacyKeys?: true;
  memoryMb?: number;
  minutes?: number;
  scratchMb?: number;
}

export interface LakeFunctionProps {
  foundation: FoundationStack;
  name: string;
  duties: Duties;
  /** Folder of the bundle. */
  bundle: string;
  /** So many calls at once, and no more; default: what the account has. */
  atOnce?: number;
  /** Beyond the settings that every function has. */
  environment?: Record<string, string>;
}

export function lakeFunction(scope: Construct, { foundation, name, duties, bundle, atOnce, environment = {} }: LakeFunctionProps): LambdaFunction {
  const { stage, key } = foundation;
  const made = new LambdaFunction(scope, `Fn${name}`, {
    stage, name, bundle, key,
    description: duties.description,
    memoryMb: duties.memoryMb ?? 1024,
    timeout: Duration.minutes(duties.minutes ?? 5),
    scratchMb: duties.scratchMb ?? 512,
    ...(atOnce === undefined ? {} : { reservedConcurrency: atOnce }),
    environment: { ...settingsOf(foundation, duties.scratchMb ?? 512), ...environment },
  });
  allowDuties(made.role, Stack.of(scope), foundation, duties);
  return made;
}

/** Gives a role what its duties ask for, and nothing else. */
export function allowDuties(role: Role, stack: Stack, foundation: FoundationStack, duties: Duties): void {
  const { stage, key, privacyKeys } = foundation;
  const reads = [...new Set([...(duties.reads ?? []), ...(duties.writes ?? [])])];
  if (reads.length > 0) {
    allow(role, ['glue:GetDatabase', 'glue:GetTable', 'glue:GetTables'], glueArns(stack, foundation, reads), TABLES);
    allow(role, ['s3:GetObject'], filesOf(reads).map((layer) => stage.bucketArn('lake', `${layer}/*`)), OBJECTS);
    allow(role, ['s3:ListBucket', 's3:GetBucketLocation'], [stage.bucketArn('lake')]);
  }
  if (duties.writes) {
    allow(role, ['glue:CreateTable', 'glue:UpdateTable'], glueArns(stack, foundation, duties.writes), TABLES);
    // Only staging places are ever let go.
    if (duties.writes.includes('staging')) allow(role, ['glue:DeleteTable'], glueArns(stack, foundation, ['staging']), TABLES);
    allow(role, ['s3:PutObject', 's3:DeleteObject', 's3:AbortMultipartUpload'], duties.writes.map((layer) => stage.bucketArn('lake', `${layer}/*`)), OBJECTS);
  }
  if (duties.notes) allow(role, ['s3:PutObject'], [stage.bucketArn('lake', 'ops/_runs/*')], OBJECTS);
  if (duties.landing) {
    allow(role, ['s3:GetObject', 's3:GetObjectVersion'], [stage.bucketArn('landing', '*')], 'Any file that lands may be read; nothing else is in that bucket.');
    allow(role, ['s3:ListBucket'], [stage.bucketArn('landing')]);
  }
  if (duties.athena) {
    allow(role, ['athena:StartQueryExecution', 'athena:GetQueryExecution', 'athena:GetQueryResults', 'athena:StopQueryExecution', 'athena:GetWorkGroup'], [workgroupArn(stack, foundation)]);
    allow(role, ['s3:GetObject', 's3:PutObject', 's3:AbortMultipartUpload', 's3:ListMultipartUploadParts'], [stage.bucketArn('results', 'athena/*')], OBJECTS);
    allow(role, ['s3:GetBucketLocation', 's3:ListBucket'], [stage.bucketArn('results')]);
  }
  if (duties.privacyKeys) allow(role, ['secretsmanager:GetSecretValue'], [privacyKeys.secretArn]);
  allow(role, duties.writes || duties.athena || duties.notes ? ['kms:Decrypt', 'kms:GenerateDataKey'] : ['kms:Decrypt'], [key.keyArn]);
}

/** What lambdas/shared/settings.ts reads. */
export function settingsOf({ stage, privacyKeys }: FoundationStack, scratchMb: number): Record<string, string> {
  return {
    MILLRACE_APP: stage.app,
    MILLRACE_STAGE: stage.name,
    MILLRACE_LAKE: `s3://${stage.bucket('lake')}`,
    MILLRACE_LANDING: `s3://${stage.bucket('landing')}`,
    MILLRACE_WORKGROUP: stage.resource('batch'),
    MILLRACE_PRIVACY_KEYS: privacyKeys.secretArn,
    MILLRACE_SHOP_TIME_ZONE: stage.shop.timeZone,
    MILLRACE_SHOP_CURRENCY: stage.shop.currency,
    MILLRACE_SCRATCH_MB: String(scratchMb),
  };
}

/** Folders that the tables of some layers have files in: what was published from a staging place stays where it was written. */
function filesOf(layers: readonly Layer[]): Layer[] {
  return [...new Set([...layers, ...(MODEL_LAYERS.some((layer) => layers.includes(layer)) ? ['staging' as const] : [])])];
}

/** The catalogue, and the databases of some layers with all their tables. */
export function glueArns(stack: Stack, { stage }: FoundationStack, layers: readonly Layer[]): string[] {
  const arn = (resource: string) => stack.formatArn({ service: 'glue', resource });
  const names = layers.map((layer) => stage.database(layer));
  return [arn('catalog'), ...names.flatMap((name) => [arn(`database/${name}`), arn(`table/${name}/*`)])];
}

/** The catalogue, the database bronze, and some of its tables. */
export function bronzeArns(stack: Stack, { stage }: FoundationStack, tables: readonly string[]): string[] {
  const arn = (resource: string) => stack.formatArn({ service: 'glue', resource });
  const database = stage.database('bronze');
  return [arn('catalog'), arn(`database/${database}`), ...tables.map((table) => arn(`table/${database}/${table}`))];
}

export function workgroupArn(stack: Stack, { stage }: FoundationStack): string {
  return stack.formatArn({ service: 'athena', resource: 'workgroup', resourceName: stage.resource('batch') });
}
