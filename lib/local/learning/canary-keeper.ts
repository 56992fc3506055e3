// Keeps the canaries of a home: which run, what was counted of them, also across restarts, and when they go back or take over.
import { mkdir, rename } from 'node:fs/promises';
import path from 'node:path';
import { writeDurably } from '../../base/index.ts';
import { endAsJudged, judgeCanary, type Canary, type CanaryEnd, type CanaryVerdict, type CanaryView, type ModelRegistry } from '../../learning/index.ts';
import { trafficOf, type CanaryCounts, type CanaryTraffic, type CountedCanary } from '../../serving/index.ts';
import { keptIn, type KeptFile } from './canary-counts.ts';

export interface CanaryKeeperOptions {
  registry: ModelRegistry;
  /** Where counts survive a restart. */
  file: string;
  clock: { now(): number };
  /** How right champion and challenger were since the canary began, where outcomes have come; asked now and then. */
  outcomes?: (predictor: string, canary: Canary, champion: string) => Promise<CanaryView['outcomes']>;
  /** Whether this process has the version to answer with. */
  isLoaded?: (predictor: string, version: string) => boolean;
  /** Told when a canary ends. */
  onEnd?: (predictor: string, end: CanaryEnd) => void;
}

export interface CanaryStatus { predictor: string; canary: Canary; counts: CanaryCounts; verdict: CanaryVerdict }

interface Kept { canary: Canary; traffic: CountedCanary; outcomes: CanaryView['outcomes']; areOutcomesUnknown: boolean; askedAt: number; missed: number }

const OUTCOMES_EVERY_MS = 60_000;
/** Looks in a row at which the version was not there. */
const MOST_MISSED = 2;

export class CanaryKeeper {
  readonly #options: CanaryKeeperOptions;
  readonly #kept = new Map<string, Kept>();
  #saved = '';

  constructor(options: CanaryKeeperOptions) {
    this.#options = options;
  }

  traffic(predictor: string): CanaryTraffic | undefined {
    return this.#kept.get(predictor)?.traffic;
  }

  status(): CanaryStatus[] {
    return [...this.#kept].map(([predictor, kept]) => ({ predictor, canary: kept.canary, counts: kept.traffic.counts, verdict: judgeCanary(kept.canary, viewOf(kept), this.#options.clock.now()) }));
  }

  /**
   * Looks which canaries run, judges them, and ends those that are to be ended: in this process at once, in the registry for all. True where one has ended.
   * @throws what was thrown where outcomes could not be asked for, once all are judged without them.
   */
  async refresh(predictors: readonly string[]): Promise<boolean> {
    const { registry, clock, onEnd } = this.#options;
    const failures: unknown[] = [];
    let hasEnded = false;
    for (const predictor of predictors) {
      const { aliases, canary } = await registry.state(predictor);
      if (canary === undefined || aliases.champion === undefined) {
        this.#kept.delete(predictor);
        continue;
      }
      const kept = await this.#keep(predictor, canary);
      const now = clock.now();
      await this.#askForOutcomes(predictor, kept, aliases.champion, now).catch((thrown: unknown) => failures.push(thrown));
      kept.missed = this.#options.isLoaded?.(predictor, canary.version) === false ? kept.missed + 1 : 0;
      const verdict = judgeCanary(canary, viewOf(kept), now);
      if (verdict.verdict === 'wait') continue;
      kept.traffic.stop();
      const end = await endAsJudged(registry, predictor, canary, verdict, now);
      if (end !== undefined) onEnd?.(predictor, end);
      this.#kept.delete(predictor);
      hasEnded = true;
    }
    await this.#save();
    if (failures.length > 0 && !hasEnded) throw failures[0];
    return hasEnded;
  }

  async #askForOutcomes(predictor: string, kept: Kept, champion: string, now: number): Promise<void> {
    const { outcomes } = this.#options;
    if (outcomes === undefined || now - kept.askedAt < OUTCOMES_EVERY_MS) return;
    Object.assign(kept, { askedAt: now, areOutcomesUnknown: true });
    kept.outcomes = await outcomes(predictor, kept.canary, champion);
    kept.areOutcomesUnknown = false;
  }

  async #keep(predictor: string, canary: Canary): Promise<Kept> {
    const known = this.#kept.get(predictor);
    if (known?.canary.startedAt === canary.startedAt) return known;
    const before = (await keptIn(this.#options.file))[predictor];
    const counts = before?.startedAt === canary.startedAt ? before.counts : undefined;
    const kept: Kept = { canary, outcomes: undefined, areOutcomesUnknown: false, askedAt: Number.NEGATIVE_INFINITY, missed: 0, traffic: trafficOf(predictor, canary, counts) };
    this.#kept.set(predictor, kept);
    return kept;
  }

  /** Whole, or as it was. */
  async #save(): Promise<void> {
    const { file } = this.#options;
    const value: KeptFile = Object.fromEntries([...this.#kept].map(([predictor, { canary, traffic }]) => [predictor, { startedAt: canary.startedAt, counts: traffic.counts }]));
    const text = `${JSON.stringify(value)}\n`;
    if (text === this.#saved || (this.#saved === '' && this.#kept.size === 0)) return;
    await mkdir(path.dirname(file), { recursive: true });
    const temporary = `${file}.${process.pid}.tmp`;
    await writeDurably(temporary, text);
    await rename(temporary, file);
    this.#saved = text;
  }
}

function viewOf({ traffic: { counts }, outcomes, areOutcomesUnknown, missed }: Kept): CanaryView {
  return { ...counts, areOutcomesUnknown, isMissing: missed >= MOST_MISSED, ...(outcomes === undefined ? {} : { outcomes }) };
}
