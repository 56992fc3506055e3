// What a replay tells: how the rows of each source fared.

/** How many rows that were refused for one reason fare now; `to` undefined: they conform. */
export interface Outcome { from: string; to?: string; rows: number }

export interface ReplayReport {
  dryRun: boolean;
  sources: SourceReplay[];
}

export interface SourceReplay {
  source: string;
  /** Rows that were read again. */
  examined: number;
  /** Rows that conform now: in bronze afterwards, and out of the quarantine. */
  accepted: number;
  /** What became of them, by the reason they were refused for. */
  outcomes: Outcome[];
  /** Rows that were left alone: of files that have not landed to the end, of the stream, or cut because they were too long. */
  skipped: number;
}
