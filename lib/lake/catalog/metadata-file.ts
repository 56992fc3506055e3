// A table opened by the path of a metadata file, as it is: for tables whose catalog is not ours to write to.
import { basename, dirname } from 'node:path/posix';
import { MillraceError } from '../../base/index.ts';
import type { Catalog, CommitOutcome, Files, TablePointer } from '../ports.ts';
import type { TableName } from '../types.ts';

/** Knows one table, which stands still. */
export class MetadataFileCatalog implements Catalog {
  readonly name: TableName;
  private readonly files: Files;
  private readonly path: string;

  constructor(files: Files, path: string) {
    this.files = files;
    this.path = path;
    const location = dirname(dirname(path));
    this.name = { namespace: basename(dirname(location)), name: basename(location) };
  }

  locationFor(): string {
    return dirname(dirname(this.path));
  }

  async load(name: TableName): Promise<TablePointer | undefined> {
    const isOurs = name.namespace === this.name.namespace && name.name === this.name.name;
    return isOurs && await this.files.exists(this.path) ? { name, metadataLocation: this.path, token: '' } : undefined;
  }

  async create(): Promise<CommitOutcome> {
    throw this.readOnly();
  }

  async commit(): Promise<CommitOutcome> {
    throw this.readOnly();
  }

  async removeMetadata(): Promise<void> {
    throw this.readOnly();
  }

  async list(): Promise<TableName[]> {
    return [this.name];
  }

  async drop(): Promise<void> {
    throw this.readOnly();
  }

  private readOnly(): MillraceError {
    return new MillraceError('unsupported', 'a table opened by its metadata file can only be read', { where: this.path, todo: 'Open it through the catalog that holds it.' });
  }
}
