// Traffic of a canary: whom the challenger answers, and what is counted of both sides meanwhile. Cheap: a hash and a few sums a request.
import { bucketOf } from '../experiments/index.ts';
import type { Canary } from '../learning/index.ts';
import type { Alias, CanaryTraffic } from './context.ts';

export interface SideCounts { answers: number; errors: number; fallbacks: number; requests: number; milliseconds: number }

export type CanaryCounts = Record<Alias, SideCounts>;

const none = (): SideCounts => ({ answers: 0, errors: 0, fallbacks: 0, requests: 0, milliseconds: 0 });

export class CountedCanary implements CanaryTraffic {
  readonly counts: CanaryCounts;
  readonly #salt: string;
  readonly #share: number;
  readonly #errorShare: number;
  #stopped = false;

  /** `errorShare`: where the challenger fails more than that, this process stops asking it at once. `counts`: of before a restart. */
  constructor({ salt, share, errorShare, counts }: { salt: string; share: number; errorShare: number; counts?: CanaryCounts | undefined }) {
    this.#salt = salt;
    this.#share = share;
    this.#errorShare = errorShare;
    this.counts = counts ?? { champion: none(), challenger: none() };
  }

  get stopped(): boolean {
    return this.#stopped;
  }

  takes(unit: string): boolean {
    return !this.#stopped && bucketOf(`canary:${this.#salt}`, unit) < this.#share;
  }

  answered(alias: Alias, answers: number, fallbacks: number, milliseconds: number): void {
    const side = this.counts[alias];
    side.answers += answers;
    side.fallbacks += fallbacks;
    side.requests += 1;
    side.milliseconds += milliseconds;
  }

  failed(answers: number): void {
    const { challenger } = this.counts;
    challenger.errors += answers;
    if (challenger.errors >= FEW_ERRORS && challenger.errors > this.#errorShare * (challenger.answers + challenger.errors)) this.stop();
  }

  /** From now on the champion answers everybody. */
  stop(): void {
    this.#stopped = true;
  }
}

/** The traffic of a canary of the registry: whoever asks, in a home or in an account, the same units are the challenger's. `counts`: of before a restart. */
export function trafficOf(predictor: string, { version, share, startedAt, limits: { errorShare } }: Canary, counts?: CanaryCounts): CountedCanary {
  return new CountedCanary({ salt: `${predictor}/${version}/${startedAt}`, share, errorShare, counts });
}

const FEW_ERRORS = 5;
