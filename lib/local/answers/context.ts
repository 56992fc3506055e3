// What answers are looked at again with, whichever home gave them: a folder of this machine, or a stage of an account. The same code looks, over these ports.
import type { Experiment } from '../../experiments/index.ts';
import type { ModelRegistry } from '../../learning/index.ts';
import type { PredictionRecord } from '../../serving/index.ts';
import type { Engine } from '../../warehouse/index.ts';
import type { AnswerStates } from '../answer-states.ts';
import type { Runtime } from '../runtime.ts';

export interface AnswersContext extends Pick<Runtime, 'clock' | 'lake' | 'signal' | 'project' | 'projectFolder' | 'parameters' | 'learning'> {
  /** Reads tables as they are, and as they were at a snapshot. */
  engine(): Promise<Engine>;
  registry: ModelRegistry;
  /** What was answered from, and since when. */
  states: AnswerStates;
  log: AnswerLog;
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
