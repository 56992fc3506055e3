// The Glue Data Catalog: a table's pointer is `metadata_location` among its parameters, its lock the version id of the table.
import {
  CreateTableCommand, DeleteTableCommand, GetDatabasesCommand, GetTableCommand, GetTablesCommand, UpdateTableCommand,
  type GlueClient, type GetDatabasesCommandOutput, type GetTablesCommandOutput, type Table, type TableInput,
} from '@aws-sdk/client-glue';
import { randomUUID } from 'node:crypto';
import { MillraceError } from '../../base/index.ts';
import type { Catalog, CatalogColumn, CommitOutcome, CreateOptions, Files, TablePointer } from '../ports.ts';
import type { TableName } from '../types.ts';
import { attemptsOf, explainedAwsError, nameOf, outcomeIsUnknown } from './errors.ts';

export interface GlueCatalogOptions {
  client: GlueClient;
  files: Files;
  /** Where new tables go, `s3://bucket/prefix`. */
  warehouse: string;
  /** Put before a namespace to give the database, `millrace_dev_`. */
  databasePrefix?: string;
  /** All namespaces that there are; default: Glue is asked, which takes the permission to list databases. */
  namespaces?: readonly string[];
  newId?: () => string;
}

const LONGEST_COMMENT = 255;

export class GlueCatalog implements Catalog {
  private readonly client: GlueClient;
  private readonly files: Files;
  private readonly warehouse: string;
  private readonly databasePrefix: string;
  private readonly known: readonly string[] | undefined;
  private readonly newId: () => string;
  /** Tables as last read, by database and name: an update must send the whole of what it does not change. */
  private readonly lastRead = new Map<string, Table>();

  constructor(options: GlueCatalogOptions) {
    this.client = options.client;
    this.files = options.files;
    this.warehouse = options.warehouse.replace(/\/+$/, '');
    this.databasePrefix = options.databasePrefix ?? '';
    this.known = options.namespaces;
    this.newId = options.newId ?? randomUUID;
  }

  locationFor(name: TableName): string {
    return `${this.warehouse}/${name.namespace}/${name.name}`;
  }

  async load(name: TableName): Promise<TablePointer | undefined> {
    const table = await this.read(name);
    if (table === undefined) return undefined;
    const metadataLocation = table.Parameters?.['metadata_location'];
    if (!isIceberg(table) || metadataLocation === undefined) {
      throw new MillraceError('unsupported', `${name.namespace}.${name.name} is in Glue, but is not an Iceberg table`, {
        where: this.databaseOf(name), todo: 'An update by CloudFormation removes table_type and metadata_location: put them back, or choose another name.',
      });
    }
    return { name, metadataLocation, token: table.VersionId ?? '' };
  }

  async create(name: TableName, location: string, metadata: Uint8Array, columns: CatalogColumn[]): Promise<CommitOutcome> {
    const metadataLocation = `${location}/metadata/00000-${this.newId()}.metadata.json`;
    await this.files.write(metadataLocation, metadata);
    const input = tableInput({ Name: name.name }, location, columns, { table_type: 'ICEBERG', metadata_location: metadataLocation });
    return this.swap(name, metadataLocation, 'AlreadyExistsException', () =>
      this.client.send(new CreateTableCommand({ DatabaseName: this.databaseOf(name), TableInput: input })));
  }

  async commit(base: TablePointer, location: string, metadata: Uint8Array, columns: CatalogColumn[], options: CreateOptions = {}): Promise<CommitOutcome> {
    options.after?.catch(() => undefined); // awaited below, after other waits
    const { name } = base;
    const metadataLocation = `${location}/metadata/${nextVersion(base.metadataLocation)}-${this.newId()}.metadata.json`;
    const known = this.lastRead.get(this.keyOf(name));
    const current = known?.VersionId === base.token ? known : await this.read(name);
    if (current === undefined || current.VersionId !== base.token) return { outcome: 'conflict' };
    await Promise.all([options.after, this.files.write(metadataLocation, metadata)]);
    const input = tableInput(current, location, columns, {
      ...current.Parameters, table_type: 'ICEBERG', metadata_location: metadataLocation, previous_metadata_location: base.metadataLocation,
    });
    return this.swap(name, metadataLocation, 'ConcurrentModificationException', () =>
      this.client.send(new UpdateTableCommand({ DatabaseName: this.databaseOf(name), TableInput: input, VersionId: base.token, SkipArchive: true })));
  }

  async removeMetadata(paths: readonly string[]): Promise<void> {
    await Promise.allSettled(paths.map((path) => this.files.delete(path)));
  }

