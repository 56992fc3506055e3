// The engine of one machine: SQL in Athena's dialect, run by DuckDB over the lake's folder.
import { MillraceError, uuidv7, type Clock } from '../../base/index.ts';
import { tableNameOf, type DataFile, type Lake, type PartitionSpec, type TableMetadata } from '../../lake/index.ts';
import { writeRows, type Database, type Session } from '../../lake/duckdb/index.ts';
import { analyse, DUCKDB_PRELUDE, type Analysis } from '../dialect/index.ts';
import { bindQuery, insertStatement, parseInsertStatement, STAGING, stagingName } from '../engine/bind.ts';
import type { Engine, QueryOptions, QueryResult, ResultColumn, Staging, StagingOptions } from '../types.ts';
import { Stagings } from './stagings.ts';
import { keyOf, Tables } from './tables.ts';
import { resultValue } from './values.ts';

export interface DuckDbEngineOptions {
  lake: Lake;
  /** Decides memory, threads and where to spill. */
  database: Database;
  /** A folder for the records of staging places; the rows are staged beside their target. */
  stagingFolder: string;
  clock: Clock;
}

/** DuckDB 1.5 rewrites `row_number() … = 1` over some joins into a plan that it then cannot bind: "Failed to cast expression to type". */
const SETTINGS: readonly string[] = ["SET disabled_optimizers = 'top_n_window_elimination'"];

/** Of zstd: a quarter less time than with DuckDB's own, and files as small. */
const COMPRESSION_LEVEL = 1;

/** Months and years are few, so that all their files can be open at once. */
function isByMonth(spec: PartitionSpec): boolean {
  return spec.fields.length === 1 && spec.fields.every(({ transform }) => transform === 'month' || transform === 'year');
}

export class DuckDbEngine implements Engine {
  readonly home = 'embedded';
  private readonly lake: Lake;
  private readonly database: Database;
  private readonly clock: Clock;
  private readonly stagings: Stagings;
  private readonly tables: Tables;
  private readonly idle: Session[] = [];

  constructor({ lake, database, stagingFolder, clock }: DuckDbEngineOptions) {
    this.lake = lake;
    this.database = database;
    this.clock = clock;
    this.stagings = new Stagings(stagingFolder);
    this.tables = new Tables(lake, this.stagings);
  }

  async query(sql: string, options: QueryOptions = {}): Promise<QueryResult> {
    const { sql: text, columns } = await this.analyse(bindQuery(sql, options));
    const { rows } = await this.use((session) => session.table(text, { signal: options.signal }));
    return {
      columns: columns.map(({ name, type }) => ({ name, type })),
      rows: rows.map((row) => row.map((value, index) => resultValue(value, columns[index]?.type ?? ''))),
    };
  }

  async describe(sql: string, options: QueryOptions = {}): Promise<ResultColumn[]> {
    const { columns } = await this.analyse(bindQuery(sql, options));
    return columns.map(({ name, type }) => ({ name, type }));
  }

  async createStaging(target: string, runId: string, shape?: TableMetadata): Promise<Staging> {
    const table = await this.lake.loadTable(tableNameOf(target));
    const staging = { name: stagingName(target, uuidv7(this.clock.now())), target, runId };
    await this.stagings.create(staging, shape ?? table.metadata, table.dataLocation);
    return staging;
  }

  async listStagings(runId?: string): Promise<Staging[]> {
    return this.stagings.list(runId);
  }

  async stagingStatements(staging: Staging, sql: string, options: StagingOptions = {}): Promise<string[]> {
    return [insertStatement(staging.name, bindQuery(sql, options))];
  }

  async execute(statement: string, options: { signal?: AbortSignal } = {}): Promise<void> {
    const parsed = parseInsertStatement(statement);
    if (parsed === undefined) {
      throw new MillraceError('unsupported', `only INSERT INTO "${STAGING}"."…" SELECT … can be executed`, { where: statement.slice(0, 80) });
    }
    const record = await this.stagings.get(parsed.name);
    const { sql: select } = await this.analyse(parsed.select);
    const files = await this.use((session) => writeRows(session, {
      schema: record.schema, spec: record.spec, sortOrder: record.sortOrder, folder: record.folder, select, writeId: `${parsed.name}-${record.statements}`,
      signal: options.signal, where: record.staging.target, compressionLevel: COMPRESSION_LEVEL, fewPartitions: isByMonth(record.spec),
    }));
    await this.stagings.save({ ...record, files: [...record.files, ...files], statements: record.statements + 1 });
  }

  async stagedFiles(staging: Staging): Promise<DataFile[]> {
    return (await this.stagings.get(staging.name)).files;
  }

  stagedRelation(staging: Staging): string {
    return `SELECT * FROM ${STAGING}.${staging.name}`;
  }

  async discard(staging: Staging, published: boolean): Promise<void> {
    await this.stagings.remove(staging.name, !published);
  }

  /** Closes the engine's sessions; the database stays the caller's. */
  close(): void {
    for (const session of this.idle.splice(0)) session.close();
  }

  private async analyse(bound: string): Promise<Analysis> {
    const tables = await this.tables.resolve(bound);
    return analyse(bound, {
      columns: (table) => tables.get(keyOf(table))?.columns,
      relation: (table) => {
        const found = tables.get(keyOf(table));
        if (found === undefined) throw new MillraceError('internal', `${table.text} was not looked up`);
        return found.relation;
      },
    });
  }

  /** A session of one's own, with the dialect's settings and macros; kept for the next. */
  private async use<Result>(work: (session: Session) => Promise<Result>): Promise<Result> {
    const session = this.idle.pop() ?? await this.open();
    try {
      return await work(session);
    } finally {
      this.idle.push(session);
    }
  }

  private async open(): Promise<Session> {
    const session = await this.database.connect();
    await session.run([...SETTINGS, ...DUCKDB_PRELUDE].join(';\n'));
    return session;
  }
}
