// One run of ingest: files are read one after the other, landed two jobs at a time, and told of as they are done.
import { MillraceError } from '../base/index.ts';
import type { Contract } from '../contracts/index.ts';
import { materialise, type Material } from './bytes/material.ts';
import { sweepTemporary } from './bytes/temporary.ts';
import type { IngestOptions } from './ingest.ts';
import { asError, land, rethrowInterruption, type ReadFile } from './land.ts';
import { formatOf } from './landing/belonging.ts';
import type { Discovered } from './landing/discover.ts';
import type { LandingFile } from './landing/landing-file.ts';
import { findUnchanged } from './tables/unchanged.ts';
import type { FileReport, IngestContext } from './types.ts';

/** Small files are landed together: so many at most, of so many bytes. */
const MOST_FILES = 256;
const MOST_BYTES = 32 * 1024 * 1024;
/** Jobs at a time: while DuckDB reads for one, the next file is hashed and counted. */
const JOBS = 2;

export type KnownFile = Extract<Discovered, { fate: 'known' }>;

export class IngestRun {
  private readonly context: IngestContext;
  private readonly options: IngestOptions & { runId: string };
  /** By path. */
  private readonly reports = new Map<string, FileReport>();
  private readonly running = new Set<Promise<void>>();
  private interruption: unknown;
  /** The time that the next file's rows will bear, in microseconds. */
  private moment: bigint;

  constructor(context: IngestContext, options: IngestOptions & { runId: string }) {
    this.context = context;
    this.options = options;
    this.moment = BigInt(Math.floor(context.clock.now())) * 1000n;
  }

  get runId(): string {
    return this.options.runId;
  }

  reportOf(path: string): FileReport | undefined {
    return this.reports.get(path);
  }

  /** Tells what became of the file at that path; the first word counts. */
  finish(path: string, report: FileReport): void {
    if (this.reports.has(path)) return;
    this.reports.set(path, report);
    this.options.onProgress?.({ event: 'finished', report });
  }

  /** Lands the files, each source's in the order of their names. Resolves when all are told of; throws what ended the run before that. */
  async land(known: readonly KnownFile[]): Promise<void> {
    try {
      await sweepTemporary(this.context.temporaryFolder);
      const sources = new Map<string, LandingFile[]>();
      for (const { source, file } of await this.leaveUnchanged(known)) sources.set(source, [...(sources.get(source) ?? []), file]);
      for (const [source, files] of sources) {
        const contract = this.context.contracts.get(source);
        if (contract === undefined) throw new MillraceError('internal', `there is no contract ${source}`);
        await this.readSource(contract, files);
      }
    } catch (thrown) {
      this.interruption ??= thrown;
    }
    await Promise.all(this.running);
    if (this.interruption === undefined) return;
    rethrowInterruption(this.interruption, this.options.signal);
    throw this.interruption;
  }

  /** Files that lie where they lay when they landed, unchanged, are told as seen without being read; gives the others. */
  private async leaveUnchanged(known: readonly KnownFile[]): Promise<KnownFile[]> {
    const placed = known.map(({ source, file }) => ({ source, path: file.path, stamp: file.found.version }));
    const unchanged = await findUnchanged({ ...this.context, signal: this.options.signal }, placed);
    return known.filter(({ source, file }) => {
      const seen = unchanged.get(file.path);
      if (seen === undefined) return true;
      this.finish(file.path, { ...nothing(file.name), source, status: 'seen', fileId: seen.fileId, seenAs: seen.file, bytes: seen.bytes });
      return false;
    });
  }

  /** Reads the files of a source one after the other, and hands them on: big ones alone, small ones in groups. */
  private async readSource(contract: Contract, files: readonly LandingFile[]): Promise<void> {
    /** By id: the name under which the bytes came first in this run. */
    const claimed = new Map<string, string>();
    let group: ReadFile[] = [];
    let groupBytes = 0;
    const handOn = async (): Promise<void> => {
      const full = group;
      group = [];
      groupBytes = 0;
      if (full.length > 0) await this.start(contract, full);
    };
    try {
      for (const file of files) {
        const read = await this.read(contract, file, claimed);
        if (read === undefined) continue;
        if (read.material.content.path !== undefined) {
          await this.start(contract, [read]);
          continue;
        }
        group.push(read);
        groupBytes += read.material.content.size;
        if (group.length >= MOST_FILES || groupBytes >= MOST_BYTES) await handOn();
      }
      await handOn();
    } finally {
      for (const { material } of group) await material.release();
    }
  }

  /** undefined: the file's fate is told already. */
  private async read(contract: Contract, file: LandingFile, claimed: Map<string, string>): Promise<ReadFile | undefined> {
    const { signal, onProgress } = this.options;
    const startedAt = this.context.clock.now();
    let material: Material;
    try {
      signal?.throwIfAborted();
      material = await this.materialise(contract, file);
    } catch (thrown) {
      rethrowInterruption(thrown, signal);
      this.finish(file.path, { ...nothing(file.name), source: contract.name, status: 'failed', error: asError(thrown, file.path) });
      return undefined;
    }
    onProgress?.({ event: 'read', file: file.name, bytes: file.size });
    const twin = claimed.get(material.fileId);
    if (twin === undefined) {
      claimed.set(material.fileId, file.name);
      return { material, ingestedAt: this.moment++, startedAt };
    }
    this.finish(file.path, { ...nothing(file.name), source: contract.name, status: 'seen', seenAs: twin, fileId: material.fileId, bytes: material.content.size });
    await material.release();
    return undefined;
  }

  private async materialise(contract: Contract, file: LandingFile): Promise<Material> {
    const { signal, sizeLimit, memoryLimit } = this.options;
    const options = { temporaryFolder: this.context.temporaryFolder, sizeLimit, signal };
    // DuckDB opens Parquet itself, so it has to lie on disk.
    const onDisk = { ...options, memoryLimit: 0 };
    if (formatOf(file.name, contract) === 'parquet') return materialise(file, onDisk);
    const material = await materialise(file, { ...options, memoryLimit });
    return material.sniffed.kind === 'parquet' && material.content.path === undefined ? materialise(file, onDisk) : material;
  }

  /** Lands a group as soon as there is room for one more job. */
  private async start(contract: Contract, group: readonly ReadFile[]): Promise<void> {
    while (this.running.size >= JOBS) await Promise.race(this.running);
    if (this.interruption !== undefined) {
      for (const { material } of group) await material.release();
      throw this.interruption;
    }
    const { runId, signal, stretchBytes } = this.options;
    const paths = new Map(group.map(({ material }) => [material.fileId, material.file.path]));
    const onFinished = (report: FileReport): void => this.finish(paths.get(report.fileId ?? '') ?? report.file, report);
    const job: Promise<void> = land({ context: this.context, contract, runId, signal, stretchBytes, onFinished }, group)
      .catch((thrown: unknown) => { this.interruption ??= thrown; })
      .finally(() => this.running.delete(job));
    this.running.add(job);
  }
}

/** A report to be filled in. */
export function nothing(file: string): FileReport {
  return { file, status: 'failed', rows: 0, accepted: 0, rejected: 0, reasons: {}, bytes: 0, milliseconds: 0 };
}