  async list(namespace?: string): Promise<TableName[]> {
    const names: TableName[] = [];
    for (const each of namespace === undefined ? this.known ?? await this.namespaces() : [namespace]) {
      let token: string | undefined;
      do {
        const page: GetTablesCommandOutput = await this.guarded('list the tables', `${this.databasePrefix}${each}`, () =>
          this.client.send(new GetTablesCommand({ DatabaseName: `${this.databasePrefix}${each}`, NextToken: token })));
        for (const table of page.TableList ?? []) if (isIceberg(table) && table.Name !== undefined) names.push({ namespace: each, name: table.Name });
        token = page.NextToken;
      } while (token !== undefined);
    }
    return names.sort((left, right) => (`${left.namespace}/${left.name}` < `${right.namespace}/${right.name}` ? -1 : 1));
  }

  /** DeleteTable leaves the files alone, unlike an engine's DROP TABLE. */
  async drop(name: TableName): Promise<void> {
    await this.guarded('drop the table', this.databaseOf(name), () => this.client.send(new DeleteTableCommand({ DatabaseName: this.databaseOf(name), Name: name.name })));
  }

  /** One conditional request, and what its answer means. */
  private async swap(name: TableName, metadataLocation: string, lostTheRace: string, request: () => Promise<unknown>): Promise<CommitOutcome> {
    try {
      await request();
    } catch (cause) {
      // Sent more than once, the request may have lost against itself; then only the table can tell.
      if (outcomeIsUnknown(cause) || (nameOf(cause) === lostTheRace && attemptsOf(cause) > 1)) return { outcome: 'unknown', cause, metadataLocation };
      await this.files.delete(metadataLocation).catch(() => undefined); // else the orphan sweep finds it
      if (nameOf(cause) === lostTheRace) return { outcome: 'conflict' };
      throw explainedAwsError('Glue refused the commit', `${this.databaseOf(name)}.${name.name}`, cause);
    }
    const table = await this.read(name).catch(() => undefined);
    // Somebody may have committed on top already: then the token is stale, and says so at the next commit.
    const token = table?.Parameters?.['metadata_location'] === metadataLocation ? table.VersionId ?? '' : 'superseded';
    return { outcome: 'committed', pointer: { name, metadataLocation, token } };
  }

  private async read(name: TableName): Promise<Table | undefined> {
    try {
      const { Table: table } = await this.client.send(new GetTableCommand({ DatabaseName: this.databaseOf(name), Name: name.name }));
      if (table !== undefined) this.lastRead.set(this.keyOf(name), table);
      return table;
    } catch (error) {
      if (nameOf(error) === 'EntityNotFoundException') return undefined;
      throw explainedAwsError('cannot read the table from Glue', `${this.databaseOf(name)}.${name.name}`, error);
    }
  }

  private async namespaces(): Promise<string[]> {
    const found: string[] = [];
    let token: string | undefined;
    do {
      const page: GetDatabasesCommandOutput = await this.guarded('list the databases', 'Glue', () => this.client.send(new GetDatabasesCommand({ NextToken: token })));
      for (const { Name } of page.DatabaseList ?? []) if (Name?.startsWith(this.databasePrefix) === true) found.push(Name.slice(this.databasePrefix.length));
      token = page.NextToken;
    } while (token !== undefined);
    return found.sort();
  }

  private databaseOf(name: TableName): string {
    return `${this.databasePrefix}${name.namespace}`;
  }

  private keyOf(name: TableName): string {
    return `${this.databaseOf(name)}/${name.name}`;
  }

  private async guarded<T>(what: string, where: string, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      if (nameOf(error) === 'EntityNotFoundException') throw new MillraceError('not_found', `cannot ${what}: Glue does not know ${where}`, { where, cause: error });
      throw explainedAwsError(`cannot ${what}`, where, error);
    }
  }
}

function isIceberg(table: Table): boolean {
  return table.Parameters?.['table_type']?.toUpperCase() === 'ICEBERG';
}

/** `…/00041-<uuid>.metadata.json` → `00042`. Other writers' `v41.metadata.json` counts too. */
function nextVersion(metadataLocation: string): string {
  const match = /\/v?(\d+)[^/]*\.metadata\.json[^/]*$/.exec(metadataLocation);
  return String(match === null ? 0 : Number(match[1]) + 1).padStart(5, '0');
}

/** All that Glue lets an update carry; what is left out would be cleared. */
function tableInput(current: Table, location: string, columns: CatalogColumn[], parameters: Record<string, string>): TableInput {
  return {
    Name: current.Name,
    Description: current.Description,
    Owner: current.Owner,
    LastAccessTime: current.LastAccessTime,
    LastAnalyzedTime: current.LastAnalyzedTime,
    Retention: current.Retention,
    PartitionKeys: current.PartitionKeys,
    ViewOriginalText: current.ViewOriginalText,
    ViewExpandedText: current.ViewExpandedText,
    TargetTable: current.TargetTable,
    TableType: 'EXTERNAL_TABLE',
    Parameters: parameters,
    StorageDescriptor: {
      ...current.StorageDescriptor,
      Location: location,
      Columns: columns.map(({ name, type, comment }) => ({ Name: name, Type: type, Comment: comment?.slice(0, LONGEST_COMMENT) })),
    },
  };
}
