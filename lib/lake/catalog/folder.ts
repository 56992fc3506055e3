// A catalog that is a folder, in the Hadoop table layout: `<root>/<namespace>/<table>/metadata/vN.metadata.json`.
import type { Catalog, CatalogColumn, CommitOutcome, CreateOptions, Files, TablePointer } from '../ports.ts';
import type { TableName } from '../types.ts';

/**
 * The version is the lock: the metadata of version N + 1 can be created once only. `version-hint.text` tells where to
 * start looking; it may be missing or behind, so versions above it are probed, as the reference implementation does.
 */
export class FolderCatalog implements Catalog {
  private readonly files: Files;
  private readonly root: string;

  constructor(files: Files, root: string) {
    this.files = files;
    this.root = root.replace(/\/+$/, '');
  }

  locationFor(name: TableName): string {
    return `${this.root}/${name.namespace}/${name.name}`;
  }

  async load(name: TableName): Promise<TablePointer | undefined> {
    const location = this.locationFor(name);
    const version = await this.latestVersion(location);
    return version === undefined ? undefined : pointerTo(name, location, version);
  }

  async create(name: TableName, location: string, metadata: Uint8Array): Promise<CommitOutcome> {
    return this.writeVersion(name, location, 1, metadata);
  }

  async commit(base: TablePointer, location: string, metadata: Uint8Array, _columns: CatalogColumn[], options?: CreateOptions): Promise<CommitOutcome> {
    return this.writeVersion(base.name, location, Number(base.token) + 1, metadata, options);
  }

  private async writeVersion(name: TableName, location: string, version: number, metadata: Uint8Array, options?: CreateOptions): Promise<CommitOutcome> {
    const pointer = pointerTo(name, location, version);
    if (!(await this.files.create(pointer.metadataLocation, metadata, options))) return { outcome: 'conflict' };
    await this.files.write(hintOf(location), Buffer.from(String(version)), { durable: 'no' });
    return { outcome: 'committed', pointer };
  }

  async list(namespace?: string): Promise<TableName[]> {
    const found = new Map<string, TableName>();
    for await (const { path } of this.files.list(namespace === undefined ? this.root : `${this.root}/${namespace}`)) {
      const match = /^([^/]+)\/([^/]+)\/metadata\/v\d+(?:\.gz)?\.metadata\.json$/.exec(path.slice(this.root.length + 1));
      if (match !== null) found.set(`${match[1]}/${match[2]}`, { namespace: match[1] as string, name: match[2] as string });
    }
    return [...found.keys()].sort().map((key) => found.get(key) as TableName);
  }

  async drop(name: TableName): Promise<void> {
    const location = this.locationFor(name);
    const versions: string[] = [];
    for await (const { path } of this.files.list(`${location}/metadata`)) {
      if (versionIn(path) !== undefined) versions.push(path);
    }
    await this.files.delete(hintOf(location));
    for (const path of versions) await this.files.delete(path);
  }

  private async latestVersion(location: string): Promise<number | undefined> {
    let version = await this.hintedVersion(location) ?? await this.listedVersion(location);
    if (version === undefined) return undefined;
    while (await this.files.exists(metadataPath(location, version + 1))) version += 1;
    return version;
  }

  private async hintedVersion(location: string): Promise<number | undefined> {
    if (!(await this.files.exists(hintOf(location)))) return undefined;
    const text = Buffer.from(await this.files.read(hintOf(location))).toString('utf8').trim();
    const version = /^\d+$/.test(text) ? Number(text) : undefined;
    return version !== undefined && await this.files.exists(metadataPath(location, version)) ? version : undefined;
  }

  private async listedVersion(location: string): Promise<number | undefined> {
    let highest: number | undefined;
    for await (const { path } of this.files.list(`${location}/metadata`)) {
      const version = versionIn(path);
      if (version !== undefined && (highest === undefined || version > highest)) highest = version;
    }
    return highest;
  }
}

function pointerTo(name: TableName, location: string, version: number): TablePointer {
  return { name, metadataLocation: metadataPath(location, version), token: String(version) };
}

function metadataPath(location: string, version: number): string {
  return `${location}/metadata/v${version}.metadata.json`;
}

function versionIn(path: string): number | undefined {
  const match = /\/v(\d+)\.metadata\.json$/.exec(path);
  return match === null ? undefined : Number(match[1]);
}

function hintOf(location: string): string {
  return `${location}/metadata/version-hint.text`;
}
