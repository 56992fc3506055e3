// Wires the AWS adapters together, once an execution environment.
import { readFileSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { AthenaClient } from '@aws-sdk/client-athena';
import { GlueClient } from '@aws-sdk/client-glue';
import { S3Client } from '@aws-sdk/client-s3';
import { MillraceError, systemClock, type Clock } from '../../lib/base/index.ts';
import { Journal, projectFromJson, type BatchContext, type ProjectFile } from '../../lib/batch/index.ts';
import type { Contracts } from '../../lib/contracts/index.ts';
import { Lake } from '../../lib/lake/index.ts';
import { GlueCatalog, S3Files } from '../../lib/lake/aws/index.ts';
import type { Database } from '../../lib/lake/duckdb/index.ts';
import type { Engine } from '../../lib/warehouse/index.ts';
import { AthenaEngine } from '../../lib/warehouse/athena/index.ts';
import { discoverBatches } from './discover.ts';
import { settingsFrom, type Settings } from './settings.ts';

/** Where each service is, for a rehearsal; empty in an account. */
export interface Endpoints { s3?: string; glue?: string; athena?: string; secretsManager?: string }

/** What the parts that open DuckDB are made from. */
export interface FilePartsInput {
  settings: Settings;
  s3: S3Client;
  files: S3Files;
  lake: Lake;
  contracts: Contracts;
  clock: Clock;
  scratch: string;
  /** Of further clients. */
  client: { endpoint?: string; region?: string };
}

/** What reads and writes Parquet in the function itself, and so needs DuckDB. Only functions that do so carry it: see `with-duckdb.ts`. */
export interface FileParts { ops: BatchContext['ops']; ingest: BatchContext['files']['ingest']; database: () => Promise<Database> }

/** What functions of an account have beyond what the batch's tasks ask for. */
export interface AwsContext extends BatchContext {
  database: () => Promise<Database>;
  /** A folder of this context alone. */
  scratch: string;
  /** The same engine for answers of very many rows, which it reads from the files that Athena leaves. */
  bulkEngine: Engine;
  /** Where staging tables have their files, `s3://bucket/staging`. */
  stagingLocation: string;
}

export interface AwsContextOptions {
  settings: Settings;
  project: ProjectFile;
  /** A folder of this context alone. */
  scratch: string;
  fileParts?: (input: FilePartsInput) => FileParts;
  endpoints?: Endpoints;
  region?: string;
  clock?: Clock;
}

const WITHOUT_DUCKDB: FileParts = {
  ops: { append: async () => { throw withoutDuckDb(); } },
  ingest: async () => { throw withoutDuckDb(); },
  database: async () => { throw withoutDuckDb(); },
};

/** Namespaces of the lake: what lib/stacks makes databases for. Named here, so that no function need be allowed to list an account's. */
const NAMESPACES = ['bronze', 'silver', 'gold', 'features', 'training', 'ops', 'staging'];


function withoutDuckDb(): MillraceError {
  return new MillraceError('internal', 'this function was bundled without DuckDB', { todo: 'Give its handler the parts of with-duckdb.ts.' });
}

/** The context of the batch's tasks in an account: Athena over Glue and S3, DuckDB only where a task itself reads or writes files. */
export async function awsContext(options: AwsContextOptions): Promise<AwsContext> {
  const { settings, project: file, scratch, fileParts, endpoints = {}, region, clock = systemClock } = options;
  await mkdir(scratch, { recursive: true });
  const client = (endpoint: string | undefined) => ({ ...(endpoint === undefined ? {} : { endpoint }), ...(region === undefined ? {} : { region }) });
  const s3 = new S3Client({ ...client(endpoints.s3), ...(endpoints.s3 === undefined ? {} : { forcePathStyle: true }) });
  const files = new S3Files(s3);
  const databasePrefix = `${settings.MILLRACE_APP}_${settings.MILLRACE_STAGE}_`.replaceAll('-', '_');
  const catalog = new GlueCatalog({ client: new GlueClient(client(endpoints.glue)), files, warehouse: settings.MILLRACE_LAKE, databasePrefix, namespaces: NAMESPACES });
  const lake = new Lake({ files, catalog });
  const stagingLocation = `${settings.MILLRACE_LAKE}/staging`;
  const asked = { client: new AthenaClient(client(endpoints.athena)), lake, databasePrefix, workgroup: settings.MILLRACE_WORKGROUP, stagingLocation, clock, random: Math.random };
  const engine = new AthenaEngine(asked);
  const bulkEngine = new AthenaEngine({ ...asked, readResultFile: (place) => files.read(place) });
  const project = projectFromJson(file);
  const parts = fileParts?.({ settings, s3, files, lake, contracts: project.sources, clock, scratch, client: client(endpoints.secretsManager) }) ?? WITHOUT_DUCKDB;
  return {
    project, lake, engine, bulkEngine, clock, version: file.version,
    shop: { timeZone: settings.MILLRACE_SHOP_TIME_ZONE, currency: settings.MILLRACE_SHOP_CURRENCY },
    ops: parts.ops, database: parts.database, scratch, stagingLocation,
    journal: new Journal(files, `${settings.MILLRACE_LAKE}/ops/_runs`),
    files: { discover: (signal) => discoverBatches({ client: s3, landing: settings.MILLRACE_LANDING, contracts: project.sources, lake, engine, signal }), ingest: parts.ingest },
  };
}

const SCRATCH = path.join(tmpdir(), 'millrace');

/** The context of this execution environment, made at the first call. What an earlier environment left in its scratch folder goes. */
export function lambdaContext(fileParts?: AwsContextOptions['fileParts']): () => Promise<AwsContext> {
  let context: Promise<AwsContext> | undefined;
  const make = async (): Promise<AwsContext> => {
    const settings = settingsFrom(process.env);
    const project = JSON.parse(readFileSync(new URL('./project.json', import.meta.url), 'utf8')) as ProjectFile;
    await rm(SCRATCH, { recursive: true, force: true });
    return awsContext({ settings, project, scratch: SCRATCH, ...(fileParts === undefined ? {} : { fileParts }) });
  };
  return () => {
    // A failure is not remembered: the next call may find what this one lacked.
    context ??= make().catch((error: unknown) => {
      context = undefined;
      throw error;
    });
    return context;
  };
}
