// The engine of an AWS account: SQL run by Athena, rows staged in a table of their own, published by the lake.
import type { AthenaClient } from '@aws-sdk/client-athena';
import { MillraceError, uuidv7, type Clock } from '../../base/index.ts';
import {
  currentSchema, defaultSpec, emptyCopy, schemaById, snapshotById, stagedFiles, type DataFile, type Lake, type Table, type TableMetadata,
} from '../../lake/index.ts';
import { analyse, tableReferences, type Analysis, type TableReference } from '../dialect/index.ts';
import { bindQuery, STAGING, stagingName } from '../engine/bind.ts';
import { metadataColumns } from '../engine/metadata-columns.ts';
import { athenaTypeOf } from '../models/column-types.ts';
import type { Engine, QueryOptions, QueryResult, ResultColumn, Staging, StagingOptions } from '../types.ts';
import { Executions } from './executions.ts';
import { inBatches, partitionExpressions, partitionsQuery } from './partition-batches.ts';
import { physicalSql } from './physical.ts';
import { resultValue } from './values.ts';

export interface AthenaEngineOptions {
  client: AthenaClient;
  /** Over the Glue catalog and S3 that Athena reads. */
  lake: Lake;
  /** Put before a namespace to give the database, `millrace_dev_`; as in the catalog. */
  databasePrefix: string;
  workgroup: string;
  /** Where results go; default: the workgroup's own place. */
  outputLocation?: string;
  /** Reads results from the file that Athena leaves: for many rows; see `Executions`. */
  readResultFile?: (place: string) => Promise<Uint8Array>;
  /** Folder of the staging tables, `s3://bucket/staging`. */
  stagingLocation: string;
  clock: Clock;
  random: () => number;
}

/** Properties of a staging table: for which table and run it is. */
const TARGET = 'millrace.staging.target';
const RUN_ID = 'millrace.staging.run-id';

export class AthenaEngine implements Engine {
  readonly home = 'aws';
  private readonly options: AthenaEngineOptions;
  private readonly executions: Executions;

  constructor(options: AthenaEngineOptions) {
    this.options = options;
    this.executions = new Executions(options);
  }

  async query(sql: string, options: QueryOptions = {}): Promise<QueryResult> {
    return this.select(bindQuery(sql, options), options.signal);
  }

  async describe(sql: string, options: QueryOptions = {}): Promise<ResultColumn[]> {
    const { columns } = await this.analyse(bindQuery(sql, options));
    return columns.map(({ name, type }) => ({ name, type }));
  }

  async createStaging(target: string, runId: string, shape?: TableMetadata): Promise<Staging> {
    const { lake, stagingLocation, clock } = this.options;
    const metadata = shape ?? (await this.tableOf(target)).metadata;
    const id = uuidv7(clock.now());
    const staging = { name: stagingName(target, id), target, runId };
    const empty = emptyCopy(metadata, `${stagingLocation.replace(/\/+$/, '')}/${staging.name}`, id, clock.now());
    const { 'write.data.path': _elsewhere, ...properties } = empty.properties;
    await lake.createFrom({ namespace: STAGING, name: staging.name }, { ...empty, properties: { ...properties, [TARGET]: target, [RUN_ID]: runId } });
    return staging;
  }

  async listStagings(runId?: string): Promise<Staging[]> {
    const names = await this.options.lake.listTables(STAGING);
    const tables = await Promise.all(names.map((name) => this.options.lake.findTable(name)));
    return tables.flatMap((table): Staging[] => {
      const [target, run] = [table?.properties[TARGET], table?.properties[RUN_ID]];
      if (table === undefined || target === undefined || run === undefined) return [];
      return runId === undefined || run === runId ? [{ name: table.name.name, target, runId: run }] : [];
    });
  }

  async stagingStatements(staging: Staging, sql: string, options: StagingOptions = {}): Promise<string[]> {
    const bound = bindQuery(sql, options);
    await this.analyse(bound);
    const { metadata } = await this.stagingTable(staging);
    const { expressions, buckets } = partitionExpressions(currentSchema(metadata), defaultSpec(metadata));
    const into = `INSERT INTO "${this.options.databasePrefix}${STAGING}"."${staging.name}" `;
    const physical = (select: string) => into + physicalSql(select, this.options.databasePrefix);
    if (expressions.length === 0) return [physical(bound)];
    const domain = options.domain === undefined ? bound : bindQuery(options.domain, options);
    const found = await this.select(partitionsQuery(domain, expressions), options.signal);
    return inBatches(bound, expressions, buckets, found.columns, found.rows).map(physical);
  }

  async execute(statement: string, options: { signal?: AbortSignal } = {}): Promise<void> {
    await this.executions.run(statement, options.signal);
  }

  async stagedFiles(staging: Staging): Promise<DataFile[]> {
    const table = await this.stagingTable(staging);
    return stagedFiles(table, table);
  }

  stagedRelation(staging: Staging): string {
    return `SELECT * FROM ${STAGING}.${staging.name}`;
  }

  /** Never DROP TABLE, which would delete the published files: Glue forgets the table, and what nobody refers to is removed. */
  async discard(staging: Staging, published: boolean): Promise<void> {
    const { lake, stagingLocation } = this.options;
    const { files } = lake.context;
    const location = `${stagingLocation.replace(/\/+$/, '')}/${staging.name}`;
    await lake.dropTable({ namespace: STAGING, name: staging.name });
    const unreferenced = published ? `${location}/metadata/` : `${location}/`;
    for await (const { path } of files.list(unreferenced)) await files.delete(path);
  }

  private async select(bound: string, signal: AbortSignal | undefined): Promise<QueryResult> {
    const { columns } = await this.analyse(bound);
    const id = await this.executions.run(physicalSql(bound, this.options.databasePrefix), signal);
    const { rows } = await this.executions.results(id);
    return {
      columns: columns.map(({ name, type }) => ({ name, type })),
      rows: rows.map((row) => columns.map(({ type }, index) => resultValue(row[index], type))),
    };
  }

  /** Holds a query to the same list of what is allowed as the other home, and tells its types. */
  private async analyse(bound: string): Promise<Analysis> {
    const names = [...new Set(tableReferences(bound).map(({ name }) => name))];
    const tables = new Map(await Promise.all(names.map(async (name) => [name, await this.tableOf(name)] as const)));
    return analyse(bound, { columns: (reference) => columnsOf(reference, tables.get(reference.name)) });
  }

  private async tableOf(name: string): Promise<Table> {
    const dot = name.indexOf('.');
    return this.options.lake.loadTable({ namespace: name.slice(0, dot), name: name.slice(dot + 1) });
  }

  private async stagingTable(staging: Staging): Promise<Table> {
    const table = await this.options.lake.findTable({ namespace: STAGING, name: staging.name });
    if (table === undefined) throw new MillraceError('not_found', `there is no staging place ${staging.name}`, { todo: 'Run the model again.' });
    return table;
  }
}

function columnsOf({ metadata: kind, travel }: TableReference, table: Table | undefined): readonly ResultColumn[] | undefined {
  if (table === undefined) return undefined;
  if (kind !== undefined) return metadataColumns(kind);
  const { metadata } = table;
  const then = travel?.by === 'snapshot' && travel.id !== metadata['current-snapshot-id'] ? snapshotById(metadata, travel.id) : undefined;
  const schema = then?.['schema-id'] === undefined ? currentSchema(metadata) : schemaById(metadata, then['schema-id']);
  return schema.fields.map(({ name, type }) => ({ name, type: athenaTypeOf(type) }));
}
