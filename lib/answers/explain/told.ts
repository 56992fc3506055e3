// What a logged answer says beyond its figure, and why it came about.
import type { PredictionRecord } from '../../serving/index.ts';
import { valueOf, type Value } from '../again/comparison.ts';

/** What it says beyond the figure. */
export function answerOf({ response }: PredictionRecord): Record<string, Value> {
  const answered = JSON.parse(response) as unknown;
  if (Array.isArray(answered)) return Object.fromEntries((answered as { item_id: string; score: number }[]).map(({ item_id: item, score }, index) => [`${index + 1}`, `${item} (${Number(score.toPrecision(4))})`]));
  return Object.fromEntries(Object.entries(answered as Record<string, unknown>).filter(([name]) => !HIDDEN.has(name)).flatMap(([name, value]): [string, Value][] => (Array.isArray(value)
    ? value.map((part: unknown, index) => [`${name} ${index + 1}`, typeof part === 'object' && part !== null ? Object.entries(part).map(([of, one]) => `${of.replaceAll('_', ' ')} ${String(one)}`).join(' · ') : valueOf(part)]) : [[name, valueOf(value)]])));
}

/** Told elsewhere. */
const HIDDEN: ReadonlySet<string> = new Set(['prediction_id', 'sku', 'version', 'experiment', 'variant', 'reason', 'limits', 'given', 'score', 'fallback']);

/** Why a policy proposed a price and which guardrails moved it; why an answer is a fall-back. */
export function reasonOf({ kind, response, fallback, reason: logged, version, score, features }: PredictionRecord): string | undefined {
  const { reason, limits } = JSON.parse(response) as { reason?: string; limits?: readonly string[] };
  if (kind === 'price' && reason !== undefined) return limits === undefined || limits.length === 0 ? reason : `${reason}; moved by ${limits.join(', ').replaceAll('_', ' ')}`;
  if (!fallback) return undefined;
  if (logged !== undefined) return logged.replaceAll('_', ' ');
  if (reason !== undefined) return reason.replaceAll('_', ' ');
  if (version === 'none') return 'no version of the predictor answered';
  return score !== null && features === '{}' && kind !== 'recommendations' ? 'its features could not be read, or nothing was known of whom the row names: the base rate of the training set' : undefined;
}
