// What is remembered is what would be read: whatever is folded in between, and however time goes.
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { foldBatch, readViews, rememberedFeatures } from '../../lib/features/index.ts';
import type { LmdbStore } from '../../lib/features/lmdb/store.ts';
import { eventOf, featuresOf, itemView, temporaryStore, testClock, visitorView } from './support.ts';

const NOW = Date.UTC(2026, 0, 30, 12);
const HOUR = 3_600_000;
const features = featuresOf([visitorView, itemView]);
const wanted = ['visitor', 'item'].map((name) => ({ view: features.views.get(name)!, entities: ['a', 'b', 'never seen'] }));

let store: LmdbStore;
beforeEach(async () => {
  store = await temporaryStore();
});
afterEach(() => store.close());

let sequence = 0;
const click = (visitorid: string, itemid: string, timestamp: number) =>
  eventOf(features, 'clicks', { timestamp: String(timestamp), visitorid, itemid, event: 'view', event_id: `e${++sequence}`, amount: '3' }, { arrivedAt: timestamp, sequence });

describe('remembered features', () => {
  it.each([[10_000], [2]])('are those that the store has, after writes, through windows and back in time (%i kept)', async (mostKept) => {
    const remembered = rememberedFeatures(store, mostKept);
    const id = fc.constantFrom('a', 'b');
    const step = fc.oneof(
      fc.record({ visitor: id, item: id, ago: fc.integer({ min: -HOUR, max: 24 * HOUR }) }),
      fc.record({ look: fc.oneof(fc.integer({ min: -HOUR, max: 2 * HOUR }), fc.integer({ min: 0, max: 40 * 24 * HOUR })) }),
    );
    await fc.assert(fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 12 }), async (steps) => {
      for (const one of steps) {
        if ('ago' in one) {
          await foldBatch(store, features, [click(one.visitor, one.item, NOW - one.ago)], { clock: testClock(NOW), random: () => 0.5 });
          await new Promise((resolve) => setImmediate(resolve));
          continue;
        }
        const read = await readViews(store, wanted, NOW + one.look);
        expect(remembered.read(wanted, NOW + one.look)).toEqual(read);
        expect(remembered.read(wanted, NOW + one.look + 1)).toEqual(await readViews(store, wanted, NOW + one.look + 1));
      }
    }), { numRuns: 40 });
  });
});
