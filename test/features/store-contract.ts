// What every online store does: the same suite for LMDB and DynamoDB.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { foldBatch, readFeatures, readViews, type Change, type OnlineStore } from '../../lib/features/index.ts';
import { eventOf, featuresOf, itemView, pairView, testClock, visitorView } from './support.ts';

let version = 1000;
const change = (key: string, value: string | undefined, expected?: number, expiresAt?: number): Change => ({ key, value, expected, version: ++version, expiresAt });
const NOW = Date.UTC(2026, 0, 30, 12);

export function describeOnlineStore(name: string, open: () => Promise<{ store: OnlineStore; close(): Promise<void> }>): void {
  describe(`the online store ${name}`, () => {
    let store: OnlineStore;
    let close: () => Promise<void>;
    beforeAll(async () => ({ store, close } = await open()), 60_000);
    afterAll(() => close());
    const versionOf = async (key: string) => (await store.get([key]))[0]?.version;

    it('gives what was written, in the order that was asked for, and nothing for what is not there', async () => {
      expect(await store.write([change('o/b', 'B'), change('o/a', 'A ✓ \u0000 "')])).toEqual({ ok: true });
      const found = await store.get(['o/a', 'o/missing', 'o/b', 'o/a']);
      expect(found.map((item) => item?.value)).toEqual(['A ✓ \u0000 "', undefined, 'B', 'A ✓ \u0000 "']);
      expect(await store.get([])).toEqual([]);
      expect(await store.write([])).toEqual({ ok: true });
    });

    it('takes values of any usual size', async () => {
      const value = JSON.stringify(Array.from({ length: 12_000 }, (_, index) => `value number ${index}`));
      await store.write([change('size/large', value), change('size/empty', '')]);
      expect((await store.get(['size/large', 'size/empty'])).map((item) => item?.value)).toEqual([value, '']);
    });

    it('refuses a write whose item was written by somebody else, and then writes nothing of it', async () => {
      await store.write([change('c/1', 'one')]);
      const read = await versionOf('c/1');
      expect(await store.write([change('c/1', 'two', read)])).toEqual({ ok: true });
      expect(await store.write([change('c/1', 'three', read), change('c/2', 'new')])).toEqual({ ok: false, conflict: true });
      expect(await store.write([change('c/1', 'three', read)])).toEqual({ ok: false, conflict: true });
      expect(await store.write([change('c/1', 'again')])).toEqual({ ok: false, conflict: true });
      expect(await store.write([change('c/3', 'x', 17)])).toEqual({ ok: false, conflict: true });
      expect((await store.get(['c/1', 'c/2', 'c/3'])).map((item) => item?.value)).toEqual(['two', undefined, undefined]);
    });

    it('removes an item, and knows one that is made again from the one that was', async () => {
      await store.write([change('r/1', 'one')]);
      const first = await versionOf('r/1');
      expect(await store.write([change('r/1', undefined, first)])).toEqual({ ok: true });
      expect(await store.write([change('r/1', undefined, first)])).toEqual({ ok: false, conflict: true });
      expect(await store.get(['r/1'])).toEqual([undefined]);
      await store.write([change('r/1', 'another')]);
      expect(await store.write([change('r/1', 'lost', first)])).toEqual({ ok: false, conflict: true });
    });

    it('gives a thousand items at once', async () => {
      const keys = Array.from({ length: 1000 }, (_, index) => `many/${index}`);
      const most = Math.min(store.mostChanges, 1000);
      for (let from = 0; from < keys.length; from += most) expect(await store.write(keys.slice(from, from + most).map((key) => change(key, key, undefined, 2_000_000_000)))).toEqual({ ok: true });
      expect((await store.get([...keys, 'many/none'])).map((item) => item?.value)).toEqual([...keys, undefined]);
    });

    it('lets of many writers of one item each write in turn', async () => {
      await store.write([change('race', '0')]);
      const write = async () => {
        for (;;) {
          const [item] = await store.get(['race']);
          if ((await store.write([change('race', String(Number(item!.value) + 1), item!.version)])).ok) return;
        }
      };
      await Promise.all(Array.from({ length: 8 }, write));
      expect((await store.get(['race']))[0]?.value).toBe('8');
    });

    it('folds a batch, read again or by another, into features once', async () => {
      const features = featuresOf([visitorView, itemView, pairView]);
      const events = Array.from({ length: 90 }, (_, index) => eventOf(features, 'clicks', {
        timestamp: String(NOW - 90_000 + index * 1000), visitorid: `fold-${index % 7}`, event: index % 3 === 0 ? 'cart' : 'view', itemid: 'hot', event_id: `f${index % 80}`, amount: String(index),
      }, { arrivedAt: NOW - 90_000 + index * 1000 + 100, shard: `shardId-00000000000${index % 2}`, sequence: index + 1 }));
      const options = { clock: { ...testClock(NOW), sleep: async () => undefined }, random: Math.random };
      const [odd, even] = [events.filter((_, index) => index % 2 === 1), events.filter((_, index) => index % 2 === 0)];
      const results = await Promise.all([foldBatch(store, features, odd, options), foldBatch(store, features, even, options), foldBatch(store, features, odd, options)]);
      expect(results.map(({ error, done }) => [error, done])).toEqual([[undefined, 45], [undefined, 45], [undefined, 45]]);
      expect((await foldBatch(store, features, events, options)).counts).toMatchObject({ folded: 0, written: expect.any(Number) as number });
      const [[visitor], [item, cold], [pair]] = await readViews(store, [
        { view: features.views.get('visitor')!, entities: ['fold-0'] }, { view: features.views.get('item')!, entities: ['hot', 'cold'] }, { view: features.views.get('pair')!, entities: [['fold-0', 'hot']] },
      ], NOW) as [Record<string, unknown>[], Record<string, unknown>[], Record<string, unknown>[]];
      // Every tenth id came twice, with another time: the first by time counts.
      expect(visitor).toMatchObject({ events_ever: 12, items_ever: 1 });
      expect(item).toMatchObject({ events_30d: 80, visitors_7d: 7, amount_12h: (79 * 80) / 2, greatest: 79, last_visitor: 'fold-2' });
      expect(cold).toMatchObject({ events_30d: 0, greatest: null });
      expect(pair).toMatchObject({ events_7d: 12 });
      expect(await readFeatures(store, features.views.get('visitor')!, ['nobody'], NOW)).toMatchObject([{ events_ever: 0, last_item: null, cart_rate: null }]);
    });
  });
}
