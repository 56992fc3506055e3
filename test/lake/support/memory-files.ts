// Files in memory: quick enough for thousands of commits in one test. Passes the same contract as the disk.
import { MillraceError } from '../../../lib/base/index.ts';
import type { CreateOptions, FileInfo, Files } from '../../../lib/lake/index.ts';

export class MemoryFiles implements Files {
  readonly content = new Map<string, { bytes: Uint8Array; modifiedAt: number }>();
  private ticks = 0;

  async read(path: string): Promise<Uint8Array> {
    const file = this.content.get(path);
    if (file === undefined) throw new MillraceError('not_found', `there is no file ${path}`, { where: path });
    return Uint8Array.from(file.bytes);
  }

  async readRange(path: string, offset: number, length: number): Promise<Uint8Array> {
    return (await this.read(path)).slice(offset, offset + length);
  }

  async write(path: string, bytes: Uint8Array): Promise<void> {
    this.ticks += 1;
    this.content.set(path, { bytes: Uint8Array.from(bytes), modifiedAt: this.ticks });
  }

  async create(path: string, bytes: Uint8Array, options: CreateOptions = {}): Promise<boolean> {
    await options.after;
    if (this.content.has(path)) return false;
    await this.write(path, bytes);
    return true;
  }

  async exists(path: string): Promise<boolean> {
    return this.content.has(path);
  }

  async stat(path: string): Promise<FileInfo | undefined> {
    const file = this.content.get(path);
    return file === undefined ? undefined : { path, size: file.bytes.length, modifiedAt: file.modifiedAt };
  }

  async listFolders(prefix: string): Promise<string[]> {
    const below = [...this.content.keys()].filter((path) => path.startsWith(`${prefix}/`)).map((path) => path.slice(prefix.length + 1).split('/'));
    return [...new Set(below.filter((parts) => parts.length > 1).map((parts) => parts[0] as string))].sort();
  }

  async *list(prefix: string): AsyncIterable<FileInfo> {
    for (const path of Array.from(this.content.keys())) {
      const info = path.startsWith(`${prefix}/`) ? await this.stat(path) : undefined;
      if (info !== undefined) yield info;
    }
  }

  async delete(path: string): Promise<void> {
    this.content.delete(path);
  }
}
