// Daily quotas outlive the process, and hold for all processes of a home together.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { keepUsage, Usage, type ApiKey } from '../../lib/serving/index.ts';
import { memoryStore, NOW } from './support.ts';

const key = (id: string, limits: Partial<ApiKey>): ApiKey => ({ id, hash: id, scopes: ['predict'], ...limits });
const takes = (usage: Usage, one: ApiKey): boolean => {
  try {
    usage.take(one);
    return true;
  } catch {
    return false;
  }
};

describe('a daily quota', () => {
  it('holds after a restart, and begins anew at midnight', async () => {
    const store = memoryStore();
    let now = NOW;
    const web = key('web', { dailyQuota: 3, ratePerSecond: 100 });
    const before = new Usage(() => now);
    expect([takes(before, web), takes(before, web)]).toEqual([true, true]);
    await keepUsage(before, store);
    const after = new Usage(() => now);
    await keepUsage(after, store);
    expect([takes(after, web), takes(after, web)]).toEqual([true, false]);
    expect(takes(after, key('other', { dailyQuota: 3 }))).toBe(true);
    now += 86_400_000;
    expect(takes(after, web)).toBe(true);
    await keepUsage(after, store);
  });

  it('keeps what today has seen where the writing down of yesterday ends after midnight', () => {
    let now = NOW;
    const web = key('web', { dailyQuota: 2 });
    const usage = new Usage(() => now);
    takes(usage, web);
    const written = usage.unkept();
    now += 86_400_000;
    expect([takes(usage, web), takes(usage, web)]).toEqual([true, true]);
    usage.kept(written, { web: 1 });
    expect(takes(usage, web)).toBe(false);
    expect(usage.unkept().counts).toEqual({ web: 2 });
  });

  it('counts what several processes let in, each call once, however they take turns', async () => {
    await fc.assert(fc.asyncProperty(fc.array(fc.tuple(fc.nat(2), fc.constantFrom('call', 'call', 'keep', 'restart')), { maxLength: 60 }), async (steps) => {
      const store = memoryStore();
      const web = key('web', { dailyQuota: 1_000_000 });
      const processes = [0, 1, 2].map(() => new Usage(() => NOW));
      let calls = 0;
      for (const [at, step] of steps) {
        if (step === 'call') calls += takes(processes[at]!, web) ? 1 : 0;
        else await keepUsage(processes[at]!, store);
        if (step === 'restart') processes[at] = new Usage(() => NOW);
      }
      await Promise.all(processes.map((usage) => keepUsage(usage, store)));
      const [item] = await store.get([`usage/${Math.floor(NOW / 86_400_000)}`]);
      expect(item === undefined ? 0 : (JSON.parse(item.value) as { web: number }).web).toBe(calls);
    }));
  });
});
