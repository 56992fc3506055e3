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
  /** Rows that were left alone: of files that have not landed to the end, or cut because they were too long. */
  skipped: number;
  /** Rows that each table gains or loses; missing where none does. */
  changes?: Record<string, number>;
  /** Of the accepted ones, those that bronze has already: they only leave the quarantine. */
  there?: number;
}

/** The member `changes`, where there are any. */
export function changeOf(changes: Record<string, number>): Pick<SourceReplay, 'changes'> {
  return Object.keys(changes).length === 0 ? {} : { changes };
}

/** What becomes of a source's rows from files and those from its stream, together. */
export function together(a: SourceReplay, b: SourceReplay): SourceReplay {
  const changes = { ...a.changes };
  for (const [table, rows] of Object.entries(b.changes ?? {})) changes[table] = (changes[table] ?? 0) + rows;
  const outcomes = [...a.outcomes];
  for (const outcome of b.outcomes) {
    const same = outcomes.findIndex(({ from, to }) => from === outcome.from && to === outcome.to);
    if (same === -1) outcomes.push(outcome);
    else outcomes[same] = { ...outcome, rows: outcome.rows + outcomes[same]!.rows };
  }
  const there = (a.there ?? 0) + (b.there ?? 0);
  return {
    source: a.source, examined: a.examined + b.examined, accepted: a.accepted + b.accepted, skipped: a.skipped + b.skipped, ...changeOf(changes), ...(there === 0 ? {} : { there }),
    outcomes: outcomes.sort((one, other) => other.rows - one.rows || (one.from < other.from ? -1 : 1)),
  };
}
