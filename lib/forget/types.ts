// The ports of forgetting: what a home and an account each bring, so that what has to go, in which order, and when it is done are decided once.
import type { Clock } from '../base/index.ts';
import type { Journal } from '../batch/index.ts';
import type { Identifier, IngestContext, PersonValues } from '../ingest/index.ts';
import type { OpsLog } from '../quality/index.ts';
import type { Project } from '../warehouse/index.ts';
import type { Outcome } from '../workflow/index.ts';

export interface ForgetRequest { source: string; identifiers: readonly Identifier[]; dryRun?: boolean; deleteFiles?: boolean }

/** Something beside the tables that shows what people did: items of the online store, answers that the API remembers, results of queries. */
export interface Beside {
  /** As the receipt names it. */
  name: string;
  /** Deletes what is of the person, or with `dryRun` counts it. `left`: what it could not reach, for a person. Called again, it goes on. */
  forget(who: { source: string; values: PersonValues }, options: { dryRun: boolean; signal?: AbortSignal | undefined }): Promise<{ items: number; left?: string }>;
}

export interface ForgetContext {
  clock: Pick<Clock, 'now'>;
  signal?: AbortSignal;
  project: Pick<Project, 'sources' | 'models' | 'graph' | 'analyses'>;
  /** Its lake is the one that forgets. */
  ingest: IngestContext;
  ops: Pick<OpsLog, 'append'>;
  /** Where a forgetting that was broken off finds what it had counted. */
  journal: Journal;
  /** Beginnings of the names of tags that are lifted: what is kept for the sake of a model or of an answer. */
  liftedTags: readonly string[];
  /** Does the work while no run computes from what is about to go. */
  alone<Result>(work: () => Promise<Result>): Promise<Result>;
  /** Computes models anew from what is there, and waits for it. */
  compute(options: { select?: string[] }): Promise<{ runId: string; outcome: Outcome }>;
  /** Brings records that were put aside into the quarantine, where they are looked through. */
  sweep(): Promise<void>;
  /** Landed files, by the paths that the list of files has. */
  landed: {
    exists(path: string): Promise<boolean>;
    /** With every earlier version of it. Gives why not, where it may not be. */
    delete(path: string): Promise<string | undefined>;
  };
  beside: readonly Beside[];
  /** What no one can reach from here, for a person. */
  unreached(source: string): readonly string[];
}

export interface ForgetReceipt {
  /** undefined of a rehearsal. */
  receipt?: string;
  source: string;
  bronze: number;
  rejected: number;
  /** Rows that were still found at the end. */
  remaining: number;
  /** Models that are computed from the source, directly or not. */
  models: string[];
  /** What went besides, by where it was: rows of tables that no model computes, items of stores. */
  beside: { name: string; items: number }[];
  /** Tables whose older snapshots were deleted. */
  tables: string[];
  /** Files of the landing folder that held rows, and whether they were deleted. */
  files: { path: string; deleted: boolean }[];
  /** What this does not reach, for a person. */
  left: string[];
  runId?: string;
}
