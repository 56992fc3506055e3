// A stage synthesised for tests, with bundles that hold next to nothing; and its templates as plain data.
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Stack } from 'aws-cdk-lib';
import { afterAll, beforeAll } from 'vitest';
import type { ProjectConfig } from '../../../lib/base/index.ts';
import type { ProjectFile } from '../../../lib/batch/index.ts';
import { addStage, newApp } from '../../../lib/stacks/app.ts';
import { FUNCTIONS } from '../../../lib/stacks/functions.ts';
import { compileWorkflow, type StateMachine } from '../../../lib/workflow/index.ts';
import { batch } from '../../../workflows/batch.ts';

export type Properties = Readonly<Record<string, unknown>>;
export interface Resource { Type: string; Properties: Properties; DeletionPolicy?: string; UpdateReplacePolicy?: string; UpdatePolicy?: unknown; DependsOn?: string[] }
export type Resources = Readonly<Record<string, Resource>>;

export interface SynthesisedStage { foundation: Resources; batch: Resources; stream: Resources; serving: Resources; learning: Resources; definition: StateMachine; folder: string }

const STREAMS = { contracts: ['events', 'outcomes', 'predictions', 'transactions'], featured: ['events', 'transactions'], personal: false, refresh: ['silver.a+'] };

const PROJECT: ProjectFile = { version: '0.0.0', contracts: [], sql: [] };

export const CONFIG: ProjectConfig = {
  app: 'millrace',
  shop: { timeZone: 'America/Sao_Paulo', currency: 'BRL' },
  stages: {
    dev: { region: 'eu-central-1', scanLimitBytes: 10 * 2 ** 30, deletable: false, alarmEmail: 'data@example.org' },
    shared: {
      region: 'eu-central-1', scanLimitBytes: 2 ** 30, deletable: false,
      stream: { shards: 4, retentionHours: 48, producers: ['123456789012', 'arn:aws:iam::210987654321:role/till'], bufferSeconds: 300, bufferMb: 128, featuresPerShard: 10, refreshMinutes: 0 },
      serving: {
        provisioned: 2, deployment: 'linear10PercentEvery1Minute', authorizerCacheSeconds: 0, firewall: false, logsRole: false, priceListHour: false, requestsPerSecond: 50, burst: 60,
        slowMilliseconds: 300, fallbackShare: 0.05,
        plans: { shop: { ratePerSecond: 20 }, partner: { ratePerSecond: 2, burst: 3, dailyQuota: 1000 } },
        domain: { name: 'api.shop.example', certificateArn: 'arn:aws:acm:eu-central-1:123456789012:certificate/abc' },
      },
      learning: {
        weekDay: 'MON-FRI', driftPsi: 0.1, skewShare: 0.005, calibrationError: 0.03,
        mlflow: { uri: 'https://mlflow.shop.example', experiment: 'shop', secret: 'arn:aws:secretsmanager:eu-central-1:123456789012:secret:mlflow-AbCdEf' },
      },
    },
    scratch: { region: 'eu-west-1', scanLimitBytes: 2 ** 30, deletable: true },
    roomy: { region: 'eu-central-1', scanLimitBytes: 2 ** 30, deletable: false, bigFiles: { diskGb: 60 }, ingestAtOnce: 10 },
    jobs: {
      region: 'eu-central-1', scanLimitBytes: 2 ** 30, deletable: false,
      learning: { sageMaker: { aboveRows: 1_000_000, instanceType: 'ml.m5.4xlarge', image: '492215442770.dkr.ecr.eu-central-1.amazonaws.com/sagemaker-xgboost:3.0-5', maxSeconds: 7200 } },
    },
    rehearsal: { region: 'eu-central-1', scanLimitBytes: 2 ** 30, deletable: false },
  },
};

/** Synthesises with all security rules; a finding fails it. `context` as `-c name=value` gives it. */
export async function synthesise(context: Readonly<Record<string, string>> = {}): Promise<SynthesisedStage> {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-synth-'));
  const bundles = join(folder, 'bundles');
  for (const name of FUNCTIONS) {
    await mkdir(join(bundles, name), { recursive: true });
    await writeFile(join(bundles, name, 'index.mjs'), `export const handler = async () => '${name}';\n`);
    if (name === 'ingest') for (const file of ['project.json', 'duckdb.node', 'libduckdb.so']) await writeFile(join(bundles, name, file), file);
  }
  const app = newApp({ context, outdir: join(folder, 'cdk.out') });
  const definition = compileWorkflow(batch, { levels: [['silver.a', 'silver.b'], ['gold.c']] });
  const { foundation, batch: batchStack, stream, serving, learning } = addStage({ app, config: CONFIG, definition, bundles, project: PROJECT, streams: STREAMS, predictors: ['churn'] });
  const assembly = app.synth();
  const resources = (stack: Stack) => (assembly.getStackArtifact(stack.artifactId).template as { Resources: Resources }).Resources;
  return { foundation: resources(foundation), batch: resources(batchStack), stream: resources(stream as Stack), serving: resources(serving as Stack), learning: resources(learning as Stack), definition, folder };
}

/** Gives the plain stage and the one whose settings are all set, synthesised before the tests of a file, which they are put away after. */
export function withStages(give: (dev: SynthesisedStage, shared: SynthesisedStage) => void): void {
  const made: SynthesisedStage[] = [];
  beforeAll(async () => {
    for (const stage of ['dev', 'shared']) made.push(await synthesise({ stage }));
    give(made[0]!, made[1]!);
  }, 120_000);
  afterAll(async () => { for (const { folder } of made) await rm(folder, { recursive: true, force: true }); });
}

export function ofType(resources: Resources, type: string): [string, Resource][] {
  return Object.entries(resources).filter(([, resource]) => resource.Type === type);
}

/** The one resource of its type. */
export function only(resources: Resources, type: string): [string, Resource] {
  const found = ofType(resources, type);
  if (found[0] === undefined || found.length > 1) throw new Error(`there are ${found.length} of ${type}`);
  return found[0];
}

/** The one resource of its type with this value, as text, under `property`. */
export function named(resources: Resources, type: string, property: string, value: string): [string, Resource] {
  const found = ofType(resources, type).filter(([, { Properties }]) => textOf(Properties[property] ?? '') === value);
  if (found[0] === undefined || found.length > 1) throw new Error(`there are ${found.length} of ${type} with ${property} ${value}`);
  return found[0];
}

/** A value of a template as text: references to the account, region and partition by name, those to resources as `<LogicalId>`. */
export function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  if (Array.isArray(value)) return value.map(textOf).join(',');
  const { Ref, 'Fn::Join': join, 'Fn::GetAtt': attribute, 'Fn::ImportValue': imported, 'Fn::Sub': sub } = value as Record<string, unknown>;
  if (Ref !== undefined) return PSEUDO[Ref as string] ?? `<${Ref as string}>`;
  if (join !== undefined) return (join as [string, unknown[]])[1].map(textOf).join((join as [string, unknown[]])[0]);
  if (attribute !== undefined) return `<${(attribute as string[])[0] as string}>`;
  if (imported !== undefined) return `<${textOf(imported)}>`;
  if (sub !== undefined) return String(sub);
  return JSON.stringify(value);
}

const PSEUDO: Readonly<Record<string, string>> = { 'AWS::Partition': 'aws', 'AWS::AccountId': 'ACCOUNT', 'AWS::Region': 'REGION', 'AWS::URLSuffix': 'amazonaws.com' };
