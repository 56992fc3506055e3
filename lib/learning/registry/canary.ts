// A canary: a challenger answers a share of the traffic, is watched beside the champion, and goes back or takes over.
import type { ModelRegistry } from './registry.ts';

export interface CanaryLimits {
  /** Share of the answers that the challenger fails to give, above the champion's. */
  errorShare: number;
  /** Share of fall-back answers, above the champion's. */
  fallbackShare: number;
  /** Mean milliseconds to score a request, times the champion's; below `latencyFloorMs` nothing is too slow. */
  latencyRatio: number;
  latencyFloorMs: number;
  /** Log loss above the champion's, where outcomes have come. */
  logLoss: number;
  /** Mean difference between what it says and what happens, above the champion's. */
  calibration: number;
}

export const DEFAULT_CANARY_LIMITS: CanaryLimits = Object.freeze({ errorShare: 0.01, fallbackShare: 0.05, latencyRatio: 3, latencyFloorMs: 5, logLoss: 0.05, calibration: 0.05 });

export interface Canary {
  version: string;
  /** Of the units, above 0 and up to 1. */
  share: number;
  /** Takes over by itself once all is well for long enough; else somebody promotes it. It goes back by itself in any case. */
  automatic: boolean;
  /** Answers of the challenger, and seconds, before it may take over. */
  leastAnswers: number;
  leastSeconds: number;
  /** After so long an answer without a reported outcome counts as one for which it did not happen. */
  outcomeSeconds: number;
  limits: CanaryLimits;
  /** Milliseconds since 1970; also tells one canary from the next. */
  startedAt: number;
}

/** What was counted of one side. */
export interface CanarySide {
  answers: number;
  /** Answers that it could not give; for the challenger, the champion gave them. */
  errors: number;
  fallbacks: number;
  /** Requests that it scored, and milliseconds together. */
  requests: number;
  milliseconds: number;
}

/** How right one side was, where outcomes have come. */
export interface CanaryOutcomes { answers: number; logLoss: number; calibration: number }

export interface CanaryView {
  champion: CanarySide;
  challenger: CanarySide;
  outcomes?: { champion: CanaryOutcomes; challenger: CanaryOutcomes };
  /** Outcomes could not be asked for: it may go back meanwhile, and does not take over. */
  areOutcomesUnknown?: boolean;
  /** Its model was looked for, and cannot be loaded. */
  isMissing?: boolean;
}

export interface CanaryCheck { check: string; figure: number; bound: number; passes: boolean }

export interface CanaryVerdict {
  verdict: 'wait' | 'roll_back' | 'complete';
  checks: CanaryCheck[];
  reasons: string[];
}

/** So few mishaps prove nothing. */
const LEAST_MISHAPS = 3;
const LEAST_REQUESTS = 50;
const LEAST_OUTCOMES = 100;

/** Whether the canary goes on, goes back, or takes over. `now`: milliseconds since 1970. */
export function judgeCanary({ automatic, leastAnswers, leastSeconds, limits, startedAt }: Canary, { champion, challenger, outcomes, areOutcomesUnknown = false, isMissing = false }: CanaryView, now: number): CanaryVerdict {
  if (isMissing) return { verdict: 'roll_back', checks: [], reasons: ['the model cannot be loaded'] };
  const checks: CanaryCheck[] = [];
  const atMost = (check: string, figure: number, bound: number, isTold = true): void => {
    checks.push({ check, figure, bound, passes: !isTold || figure <= bound });
  };
  atMost('share of errors', share(challenger.errors, asked(challenger)), share(champion.errors, asked(champion)) + limits.errorShare, challenger.errors >= LEAST_MISHAPS);
  atMost('share of fall-backs', share(challenger.fallbacks, asked(challenger)), share(champion.fallbacks, asked(champion)) + limits.fallbackShare, challenger.fallbacks >= LEAST_MISHAPS);
  const isTimed = Math.min(champion.requests, challenger.requests) >= LEAST_REQUESTS;
  atMost('mean milliseconds a request', share(challenger.milliseconds, challenger.requests), Math.max(limits.latencyFloorMs, limits.latencyRatio * share(champion.milliseconds, champion.requests)), isTimed);
  if (outcomes !== undefined && Math.min(outcomes.champion.answers, outcomes.challenger.answers) >= LEAST_OUTCOMES) {
    atMost('log loss', outcomes.challenger.logLoss, outcomes.champion.logLoss + limits.logLoss);
    atMost('distance of what it says from what happens', outcomes.challenger.calibration, outcomes.champion.calibration + limits.calibration);
  }
  const failed = checks.filter(({ passes }) => !passes);
  if (failed.length > 0) return { verdict: 'roll_back', checks, reasons: failed.map(({ check, figure, bound }) => `${check} is ${short(figure)}, more than ${short(bound)}`) };
  const isDone = automatic && !areOutcomesUnknown && challenger.answers >= leastAnswers && now - startedAt >= leastSeconds * 1000;
  return { verdict: isDone ? 'complete' : 'wait', checks, reasons: [] };
}

export interface CanaryEnd { version: string; outcome: 'completed' | 'rolled_back'; reasons: readonly string[] }

/** Ends a canary in the registry as it was judged. undefined where it goes on, or where somebody else has ended it. */
export async function endAsJudged(registry: Pick<ModelRegistry, 'endCanary'>, predictor: string, { version, startedAt }: Canary, { verdict, reasons }: CanaryVerdict, now: number): Promise<CanaryEnd | undefined> {
  if (verdict === 'wait') return undefined;
  const end = verdict === 'complete' ? { outcome: 'completed' as const } : { outcome: 'rolled_back' as const, reasons };
  return await registry.endCanary(predictor, startedAt, end, now) ? { version, outcome: end.outcome, reasons } : undefined;
}

const asked = ({ answers, errors }: CanarySide): number => answers + errors;
const share = (part: number, whole: number): number => (whole === 0 ? 0 : part / whole);
const short = (value: number): string => String(Number(value.toPrecision(3)));
