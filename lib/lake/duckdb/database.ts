// One DuckDB instance with bounded memory and the settings that every part of the lake relies on.
import { availableParallelism } from 'node:os';
import { DuckDBInstance, type DuckDBConnection } from '@duckdb/node-api';
import { MillraceError } from '../../base/index.ts';
import { databaseError } from './errors.ts';
import { objectsOf, rowsOf, type SqlRow, type SqlValue } from './result.ts';

export interface DatabaseOptions {
  /** What DuckDB may hold in memory, e.g. `1GB`; beyond it sorts, joins and aggregates spill to `temporaryFolder`. */
  memoryLimit?: string;
  /** Where to spill. Without one a query that does not fit fails. */
  temporaryFolder?: string;
  /** Default: as many as the machine has cores. */
  threads?: number;
  /** Further settings of DuckDB, for every session. */
  settings?: Readonly<Record<string, string>>;
}

export interface QueryOptions {
  /** Interrupts the statement; the promise is then rejected with a MillraceError `interrupted`. */
  signal?: AbortSignal;
  /** What the statement is part of, for error messages: a model, a table. */
  where?: string;
}

const DEFAULT_MEMORY_LIMIT = '1GB';

/** Nothing is fetched from a network, and local settings of the machine decide nothing. */
const FIXED_SETTINGS: Readonly<Record<string, string>> = Object.freeze({
  autoinstall_known_extensions: 'false',
  autoload_known_extensions: 'false',
  allow_community_extensions: 'false',
  errors_as_json: 'true',
  preserve_insertion_order: 'true',
  // Below the 1,024 file descriptors that a process usually has.
  partitioned_write_max_open_files: '500',
});

/**
 * An in-memory DuckDB. Sessions are independent connections: temporary tables, views and variables belong to one of them.
 * Times are in UTC. `close` when done.
 */
export class Database {
  readonly #instance: DuckDBInstance;
  readonly #sessions = new Set<Session>();

  private constructor(instance: DuckDBInstance) {
    this.#instance = instance;
  }

  static async open(options: DatabaseOptions = {}): Promise<Database> {
    const settings = {
      ...FIXED_SETTINGS,
      memory_limit: options.memoryLimit ?? DEFAULT_MEMORY_LIMIT,
      threads: String(options.threads ?? availableParallelism()),
      ...(options.temporaryFolder === undefined ? {} : { temp_directory: options.temporaryFolder }),
      ...options.settings,
    };
    const instance = await DuckDBInstance.create(':memory:', settings).catch((cause: unknown) => {
      throw databaseError(cause, JSON.stringify(settings), 'opening DuckDB');
    });
    const database = new Database(instance);
    await database.use((session) => session.run(`SET GLOBAL TimeZone = 'UTC'`));
    return database;
  }

  /** A session of one's own; `close` it. */
  async connect(): Promise<Session> {
    const connection = await this.#instance.connect();
    const session: Session = new Session(connection, () => this.#sessions.delete(session));
    this.#sessions.add(session);
    return session;
  }

  /** Runs some work in a session that is closed afterwards, whatever happens. */
  async use<Result>(work: (session: Session) => Promise<Result>): Promise<Result> {
    const session = await this.connect();
    try {
      return await work(session);
    } finally {
      session.close();
    }
  }

  close(): void {
    for (const session of this.#sessions) session.close();
    this.#instance.closeSync();
  }
}

/** One connection. Statements of a session run one after the other; use several sessions for more at once. */
export class Session {
  /** The connection itself, for what this class does not offer; its errors come as DuckDB made them. */
  readonly connection: DuckDBConnection;
  readonly #onClose: () => void;
  #isClosed = false;

  constructor(connection: DuckDBConnection, onClose: () => void) {
    this.connection = connection;
    this.#onClose = onClose;
  }

  /** Runs one or more statements; gives the rows that the last one changed. */
  async run(sql: string, options?: QueryOptions): Promise<number> {
    return await this.#guarded(sql, options, async () => (await this.connection.run(sql)).rowsChanged);
  }

  /** All rows as objects by column name. See `SqlValue` for the types. */
  async rows<Row extends SqlRow = SqlRow>(sql: string, options?: QueryOptions): Promise<Row[]> {
    return await this.#guarded(sql, options, async () => objectsOf(await this.connection.runAndReadAll(sql)) as Row[]);
  }

  /** Column names and types, and all rows in their order. */
  async table(sql: string, options?: QueryOptions): Promise<{ columns: { name: string; type: string }[]; rows: SqlValue[][] }> {
    return await this.#guarded(sql, options, async () => {
      const reader = await this.connection.runAndReadAll(sql);
      const types = reader.columnTypes().map((type) => type.toString());
      return { columns: reader.columnNames().map((name, at) => ({ name, type: types[at] ?? '' })), rows: rowsOf(reader) };
    });
  }

  /** The first value of the first row; undefined where there is no row. */
  async value(sql: string, options?: QueryOptions): Promise<SqlValue | undefined> {
    return (await this.table(sql, options)).rows[0]?.[0];
  }

  /** Names and DuckDB types of what a SELECT gives, without running it. */
  async describe(select: string, options?: QueryOptions): Promise<{ name: string; type: string }[]> {
    const rows = await this.rows<{ column_name: string; column_type: string }>(`DESCRIBE ${select}`, options);
    return rows.map((row) => ({ name: row.column_name, type: row.column_type }));
  }

  /** Rows as they come, some thousand at a time, without holding the whole result. */
  async *stream(sql: string, options?: QueryOptions): AsyncGenerator<SqlValue[][]> {
    const result = await this.#guarded(sql, options, () => this.connection.stream(sql));
    const batches = result.yieldConvertedRows(rowsOf.converter);
    for (;;) {
      const next = await this.#guarded(sql, options, () => batches.next());
      if (next.done === true) return;
      yield next.value;
    }
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#onClose();
    this.connection.closeSync();
  }

  async #guarded<Result>(sql: string, options: QueryOptions | undefined, work: () => Promise<Result>): Promise<Result> {
    const signal = options?.signal;
    if (signal?.aborted === true) throw interrupted(signal);
    // An interrupt that arrives before the statement has started is forgotten by DuckDB, so it is repeated until it is heard.
    let again: NodeJS.Timeout | undefined;
    const interrupt = (): void => {
      this.connection.interrupt();
      again ??= setInterval(() => this.connection.interrupt(), 10);
    };
    signal?.addEventListener('abort', interrupt, { once: true });
    try {
      return await work();
    } catch (cause) {
      if (again !== undefined && signal !== undefined) throw interrupted(signal, cause);
      throw databaseError(cause, sql, options?.where);
    } finally {
      signal?.removeEventListener('abort', interrupt);
      clearInterval(again);
    }
  }
}

function interrupted(signal: AbortSignal, cause: unknown = signal.reason): MillraceError {
  return new MillraceError('interrupted', 'the query was interrupted', { cause });
}
