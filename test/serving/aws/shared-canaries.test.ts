// The canaries of an account: many functions count, and one that is called now and then judges what they counted together.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { OnlineStore } from '../../../lib/features/index.ts';
import { DEFAULT_CANARY_LIMITS, type Canary } from '../../../lib/learning/index.ts';
import { judgeCanaries, readCanaryCounts, SharedCanaries } from '../../../lib/serving/aws/index.ts';
import { describeWatchedCanary } from '../../learning/registry/watched-canary.ts';
import { memoryStore } from '../support.ts';

let functions = 0;
const tables = new Map<string, OnlineStore>();

describeWatchedCanary('the functions of an account', ({ registry, folder, clock, outcomes, canLoad, onEnd }) => {
  const store = tables.get(folder) ?? memoryStore();
  tables.set(folder, store);
  let running: Canary | undefined;
  const canaries = new SharedCanaries({ canaryOf: () => running, store, clock, id: `f${functions += 1}` });
  const look = async (): Promise<void> => {
    expect(await canaries.flush()).toBeUndefined();
    const { looks, failures } = await judgeCanaries({ registry, store, clock, outcomes, canLoad: async () => canLoad() }, ['rain', 'snow']);
    for (const { predictor, end } of looks) if (end !== undefined) onEnd(predictor, end);
    ({ canary: running } = await registry.state('rain'));
    expect(failures.every((failure) => failure.includes('the engine is away'))).toBe(true);
  };
  return { traffic: () => canaries.traffic('rain'), look };
});

describe('what functions counted', () => {
  const canary: Canary = { version: '2', share: 0.3, automatic: true, leastAnswers: 100, leastSeconds: 60, outcomeSeconds: 60, limits: DEFAULT_CANARY_LIMITS, startedAt: 1_000 };
  /** A table of which some writes fail, and of some only the answer is lost. */
  const shaky = (store: OnlineStore, next: () => 'fails' | 'is lost' | 'works'): OnlineStore => ({
    ...store,
    async write(changes) {
      const fate = next();
      if (fate === 'fails') throw new Error('the table is away');
      const result = await store.write(changes);
      if (fate === 'is lost') throw new Error('no answer came');
      return result;
    },
  });

  it('is added up whole, however they meet and whatever fails meanwhile', async () => {
    await fc.assert(fc.asyncProperty(
      fc.array(fc.tuple(fc.nat(4), fc.constantFrom('champion' as const, 'challenger' as const), fc.nat(9)), { maxLength: 40 }), fc.array(fc.constantFrom('fails' as const, 'is lost' as const, 'works' as const), { minLength: 1, maxLength: 20 }), fc.nat(3),
      async (answers, fates, slot) => {
        const store = memoryStore();
        let [asked, drawn, isBack] = [0, 0, false];
        const away = shaky(store, () => (isBack ? 'works' : fates[asked++ % fates.length]!));
        // Few places, so that they meet.
        const random = () => ((drawn += 1) % (slot + 1)) / 100;
        const all = Array.from({ length: 5 }, (_, id) => new SharedCanaries({ canaryOf: () => canary, store: away, clock: { now: () => 5_000 }, random, id: `f${id}` }));
        for (const [which, alias, count] of answers) {
          const traffic = all[which]!.traffic('rain')!;
          traffic.answered(alias, count, 0, 1);
          await Promise.all(all.map((one) => one.flush()));
        }
        isBack = true;
        for (let round = 0; round < 10; round++) for (const one of all) await one.flush();
        const { champion, challenger } = await readCanaryCounts(store, 'rain', canary);
        const of = (wanted: string) => answers.filter(([, alias]) => alias === wanted).reduce((sum, [, , count]) => sum + count, 0);
        expect([champion.answers, challenger.answers, champion.requests + challenger.requests]).toEqual([of('champion'), of('challenger'), answers.length]);
      }), { numRuns: 60 });
  });

  it('costs nothing while no canary runs, and says why it could not be added', async () => {
    let written = 0;
    const store = shaky(memoryStore(), () => ((written += 1), 'fails'));
    let running: Canary | undefined;
    const canaries = new SharedCanaries({ canaryOf: () => running, store, clock: { now: () => 0 }, id: 'f' });
    expect([canaries.traffic('rain'), await canaries.flush(), written]).toEqual([undefined, undefined, 0]);
    running = canary;
    expect(await canaries.flush()).toBeUndefined();
    canaries.traffic('rain')!.failed(2);
    expect([await canaries.flush(), written]).toEqual([expect.stringContaining('the table is away') as string, 1]);
  });
});
