// What truth.json says: what was written and planted, and what a right pipeline must find.
import type { FileTruth } from './core/landing.ts';
import type { Quality } from './core/quality.ts';
import type { BrokenFile } from './defects/broken-files.ts';
import type { ChurnTruth } from './marketplace/churn.ts';
import type { MarketplaceTruth } from './marketplace/truth.ts';
import type { RetailRocketTruth } from './retailrocket/events.ts';
import type { ShopTruth } from './shop/shop.ts';

export const PROFILES = ['shop', 'olist', 'retailrocket'] as const;
export type Profile = (typeof PROFILES)[number];

export interface SourceTruth {
  files: FileTruth[];
  /** Records in all files: accepted + rejected. */
  rows: number;
  /** What bronze must hold: kept + exact_duplicates + superseded. */
  accepted: number;
  rejected: number;
  /** Rejected rows by the reason that comes first. */
  rejected_by_reason: Record<string, number>;
  /** What silver drops by the contract's policy, and what it keeps. */
  exact_duplicates: number;
  superseded: number;
  kept: number;
}

export interface Truth {
  format: 1;
  profile: Profile;
  scale: number;
  seed: number;
  defect_rate: number;
  /** The day after the latest business date of any source. */
  as_of: string;
  time_zone: string;
  currency: string;
  sources: Record<string, SourceTruth>;
  broken_files: BrokenFile[];
  totals: { marketplace?: MarketplaceTruth; shop?: ShopTruth; retailrocket?: RetailRocketTruth };
  /** Why things happened: formulas and parameters. */
  causes: Record<string, unknown>;
  /** What the true probabilities reach. */
  oracles: { churn?: ChurnTruth; conversion?: Quality & { about: string } };
}

/** Files of one source, added up. */
export function sourceTruth(files: FileTruth[]): SourceTruth {
  const truth: SourceTruth = {
    files,
    rows: 0,
    accepted: 0,
    rejected: 0,
    rejected_by_reason: {},
    exact_duplicates: 0,
    superseded: 0,
    kept: 0,
  };
  for (const file of files) {
    truth.rows += file.rows;
    truth.rejected += file.bad;
    truth.exact_duplicates += file.exact_duplicates;
    truth.superseded += file.superseded;
    for (const { reason, rows } of file.planted) {
      if (reason !== undefined) truth.rejected_by_reason[reason] = (truth.rejected_by_reason[reason] ?? 0) + rows.length;
    }
  }
  truth.accepted = truth.rows - truth.rejected;
  truth.kept = truth.accepted - truth.exact_duplicates - truth.superseded;
  truth.rejected_by_reason = Object.fromEntries(Object.entries(truth.rejected_by_reason).sort());
  return truth;
}
