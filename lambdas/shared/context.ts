// Wires the AWS adapters together, once an execution environment.
import { readFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { AthenaClient } from '@aws-sdk/client-athena';
import { GlueClient } from '@aws-sdk/client-glue';
import { S3Client } from '@aws-sdk/client-s3';
import { MillraceError, systemClock } from '../../lib/base/index.ts';
import { Journal, projectFromJson, type BatchContext, type ProjectFile } from '../../lib/batch/index.ts';
import { Lake } from '../../lib/lake/index.ts';
import { GlueCatalog, S3Files } from '../../lib/lake/aws/index.ts';
import { Database, publishTo } from '../../lib/lake/duckdb/index.ts';
import { OpsLog } from '../../lib/quality/index.ts';
import { AthenaEngine } from '../../lib/warehouse/athena/index.ts';
import { bucketFileIngest } from './file-ingest.ts';

/** What lib/stacks/batch-stack.ts puts into the environment. */
const SETTINGS = ['MILLRACE_APP', 'MILLRACE_STAGE', 'MILLRACE_LAKE', 'MILLRACE_LANDING', 'MILLRACE_WORKGROUP', 'MILLRACE_PRIVACY_KEYS', 'MILLRACE_SHOP_TIME_ZONE', 'MILLRACE_SHOP_CURRENCY'] as const;
export type Settings = Readonly<Record<(typeof SETTINGS)[number], string>>;

/** Where each service is, for a rehearsal; empty in an account. */
export interface Endpoints { s3?: string; glue?: string; athena?: string }

export interface AwsContextOptions { settings: Settings; project: ProjectFile; scratch: string; endpoints?: Endpoints; region?: string }

/** The settings of this function, or an error that names the one that is missing. */
export function settingsFrom(environment: NodeJS.ProcessEnv): Settings {
  return Object.fromEntries(SETTINGS.map((name) => {
    const value = environment[name];
    if (value === undefined || value === '') throw new MillraceError('usage', `the environment variable ${name} is missing`, { todo: 'Deploy the batch stack again.' });
    return [name, value];
  })) as Settings;
}

/** The context of the batch's tasks in an account: Athena over Glue and S3, DuckDB only where a task reads or writes files. */
export async function awsContext({ settings, project: file, scratch, endpoints = {}, region }: AwsContextOptions): Promise<BatchContext> {
  await mkdir(scratch, { recursive: true });
  const client = (endpoint: string | undefined) => ({ ...(endpoint === undefined ? {} : { endpoint }), ...(region === undefined ? {} : { region }) });
  const s3 = new S3Client({ ...client(endpoints.s3), ...(endpoints.s3 === undefined ? {} : { forcePathStyle: true }) });
  const files = new S3Files(s3);
  const databasePrefix = `${settings.MILLRACE_APP}_${settings.MILLRACE_STAGE}_`.replaceAll('-', '_');
  const catalog = new GlueCatalog({ client: new GlueClient(client(endpoints.glue)), files, warehouse: settings.MILLRACE_LAKE, databasePrefix });
  const lake = new Lake({ files, catalog });
  const engine = new AthenaEngine({
    client: new AthenaClient(client(endpoints.athena)), lake, databasePrefix,
    workgroup: settings.MILLRACE_WORKGROUP, stagingLocation: `${settings.MILLRACE_LAKE}/staging`, clock: systemClock, random: Math.random,
  });
  const project = projectFromJson(file);
  const database = lazily(() => Database.open({ temporaryFolder: path.join(scratch, 'spill'), memoryLimit: memoryLimit() }));
  return {
    project, lake, engine, clock: systemClock, version: file.version,
    shop: { timeZone: settings.MILLRACE_SHOP_TIME_ZONE, currency: settings.MILLRACE_SHOP_CURRENCY },
    ops: new OpsLog({ lake, database, remote: { scratch, upload: (written, folder) => publishTo(files, written, folder) } }),
    journal: new Journal(files, `${settings.MILLRACE_LAKE}/ops/_runs`),
    files: bucketFileIngest({ s3, lake, database, contracts: project.sources, landing: settings.MILLRACE_LANDING, privacyKeys: settings.MILLRACE_PRIVACY_KEYS, scratch: path.join(scratch, 'ingest') }),
  };
}

/** Half of what the function has: the rest is Node's, and DuckDB's beyond its own count. */
function memoryLimit(): string {
  return `${Math.floor(Number(process.env['AWS_LAMBDA_FUNCTION_MEMORY_SIZE'] ?? 2048) / 2)}MB`;
}

function lazily<Value>(open: () => Promise<Value>): () => Promise<Value> {
  let value: Promise<Value> | undefined;
  return () => (value ??= open());
}

let context: Promise<BatchContext> | undefined;

/** The context of this execution environment. */
export function lambdaContext(): Promise<BatchContext> {
  context ??= awsContext({
    settings: settingsFrom(process.env),
    project: JSON.parse(readFileSync(new URL('./project.json', import.meta.url), 'utf8')) as ProjectFile,
    scratch: '/tmp/millrace',
  });
  return context;
}
