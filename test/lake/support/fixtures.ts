// Small tables and data files for tests that need no rows.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Clock } from '../../../lib/base/index.ts';
import { FolderCatalog, Lake, type DataFile, type Table, type TableName, type Value } from '../../../lib/lake/index.ts';
import { MemoryFiles } from './memory-files.ts';

/** Time that stands still until it is moved; sleeping takes none of it. */
export class TestClock implements Clock {
  milliseconds = Date.UTC(2024, 0, 1);

  now(): number {
    return this.milliseconds;
  }

  async sleep(): Promise<void> {
    await Promise.resolve();
  }

  advance(milliseconds: number): void {
    this.milliseconds += milliseconds;
  }
}

export function memoryLake(): { lake: Lake; files: MemoryFiles; clock: TestClock } {
  const files = new MemoryFiles();
  const clock = new TestClock();
  return { lake: new Lake({ files, catalog: new FolderCatalog(files, '/lake'), clock }), files, clock };
}

export const ORDERS: TableName = { namespace: 'shop', name: 'orders' };

export async function ordersTable(lake: Lake, options: { partitionBy?: string[]; properties?: Record<string, string> } = {}): Promise<Table> {
  return lake.createTable(ORDERS, {
    columns: [
      { name: 'id', type: 'long', required: true },
      { name: 'state', type: 'string' },
      { name: 'ordered_at', type: 'timestamp' },
      { name: 'price', type: 'decimal(18,4)' },
    ],
    partitionBy: options.partitionBy ?? [],
    properties: options.properties ?? {},
  });
}

let serial = 0;

export interface FileOptions {
  partition?: (Value | null)[];
  specId?: number;
  rows?: number;
  /** Lowest and highest `id`. */
  ids?: [number, number];
  path?: string;
  size?: number;
}

/** A data file that exists in manifests only. */
export function dataFile(table: Table, options: FileOptions = {}): DataFile {
  serial += 1;
  const rows = BigInt(options.rows ?? 10);
  const [low, high] = options.ids ?? [1, 10];
  return {
    content: 0,
    path: options.path ?? `${table.dataLocation}/file-${serial}.parquet`,
    format: 'PARQUET',
    specId: options.specId ?? table.spec['spec-id'],
    partition: options.partition ?? table.spec.fields.map(() => null),
    recordCount: rows,
    fileSizeInBytes: BigInt(options.size ?? 1000),
    metrics: {
      columnSizes: { 1: 400n }, valueCounts: { 1: rows }, nullValueCounts: { 1: 0n },
      lowerBounds: { 1: BigInt(low) }, upperBounds: { 1: BigInt(high) },
    },
  };
}

/** A folder of its own for a test, and the way to remove it. */
export function temporaryFolder(): { folder: string; remove: () => void } {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-lake-'));
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

export function pathsOf(files: readonly { file: DataFile }[]): string[] {
  return files.map(({ file }) => file.path).sort();
}
