// Staging places on this machine: data files beside the target's, which no snapshot names yet, and a record that says which they are.
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { MillraceError } from '../../base/index.ts';
import { currentSchema, defaultSpec, type DataFile, type PartitionSpec, type Schema, type SortOrder, type TableMetadata } from '../../lake/index.ts';
import type { Staging } from '../types.ts';

/** What is known of a place. `files` are those of statements that ran to their end. */
export interface StagingRecord {
  staging: Staging;
  schema: Schema;
  spec: PartitionSpec;
  sortOrder: SortOrder;
  folder: string;
  files: DataFile[];
  statements: number;
}

/** Records in a folder, one JSON file each, so that a run that was killed can be taken up or cleared away. */
export class Stagings {
  private readonly folder: string;
  private readonly known = new Map<string, StagingRecord>();

  constructor(folder: string) {
    this.folder = folder;
  }

  async create(staging: Staging, metadata: TableMetadata, dataFolder: string): Promise<void> {
    const order = metadata['sort-orders'].find((each) => each['order-id'] === metadata['default-sort-order-id']);
    await this.save({
      staging, schema: currentSchema(metadata), spec: defaultSpec(metadata), sortOrder: order ?? { 'order-id': 0, fields: [] },
      folder: dataFolder, files: [], statements: 0,
    });
  }

  async get(name: string): Promise<StagingRecord> {
    const known = this.known.get(name);
    if (known !== undefined) return known;
    const text = await readFile(this.path(name), 'utf8').catch((cause: unknown) => {
      throw new MillraceError('not_found', `there is no staging place ${name}`, { cause, todo: 'Run the model again.' });
    });
    const record = parse(text);
    this.known.set(name, record);
    return record;
  }

  async save(record: StagingRecord): Promise<void> {
    const { name } = record.staging;
    await mkdir(this.folder, { recursive: true });
    await writeFile(`${this.path(name)}.new`, stringify(record));
    await rename(`${this.path(name)}.new`, this.path(name));
    this.known.set(name, record);
  }

  /** A record that a crash left unreadable names nothing: what was staged under it is found by maintenance as any orphan is. */
  async list(runId?: string): Promise<Staging[]> {
    const files = (await readdir(this.folder).catch(() => [])).filter((file) => file.endsWith('.json')).sort();
    const records = await Promise.all(files.map((file) => this.get(file.slice(0, -'.json'.length)).catch(() => undefined)));
    return records.flatMap((record) => record?.staging ?? []).filter((staging) => runId === undefined || staging.runId === runId);
  }

  /** Forgets a place; with `files` also every file that was written for it, those of a statement that was cut short too. */
  async remove(name: string, files: boolean): Promise<void> {
    if (files) {
      const record = await this.get(name).catch(() => undefined);
      const written = record === undefined ? [] : await readdir(record.folder).catch(() => []);
      await Promise.all(written.filter((file) => file.startsWith(name)).map((file) => rm(join(record?.folder ?? '', file), { force: true })));
    }
    await rm(this.path(name), { force: true });
    this.known.delete(name);
  }

  private path(name: string): string {
    return join(this.folder, `${name}.json`);
  }
}

/** JSON with what it lacks: bigints, bytes, and numbers that are none. */
function stringify(record: StagingRecord): string {
  return JSON.stringify(record, function tag(this: Record<string, unknown>, key, value: unknown) {
    const raw = this[key];
    if (typeof raw === 'bigint') return { $bigint: String(raw) };
    if (raw instanceof Uint8Array) return { $bytes: Buffer.from(raw).toString('base64') };
    if (typeof raw === 'number' && !Number.isFinite(raw)) return { $number: String(raw) };
    return value;
  });
}

function parse(text: string): StagingRecord {
  return JSON.parse(text, (_, value: unknown) => {
    if (typeof value !== 'object' || value === null) return value;
    if ('$bigint' in value) return BigInt(String(value.$bigint));
    if ('$bytes' in value) return new Uint8Array(Buffer.from(String(value.$bytes), 'base64'));
    if ('$number' in value) return Number(value.$number);
    return value;
  }) as StagingRecord;
}
