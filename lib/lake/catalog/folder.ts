// A catalog that is a folder, in the Hadoop table layout: `<root>/<namespace>/<table>/metadata/vN.metadata.json`.
import { MillraceError } from '../../base/index.ts';
import type { Catalog, CatalogColumn, CommitOutcome, CreateOptions, EndTurn, FileInfo, Files, TablePointer } from '../ports.ts';
import type { TableName } from '../types.ts';

/** Spellings of a version's file: our own, then the two that Java writes with compressed metadata. */
const SPELLINGS = ['.metadata.json', '.gz.metadata.json', '.metadata.json.gz'] as const;

/**
 * The version is the lock: the metadata of version N + 1 can be created once only. `version-hint.text` tells where to
 * start looking; it may be missing or behind, so versions above it are probed, as the reference implementation does.
 */
export class FolderCatalog implements Catalog {
  private readonly files: Files;
  private readonly root: string;
  /** The version last seen of each table, by location: where to start looking. */
  private readonly lastSeen = new Map<string, number>();

  constructor(files: Files, root: string) {
    this.files = files;
    this.root = root.replace(/\/+$/, '');
  }

  locationFor(name: TableName): string {
    return `${this.root}/${safe(name.namespace)}/${safe(name.name)}`;
  }

  async load(name: TableName): Promise<TablePointer | undefined> {
    const location = this.locationFor(name);
    let file = await this.seenVersion(location) ?? await this.hintedVersion(location) ?? await this.highestVersion(location);
    if (file === undefined) return undefined;
    for (;;) {
      const next = await this.find(location, versionIn(file.path) + 1, versionSpelling(file.path) === SPELLINGS[0] ? [SPELLINGS[0]] : SPELLINGS);
      if (next === undefined) break;
      file = next;
    }
    this.lastSeen.set(location, versionIn(file.path));
    return pointerTo(name, file);
  }

  async create(name: TableName, location: string, metadata: Uint8Array): Promise<CommitOutcome> {
    if (location !== this.locationFor(name)) {
      throw new MillraceError('unsupported', `a folder catalog keeps ${name.namespace}.${name.name} in a folder of that name, not elsewhere`, { where: location });
    }
    if (await this.load(name) !== undefined) return { outcome: 'conflict' };
    return this.writeVersion(name, `${location}/metadata/v1${SPELLINGS[0]}`, metadata);
  }

  async commit(base: TablePointer, location: string, metadata: Uint8Array, _columns: CatalogColumn[], options?: CreateOptions): Promise<CommitOutcome> {
    const path = `${location}/metadata/v${versionIn(base.metadataLocation) + 1}${SPELLINGS[0]}`;
    const result = await this.writeVersion(base.name, path, metadata, options);
    if (result.outcome !== 'committed') return result;
    const still = await this.files.stat(base.metadataLocation);
    if (still !== undefined && tokenOf(still) === base.token) return result;
    // Old versions are deleted oldest first. Where the base is gone, our version was only free because its first owner is gone as well.
    await this.files.delete(path);
    return { outcome: 'conflict' };
  }

  /**
   * A version goes only after all older ones are gone, whoever deletes them: that is what makes the check in `commit` right. So what a
   * slower process has not deleted yet is deleted here.
   */
  async removeMetadata(paths: readonly string[]): Promise<void> {
    for (const path of paths) {
      const location = path.slice(0, path.lastIndexOf('/metadata/'));
      const older: string[] = [];
      for (let version = versionIn(path) - 1; version > 0; version--) {
        const file = await this.find(location, version, SPELLINGS);
        if (file === undefined) break;
        older.unshift(file.path);
      }
      for (const each of [...older, path]) {
        if (!await this.files.delete(each).then(() => true, () => false)) return;
      }
    }
  }

  async takeTurn(name: TableName): Promise<EndTurn> {
    return await this.files.takeTurn?.(`${this.locationFor(name)}/metadata/.turn`) ?? (() => Promise.resolve());
  }

