// What a run did, gathered from its tasks as they end: for progress while it runs, and for the summary afterwards.
import type { AuditCounts, LandedCounts, PrepareResult } from '../batch/index.ts';
import type { FileReport } from '../ingest/index.ts';
import type { LedgerEntry } from '../quality/index.ts';
import type { PublishedModel } from '../warehouse/index.ts';
import type { Outcome } from '../workflow/index.ts';
import type { TaskEvent } from './run-batch.ts';

export interface ModelReport {
  model: string;
  status: 'running' | 'published' | 'skipped' | 'blocked' | 'failed';
  reason: string;
  rows: number;
  milliseconds: number;
  audits: number;
  passes: number;
  warnings: AuditCounts['warnings'];
}

export interface RunReport {
  runId: string;
  status: Outcome['status'];
  asOf?: string;
  error?: { error: string; cause: string };
  files: LandedCounts;
  /** Files that were not read, or belong to no source. */
  refused: FileReport[];
  models: ModelReport[];
  ledger: LedgerEntry[];
  milliseconds: number;
}

export class RunReporter {
  readonly #models = new Map<string, ModelReport & { since: number }>();
  readonly #files: LandedCounts = { files: 0, seenBefore: 0, refused: 0, rows: 0, accepted: 0, rejected: 0 };
  readonly #refused: FileReport[] = [];
  #ledger: LedgerEntry[] = [];
  #asOf: string | undefined;
  #planned: string[] = [];
  readonly #now: () => number;
  readonly #started: number;

  constructor(now: () => number) {
    this.#now = now;
    this.#started = now();
  }

  /** Models that are to run, and those that have ended. */
  get progress(): { planned: number; ended: number } {
    return { planned: this.#planned.length, ended: [...this.#models.values()].filter(({ status }) => status !== 'running').length };
  }

  readonly onFile = (file: FileReport): void => {
    if (file.status === 'failed' || file.status === 'unknown') this.#refused.push(file);
  };

  readonly onTask = (event: TaskEvent): void => {
    const model = event.payload['model'];
    if (typeof model === 'string') this.#onModel(model, event);
    if (event.phase !== 'ended') return;
    if (event.task === 'ingest') {
      const landed = event.result as LandedCounts;
      for (const key of Object.keys(this.#files) as (keyof LandedCounts)[]) this.#files[key] += landed[key];
    } else if (event.task === 'plan') {
      const { as_of: asOf, models } = event.result as { as_of: string; models: string[] };
      this.#asOf = asOf;
      this.#planned = models;
    } else if (event.task === 'reconcile') {
      this.#ledger = (event.result as { entries: LedgerEntry[] }).entries;
    }
  };

  #onModel(model: string, { task, phase, result, payload }: TaskEvent): void {
    const entry = this.#models.get(model) ?? { model, status: 'running', reason: '', rows: 0, milliseconds: 0, audits: 0, passes: 0, warnings: [], since: this.#now() };
    this.#models.set(model, entry);
    if (phase === 'failed') entry.reason = (result as Error).message;
    if (phase !== 'ended') return;
    if (task === 'prepare') {
      const { action, reason } = result as PrepareResult;
      entry.reason = reason;
      if (action !== 'run') entry.status = action;
    } else if (task === 'audit') {
      const { audits, passes, warnings } = result as AuditCounts;
      Object.assign(entry, { audits, passes, warnings });
    } else if (task === 'publish') {
      Object.assign(entry, { status: 'published', rows: (result as PublishedModel).rowsTotal });
    } else if (task === 'discard') {
      const { Cause } = payload['error'] as { Cause: string };
      Object.assign(entry, { status: 'failed', reason: causeText(Cause) });
    }
    entry.milliseconds = this.#now() - entry.since;
  }

  report(runId: string, outcome: Outcome): RunReport {
    return {
      runId,
      status: outcome.status,
      ...(this.#asOf === undefined ? {} : { asOf: this.#asOf }),
      ...(outcome.status === 'failed' ? { error: { error: outcome.error, cause: causeText(outcome.cause) } } : {}),
      files: this.#files,
      refused: this.#refused,
      models: [...this.#models.values()].map(({ since: _since, ...model }) => model),
      ledger: this.#ledger,
      milliseconds: this.#now() - this.#started,
    };
  }
}

/** A MillraceError travels through the state machine as JSON; people want its message. */
function causeText(cause: string): string {
  try {
    const { message, todo } = JSON.parse(cause) as { message?: string; todo?: string };
    return message === undefined ? cause : `${message}${todo === undefined ? '' : ` (${todo})`}`;
  } catch {
    return cause;
  }
}
