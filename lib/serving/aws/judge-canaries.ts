// Canaries of an account, looked at now and then: judged by what all functions have counted together, as a home judges its own, and ended where they are to be.
import { messageOf } from '../../base/index.ts';
import type { OnlineStore } from '../../features/index.ts';
import { endAsJudged, judgeCanary, type Canary, type CanaryEnd, type CanaryVerdict, type CanaryView, type ModelRegistry } from '../../learning/index.ts';
import type { CanaryCounts } from '../canary.ts';
import { readCanaryCounts } from './shared-canaries.ts';

export interface JudgeOptions {
  registry: ModelRegistry;
  /** Where the functions add up what they counted. */
  store: Pick<OnlineStore, 'get'>;
  clock: { now(): number };
  /** How right champion and challenger were since the canary began, where outcomes have come. */
  outcomes: (predictor: string, canary: Canary, champion: string) => Promise<CanaryView['outcomes']>;
  /** Whether a function can answer with the version. @throws where that cannot be found out */
  canLoad: (predictor: string, version: string) => Promise<boolean>;
  /** Is called before a canary is ended. What it throws is told with the failures, and keeps no canary from ending. */
  ending?: (predictor: string, canary: Canary, verdict: CanaryVerdict) => Promise<void>;
}

export interface CanaryLook {
  predictor: string;
  canary: Canary;
  counts: CanaryCounts;
  verdict: CanaryVerdict;
  /** undefined: it goes on, or somebody else has ended it. */
  end?: CanaryEnd;
}

/** A look at every canary that runs. One that cannot be looked at leaves the others; where outcomes cannot be asked for, a canary may go back, and does not take over. */
export async function judgeCanaries({ registry, store, clock, outcomes, canLoad, ending }: JudgeOptions, predictors: readonly string[]): Promise<{ looks: CanaryLook[]; failures: string[] }> {
  const looks: CanaryLook[] = [];
  const failures: string[] = [];
  const lookAt = async (predictor: string): Promise<void> => {
    const { aliases: { champion }, canary } = await registry.state(predictor);
    if (canary === undefined || champion === undefined) return;
    const [counts, isLoaded] = [await readCanaryCounts(store, predictor, canary), await canLoad(predictor, canary.version)];
    let found: Pick<CanaryView, 'outcomes' | 'areOutcomesUnknown'> = {};
    await outcomes(predictor, canary, champion).then((known) => (found = known === undefined ? {} : { outcomes: known }), (thrown: unknown) => {
      failures.push(`${predictor}: ${messageOf(thrown)}`);
      found = { areOutcomesUnknown: true };
    });
    const verdict = judgeCanary(canary, { ...counts, ...found, isMissing: !isLoaded }, clock.now());
    if (verdict.verdict !== 'wait') await ending?.(predictor, canary, verdict).catch((thrown: unknown) => failures.push(`${predictor}: ${messageOf(thrown)}`));
    const end = await endAsJudged(registry, predictor, canary, verdict, clock.now());
    looks.push({ predictor, canary, counts, verdict, ...(end === undefined ? {} : { end }) });
  };
  for (const predictor of predictors) await lookAt(predictor).catch((thrown: unknown) => failures.push(`${predictor}: ${messageOf(thrown)}`));
  return { looks, failures };
}