  async list(namespace?: string): Promise<TableName[]> {
    const names: TableName[] = [];
    for (const each of namespace === undefined ? await this.files.listFolders(this.root) : [namespace]) {
      for (const name of await this.files.listFolders(`${this.root}/${each}`)) {
        if (await this.load({ namespace: each, name }) !== undefined) names.push({ namespace: each, name });
      }
    }
    return names;
  }

  async drop(name: TableName): Promise<void> {
    const location = this.locationFor(name);
    const versions = await this.versions(location);
    await this.files.delete(hintOf(location));
    for (const { path } of versions) await this.files.delete(path); // oldest first: cut short, the table is still the newest
  }

  private async writeVersion(name: TableName, path: string, metadata: Uint8Array, options?: CreateOptions): Promise<CommitOutcome> {
    try {
      if (!(await this.files.create(path, metadata, options))) return { outcome: 'conflict' };
    } catch (cause) {
      if (await this.isWritten(path, metadata)) return { outcome: 'unknown', cause, metadataLocation: path };
      throw cause;
    }
    const location = path.slice(0, path.lastIndexOf('/metadata/'));
    const [file] = await Promise.all([
      this.files.stat(path),
      this.files.write(hintOf(location), Buffer.from(String(versionIn(path))), { durable: 'no' }).catch(() => undefined), // it is only a hint
    ]);
    return { outcome: 'committed', pointer: pointerTo(name, file ?? { path, size: metadata.length, modifiedAt: 0 }) };
  }

  /** Whether a file that could not be made durable is visible all the same. */
  private async isWritten(path: string, metadata: Uint8Array): Promise<boolean> {
    try {
      return Buffer.compare(await this.files.read(path), metadata) === 0;
    } catch {
      return false;
    }
  }

  private async seenVersion(location: string): Promise<FileInfo | undefined> {
    const version = this.lastSeen.get(location);
    return version === undefined ? undefined : this.find(location, version, [SPELLINGS[0]]);
  }

  private async hintedVersion(location: string): Promise<FileInfo | undefined> {
    let text: string;
    try {
      text = Buffer.from(await this.files.read(hintOf(location))).toString('utf8').trim();
    } catch (error) {
      if (error instanceof MillraceError && error.code === 'not_found') return undefined;
      throw error;
    }
    return /^\d+$/.test(text) ? this.find(location, Number(text), SPELLINGS) : undefined;
  }

  private async highestVersion(location: string): Promise<FileInfo | undefined> {
    return (await this.versions(location)).at(-1);
  }

  /** All versions, the oldest first. */
  private async versions(location: string): Promise<FileInfo[]> {
    const found: FileInfo[] = [];
    for await (const file of this.files.list(`${location}/metadata`)) {
      if (versionIn(file.path) > 0) found.push(file);
    }
    return found.sort((left, right) => versionIn(left.path) - versionIn(right.path));
  }

  private async find(location: string, version: number, spellings: readonly string[]): Promise<FileInfo | undefined> {
    for (const spelling of spellings) {
      const file = await this.files.stat(`${location}/metadata/v${version}${spelling}`);
      if (file !== undefined) return file;
    }
    return undefined;
  }
}

function pointerTo(name: TableName, file: FileInfo): TablePointer {
  return { name, metadataLocation: file.path, token: tokenOf(file) };
}

/** Tells a version from one of the same number in a table that had the name before. */
function tokenOf(file: FileInfo): string {
  return `${file.size}/${file.modifiedAt}`;
}

/** A name that stays inside of its folder. */
function safe(name: string): string {
  if (/^[^./\\\0][^/\\\0]*$/.test(name)) return name;
  throw new MillraceError('bad_input', `${JSON.stringify(name)} cannot be the name of a table or namespace`, { todo: 'Use letters, digits and underscores.' });
}

const VERSION = /\/v(\d+)((?:\.gz)?\.metadata\.json(?:\.gz)?)$/;

/** 0 where the path is not of a version. */
function versionIn(path: string): number {
  return Number(VERSION.exec(path)?.[1] ?? 0);
}

function versionSpelling(path: string): string | undefined {
  return VERSION.exec(path)?.[2];
}

function hintOf(location: string): string {
  return `${location}/metadata/version-hint.text`;
}
