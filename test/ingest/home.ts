// A home for tests: a lake in a folder of its own, a few contracts, a clock that only goes forward when told.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { systemClock, type Clock } from '../../lib/base/index.ts';
import { id, integer, money, source, text, timestamp, type Contract, type Contracts } from '../../lib/contracts/index.ts';
import { discoverLanding, ingestFiles, openKeyFolder, type IngestContext, type IngestOptions, type IngestReport } from '../../lib/ingest/index.ts';
import { openFolderLake } from '../../lib/lake/index.ts';
import { Database, scanSql, type SqlRow } from '../../lib/lake/duckdb/index.ts';

const common = { owner: 'test', version: '1.0', timeZone: 'UTC' };

export const sales = source('sales', {
  ...common, description: 'A sale.', currency: 'EUR', key: ['sale_id'], files: { names: ['sales.csv', 'sales_*.csv'] },
  columns: { sale_id: id(), item: text(), amount: money({ min: 0 }), sold_at: timestamp({ nullable: true }) },
});

export const people = source('people', {
  ...common, description: 'A person.', key: ['person_id'], files: { names: ['people.csv'] },
  columns: { person_id: id(), name: text({ pii: 'name' }), email: text({ pii: 'email', nullable: true }), age: integer({ min: 0, nullable: true }) },
});

export const strict = source('strict', {
  ...common, description: 'No surprises.', files: { names: [], extraColumns: 'quarantine', missingColumns: 'refuse' },
  columns: { a: text(), b: text({ nullable: true }) },
});

export const relaxed = source('relaxed', { ...common, description: 'Whatever.', files: { names: [], extraColumns: 'ignore' }, columns: { a: text(), b: text({ nullable: true }) } });

export function contractsOf(...contracts: Contract[]): Contracts {
  return new Map(contracts.map((contract) => [contract.name, contract]));
}

export interface TestHome {
  root: string;
  landing: string;
  context: IngestContext;
  /** Puts a file below the landing folder. */
  put(name: string, content: string | Uint8Array): string;
  ingest(options?: IngestOptions): Promise<IngestReport>;
  /** Rows of a table, by SQL over the relation `t`. */
  rows(table: string, sql: string): Promise<SqlRow[]>;
  count(table: string, where?: string): Promise<number>;
  withContracts(...contracts: Contract[]): void;
  close(): void;
}

/** Opens a home; the same root twice is the same home, as another process would open it. */
export async function openTestHome(options: { root?: string; contracts?: Contracts; clock?: Clock } = {}): Promise<TestHome> {
  const root = options.root ?? mkdtempSync(join(tmpdir(), 'millrace-ingest-'));
  const landing = join(root, 'landing');
  mkdirSync(landing, { recursive: true });
  mkdirSync(join(root, 'tmp'), { recursive: true });
  const database = await Database.open({ memoryLimit: '512MB', temporaryFolder: join(root, 'tmp', 'duckdb'), threads: 2 });
  const context: IngestContext = {
    lake: openFolderLake(join(root, 'lake')), database, contracts: options.contracts ?? contractsOf(sales, people, strict, relaxed), keys: openKeyFolder(join(root, 'keys')),
    clock: options.clock ?? systemClock, temporaryFolder: join(root, 'tmp'),
  };
  const rows: TestHome['rows'] = async (name, sql) => {
    const [namespace = '', table = ''] = name.split('.');
    const found = await context.lake.findTable({ namespace, name: table });
    if (found === undefined) return [];
    const { files } = await found.scan();
    return database.use((session) => session.rows(`WITH t AS (${scanSql({ schema: found.schema, specs: found.metadata['partition-specs'], files })}) ${sql}`));
  };
  return {
    root, landing, context, rows,
    put(name, content) {
      const path = join(landing, name);
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, content);
      return path;
    },
    ingest: async (ingestOptions = {}) => ingestFiles(context, await discoverLanding(landing, context.contracts), ingestOptions),
    count: async (table, where = 'true') => Number((await rows(table, `SELECT count(*) AS n FROM t WHERE ${where}`))[0]?.['n'] ?? 0),
    withContracts(...contracts) {
      context.contracts = new Map([...context.contracts, ...contractsOf(...contracts)]);
    },
    close() {
      database.close();
      if (options.root === undefined) rmSync(root, { recursive: true, force: true });
    },
  };
}
