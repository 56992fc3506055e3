// A home with a stream to deliver, the project's own contracts, and what has arrived where.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Clock } from '../../../lib/base/index.ts';
import { eventPlans, openEventChecker, transform } from '../../../lib/ingest/events/index.ts';
import { FolderCatalog, Lake, LocalFiles, type Files } from '../../../lib/lake/index.ts';
import { quoteName, scanSql, type Database } from '../../../lib/lake/duckdb/index.ts';
import { Delivery, deliveryTables, transformInBatches, type DeliveryOptions, type FailedRecord } from '../../../lib/local/delivery/index.ts';
import type { StreamSource } from '../../../lib/local/kinesis/index.ts';
import { events } from '../../../contracts/events.ts';
import { transactions } from '../../../contracts/transactions.ts';

export const CONTRACTS = [events, transactions];

/** Time that a test moves; sleeping moves it too. */
export class StepClock implements Clock {
  milliseconds = Date.UTC(2026, 0, 5);

  now(): number {
    return this.milliseconds;
  }

  async sleep(milliseconds: number): Promise<void> {
    this.milliseconds += milliseconds;
    await new Promise((resolve) => setImmediate(resolve));
  }
}

export interface DeliveryHome {
  root: string;
  lake(files?: Files): Lake;
  delivery(source: StreamSource, options?: Partial<DeliveryOptions> & { files?: Files; failed?: FailedRecord[]; poison?: string }): Delivery;
  /** Of a table, by SQL over the relation `t`. */
  rows(table: string, sql: string): Promise<Record<string, unknown>[]>;
  remove(): void;
}

export function deliveryHome(database: Database, clock: Clock): DeliveryHome {
  const root = mkdtempSync(path.join(tmpdir(), 'millrace-delivery-'));
  const lake = (files: Files = new LocalFiles()): Lake => new Lake({ files, catalog: new FolderCatalog(files, path.join(root, 'lake')), clock });
  const checker = openEventChecker({ plans: eventPlans(CONTRACTS), defaultType: 'events' });
  return {
    root,
    lake,
    delivery(source, { files, failed = [], poison, ...options } = {}) {
      const target = lake(files);
      return new Delivery({
        lake: target, database, source, stream: 'events', clock,
        tables: () => deliveryTables(target, CONTRACTS),
        transform: transformInBatches({
          clock,
          transform: (records) => {
            if (poison !== undefined && records.some(({ data }) => Buffer.from(data).includes(poison))) throw new Error('poisoned');
            return transform(records, { checker, now: clock.now() }).rows;
          },
          errorOutput: async (record) => void failed.push(record),
        }),
        ...options,
      });
    },
    async rows(name, sql) {
      const found = await lake().findTable({ namespace: 'bronze', name });
      if (found === undefined) return [];
      const t = scanSql({ schema: found.schema, specs: found.metadata['partition-specs'], files: (await found.scan()).files });
      return database.use((session) => session.rows(`WITH t AS (${t}) ${sql}`));
    },
    remove: () => rmSync(root, { recursive: true, force: true }),
  };
}

export function view(clock: Clock, visitor: string, id: string, more: Readonly<Record<string, unknown>> = {}): string {
  return JSON.stringify({ timestamp: clock.now(), visitorid: visitor, event: 'view', itemid: '7', event_id: id, ...more });
}

/** `shard/sequence/subsequence` of every row in the tables of a stream, sorted. */
export async function positionsIn(home: DeliveryHome): Promise<string[]> {
  const found: string[] = [];
  for (const table of ['events', 'transactions', 'rejected']) {
    const rows = await home.rows(table, `SELECT ${['_shard', '_sequence', '_subsequence'].map(quoteName).join(` || '/' || `)} AS place FROM t`);
    found.push(...rows.map(({ place }) => String(place)));
  }
  return found.sort();
}
