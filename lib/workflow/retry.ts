// How long to wait before an attempt, as Retry declares it.
import type { Retrier } from './asl.ts';

/** Seconds before retry number `attempt` (1-based): exponential, capped, with full jitter where declared. */
export function delayBefore(attempt: number, retrier: Retrier, random: () => number): number {
  const { IntervalSeconds = 1, BackoffRate = 2, MaxDelaySeconds = 31_622_400, JitterStrategy = 'NONE' } = retrier;
  const delay = Math.min(IntervalSeconds * BackoffRate ** (attempt - 1), MaxDelaySeconds);
  return JitterStrategy === 'FULL' ? delay * random() : delay;
}
