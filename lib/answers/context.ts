// What answers are looked at again with, whichever home gave them: a folder of this machine, or a stage of an account. The same code looks, over these ports.
import type { ProjectConfig } from '../base/index.ts';
import type { Experiment } from '../experiments/index.ts';
import type { FeatureSet } from '../features/index.ts';
import type { Lake } from '../lake/index.ts';
import type { LoadedPredictor, ModelRegistry } from '../learning/index.ts';
import type { PredictionRecord } from '../serving/index.ts';
import type { Engine, Parameters } from '../warehouse/index.ts';
import type { AnswerStates } from './states.ts';

export interface AnswersContext {
  lake: Lake;
  signal?: AbortSignal;
  /** Reads tables as they are, and as they were at a snapshot. */
  engine(): Promise<Engine>;
  registry: ModelRegistry;
  /** What was answered from, and since when. */
  states: AnswerStates;
  log: AnswerLog;
  /** Of the project: which money its prices are in, and where its days begin. */
  shop(): Promise<ProjectConfig['shop']>;
  /** Those that the project declares. */
  predictors(): Promise<ReadonlyMap<string, LoadedPredictor>>;
  features(): Promise<FeatureSet>;
  /** Of a statement: those that it names. */
  parameters(asOf: string, sql: string): Promise<Parameters>;
  /** Those that were declared, whether they run or not, as far as they are known here. */
  experiments(): Promise<readonly Experiment[]>;
}

export interface LoggedOutcome { outcome: string; value: number | null; /** ISO */ at: string }

/** What was answered, and what came of it. */
export interface AnswerLog {
  /** The places that are looked through, in words. */
  where: string;
  /** When an answer is there, and how long, in words. */
  kept: string;
  find(id: string): Promise<PredictionRecord | undefined>;
  /** Ids that begin so, sorted. */
  beginningWith(id: string, most: number): Promise<string[]>;
  /** Of the answer, and those that name its unit alone and happened after it; by time. */
  outcomesOf(answer: Pick<PredictionRecord, 'prediction_id' | 'unit' | 'predicted_at'>): Promise<LoggedOutcome[]>;
}
