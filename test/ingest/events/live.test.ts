// The live producer's truth: each event is found to be what it was planted as.
import path from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { loadContracts } from '../../../lib/contracts/index.ts';
import { eventPlans, openEventChecker, type EventChecker } from '../../../lib/ingest/events/index.ts';
import { addToTruth, emptyTruth, liveEvents, type LiveEvent } from '../../../samples/live/index.ts';
import { KEY } from './support.ts';

const START = Date.UTC(2026, 10, 21, 12, 0, 0, 7);

function take(events: Iterator<LiveEvent>, count: number): LiveEvent[] {
  return Array.from({ length: count }, () => events.next().value as LiveEvent);
}

describe('live events', () => {
  const found = take(liveEvents({ startAt: START, rate: 50, defects: 0.1, scale: 0.2 }), 20_000);
  let checkers: Record<string, EventChecker>;
  beforeAll(async () => {
    const plans = eventPlans((await loadContracts(path.resolve(import.meta.dirname, '../../../contracts'))).values());
    checkers = Object.fromEntries(['events', 'transactions'].map((defaultType) => [defaultType, openEventChecker({ plans, defaultType, key: KEY })]));
  });

  test('are refused for the planted reason; the rest is accepted', () => {
    for (const event of found) {
      const verdict = checkers[event.source]!.check({ data: event.data, arrivedAt: event.time + 20 });
      const text = Buffer.from(event.data).toString();
      if (event.fate === 'rejected') expect([verdict.fate === 'rejected' && verdict.reason, text]).toEqual([event.reason, text]);
      else expect([verdict.fate, verdict.fate === 'rejected' && verdict.reasons, text]).toEqual(['accepted', false, text]);
    }
  });

  test('happen in their order, at about the rate that was asked for, with about as many defects', () => {
    expect(found.every(({ time }, at) => at === 0 || time >= found[at - 1]!.time)).toBe(true);
    const seconds = (found.at(-1)!.time - found[5000]!.time) / 1000;
    expect(15_000 / seconds).toBeGreaterThan(40);
    expect(15_000 / seconds).toBeLessThan(62);
    const rejected = found.filter(({ fate }) => fate === 'rejected');
    expect(rejected.length / found.length).toBeGreaterThan(0.08);
    expect(rejected.length / found.length).toBeLessThan(0.12);
    expect(new Set(rejected.map(({ reason }) => reason)).size).toBeGreaterThan(25);
  });

  test('bear ids of their own but for duplicates, and no run repeats another\'s', () => {
    const ids = found.filter(({ fate }) => fate === 'accepted' || fate === 'repeat').map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    expect(found.filter(({ fate }) => fate === 'duplicate').every(({ id }) => ids.includes(id))).toBe(true);
    const other = take(liveEvents({ startAt: START + 1, rate: 50, defects: 0.1, scale: 0.2 }), 500).map(({ id }) => id).filter((id) => id !== '');
    expect(other.filter((id) => ids.includes(id))).toEqual([]);
  });

  test('are the same for the same seed and start', () => {
    expect(take(liveEvents({ startAt: START, rate: 50, defects: 0.1, scale: 0.2 }), 300)).toEqual(found.slice(0, 300));
  });

  test('are coherent: what is bought was in the cart, and what is in the cart was seen, by the same visitor', () => {
    const clicks = found.filter(({ source, fate }) => source === 'events' && fate === 'accepted').map(({ data }) => JSON.parse(Buffer.from(data).toString()) as Record<string, string>);
    const seen = new Set<string>();
    let bought = 0;
    let known = 0;
    for (const { event, visitorid, itemid } of clicks) {
      if (event === 'transaction') {
        bought++;
        if (seen.has(`addtocart ${visitorid} ${itemid}`)) known++;
      }
      seen.add(`${event} ${visitorid} ${itemid}`);
    }
    expect(bought).toBeGreaterThan(50);
    // Some of the carts were planted defects.
    expect(known / bought).toBeGreaterThan(0.8);
  });

  test('are counted', () => {
    const truth = emptyTruth(7);
    for (const event of found) addToTruth(truth, event);
    const { events, transactions } = truth.sources;
    expect(events.records + transactions.records).toBe(20_000);
    for (const { records, accepted, rejected, duplicateIds, distinct } of [events, transactions]) {
      expect(accepted + rejected).toBe(records);
      expect(Object.values(distinct).reduce((sum, count) => sum + count, 0)).toBe(accepted - duplicateIds);
    }
    expect(Object.values(truth.reasons).reduce((sum, count) => sum + count, 0)).toBe(events.rejected + transactions.rejected);
    expect(truth.revenueCents).toBeGreaterThan(0);
  });
});

test('options out of range are refused', () => {
  expect(() => liveEvents({ startAt: 0, rate: 0 }).next()).toThrow('the rate 0');
  expect(() => liveEvents({ startAt: 0, defects: 2 }).next()).toThrow('the share of defects 2');
});
