// What is known of a version beside its model.
import type { ReliabilityBin } from '../metrics/classification.ts';
import type { GateVerdict } from '../gate/judge.ts';
import type { SliceFigure } from '../gate/slices.ts';
import type { Suspect } from '../leaks/alone.ts';
import type { LeakCheck } from '../leaks/compare.ts';
import type { SplitDeclaration } from '../predictor/types.ts';
import type { Tuning } from '../tuning/search.ts';

/** Everything about a version but its model: `card.json`. */
export interface ModelCard {
  predictor: string;
  /** 1, 2, 3, … as text. */
  version: string;
  question: string;
  owner?: string;
  entities: readonly string[];
  features: readonly string[];
  output: 'probability' | 'value';
  algorithm: string;
  parameters: unknown;
  metrics: Readonly<Record<string, number>>;
  reliability: readonly ReliabilityBin[];
  importance: readonly { feature: string; loss: number }[];
  rows: { train: number; validate: number; test: number };
  /** Where it learned from, and was measured on, a part of the rows: which share of how many. */
  sample?: { share: number; of: number };
  baseRate: number;
  /** What its metrics `baseline_…` are of: an answer that takes no learning. */
  baseline?: string;
  /** What was foretold, and how the rows were split by time. */
  label?: string;
  split?: SplitDeclaration;
  /** What the gate said, and the parts of the test rows that it looked at. */
  gate?: GateVerdict;
  slices?: readonly SliceFigure[];
  /** The champion of then, on the same rows. */
  beside?: { version: string; metrics: Readonly<Record<string, number>> };
  /** What was found when the training set was looked through for features that see their future. */
  leaks?: LeakCheck | undefined;
  /** Features that foretell the label alone. */
  suspects?: readonly Suspect[];
  /** How its settings were found, where they were searched for. */
  tuning?: Tuning;
  /** As of when it was trained, and the snapshot of every table that it read. */
  asOf: string;
  snapshots: Readonly<Record<string, string>>;
  /** SHA-256 of the SELECT of the training set. */
  trainingSet: string;
  /** Of Millrace. */
  codeVersion: string;
  /** Of the project, where it is in Git. What was changed and not committed is not in it. */
  commit?: string;
  /** Milliseconds since 1970. */
  trainedAt: number;
  seconds: number;
}
