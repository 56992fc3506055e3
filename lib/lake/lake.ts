// The lake: tables by name, over any pair of files and catalog.
import { randomBytes, randomUUID } from 'node:crypto';
import { MillraceError, systemClock, type Clock } from '../base/index.ts';
import { findState } from './commit/loop.ts';
import { FolderCatalog } from './catalog/folder.ts';
import { newTableMetadata, type TableDefinition } from './definition.ts';
import { LocalFiles } from './files/local.ts';
import { catalogColumns } from './catalog/columns.ts';
import { currentSchema, serializeMetadata } from './format/metadata.ts';
import { removeOrphans, type OrphanOptions, type OrphanResult } from './maintenance/orphans.ts';
import type { Catalog, Files } from './ports.ts';
import { TableStore } from './store.ts';
import { Table } from './table.ts';
import type { TableMetadata, TableName } from './types.ts';

/** Where ids come from; tests give their own. */
export interface Ids {
  uuid(): string;
  /** A positive 63-bit integer. */
  snapshotId(): bigint;
}

export const randomIds: Ids = Object.freeze({
  uuid: () => randomUUID(),
  snapshotId: () => (randomBytes(8).readBigUInt64BE() >> 1n) | 1n,
});

export interface LakeOptions {
  files: Files;
  catalog: Catalog;
  clock?: Clock;
  ids?: Ids;
  /** From 0 to 1, for the jitter of retries. */
  random?: () => number;
}

/** What a lake and its tables share. */
export interface LakeContext { readonly files: Files; readonly catalog: Catalog; readonly store: TableStore; readonly clock: Clock; readonly ids: Ids; readonly random: () => number }

/**
 * ```ts
 * const lake = openFolderLake('/data/lake');
 * const orders = await lake.createTable({ namespace: 'shop', name: 'orders' }, {
 *   columns: [{ name: 'id', type: 'string', required: true }, { name: 'ordered_at', type: 'timestamp' }],
 *   partitionBy: ['month(ordered_at)'],
 * });
 * await orders.append(dataFiles);
 * ```
 */
export class Lake {
  readonly context: LakeContext;

  constructor(options: LakeOptions) {
    this.context = {
      files: options.files, catalog: options.catalog, store: new TableStore(options.files),
      clock: options.clock ?? systemClock, ids: options.ids ?? randomIds, random: options.random ?? Math.random,
    };
  }

  /** Makes an empty table; throws `conflict` where one has the name. */
  async createTable(name: TableName, definition: TableDefinition): Promise<Table> {
    const { catalog, clock, ids } = this.context;
    const location = definition.location ?? catalog.locationFor(name);
    return this.createFrom(name, newTableMetadata(definition, location, ids.uuid(), clock.now()));
  }

  /** Makes a table of metadata made elsewhere, for example by `emptyCopy`. */
  async createFrom(name: TableName, metadata: TableMetadata): Promise<Table> {
    const { catalog, store } = this.context;
    const result = await catalog.create(name, metadata.location, serializeMetadata(metadata), catalogColumns(currentSchema(metadata)));
    if (result.outcome === 'committed') {
      store.rememberMetadata(result.pointer, metadata);
      return new Table(this.context, result.pointer, metadata);
    }
    const existing = await this.findTable(name);
    if (existing !== undefined && existing.metadata['table-uuid'] === metadata['table-uuid']) return existing;
    if (result.outcome === 'unknown') {
      throw new MillraceError('io', `it is not known whether the table ${textOf(name)} was made`, { cause: result.cause, todo: 'Look whether it exists, and try again.' });
    }
    throw new MillraceError('conflict', `the table ${textOf(name)} exists already`, { where: existing?.location });
  }

  /** Throws `not_found` where there is no such table. */
  async loadTable(name: TableName): Promise<Table> {
    const table = await this.findTable(name);
    if (table === undefined) throw new MillraceError('not_found', `there is no table ${textOf(name)}`, { where: this.context.catalog.locationFor(name) });
    return table;
  }

  async findTable(name: TableName): Promise<Table | undefined> {
    const state = await findState(this.context, name);
    return state === undefined ? undefined : new Table(this.context, state.pointer, state.metadata);
  }

  async tableExists(name: TableName): Promise<boolean> {
    return (await this.context.catalog.load(name)) !== undefined;
  }

  /** By namespace and name. */
  async listTables(namespace?: string): Promise<TableName[]> {
    return this.context.catalog.list(namespace);
  }

  /** Deletes files that no table refers to. `sweep`: the tables whose folders are swept; default: all. */
  async removeOrphans(options: OrphanOptions & { sweep?: readonly TableName[] } = {}): Promise<OrphanResult> {
    const all = await this.listTables();
    return removeOrphans(this.context, options.sweep ?? all, all, options);
  }

  /** Forgets the table; its files stay. */
  async dropTable(name: TableName): Promise<void> {
    await this.context.catalog.drop(name);
  }
}

/** A lake on the local disk: `<root>/<namespace>/<table>/{metadata,data}`. `root` is an absolute path. */
export function openFolderLake(root: string, options: { clock?: Clock; ids?: Ids } = {}): Lake {
  const files = new LocalFiles();
  return new Lake({ files, catalog: new FolderCatalog(files, root), ...options });
}

export function textOf(name: TableName): string {
  return `${name.namespace}.${name.name}`;
}
