// What a model is, and the port of the engines that run SQL in Athena's dialect over the lake.
import type { DataFile, TableMetadata } from '../lake/index.ts';

export const MODEL_KINDS = ['full', 'append', 'merge', 'partitions'] as const;
export type ModelKind = (typeof MODEL_KINDS)[number];

export const TIME_GRAINS = ['day', 'month', 'year'] as const;
export type TimeGrain = (typeof TIME_GRAINS)[number];

/** An audit named in a header, with its arguments; `severity` warn never blocks a publication. */
export interface AuditUse { audit: string; severity: 'block' | 'warn'; args: Record<string, unknown> }

/** One file under sql/: the SELECT, and what its header says. */
export interface Model {
  /** `gold.customer_metrics` */
  name: string;
  layer: string;
  file: string;
  description: string;
  owner: string;
  kind: ModelKind;
  key: readonly string[];
  /** Iceberg transforms over its columns: `month(purchase_date)`, `bucket(16, user_id)`, `delivery_zone`. */
  partitionBy: readonly string[];
  sortBy: readonly string[];
  /** `append` and `partitions`: the column and the grain by which it is computed piece by piece. */
  time?: { column: string; grain: TimeGrain };
  /**
   * Which rows of this table a changed row of an input touches: those with the same time (`append`, `partitions`: one column of the
   * input) or the same key (`merge`: as many columns as the key has); `ignore`: none. An input that is not listed touches everything.
   */
  changes: Readonly<Record<string, readonly string[] | 'ignore'>>;
  /** How many grains before the newest are always computed again. */
  lookback: number;
  audits: readonly AuditUse[];
  columns: Readonly<Record<string, string>>;
  /** How many rows of which source this table accounts for: `{ orders: 'count(*)' }`, `{ order_payments: 'sum(payment_count)' }`. */
  accounts: Readonly<Record<string, string>>;
  pii: readonly string[];
  /** The SELECT, in Athena's dialect, header and all: line numbers are those of the file. */
  sql: string;
  /** What FROM and JOIN name, as written, sorted: `silver.orders`, `source.customers`. */
  relations: readonly string[];
  /** Tables read: the same, with the bronze table behind each `source.<name>`. Sorted. */
  reads: readonly string[];
}

export interface ResultColumn { name: string; type: string }

/** Rows as arrays. Decimals, dates and times as text, bigint as bigint, double as number, NULL as null. */
export interface QueryResult { columns: ResultColumn[]; rows: unknown[][] }

export type Parameters = Readonly<Record<string, { type: 'date' | 'timestamp' | 'varchar' | 'bigint' | 'double'; value: string | number | bigint }>>;

export interface QueryOptions {
  /** `:as_of` and the like. */
  parameters?: Parameters;
  /** Pins tables to snapshots; others are read as they are now. */
  snapshots?: Readonly<Record<string, bigint>>;
  /** Tables that stand for something else while this query runs: a SELECT in Athena's dialect. */
  overlays?: Readonly<Record<string, string>>;
  signal?: AbortSignal;
}

/** A place of its own for rows that are not published yet. Survives a JSON round trip. */
export interface Staging { name: string; target: string; runId: string }

export interface StagingOptions extends QueryOptions {
  /** A SELECT whose rows are in all partitions that the staged rows can be in, where these are not known before earlier statements ran. */
  domain?: string;
}

/**
 * An engine. `embedded`: DuckDB in this process over the folder catalog. `athena`: Athena over Glue and S3. SQL is always in Athena's
 * dialect with logical table names (`silver.orders`).
 */
export interface Engine {
  readonly home: 'embedded' | 'aws';
  query(sql: string, options?: QueryOptions): Promise<QueryResult>;
  /** Names and Athena types of a SELECT's columns, without running it. */
  describe(sql: string, options?: QueryOptions): Promise<ResultColumn[]>;
  /**
   * An empty place for rows that will go into `target`, a new one with each call. `shape`: the metadata that the target will have, where
   * its columns or partitioning are about to change; else those that it has.
   */
  createStaging(target: string, runId: string, shape?: TableMetadata): Promise<Staging>;
  /** Places that were not discarded: of one run, or of all. */
  listStagings(runId?: string): Promise<Staging[]>;
  /**
   * The statements that append a SELECT's rows to a staging place, in as many pieces as the engine's limits ask for (Athena: ≤ 100 open
   * partitions each). Parameters, overlays and snapshots are written into them: they are what a state machine hands to
   * `athena:startQueryExecution.sync`.
   */
  stagingStatements(staging: Staging, sql: string, options?: StagingOptions): Promise<string[]>;
  /** Runs one such statement to its end. */
  execute(statement: string, options?: { signal?: AbortSignal }): Promise<void>;
  /** What was staged, as data files with the target's field ids and default spec. */
  stagedFiles(staging: Staging): Promise<DataFile[]>;
  /** A SELECT that reads what was staged, for audits. */
  stagedRelation(staging: Staging): string;
  /** Forgets the place. Published files stay; unpublished ones are removed. */
  discard(staging: Staging, published: boolean): Promise<void>;
}
