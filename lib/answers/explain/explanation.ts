// What an answer was made from, as a person and a program read it.
import type { ModelCard } from '../../learning/index.ts';
import type { PredictionRecord } from '../../serving/index.ts';
import type { Value } from '../again/comparison.ts';
import type { LoggedOutcome } from '../context.ts';

export interface ExplainedInput {
  name: string;
  value: Value;
  /** The request, a view and its table, a table of gold. */
  source: string;
  /** When what it tells of happened last, ISO; undefined where nothing tells. */
  newest?: string;
  contribution?: number;
}

export interface Explanation {
  prediction: PredictionRecord;
  /** undefined for prices, shipping and recommendations, and where it is gone or damaged. */
  card?: ModelCard;
  /** Why a policy proposed a price and which guardrails moved it; why an answer is a fall-back. */
  reason?: string;
  features: ExplainedInput[];
  bias?: number;
  /** Of a price, a quote, recommendations, a batch prediction: what was answered. */
  answer: Readonly<Record<string, Value>>;
  outcomes: LoggedOutcome[];
  /** What could not be told, and why. */
  notes: string[];
}
