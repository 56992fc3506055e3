// What the tasks of the batch workflow work with; each home puts its own adapters in.
import type { Clock, ProjectConfig } from '../base/index.ts';
import type { Lake } from '../lake/index.ts';
import type { OpsLog } from '../quality/index.ts';
import type { Engine, Project } from '../warehouse/index.ts';
import type { Journal } from './journal.ts';

/** Files of one source that are landed together. Survives a JSON round trip. */
export interface FileBatch { source: string; files: string[] }

/** What became of the files of a batch, in numbers. */
export interface LandedCounts { files: number; seenBefore: number; refused: number; rows: number; accepted: number; rejected: number }

/** How files become rows of bronze: `lib/ingest`, with the home's landing place behind it. */
export interface FileIngest {
  /** Batches of one source are landed in their order; those of different sources at once. */
  discover(signal?: AbortSignal): Promise<FileBatch[]>;
  ingest(batch: FileBatch, runId: string, signal?: AbortSignal): Promise<LandedCounts>;
}

export interface BatchContext {
  project: Project;
  shop: ProjectConfig['shop'];
  lake: Lake;
  engine: Engine;
  files: FileIngest;
  ops: Pick<OpsLog, 'append'>;
  journal: Journal;
  clock: Clock;
  /** Of Millrace. */
  version: string;
  signal?: AbortSignal;
}
